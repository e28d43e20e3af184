//! Entries offered to the log, beside the naive one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_log(bytes));
