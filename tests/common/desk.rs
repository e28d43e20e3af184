//! A scope with the probe installed, and the keys of its callers.

use futures::executor::block_on;
use icn_runtime::{
    Amount, BlockId, Committed, Did, Host, Invocation, InvocationId, ModuleSpec, Outcome, Refusal, Request,
    ScopeSpec, SecretKey, invocation_id, now_ms,
};

use super::files::key;
use super::probe::{PROBE_ENTRIES, chip, probe_wasm};

/// A scope with the guest installed, and the keys of those who may call it: `spin` is the administrator's, the
/// rest is the member's.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) scope: Did,
    pub(crate) module: BlockId,
    pub(crate) admin: SecretKey,
    pub(crate) member: SecretKey,
}

/// Chips that a scope's treasury begins with.
pub(crate) const CHIPS: u64 = 1_000_000;

/// What a scope of this name is opened with.
pub(crate) fn probe_spec(name: &str) -> (SecretKey, ScopeSpec) {
    let entries: Vec<(&str, &str)> = PROBE_ENTRIES
        .iter()
        .map(|entry| (*entry, if *entry == "spin" { "admin" } else { "member" }))
        .collect();
    let module = ModuleSpec::of(probe_wasm(), &["state", "dag", "transfer", "treasury"], &entries).unwrap();
    let spec = ScopeSpec::new(name)
        .admin(key(&format!("{name} admin")).did())
        .role("member", [key(&format!("{name} member")).did()])
        .module(module)
        .token(chip(), Amount(CHIPS));
    (key(&format!("{name} scope")), spec)
}

impl Desk {
    /// The scope of this name, opened before or not.
    pub(crate) fn of(name: &str) -> Self {
        let module = ModuleSpec::of(probe_wasm(), &[], &[]).unwrap().id();
        Self {
            scope: key(&format!("{name} scope")).did(),
            module,
            admin: key(&format!("{name} admin")),
            member: key(&format!("{name} member")),
        }
    }

    /// Opens the scope of this name.
    pub(crate) fn open(host: &Host, name: &str) -> Self {
        let (key, spec) = probe_spec(name);
        block_on(host.open_scope(key, spec)).unwrap();
        Self::of(name)
    }

    /// The id of an invocation that goes by this name.
    pub(crate) fn id(&self, name: &str) -> InvocationId {
        invocation_id(&[self.scope.as_str(), name])
    }

    /// Who calls this entry.
    pub(crate) fn caller(&self, entry: &str) -> &SecretKey {
        if entry == "spin" { &self.admin } else { &self.member }
    }

    /// An invocation that goes by this name, good for an hour.
    pub(crate) fn invocation(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Invocation {
        let expires = now_ms() + 3_600_000;
        let caller = self.caller(entry).did();
        Invocation::new(host.origin(), self.scope, self.module, entry, input, self.id(name), caller, expires)
    }

    /// The same, signed.
    pub(crate) fn request(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Request {
        Request::sign(&self.invocation(host, entry, input, name), self.caller(entry))
    }

    /// Submits and waits.
    pub(crate) fn call(
        &self,
        host: &Host,
        entry: &str,
        input: &[u8],
        name: &str,
    ) -> Result<Committed, Refusal> {
        block_on(host.submit(self.request(host, entry, input, name))?)
    }

    /// Submits and waits; the run must end well. Gives its output.
    pub(crate) fn ask(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Vec<u8> {
        let committed = self.call(host, entry, input, name).unwrap();
        assert_eq!(committed.receipt.outcome, Outcome::Ok, "{entry}");
        committed.receipt.output.clone()
    }
}
