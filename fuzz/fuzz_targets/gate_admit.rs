//! A signed request, changed in some way.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| icn_testkit::check::check_gate_admit(bytes));
