//! What guests see is what a plain ledger says. `ICN_LEDGER_CASES` says how many random histories, 2000 if nothing does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use icn_testkit::generate;
use icn_testkit::runs::{Seen, check_runs};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[test]
fn guests_see_what_a_plain_ledger_says() {
    let cases = std::env::var("ICN_LEDGER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 1000, ..Default::default() };
    let all = std::cell::Cell::new(Seen::default());
    TestRunner::new(config)
        .run(&generate::bytes(2500), |input| {
            let one = check_runs(&input.0);
            let Seen { posted, expired } = all.get();
            all.set(Seen { posted: posted + one.posted, expired: expired + one.expired });
            Ok(())
        })
        .unwrap();
    let Seen { posted, expired } = all.get();
    println!("{cases} histories, {posted} receipts, {expired} expiries in journals");
    assert!(cases < 2000 || (posted > 1000 && expired > 100), "too little happened: {posted}, {expired}");
}
