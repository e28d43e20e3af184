//! The ledger's machine against the naive books. `ICN_LEDGER_CASES` says how many random histories, 2000 if nothing
//! does; a long run takes a million.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use icn_core::ledger::LedgerCode;
use icn_testkit::books::{Seen, check_books};
use icn_testkit::generate;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn cases() -> u32 {
    std::env::var("ICN_LEDGER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}

#[test]
fn the_machine_is_the_naive_books_after_every_group() {
    let cases = cases();
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 1000, ..Default::default() };
    let seen = std::cell::RefCell::new(Seen::default());
    TestRunner::new(config)
        .run(&generate::bytes(3000), |input| {
            let one = check_books(&input.0);
            let mut all = seen.borrow_mut();
            all.groups += one.groups;
            all.commands += one.commands;
            for (code, times) in one.codes {
                *all.codes.entry(code).or_default() += times;
            }
            Ok(())
        })
        .unwrap();
    let Seen { groups, commands, codes } = seen.into_inner();
    println!("{cases} histories, {groups} groups, {commands} commands");
    for (code, times) in &codes {
        println!("{times:>10} {}", code.map_or("applied", LedgerCode::as_str));
    }
    // What takes more of something than a random history makes is in `ledger_codes.rs`.
    let rare =
        [LedgerCode::TooManyHolds, LedgerCode::TooManyCaps, LedgerCode::Overflow, LedgerCode::NotSetAside];
    let missing = |codes: &BTreeMap<Option<LedgerCode>, u64>| {
        let all = LedgerCode::ALL.iter().filter(|code| !rare.contains(code));
        all.filter(|code| !codes.contains_key(&Some(**code))).copied().collect::<Vec<_>>()
    };
    assert!(
        cases < 2000 || missing(&codes).is_empty(),
        "codes that no history reached: {:?}",
        missing(&codes)
    );
}
