//! A runtime for federations of cooperatives. Their rules run as programs that nobody can bend, and that
//! anyone can check.
//!
//! A [`Host`] has any number of *scopes*, one for each federation. A scope runs the WebAssembly modules that
//! its policy installs. A member signs a [`Request`], and every request ends in a signed receipt in the
//! host's append-only log. Appending the receipt is the commit. [`Audit`] checks such a log. It trusts
//! nobody.
//!
//! The handle is `Send + Sync`, and its futures run on any executor.
//!
//! ```
//! use icn_runtime::{
//!     Amount, Host, HostOptions, Invocation, ModuleSpec, Request, ScopeSpec, SecretKey, Unit, invocation_id,
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # type Done = Result<(), Box<dyn std::error::Error>>;
//! # let block_on = futures::executor::block_on::<std::pin::Pin<Box<dyn Future<Output = Done>>>>;
//! # let data = dir.path();
//! # let wasm = include_bytes!("../guest/prebuilt/ballot.wasm").to_vec();
//! # block_on(Box::pin(async move {
//! let host = Host::open(HostOptions::new(data))?;
//! let (chair, member) = (SecretKey::from_bytes(&[1; 32]), SecretKey::from_bytes(&[2; 32]));
//!
//! // The federation's policy: its administrators, its members, its modules, and who may call which entry.
//! let ballot = ModuleSpec::of(wasm, &["state", "dag", "transfer", "treasury"], &[
//!     ("open", "admin"),
//!     ("vote", "member"),
//!     ("tally", "admin"),
//! ])?;
//! let module = ballot.id();
//! let spec = ScopeSpec::new("Maple district")
//!     .admin(chair.did())
//!     .role("member", [member.did()])
//!     .module(ballot)
//!     .token(Unit::parse("PLN")?, Amount(5_000));
//! let scope = host.open_scope(SecretKey::from_bytes(&[3; 32]), spec).await?;
//!
//! // A signed invocation is answered when its receipt is durable.
//! let election = "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n1;3000\n2;2500\n";
//! let call = |entry: &str, input: &str, key: &SecretKey| {
//!     let id = invocation_id(&[entry, key.did().as_str()]);
//!     let expires = icn_runtime::now_ms() + 60_000;
//!     Request::sign(&Invocation::new(host.origin(), scope, module, entry, input, id, key.did(), expires), key)
//! };
//! host.submit(call("open", election, &chair))?.await?;
//! host.submit(call("vote", "2", &member))?.await?;
//! let tally = host.submit(call("tally", "", &chair))?.await?;
//! assert!(tally.receipt.outcome.is_ok());
//! assert!(String::from_utf8(tally.receipt.output.clone())?.contains("\nfunded;2;2500;1;1\n"));
//! # Ok(()) }))
//! # }
//! ```

#![forbid(unsafe_code)]

mod net;

/// A log as files that other tools read, and a data directory made of them.
pub mod export {
    pub use icn_history::export::*;
    pub use icn_history::import::*;
}

/// Secret keys on disk: single files, and all keys of a data directory.
pub mod key_file {
    pub use icn_history::directory::{RekeyError, key_files, rekey_directory};
    pub use icn_history::key_file::*;
}

pub use crate::net::{cosign, mirror, witness};
/// Rulings: what an administrator asks of the ledger, and its words.
pub mod ruling {
    pub use icn_core::block::ruling::{ENTRY, input, is_of_ledger, module, read};
    pub use icn_core::block::{CapKey, Command, Level, Limits};
    pub use icn_core::costs::ruling_fuel as fuel;
    pub use icn_core::rules::may_rule as may;
}

pub use icn_core::block::ucan::{Delegation, Revocation};
pub use icn_core::block::{
    Anchor, Capability, CredentialType, GrantLimits, Invocation, Issue, KeysBlock, Operation, Outcome,
    Policy, Receipt, Roll, Signer, Trap, TrapKind, Usage, Write,
};
pub use icn_core::encode::SecretKey;
pub use icn_core::ledger::{Account, LedgerCode, LedgerRefusal};
pub use icn_core::log::Checkpoint;
pub use icn_core::name::{
    AccountId, Amount, BlockId, Did, Hash, HoldId, InvocationId, Origin, Owner, Unit, invocation_id,
};
pub use icn_core::rules::gate::Request;
pub use icn_core::rules::{Refusal, RefusalCode, keys};
pub use icn_core::{costs, limits};
pub use icn_history::key_file::random_key;
pub use icn_history::{
    Audit, AuditReport, CopyError, Cosigned, Finding, Layout, Level, Listener, LockError, ProveError,
    RecoverError, SignedLog, SignedLogError, StoreError, Subject, backup, prove, repair,
};
pub use icn_sandbox::{CacheStats, EngineOptions};
pub use icn_system::{
    Committed, FaultPoint, Faults, Host, HostOptions, KeysError, ModuleSpec, OpenError, Opening, Pending,
    ScopeError, ScopeSpec, ScopeView, now_ms,
};
