//! A host in memory, behind the same calls, so that a guest's own tests run natively.
//!
//! It keeps one scope for each test thread: values, accounts, holds, nodes, anchors, credentials. [`call`] runs
//! an entry the way the host does: what a failed entry did is undone. It says yes more often than the host:
//!
//! - it knows no maximum lengths, and grants every capability until a test takes it away ([`deny`]);
//! - it takes any text for a DID, a unit or a scope, and anything between braces for a JSON object;
//! - its CIDs are no SHA-256, and it verifies no signature: what verifies is what the test said
//!   ([`accept_signature`], [`set_verified`]).
//!
//! A guest that passes here still has to be run by the host.

pub(crate) mod calls;
mod money;
mod trust;

use core::cell::RefCell;
use std::borrow::ToOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::string::String;
use std::vec::Vec;

use crate::credential::CredentialStatus;
use crate::dag::Cid;
use crate::escrow::HoldId;
use crate::resource::Kind;
use crate::{Failure, HostError};

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
    /// How much.
    pub amount: i64,
    /// What for.
    pub memo: String,
}

/// An amount that is set aside: debited already, credited to nobody yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Who gets back what is not paid.
    pub from: String,
    /// Who is paid when it is settled.
    pub to: String,
    /// The unit.
    pub unit: String,
    /// How much is held.
    pub amount: i64,
    /// From when on it is void, in milliseconds since the Unix epoch.
    pub deadline_ms: i64,
}

/// A credential that a guest issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// About whom.
    pub subject: String,
    /// Of what type.
    pub credential_type: String,
    /// What it says: a JSON object.
    pub claims: String,
    /// From when on it is expired, in milliseconds since the Unix epoch.
    pub valid_until_ms: i64,
    /// Whether a test suspended it ([`suspend`]).
    pub suspended: bool,
    /// Why it was revoked, if it was.
    pub revoked_for: Option<String>,
}

/// A signature that a test says is good: whose, over what, and its bytes.
type Signed = (String, Vec<u8>, [u8; 64]);

#[derive(Clone, Default)]
struct Host {
    caller: String,
    input: Vec<u8>,
    output: Vec<u8>,
    time_ms: i64,
    log: Vec<(i32, String)>,
    resources: BTreeMap<i32, i64>,
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What values were before this invocation touched them, latest last.
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    accounts: BTreeMap<(String, String), i64>,
    transfers: Vec<Transfer>,
    nodes: Vec<(Cid, Vec<u8>, Vec<Cid>)>,
    anchors: Vec<(Cid, String)>,
    denied: BTreeSet<String>,
    issued: BTreeMap<String, i64>,
    holds: Vec<Hold>,
    holds_made: u64,
    crossings: Vec<(String, Transfer)>,
    credentials: Vec<Credential>,
    verified: BTreeMap<String, Result<CredentialStatus, HostError>>,
    signatures: BTreeSet<Signed>,
}

impl Host {
    fn granted(&self, capability: &str) -> Result<(), HostError> {
        if self.denied.contains(capability) { Err(HostError::Denied) } else { Ok(()) }
    }

    fn balance(&self, owner: &str, unit: &str) -> i64 {
        self.accounts.get(&(owner.to_owned(), unit.to_owned())).copied().unwrap_or(0)
    }

    fn issued(&self, unit: &str) -> i64 {
        self.issued.get(unit).copied().unwrap_or(0)
    }
}

/// What an invocation is undone to, but for values: there may be many of them, and they have an undo of their own.
struct Before {
    accounts: BTreeMap<(String, String), i64>,
    issued: BTreeMap<String, i64>,
    holds: Vec<Hold>,
    credentials: Vec<Credential>,
    transfers: usize,
    crossings: usize,
    nodes: usize,
    anchors: usize,
}

impl Before {
    fn of(host: &Host) -> Before {
        Before {
            accounts: host.accounts.clone(),
            issued: host.issued.clone(),
            holds: host.holds.clone(),
            credentials: host.credentials.clone(),
            transfers: host.transfers.len(),
            crossings: host.crossings.len(),
            nodes: host.nodes.len(),
            anchors: host.anchors.len(),
        }
    }

    fn restore(self, host: &mut Host) {
        while let Some((key, before)) = host.undo.pop() {
            match before {
                Some(value) => host.values.insert(key, value),
                None => host.values.remove(&key),
            };
        }
        host.accounts = self.accounts;
        host.issued = self.issued;
        host.holds = self.holds;
        host.credentials = self.credentials;
        host.transfers.truncate(self.transfers);
        host.crossings.truncate(self.crossings);
        host.nodes.truncate(self.nodes);
        host.anchors.truncate(self.anchors);
    }
}

std::thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host { time_ms: TIME_MS, ..Host::default() });
}

fn with<T>(use_host: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|host| use_host(&mut host.borrow_mut()))
}

/// Forgets everything that happened on this thread.
pub fn reset() {
    with(|host| *host = Host { time_ms: TIME_MS, ..Host::default() });
}

/// Runs an entry for `caller` and answers its output, or how it failed; then nothing of it stays.
pub fn call(caller: &str, input: &[u8], entry: fn() -> Result<(), Failure>) -> Result<Vec<u8>, Failure> {
    let before = with(|host| {
        host.caller = caller.to_owned();
        host.input = input.to_vec();
        host.output.clear();
        host.log.clear();
        host.undo.clear();
        host.void_expired();
        Before::of(host)
    });
    match entry() {
        Ok(()) => Ok(with(|host| host.output.clone())),
        Err(failure) => {
            with(|host| before.restore(host));
            Err(failure)
        }
    }
}

/// Sets the time of the invocations to come; holds whose deadline has come then are void.
pub fn set_time_ms(time_ms: i64) {
    with(|host| {
        host.time_ms = time_ms;
        host.void_expired();
    });
}

/// Takes a capability away from the guest, as a manifest names it (`mint`, `issue:member`): from now on, what
/// needs it answers `DENIED`.
pub fn deny(capability: &str) {
    with(|host| host.denied.insert(capability.to_owned()));
}

/// Sets what is left of a resource; a kind that was never set has no bound.
pub fn set_remaining(kind: Kind, amount: i64) {
    with(|host| host.resources.insert(kind as i32, amount));
}

/// Sets the balance of an account: a caller's DID, [`TREASURY`], [`MODULE`], or any other name.
pub fn set_balance(owner: &str, unit: &str, amount: i64) {
    with(|host| host.accounts.insert((owner.to_owned(), unit.to_owned()), amount));
}

/// The available balance of an account; 0 when there is none.
pub fn balance(owner: &str, unit: &str) -> i64 {
    with(|host| host.balance(owner, unit))
}

/// A value as it is kept.
pub fn value(key: &[u8]) -> Option<Vec<u8>> {
    with(|host| host.values.get(key).cloned())
}

/// Sets a value behind the guest's back, as a module before this one may have left it.
pub fn set_value(key: &[u8], value: &[u8]) {
    with(|host| host.values.insert(key.to_vec(), value.to_vec()));
}

/// How many values are kept.
pub fn value_count() -> usize {
    with(|host| host.values.len())
}

/// Every value that is kept, by its key: to see that a refusal changed nothing.
pub fn values() -> BTreeMap<Vec<u8>, Vec<u8>> {
    with(|host| host.values.clone())
}

/// Every transfer so far.
pub fn transfers() -> Vec<Transfer> {
    with(|host| host.transfers.clone())
}

/// Every anchor so far: the payload of the node, and the topic.
pub fn anchors() -> Vec<(Vec<u8>, String)> {
    with(|host| {
        let payload = |cid| host.nodes.iter().find(|node| node.0 == cid).map(|node| node.1.clone());
        host.anchors.iter().map(|(cid, topic)| (payload(*cid).unwrap_or_default(), topic.clone())).collect()
    })
}

/// What the last invocation logged: level and text.
pub fn logged() -> Vec<(i32, String)> {
    with(|host| host.log.clone())
}

/// How much of a unit was minted and not burned.
pub fn issued(unit: &str) -> i64 {
    with(|host| host.issued(unit))
}

/// The holds that are open, oldest first.
pub fn holds() -> Vec<Hold> {
    with(|host| host.holds.clone())
}

/// Every transfer to another scope so far, after that scope's DID.
pub fn crossings() -> Vec<(String, Transfer)> {
    with(|host| host.crossings.clone())
}

/// Every credential so far, revoked ones too.
pub fn credentials() -> Vec<Credential> {
    with(|host| host.credentials.clone())
}

/// Suspends a credential that was issued here, or lifts that.
pub fn suspend(id: &str, suspended: bool) {
    with(|host| {
        for credential in host.credentials.iter_mut().filter(|credential| credential.id == id) {
            credential.suspended = suspended;
        }
    });
}

/// Decides what the verification of a credential answers; one that was never named has an invalid proof.
pub fn set_verified(json: &str, answer: Result<CredentialStatus, HostError>) {
    with(|host| host.verified.insert(json.to_owned(), answer));
}

/// Lets a signature verify; every other does not.
pub fn accept_signature(did: &str, message: &[u8], signature: &[u8; 64]) {
    with(|host| host.signatures.insert((did.to_owned(), message.to_vec(), *signature)));
}
