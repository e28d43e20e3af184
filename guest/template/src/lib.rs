//! The guest that a new one begins as: greets each member once.
//!
//! | entry | input | what it does |
//! | --- | --- | --- |
//! | `greet` | a name, 1 to 64 bytes of one line | keeps that the caller was greeted; answers `welcome, ` and the name |
//!
//! State: an empty value under `g/` and the DID of each member who was greeted.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use icn_guest::text::quote;
use icn_guest::{Failure, state};

icn_guest::guest! { entries: [greet], capabilities: ["state"] }

/// The caller was greeted before.
pub const GREETED: i32 = 1;
/// The input is not 1 to 64 bytes of one line.
pub const BAD_NAME: i32 = 2;

/// Entry: greets the caller, once.
pub fn greet() -> Result<(), Failure> {
    let key = [b"g/", icn_guest::caller()?.as_bytes()].concat();
    if state::contains(&key)? {
        return Err(Failure::new(GREETED, "you have been greeted"));
    }
    let name = icn_guest::input_text()?;
    if !(1..=64).contains(&name.len()) || name.chars().any(char::is_control) {
        return Err(Failure::new(BAD_NAME, format!("{} is not 1 to 64 bytes of one line", quote(&name))));
    }
    state::set(&key, b"")?;
    icn_guest::set_output(format!("welcome, {name}").as_bytes())?;
    Ok(())
}
