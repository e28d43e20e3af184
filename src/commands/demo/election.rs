//! One election on one scope: its keys, its invocations, and their order.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use futures::executor::block_on;
use icn_runtime::{
    Amount, BlockId, Committed, Did, Host, Invocation, InvocationId, ModuleSpec, Pending, Refusal,
    RefusalCode, Request, ScopeError, ScopeSpec, SecretKey, Unit, invocation_id, now_ms,
};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::Answered;
use crate::pabulib;

/// The guest that holds elections, as it ships.
const BALLOT: &[u8] = include_bytes!("../../../guest/prebuilt/ballot.wasm");
/// Invocations of one scope on their way at once.
const IN_FLIGHT_MAX: usize = 256;
/// Fuel for opening and for one ballot: an election of the largest size needs less.
const FUEL_OPEN: u64 = 20_000_000_000;
const FUEL_VOTE: u64 = 1_000_000_000;
const FUEL_TALLY: u64 = 20_000_000_000;
/// How long an invocation is good for, in milliseconds.
const EXPIRES_MS: u64 = 24 * 60 * 60 * 1000;
/// Where the guest keeps the election, once it is opened.
const ELECTION_KEY: &[u8] = b"election";
/// The rule by which the guest finds the winners.
const RULE: &str = "greedy";
/// The token, where the file names no currency.
const TOKEN_DEFAULT: &str = "MONEY";

/// An election file, read, with the keys that it needs.
pub(crate) struct Election {
    file: String,
    name: String,
    digest: String,
    election: pabulib::Election,
    scope_seed: [u8; 32],
    scope: Did,
    unit: Unit,
}

/// One invocation of an election.
#[derive(Clone, Copy)]
enum Step<'a> {
    Open,
    Vote(&'a pabulib::Ballot),
    Tally,
}

impl Step<'_> {
    const fn entry(&self) -> &'static str {
        match self {
            Step::Open => "open",
            Step::Vote(_) => "vote",
            Step::Tally => "tally",
        }
    }
    fn who(&self) -> &str {
        if let Step::Vote(ballot) = self { &ballot.voter_id } else { "" }
    }
    const fn fuel(&self) -> u64 {
        match self {
            Step::Open => FUEL_OPEN,
            Step::Vote(_) => FUEL_VOTE,
            Step::Tally => FUEL_TALLY,
        }
    }
    /// Its id: a function of the file's bytes, so that it is applied at most once.
    fn id(&self, digest: &str) -> InvocationId {
        invocation_id(&[digest, self.entry(), self.who()])
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Open => f.write_str("opening the election"),
            Step::Vote(ballot) => write!(f, "the ballot at line {}", ballot.line),
            Step::Tally => f.write_str("the tally"),
        }
    }
}

/// A secret from public text: for demonstration alone.
fn derived_secret(what: &str, name: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update("icn demo ")
        .chain_update(what)
        .chain_update("\n")
        .chain_update(name)
        .finalize()
        .into()
}

fn member_key(voter: &str) -> SecretKey {
    SecretKey::from_bytes(&derived_secret("member", voter))
}

impl Election {
    pub(crate) fn new(file: String, bytes: &[u8], election: pabulib::Election) -> Result<Self, String> {
        let stem = Path::new(&file)
            .file_stem()
            .map_or_else(|| file.clone(), |stem| stem.to_string_lossy().into_owned());
        let scope_seed = derived_secret("scope", &stem);
        let currency = election.meta.get("currency").map(String::as_str);
        let unit = currency.and_then(|name| Unit::parse(name).ok()).filter(|unit| !unit.is_resource());
        let unit = unit.map_or_else(|| Unit::parse(TOKEN_DEFAULT), Ok).map_err(|e| e.to_string())?;
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        let scope = SecretKey::from_bytes(&scope_seed).did();
        Ok(Self { name: election.name.clone(), file, digest, election, scope_seed, scope, unit })
    }

    pub(crate) const fn did(&self) -> Did {
        self.scope
    }
    pub(crate) fn file(&self) -> &str {
        &self.file
    }
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
    pub(crate) const fn budget(&self) -> i64 {
        self.election.budget
    }
    pub(crate) fn ballots(&self) -> usize {
        self.election.ballots.len()
    }

    /// What a person should know of the file.
    pub(crate) fn note(&self) -> Option<String> {
        let rule = self.election.meta.get("rule").filter(|rule| *rule != RULE)?;
        let rule = rule.chars().take(40).collect::<String>();
        Some(format!("{}: its rule is {rule:?}, but it is tallied by {RULE:?} here", self.file))
    }

    /// The ids of all its invocations.
    pub(crate) fn ids(&self) -> BTreeSet<InvocationId> {
        let votes = self.election.ballots.iter().map(Step::Vote);
        [Step::Open, Step::Tally].into_iter().chain(votes).map(|step| step.id(&self.digest)).collect()
    }

    /// Opens the scope if it is not there, then the election, then votes, then tallies: whatever the log does
    /// not have yet.
    ///
    /// How the guest answered is for the log to say ([`super::report`]), in this run and in every later one; an
    /// election that was not opened is left at that.
    pub(crate) fn hold(&self, host: &Host, answered: &Answered, bar: &ProgressBar) -> Result<(), String> {
        let fail = |what: &str, why: &dyn fmt::Display| format!("{what}: {why}");
        let admin = SecretKey::from_bytes(&derived_secret("administrator", ""));
        let ballot = ModuleSpec::of(
            BALLOT.to_vec(),
            &["state", "dag", "transfer", "treasury"],
            &[("open", "admin"), ("vote", "member"), ("tally", "admin")],
        )
        .map_err(|e| fail("the ballot guest", &e))?;
        let module = ballot.id();
        let keys: Vec<SecretKey> =
            self.election.ballots.iter().map(|ballot| member_key(&ballot.voter_id)).collect();
        let is_new = !host.scopes().contains(&self.scope);
        if is_new {
            let budget = u64::try_from(self.election.budget).map_err(|e| fail("the budget", &e))?;
            let spec = ScopeSpec::new(&self.scope_name())
                .admin(admin.did())
                .role("member", keys.iter().map(SecretKey::did))
                .module(ballot)
                .token(self.unit.clone(), Amount(budget));
            match block_on(host.open_scope(SecretKey::from_bytes(&self.scope_seed), spec)) {
                Ok(_) | Err(ScopeError::Exists(_)) => {}
                Err(error) => return Err(fail("opening the scope", &error)),
            }
        }
        let mut line = Line {
            host,
            scope: self.scope,
            module,
            digest: &self.digest,
            answered,
            is_new,
            waiting: VecDeque::new(),
        };
        let is_opened = || block_on(host.value(&self.scope, module, ELECTION_KEY)).is_some();
        // Its scope goes by the file's name, its invocations by what is in it.
        if !is_new && is_opened() && !line.has(Step::Open) {
            return Err(
                "the data directory has another election by this file's name: a file that was changed \
                        goes into another directory, or by another name"
                    .to_owned(),
            );
        }
        line.push(Step::Open, &self.opening(), &admin)?;
        line.drain(0)?;
        if !is_opened() {
            return Ok(());
        }
        for (ballot, key) in self.election.ballots.iter().zip(&keys) {
            let mut input = ballot.vote.join(",");
            if let (Some(points), true) = (&ballot.points, self.election.vote_type != "approval") {
                input.push(';');
                input.push_str(&points.join(","));
            }
            line.push(Step::Vote(ballot), &input, key)?;
            line.drain(IN_FLIGHT_MAX - 1)?;
            bar.inc(1);
        }
        line.drain(0)?;
        line.push(Step::Tally, "", &admin)?;
        line.drain(0)
    }

    /// The scope's name, as long as a policy allows.
    fn scope_name(&self) -> String {
        let mut name = self.name.clone();
        while name.len() > icn_runtime::limits::NAME_BYTES_MAX {
            name.pop();
        }
        if name.is_empty() { self.file.chars().take(60).collect() } else { name }
    }

    /// The election, as the guest reads it.
    fn opening(&self) -> String {
        let mut text = format!(
            "vote_type;{}\nbudget;{}\nunit;{}\n",
            self.election.vote_type, self.election.budget, self.unit
        );
        for (rule, value) in &self.election.rules {
            text.push_str(&format!("{rule};{value}\n"));
        }
        text.push_str("PROJECTS\n");
        for project in &self.election.projects {
            text.push_str(&format!("{};{}\n", project.id, project.cost));
        }
        text
    }
}

/// The invocations of one scope, in their order, some of them on their way.
struct Line<'a> {
    host: &'a Host,
    scope: Did,
    module: BlockId,
    digest: &'a str,
    answered: &'a Answered,
    /// Whether the scope was opened in this run, so that nothing can have been applied before.
    is_new: bool,
    waiting: VecDeque<(Step<'a>, Request, Pending)>,
}

impl<'a> Line<'a> {
    /// Whether the log has an invocation's receipt.
    fn has(&self, step: Step<'_>) -> bool {
        block_on(self.host.receipt_of(&self.scope, step.id(self.digest))).is_some()
    }

    /// Submits an invocation, unless the log has it.
    fn push(&mut self, step: Step<'a>, input: &str, key: &SecretKey) -> Result<(), String> {
        if !self.is_new && self.has(step) {
            return Ok(());
        }
        let expires = now_ms() + EXPIRES_MS;
        let invocation = Invocation::new(
            self.host.origin(),
            self.scope,
            self.module,
            step.entry(),
            input,
            step.id(self.digest),
            key.did(),
            expires,
        );
        let request = Request::sign(&invocation.with_fuel(step.fuel()), key);
        let pending = submit(self.host, &request).map_err(|refusal| format!("{step}: {refusal}"))?;
        self.answered.count_submitted();
        self.waiting.push_back((step, request, pending));
        Ok(())
    }

    /// Waits until at most so many are on their way. A ballot that the guest refuses is an answer like any
    /// other: its receipt says why.
    fn drain(&mut self, most: usize) -> Result<(), String> {
        while self.waiting.len() > most {
            let Some((step, request, pending)) = self.waiting.pop_front() else { break };
            let settled = self.settle(step, &request, pending);
            if let Some(committed) = settled.map_err(|refusal| format!("{step}: {refusal}"))? {
                self.answered.note(committed.id)?;
            }
        }
        Ok(())
    }

    /// The receipt, or nothing when the log had it already.
    fn settle(
        &self,
        step: Step<'_>,
        request: &Request,
        mut pending: Pending,
    ) -> Result<Option<Committed>, Refusal> {
        loop {
            match block_on(pending) {
                Ok(committed) => return Ok(Some(committed)),
                Err(refusal) if refusal.code == RefusalCode::Replayed => return Ok(None),
                Err(refusal) => {
                    wait(refusal)?;
                    if self.has(step) {
                        return Ok(None);
                    }
                    pending = submit(self.host, request)?;
                }
            }
        }
    }
}

/// Submits, and comes back when told to.
fn submit(host: &Host, request: &Request) -> Result<Pending, Refusal> {
    loop {
        match host.submit(request.clone()) {
            Ok(pending) => return Ok(pending),
            Err(refusal) => wait(refusal)?,
        }
    }
}

/// Waits as long as a refusal hints; one without a hint is final.
fn wait(refusal: Refusal) -> Result<(), Refusal> {
    let Some(ms) = refusal.retry_after_ms else { return Err(refusal) };
    std::thread::sleep(Duration::from_millis(ms));
    Ok(())
}
