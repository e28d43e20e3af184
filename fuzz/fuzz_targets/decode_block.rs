//! Any bytes, read as each kind of block.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_decode_block(bytes));
