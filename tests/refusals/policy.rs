//! Refusals by log, scope, time and policy: module, entry, role.

use icn_core::name::Codec;
use icn_runtime::{BlockId, Invocation, ModuleSpec, Origin, RefusalCode, Request, ScopeSpec, limits, now_ms};

use crate::common::{Desk, block_on, key, open, probe_wasm, samples, scratch};
use crate::helpers::{changed, refused, submit, two_scopes};

#[test]
fn what_is_for_another_log_or_scope_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let other = Origin::parse("icn.example/another").unwrap();
    let refusal =
        refused(&host, RefusalCode::WrongLog, changed(&host, &desk, "log", |call| call.log = other));
    assert!(refusal.message.contains("icn.example/another"), "{refusal}");
    let nobody = key("nobody's scope").did();
    let request = changed(&host, &desk, "scope", |call| call.scope = nobody);
    let refusal = refused(&host, RefusalCode::UnknownScope, request);
    assert!(refusal.message.contains(nobody.as_str()), "{refusal}");
}

#[test]
fn what_has_expired_or_expires_too_far_ahead_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let now = now_ms();
    for expires in [0, 1, now - 1, now, now + limits::EXPIRY_AHEAD_MS_MAX + 60_000, u64::MAX] {
        let request = changed(&host, &desk, "time", |call| call.expires = expires);
        refused(&host, RefusalCode::Expired, request);
    }
    let far = changed(&host, &desk, "far", |call| call.expires = now + limits::EXPIRY_AHEAD_MS_MAX);
    assert!(submit(&host, far).unwrap().receipt.outcome.is_ok(), "as far ahead as allowed");
}

#[test]
fn what_names_a_module_or_an_entry_that_is_not_open_is_refused() {
    let dir = scratch();
    let host = open(dir.path());
    let (member, scope_key) = (key("member"), key("scope"));
    let module = ModuleSpec::of(probe_wasm(), &["state"], &[("put", "anyone")]).unwrap();
    let id = module.id();
    let scope = block_on(host.open_scope(scope_key, ScopeSpec::new("one entry").module(module))).unwrap();
    let desk = Desk { scope, module: id, admin: key("admin"), member };
    desk.ask(&host, "put", b"x", "before");
    let other = BlockId::of(Codec::Raw, b"another module");
    for module in [other, BlockId::of(Codec::DagCbor, &probe_wasm())] {
        let request = changed(&host, &desk, "module", |call| call.module = module);
        let refusal = refused(&host, RefusalCode::UnknownModule, request);
        assert!(refusal.message.contains(&module.to_string()), "{refusal}");
    }
    // `get` is the module's, and the policy does not open it; the others nobody has.
    for entry in ["get", "memory", "putt", "PUT", "put\0", "__icn"] {
        let request = changed(&host, &desk, "entry", |call| call.entry = entry.to_owned());
        let refusal = refused(&host, RefusalCode::UnknownEntry, request);
        assert!(refusal.message.contains("open are: put"), "{refusal}");
    }
}

#[test]
fn whoever_lacks_the_role_is_refused() {
    let dir = scratch();
    let host = open(dir.path());
    let files = samples();
    let election = crate::common::election::Election::read(&files[0]);
    let held = election.hold(&host);
    let module = ModuleSpec::of(crate::common::election::BALLOT.to_vec(), &[], &[]).unwrap().id();
    let voter = crate::common::election::Election::voter(&election.ballots[0].0);
    let stranger = key("stranger");
    for (entry, caller) in [("vote", &stranger), ("tally", &voter), ("open", &voter), ("vote", &key("chair"))]
    {
        let id = icn_runtime::invocation_id(&[entry, caller.did().as_str()]);
        let expires = now_ms() + 60_000;
        let call = Invocation::new(host.origin(), held.scope, module, entry, "11", id, caller.did(), expires);
        let refusal = refused(&host, RefusalCode::Denied, Request::sign(&call, caller));
        assert!(
            refusal.message.contains(caller.did().as_str()) && refusal.message.contains(entry),
            "{refusal}"
        );
    }
}
