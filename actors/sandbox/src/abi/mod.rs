//! The host functions: what each does when a guest calls it. One file for each group of the table.
//!
//! The table in `contract/functions.rs` says the name, the parameters and the result of each. [`link`] is made from
//! it: `host_f` of the group `g` is the function `g::host_f` here, and what does not fit the table does not
//! compile.
//!
//! Each function works in the order that `guest/memory.rs` gives, and never panics on what a guest brings.

mod context;
mod credential;
mod cross;
mod dag;
mod escrow;
mod json;
mod mint;
mod money;
mod resource;
mod signature;
mod state;

use wasmtime::{Caller, Linker};

use crate::contract::host_functions;
use crate::guest::{Context, HostCall, reply};

/// Defines [`link`] from the rows of the table.
macro_rules! define_link {
    ($($group:ident {
        $($kind:ident $name:ident($($param:ident: $type:ident),*) -> $result:tt;)*
    })*) => {
        /// Defines every function of the table.
        pub(crate) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
            $($(link_one!(linker, $kind $group $name($($param: $type),*) -> $result);)*)*
            Ok(())
        }
    };
}

/// Defines one function. An `async` function may have to wait for the ledger.
macro_rules! link_one {
    ($linker:ident, sync $group:ident $name:ident($($param:ident: $type:ident),*) -> $result:tt) => {
        $linker.func_wrap(
            "icn",
            stringify!($name),
            |caller: Caller<'_, Context>, $($param: $type),*| -> wasmtime::Result<$result> {
                reply($group::$name(HostCall::new(caller, stringify!($name)), $($param),*))
            },
        )?
    };
    ($linker:ident, async $group:ident $name:ident($($param:ident: $type:ident),*) -> $result:tt) => {
        $linker.func_wrap_async(
            "icn",
            stringify!($name),
            |caller: Caller<'_, Context>, ($($param,)*): ($($type,)*)| {
                Box::new(async move {
                    let call = HostCall::new(caller, stringify!($name));
                    let answer: wasmtime::Result<$result> = reply($group::$name(call, $($param),*).await);
                    answer
                })
            },
        )?
    };
}

host_functions!(define_link);
