//! The host functions, one file for each group of the table in `contract/functions.rs`.

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

use wasmtime::Linker;

use crate::guest::Context;

/// Defines every function of the table.
pub(crate) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    context::link(linker)?;
    resource::link(linker)?;
    mint::link(linker)?;
    escrow::link(linker)?;
    cross::link(linker)?;
    state::link(linker)?;
    dag::link(linker)?;
    credential::link(linker)?;
    signature::link(linker)
}
