//! What a new guest begins as, on the production engine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_guests_on_host::Guest;
use icn_testkit::TestHost;

const WASM: &[u8] = include_bytes!("../../prebuilt/template.wasm");
const SOURCE: &str = include_str!("../../template/src/lib.rs");
/// The host's `DENIED`, passed on by the guest.
const DENIED: i32 = -5;

#[test]
fn each_member_is_greeted_once_by_a_short_name() {
    let mut guest = Guest::new(WASM, SOURCE);
    for name in ["", "Ann\n", "a\tb", &"x".repeat(65)] {
        guest.refuses("ann", "greet", name, "BAD_NAME");
    }
    assert_eq!(guest.ok("ann", "greet", "Ann"), "welcome, Ann");
    guest.refuses("ann", "greet", "Ann", "GREETED");
    assert_eq!(guest.ok("bob", "greet", "Böb"), "welcome, Böb");
    let (ann, eve) = (guest.did("ann"), guest.did("eve"));
    assert_eq!(guest.host.value(format!("g/{ann}")), Some(Vec::new()));
    assert_eq!(guest.host.value(format!("g/{eve}")), None);
    guest.is_told(&[]);
}

#[test]
fn without_its_capability_it_keeps_nothing() {
    let mut host = TestHost::new(WASM).unwrap();
    host.call("ann", "greet", "Ann").failed(DENIED);
    let mut host = host.grant_all();
    assert_eq!(host.call("ann", "greet", "Ann").ok().text(), "welcome, Ann");
}
