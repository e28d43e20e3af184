//! Properties over random bytes, receipts, policies and operations.

use icn_core::block::Payload;
use icn_core::encode::Block;
use icn_core::log::Link;
use icn_testkit::{check, generate, history, oracle};
use proptest::prelude::*;

/// So many cases of each property; nothing is written beside the tests when one fails.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(8192))]

    #[test]
    fn bytes_are_refused_or_are_the_one_encoding(input in generate::bytes(300)) {
        check::check_decode_block(&input.0);
    }

    #[test]
    fn what_is_written_is_read_and_what_is_changed_is_noticed(input in generate::bytes(300)) {
        check::check_round_trip(&input.0);
    }

    #[test]
    fn the_gate_says_what_its_reference_model_says(input in generate::bytes(120)) {
        check::check_gate_admit(&input.0);
    }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn guests_see_what_a_plain_ledger_says(input in generate::bytes(700)) {
        check::check_ledger_ops(&input.0);
    }

    #[test]
    fn the_log_takes_what_the_naive_log_takes(input in generate::bytes(500)) {
        check::check_log(&input.0);
    }

    #[test]
    fn the_state_is_its_contents(input in generate::bytes(500)) {
        check::check_state(&input.0);
    }

    #[test]
    fn a_history_is_read_as_it_was_written_and_a_spoiled_one_is_refused(input in generate::bytes(700)) {
        history::check_history(&input.0);
    }
}

proptest! {
    #![proptest_config(cases(512))]

    /// An author's place is what its payload says, whatever the kind.
    #[test]
    fn a_link_is_what_the_payload_says(receipt in generate::receipts(), policy in generate::policies()) {
        let link = Link::of(&Payload::from_bytes(Block::encode(&receipt).bytes()).unwrap());
        prop_assert_eq!((link.author, link.seq, link.prev), (receipt.scope, receipt.seq, Some(receipt.prev)));
        let link = Link::of(&Payload::from_bytes(Block::encode(&policy).bytes()).unwrap());
        prop_assert_eq!((link.author, link.seq, link.prev), (policy.scope, policy.seq, policy.prev));
    }

    /// The same value has the same bytes, and so the same name.
    #[test]
    fn an_invocation_is_what_the_oracle_reads(invocation in generate::invocations()) {
        let block = Block::encode(&invocation);
        prop_assert_eq!(oracle::read_invocation(block.bytes()), Some(invocation));
    }
}
