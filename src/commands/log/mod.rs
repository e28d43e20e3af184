//! Commands that read a host's log: check it, copy it, publish it, repair it, prove blocks of it, and have it
//! witnessed.
//!
//! No command here needs a running host, and none signs a block. Each checks what it reads, or says that it
//! does not.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod cosign;
pub(crate) mod dag;
pub(crate) mod export;
pub(crate) mod fork;
pub(crate) mod import;
pub(crate) mod ledger;
pub(crate) mod proof;
pub(crate) mod publish;
pub(crate) mod repair;
pub(crate) mod witness;
