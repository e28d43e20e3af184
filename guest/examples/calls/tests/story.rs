//! The probe against the SDK's fake host: each call answers, and says `ok` where the fake knows how.

#![allow(clippy::unwrap_used, reason = "tests")]

use icn_guest::fake;

#[test]
fn every_call_answers() {
    fake::reset();
    let report = String::from_utf8(fake::call("did:key:ann", b"", calls::all).unwrap()).unwrap();
    let refused: Vec<&str> = report.lines().filter(|line| !line.ends_with(";ok")).collect();
    assert_eq!(refused, ["verify_credential;INVALID_SIGNATURE"], "whose proof is none");
    assert_eq!(report.lines().count(), 29);
    assert_eq!(fake::balance("did:key:ann", "PROBE"), 100 - 10 - 1 - 4);
    assert_eq!((fake::balance("treasury", "PROBE"), fake::issued("PROBE")), (10 - 5 + 4, 95));
}

#[test]
fn what_is_denied_is_told() {
    fake::reset();
    for capability in ["mint", "cross", "issue:member"] {
        fake::deny(capability);
    }
    let report = String::from_utf8(fake::call("did:key:ann", b"", calls::all).unwrap()).unwrap();
    for line in ["mint;DENIED", "transfer;EXHAUSTED", "settle_hold;NOT_FOUND", "issue_credential;DENIED"] {
        assert!(report.lines().any(|told| told == line), "{line} in {report}");
    }
}
