//! Writes to a state, beside the naive root.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_state(bytes));
