//! Values of each kind of block, written and read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_round_trip(bytes));
