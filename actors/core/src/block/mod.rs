//! The kinds of blocks, one file a kind: what a payload says, and the rules of its own form. No file here judges a
//! block by another block; that is `rules` and `fold`.
//!
//! Each payload is a dag-cbor map whose `typ` names its kind and version (docs/formats.md). Unknown fields are
//! refused, so nothing is signed that a reader does not understand.

mod broken;
mod capability;
mod command;
mod counterpart;
mod engine;
mod entry;
pub(crate) mod form;
mod host;
mod invocation;
mod journal;
mod keys;
mod leg;
mod node;
mod outcome;
mod policy;
mod receipt;
mod roll;
pub mod ruling;
mod staged;
mod tag;
pub mod ucan;

pub use broken::{ChainError, Flaw};
pub use capability::{Capability, CapabilityError, CredentialType};
pub use command::{CapKey, Command, Level, Limits};
pub use counterpart::Counterpart;
pub use engine::{Engine, EngineTag};
pub use entry::{Entry, Payload};
pub use host::{HostBlock, HostTag};
pub use invocation::{INVOCATION_FUEL_DEFAULT, Invocation, InvocationTag};
pub use journal::{Operation, USAGE_MEMO};
pub use keys::{KeysBlock, KeysTag, OPERATE, Signer};
pub use leg::{Leg, LegTag};
pub use node::{Node, NodeTag};
pub use outcome::{Outcome, Trap, TrapKind};
pub use policy::{GrantLimits, Install, Issue, Policy, PolicyError, PolicyTag, Role};
pub use receipt::{Anchor, Receipt, ReceiptTag, Usage, Write};
pub use roll::Roll;
pub use staged::Staged;
