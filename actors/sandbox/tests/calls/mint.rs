//! `host_mint` and `host_burn`.

use icn_core::block::Capability;
use icn_core::name::Owner;

use super::*;
use crate::common::caller;

fn mint(script: &mut Script, unit: &str, amount: i64, to: &str, answer: i64) {
    script.call("host_mint", &[T(unit), L(amount), T(to)], answer);
}

fn burn(script: &mut Script, unit: &str, amount: i64, from: i32, answer: i64) {
    script.call("host_burn", &[T(unit), L(amount), N(from)], answer);
}

#[test]
fn what_is_minted_is_there_and_what_is_burned_is_gone() {
    let mut script = Script::default();
    mint(&mut script, "PLN", 7, "project/1", 0);
    script.call("host_get_balance", &[T("project/1"), T("PLN")], 7);
    script.call("host_get_balance", &[T("issuance"), T("PLN")], 0);
    burn(&mut script, "H", 100, 0, 0);
    burn(&mut script, "H", 1, 0, EXHAUSTED);
    burn(&mut script, "H", 1, 1, EXHAUSTED);
    mint(&mut script, "H", i64::MAX, caller().as_str(), 0);
    burn(&mut script, "H", 50, 2, 0);
    let world = World::new();
    let staged = script.run(&world);
    let me = caller().to_string();
    let expected = [
        ("issuance", "project/1", 7),
        (&me, "issuance", 100),
        ("issuance", &me, i64::MAX.cast_unsigned()),
        ("treasury", "issuance", 50),
    ];
    assert_eq!(said(&staged), expected.map(|(from, to, n)| (from.to_owned(), to.to_owned(), n)));
    assert_eq!(world.port.balance_of(&Owner::Treasury), 0);
    assert_eq!(world.port.balance_of(&Owner::Member(caller())), i128::from(i64::MAX));
}

#[test]
fn what_is_wrong_with_a_mint_is_said_in_the_order_of_its_arguments() {
    let mut script = Script::default();
    let hold = format!("hold:{}", "0".repeat(32));
    mint(&mut script, "fuel", 1, "x", INVALID);
    mint(&mut script, "h", 1, "issuance", INVALID);
    mint(&mut script, "H", 0, "issuance", INVALID);
    mint(&mut script, "H", -1, "x", INVALID);
    mint(&mut script, "H", i64::MIN, "x", INVALID);
    mint(&mut script, "H", 1, "-", INVALID);
    mint(&mut script, "H", 1, "hold:0", INVALID);
    for owner in ["issuance", "consumed", &hold] {
        mint(&mut script, "H", 1, owner, DENIED);
    }
    mint(&mut script, "ABCDEFGHIJKLM", 1, "x", TOO_LARGE);
    mint(&mut script, "H", 1, &"a".repeat(129), TOO_LARGE);
    for from in [-1, 3, i32::MAX] {
        burn(&mut script, "H", 1, from, INVALID);
    }
    burn(&mut script, "memory", 1, 0, INVALID);
    burn(&mut script, "H", 0, 0, INVALID);
    assert!(script.run(&World::new()).journal.is_empty());
}

#[test]
fn minting_needs_its_capability_and_no_other() {
    let mut script = Script::default();
    mint(&mut script, "H", 1, "x", 0);
    burn(&mut script, "H", 1, 0, 0);
    burn(&mut script, "H", 1, 2, DENIED);
    let world = World { capabilities: [Capability::Mint].into(), ..World::new() };
    assert_eq!(script.run(&world).journal.len(), 2);
    let mut script = Script::default();
    mint(&mut script, "H", 1, "x", DENIED);
    burn(&mut script, "H", 1, 0, DENIED);
    assert!(script.run(&World::new().without(Capability::Mint)).journal.is_empty());
}
