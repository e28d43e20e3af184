//! Credentials and transfers to other scopes: what is wrong is said before the answer that there is no authority.

use icn_core::block::Capability;
use icn_core::limits;

use super::*;
use crate::common::{TIME_MS, caller, has_no_effects, scope};

const CLAIMS: &str = "{\"role\":\"member\",\"since\":2024}";

#[test]
fn a_credential_is_looked_at_and_then_denied() {
    let me = caller().to_string();
    let now = i64::try_from(TIME_MS).unwrap();
    let mut script = Script::default();
    let mut issue = |subject: &str, kind: &str, claims: &str, until: i64, answer: i64| {
        script.call("host_issue_credential", &[T(subject), T(kind), T(claims), L(until), Out(64)], answer);
    };
    issue(&me, "Membership", CLAIMS, 0, DENIED);
    issue(&me, "Membership", "{}", now + 1, DENIED);
    issue(&me, "Other", CLAIMS, 0, DENIED);
    issue("did:key:z6Mk", "Membership", CLAIMS, 0, INVALID);
    issue(&me.replace("did:key:z", "did:key:Z"), "Membership", CLAIMS, 0, INVALID);
    issue("project/1", "Membership", CLAIMS, 0, INVALID);
    for kind in ["", "Member ship", "Member-ship", "é"] {
        issue(&me, kind, CLAIMS, 0, INVALID);
    }
    for claims in ["", "[]", "1", "{", "{\"a\":1,\"a\":2}", "{\"a\":9007199254740992}", "{\"a\":1}x"] {
        issue(&me, "Membership", claims, 0, INVALID);
    }
    for until in [-1, 1, now, now - 1, i64::MIN] {
        issue(&me, "Membership", CLAIMS, until, INVALID);
    }
    issue(&"d".repeat(limits::NAME_BYTES_MAX + 1), "Membership", CLAIMS, 0, TOO_LARGE);
    issue(&me, &"A".repeat(limits::CREDENTIAL_TYPE_BYTES_MAX + 1), CLAIMS, 0, TOO_LARGE);
    issue(&me, &"A".repeat(limits::CREDENTIAL_TYPE_BYTES_MAX), CLAIMS, 0, DENIED);
    let claims = |bytes: usize| format!("{{\"a\":\"{}\"}}", "b".repeat(bytes - 8));
    issue(&me, "Membership", &claims(limits::CLAIMS_BYTES_MAX), 0, DENIED);
    issue(&me, "Membership", &claims(limits::CLAIMS_BYTES_MAX + 1), 0, TOO_LARGE);
    script.call("host_verify_credential", &[T(&claims(limits::CREDENTIAL_BYTES_MAX))], DENIED);
    script.call("host_verify_credential", &[T(&claims(limits::CREDENTIAL_BYTES_MAX + 1))], TOO_LARGE);
    script.call("host_verify_credential", &[T("{\"a\":{\"b\":1,\"b\":1}}")], INVALID);
    script.call("host_credential_status", &[T("urn:uuid:7")], NOT_FOUND);
    script.call("host_credential_status", &[T(&"u".repeat(limits::CREDENTIAL_ID_BYTES_MAX))], NOT_FOUND);
    script.call("host_credential_status", &[T(&"u".repeat(limits::CREDENTIAL_ID_BYTES_MAX + 1))], TOO_LARGE);
    script.call("host_revoke_credential", &[T("urn:uuid:7"), T("left")], DENIED);
    script.call(
        "host_revoke_credential",
        &[T("urn:uuid:7"), T(&"r".repeat(limits::REASON_BYTES_MAX + 1))],
        TOO_LARGE,
    );
    assert!(has_no_effects(&script.run(&World::new())));
}

/// Without a capability of the kind nothing else is looked at; with one of another type the type decides, last.
#[test]
fn a_credential_of_a_type_needs_that_types_capability() {
    let mut script = Script::default();
    script.call("host_issue_credential", &[T("nobody"), T(""), T("?"), L(-1), Out(0)], DENIED);
    script.call("host_revoke_credential", &[T(&"u".repeat(257)), T("")], DENIED);
    let world = World { capabilities: Capability::ALL.into_iter().collect(), ..World::new() };
    script.run(&world);
}

#[test]
fn a_transfer_to_another_scope_is_looked_at_and_then_denied() {
    let other = scope().to_string();
    let mut script = Script::default();
    let mut cross = |scope: &str, to: &str, unit: &str, amount: i64, memo: &str, answer: i64| {
        script.call("host_transfer_cross", &[T(scope), T(to), T(unit), L(amount), T(memo)], answer);
    };
    cross(&other, "project/1", "H", 1, "", DENIED);
    cross("project/1", "project/1", "H", 1, "", INVALID);
    cross(&other, "-", "H", 1, "", INVALID);
    cross(&other, "project/1", "fuel", 1, "", INVALID);
    cross(&other, "project/1", "H", 0, "", INVALID);
    cross(&other, "project/1", "H", 1, &"m".repeat(limits::MEMO_BYTES_MAX + 1), TOO_LARGE);
    script.call("host_transfer_cross", &[T(&other), T("project/1"), T("H"), L(1), At(1024), N(1)], DENIED);
    assert!(has_no_effects(&script.run(&World::new())));
}
