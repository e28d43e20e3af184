//! Commands to the ledger, beside the naive one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_ledger_ops(bytes));
