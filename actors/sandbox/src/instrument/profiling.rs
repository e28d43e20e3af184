//! What a profiled module has beside a plain one: two imports, which its functions call when they begin and end.
//!
//! No guest can import them by itself: they are not in the table of the ABI. The host gives back what each call burns
//! (`engine/profiler.rs`), so that a profiled run burns what a plain one does.

use std::sync::LazyLock;

use crate::contract::operator_costs;

/// Whether the rewritten module says where its fuel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It does not: production.
    Plain,
    /// It tells the host of the begin and the end of every function.
    Profiled,
}

/// The module of the profiler's imports.
pub(crate) const PROFILE_MODULE: &str = "icn_profile";
/// The names of its functions, in the order in which they are imported: told of a begin, told of an end.
pub(crate) const PROFILE_FUNCTIONS: [&str; 2] = ["enter", "leave"];
/// How many functions the profiler imports: by so much the indices of a module's own functions grow.
pub(super) const PROFILE_IMPORTS: u32 = 2;
const _: () = assert!(PROFILE_FUNCTIONS.len() == PROFILE_IMPORTS as usize, "each import has a name");

/// Fuel that telling the host once burns: a constant and a call, as the engine charges them.
pub(crate) static TELL_FUEL: LazyLock<u64> = LazyLock::new(|| {
    let costs = operator_costs();
    u64::from(costs.I32Const) + u64::from(costs.Call)
});
