//! The state of the fake host for each test thread: one scope, and the invocation that runs in it.
//!
//! It has no calls. It only answers what many calls ask: whether a capability is granted, and what an account has.

use core::cell::RefCell;
use std::borrow::ToOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::string::String;
use std::vec::Vec;

use crate::abi::{Cid, CredentialStatus, HoldId};
use crate::failure::HostError;

/// The DID of the fake scope.
pub const SCOPE: &str = "did:key:scope";
/// The name under which the fake keeps the scope's treasury.
pub const TREASURY: &str = "treasury";
/// The name under which the fake keeps the module's own account.
pub const MODULE: &str = "module";
/// The time of every invocation, until [`set_time_ms`].
pub const TIME_MS: i64 = 1_600_000_000_000;

/// A transfer that a guest made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that was debited.
    pub from: String,
    /// The account that was credited.
    pub to: String,
    /// The unit.
    pub unit: String,
    /// The number of units.
    pub amount: i64,
    /// The memo.
    pub memo: String,
}

/// An amount that is set aside: debited already, credited to nobody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The account that gets back the rest.
    pub from: String,
    /// The account that is paid when the hold is settled.
    pub to: String,
    /// The unit.
    pub unit: String,
    /// The number of units that are held.
    pub amount: i64,
    /// From when on it is void, in milliseconds since the Unix epoch.
    pub deadline_ms: i64,
}

/// A credential that a guest issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// The DID that the credential is about.
    pub subject: String,
    /// The type, as in `issue:TYPE`.
    pub credential_type: String,
    /// The claims: a JSON object.
    pub claims: String,
    /// From when on it is expired, in milliseconds since the Unix epoch.
    pub valid_until_ms: i64,
    /// Whether a test suspended it ([`suspend`]).
    pub suspended: bool,
    /// Why it was revoked, if it was.
    pub revoked_for: Option<String>,
}

/// A signature that a test accepts: the DID, the message, and the signature's bytes.
type Signed = (String, Vec<u8>, [u8; 64]);

#[derive(Clone, Default)]
pub(super) struct Host {
    pub(super) caller: String,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    pub(super) time_ms: i64,
    pub(super) log: Vec<(i32, String)>,
    pub(super) resources: BTreeMap<i32, i64>,
    pub(super) values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The values that this invocation changed, as they were before; the latest last.
    pub(super) undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) accounts: BTreeMap<(String, String), i64>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) nodes: Vec<(Cid, Vec<u8>, Vec<Cid>)>,
    pub(super) anchors: Vec<(Cid, String)>,
    pub(super) denied: BTreeSet<String>,
    pub(super) issued: BTreeMap<String, i64>,
    pub(super) holds: Vec<Hold>,
    pub(super) holds_made: u64,
    pub(super) crossings: Vec<(String, Transfer)>,
    pub(super) credentials: Vec<Credential>,
    pub(super) verified: BTreeMap<String, Result<CredentialStatus, HostError>>,
    pub(super) signatures: BTreeSet<Signed>,
}

impl Host {
    pub(super) fn new() -> Host {
        Host { time_ms: TIME_MS, ..Host::default() }
    }

    pub(super) fn granted(&self, capability: &str) -> Result<(), HostError> {
        if self.denied.contains(capability) { Err(HostError::Denied) } else { Ok(()) }
    }

    pub(super) fn balance(&self, owner: &str, unit: &str) -> i64 {
        self.accounts.get(&(owner.to_owned(), unit.to_owned())).copied().unwrap_or(0)
    }

    pub(super) fn issued(&self, unit: &str) -> i64 {
        self.issued.get(unit).copied().unwrap_or(0)
    }
}

std::thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::new());
}

/// Uses the host of this thread.
pub(super) fn with<T>(use_host: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|host| use_host(&mut host.borrow_mut()))
}
