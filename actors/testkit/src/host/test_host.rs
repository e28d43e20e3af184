//! A host for the tests of a guest: the production engine, validator, cost schedule, policy and ledger, around a
//! scope that is gone with the test.
//!
//! ```
//! use icn_testkit::TestHost;
//!
//! // The module's bytes: what `guest/build.sh` made, or any `.wasm` of yours.
//! const BALLOT: &[u8] = include_bytes!("../../../../guest/prebuilt/ballot.wasm");
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Granted all that its manifest asks for; `open` and `tally` are for administrators.
//! let mut host = TestHost::new(BALLOT)?
//!     .grant_all()
//!     .require("open", "admin")
//!     .require("tally", "admin")
//!     .role("admin", "chair");
//! host.issue("PLN", "treasury", 5_000);
//!
//! // A story: state, nodes and balances stay from call to call.
//! let election = "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n1;3000\n2;2500\n";
//! host.call("chair", "open", election).ok();
//! host.call("ann", "vote", "2").ok();
//! host.call("ann", "vote", "1").failed(32); // she has voted
//! host.call("ann", "tally", "").refused(); // she is no administrator
//! let tally = host.call("chair", "tally", "").ok();
//! assert!(tally.text().contains("\nfunded;2;2500;1;1\n"));
//!
//! // What is left behind.
//! assert_eq!(host.balance("project/2", "PLN"), 2_500);
//! assert_eq!(host.balance("treasury", "PLN"), 2_500);
//! let ann = host.member("ann");
//! assert!(host.value(format!("b/{ann}")).is_some());
//!
//! // Fuel is part of the contract: too little of it is a trap, and leaves nothing behind.
//! host.fuel(2_000).call("bob", "vote", "2").trapped(icn_testkit::TrapKind::OutOfFuel);
//! # Ok(()) }
//! ```

use std::sync::{Arc, LazyLock};

use icn_core::encode::Block;
use icn_core::name::{BlockId, Codec, Did, Unit};
use icn_sandbox::scratch::{Scratch, ScratchCall, ScratchError};
use icn_sandbox::{Engine, EngineOptions, Module, Rejected, Ticker, capabilities};

use super::ended::Ended;
use super::names::{AsCaller, AsOwner, right};

/// The engine of all hosts of this process, and its running clock.
static ENGINE: LazyLock<Result<(Engine, Ticker), String>> = LazyLock::new(|| {
    let engine = Engine::new(&EngineOptions::default())?;
    let ticker = engine.start_ticker().map_err(|e| format!("no thread for the engine's clock: {e}"))?;
    Ok((engine, ticker))
});

/// Why there is no host to test on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestHostError {
    /// The module is refused, as it would be at its install.
    #[error("the module is refused: {0}")]
    Rejected(Rejected),
    /// There is no engine, or no scope, on this machine.
    #[error("{0}")]
    Host(String),
}

/// One module in a scope of its own.
///
/// Methods that take a name or an amount panic when it is not right: that is a mistake of the test. What a guest
/// does never panics here; [`call`](Self::call) answers it.
#[derive(Debug)]
pub struct TestHost {
    scratch: Scratch,
    module: Arc<Module>,
    fuel: u64,
}

impl TestHost {
    /// A scope in which the module is installed without any capability, all its entries open to anyone.
    pub fn new(wasm: impl Into<Vec<u8>>) -> Result<Self, TestHostError> {
        let (engine, _) = ENGINE.as_ref().map_err(|e| TestHostError::Host(e.clone()))?;
        let block = Block::new(Codec::Raw, wasm.into());
        let module = Arc::new(Module::compile(engine, &block).map_err(TestHostError::Rejected)?);
        let scope = |e: ScratchError| TestHostError::Host(e.to_string());
        let mut scratch = Scratch::open(engine).map_err(scope)?;
        scratch.install(module.clone(), &std::collections::BTreeSet::new()).map_err(scope)?;
        Ok(Self { scratch, module, fuel: icn_core::block::INVOCATION_FUEL_DEFAULT })
    }

    /// Grants every capability that the manifest asks for.
    #[must_use]
    #[track_caller]
    pub fn grant_all(self) -> Self {
        self.grant(&["all"])
    }

    /// Grants these capabilities and no others, by their names.
    ///
    /// # Panics
    /// When the manifest does not ask for one of them.
    #[must_use]
    #[track_caller]
    pub fn grant(mut self, names: &[&str]) -> Self {
        let granted = right(capabilities(&self.module, names.iter().copied()));
        right(self.scratch.install(self.module.clone(), &granted));
        self
    }

    /// Opens an entry only to those who hold this role; other callers are refused before the guest runs.
    ///
    /// # Panics
    /// When the module has no such entry.
    #[must_use]
    #[track_caller]
    pub fn require(mut self, entry: &str, role: &str) -> Self {
        // The role exists from now on, held by nobody.
        right(self.scratch.define_role(role));
        right(self.scratch.require_role(self.module.id(), entry, role));
        self
    }

    /// Gives a member a role.
    #[must_use]
    #[track_caller]
    pub fn role(mut self, role: &str, member: impl AsCaller) -> Self {
        let member = member.did(&mut self.scratch);
        right(self.scratch.give_role(role, member));
        self
    }

    /// Makes this unit the scope's default token.
    #[must_use]
    #[track_caller]
    pub fn token(mut self, unit: &str) -> Self {
        let unit = right(Unit::parse(unit));
        right(self.scratch.set_token(unit));
        self
    }

    /// Brings units into being on an account.
    #[track_caller]
    pub fn issue(&mut self, unit: &str, owner: impl AsOwner, amount: u64) -> &mut Self {
        let unit = right(Unit::parse(unit));
        right(self.scratch.issue(unit, owner.owner(), amount));
        self
    }

    /// The time of the calls from now on, in milliseconds since the Unix epoch. Guests are never told an earlier
    /// time than the guests before them.
    pub fn at(&mut self, time_ms: u64) -> &mut Self {
        self.scratch.set_time(time_ms);
        self
    }

    /// The fuel limit of the calls from now on.
    pub fn fuel(&mut self, fuel: u64) -> &mut Self {
        self.fuel = fuel;
        self
    }

    /// The DID of the member of this name.
    pub fn member(&mut self, name: &str) -> Did {
        self.scratch.member(name)
    }

    /// Signs an invocation as this member, runs it, and commits what it did.
    #[track_caller]
    pub fn call(&mut self, caller: impl AsCaller, entry: &str, input: impl Into<Vec<u8>>) -> Ended {
        let caller = caller.did(&mut self.scratch);
        let call = ScratchCall::new(self.module.id(), entry, caller).with_input(input).with_fuel(self.fuel);
        Ended::new(entry, self.scratch.invoke(&call))
    }

    /// A value that the module keeps.
    #[must_use]
    pub fn value(&self, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.scratch.value(&self.module.id(), key.as_ref()).map(<[u8]>::to_vec)
    }

    /// What an account has.
    #[must_use]
    #[track_caller]
    pub fn balance(&self, owner: impl AsOwner, unit: &str) -> i128 {
        self.scratch.balance(owner.owner(), right(Unit::parse(unit)))
    }

    /// Another federation scope of this name: each deals with the other, and the other lets this one owe it `credit` of
    /// the unit. Asked again, it changes the credit.
    #[track_caller]
    pub fn counterpart(&mut self, name: &str, unit: &str, credit: u64) -> Did {
        right(self.scratch.counterpart(name, &right(Unit::parse(unit)), credit))
    }

    /// What an account of another scope has.
    #[must_use]
    #[track_caller]
    pub fn balance_of_counterpart(&self, scope: Did, owner: impl AsOwner, unit: &str) -> i128 {
        self.scratch.balance_of_counterpart(scope, owner.owner(), right(Unit::parse(unit)))
    }

    /// The module's name: an account `module:` and this is its own.
    #[must_use]
    pub fn module(&self) -> BlockId {
        self.module.id()
    }

    /// The scope beneath, for what this type has no word for.
    #[must_use]
    pub fn scratch(&mut self) -> &mut Scratch {
        &mut self.scratch
    }
}
