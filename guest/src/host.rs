//! The calls of the host: on wasm the imported functions, on other targets those of the fake host.
//!
//! Both have the same names and types, so all other files are the same on every target.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::fake::calls::*;
#[cfg(target_arch = "wasm32")]
pub(crate) use crate::wasm::*;
