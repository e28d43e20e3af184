//! The guest against the SDK's fake host: what it does, and everything that it refuses.

#![allow(clippy::unwrap_used, reason = "tests")]

use icn_guest::fake;
use template::{BAD_NAME, GREETED, greet};

#[test]
fn each_member_is_greeted_once() {
    fake::reset();
    assert_eq!(fake::call("did:key:ann", b"Ann", greet).unwrap(), b"welcome, Ann");
    assert_eq!(fake::call("did:key:ann", b"Ann", greet).unwrap_err().code(), GREETED);
    assert_eq!(fake::call("did:key:bob", "Böb".as_bytes(), greet).unwrap(), "welcome, Böb".as_bytes());
    assert_eq!(fake::value_count(), 2);
}

#[test]
fn a_name_is_one_short_line() {
    fake::reset();
    for name in ["", "Ann\n", "a\tb", &"x".repeat(65)] {
        assert_eq!(
            fake::call("did:key:ann", name.as_bytes(), greet).unwrap_err().code(),
            BAD_NAME,
            "{name:?}"
        );
    }
    assert_eq!(fake::call("did:key:ann", &[b'x'; 64], greet).unwrap().len(), 73);
}
