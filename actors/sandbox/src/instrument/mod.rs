//! Rewrites a validated module before it is compiled, so that what a run may cost in stack does not depend on the
//! compiler's frames.
//!
//! Each function that can be on the stack while another runs is bracketed. On entry it takes its *counted frame*
//! (`frame.rs`) from a global that the module cannot name; on the way out it gives the frame back; where the global
//! would fall below zero the guest stops. A counted frame is an upper bound of any native frame, so the same call
//! depth ends every run: with any optimisation, on any machine. The native stack is larger than all counted frames
//! together; if it ended first, that would be our mistake.
//!
//! ```text
//! (func … locals …            (func … locals …
//!    body)             =>        global.left -= frame; if global.left < 0 { unreachable }
//!                                block (result …) body, with `return` as a branch to the block's end end
//!                                global.left += frame)
//! ```
//!
//! A `memory.fill` of length zero only checks that its place is inside the memory. On processors with masked
//! stores, such a fill into a page that was never written takes as long as thirty others, and no price fits both.
//!
//! ```text
//! memory.fill         =>      local.tee length; i32.eqz
//!                             if drop; if place > memory.size * 64 KiB { load from beyond any memory }
//!                             else local.get length; memory.fill end
//! ```
//!
//! The engine counts fuel on the rewritten code, so the bracket is paid for like any other operators. A function
//! that is not counted gets the block too: then a profiled run burns what a plain one does. Custom sections are not
//! copied.
//!
//! With [`Mode::Profiled`], every function also tells the host when it begins and ends (`profiling.rs`), which is how
//! `icn run` says where the fuel went.

mod added;
mod frame;
mod outline;
mod profiling;
mod rewrite;
mod version;

pub(crate) use profiling::{Mode, PROFILE_FUNCTIONS, PROFILE_MODULE, TELL_FUEL};
pub(crate) use rewrite::instrument;
pub(crate) use version::{INSTRUMENTATION_VERSION, STACK_EXPORT};
