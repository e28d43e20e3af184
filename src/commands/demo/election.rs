//! One election on one scope: its keys, its invocations, and their order.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use futures::executor::block_on;
use icn_runtime::{
    Amount, BlockId, Committed, Did, Host, Invocation, InvocationId, ModuleSpec, Outcome, Pending, Refusal,
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

    /// Opens the scope if it is not there, then the election, then votes, then tallies: whatever the log does
    /// not have yet. Gives the number of invocations that were submitted.
    pub(crate) fn hold(&self, host: &Host, answered: &Answered, bar: &ProgressBar) -> Result<u64, String> {
        let fail = |what: &str, why: &dyn std::fmt::Display| format!("{}: {what}: {why}", self.file);
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
            submitted: 0,
            waiting: VecDeque::new(),
        };
        line.push("open", "", FUEL_OPEN, &self.opening(), &admin)?;
        line.drain(0, |outcome, output| match outcome {
            Outcome::Ok => Ok(()),
            other => Err(fail(
                "the guest refused the election",
                &format!("{other:?}: {}", String::from_utf8_lossy(output)),
            )),
        })?;
        for (ballot, key) in self.election.ballots.iter().zip(&keys) {
            let mut input = ballot.vote.join(",");
            if let (Some(points), true) = (&ballot.points, self.election.vote_type != "approval") {
                input.push(';');
                input.push_str(&points.join(","));
            }
            line.push("vote", &ballot.voter_id, FUEL_VOTE, &input, key)?;
            // A ballot that the guest refuses is an answer like any other: its receipt says why.
            line.drain(IN_FLIGHT_MAX - 1, |_, _| Ok(()))?;
            bar.inc(1);
        }
        line.drain(0, |_, _| Ok(()))?;
        line.push("tally", "", FUEL_TALLY, "", &admin)?;
        line.drain(0, |outcome, output| match outcome {
            Outcome::Ok => Ok(()),
            other => {
                Err(fail("the tally failed", &format!("{other:?}: {}", String::from_utf8_lossy(output))))
            }
        })?;
        Ok(line.submitted)
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
    submitted: u64,
    waiting: VecDeque<(Request, InvocationId, Pending)>,
}

impl Line<'_> {
    /// Submits an invocation, unless the log has it.
    fn push(
        &mut self,
        entry: &str,
        who: &str,
        fuel: u64,
        input: &str,
        key: &SecretKey,
    ) -> Result<(), String> {
        let id = invocation_id(&[self.digest, entry, who]);
        if !self.is_new && block_on(self.host.receipt_of(&self.scope, id)).is_some() {
            return Ok(());
        }
        let expires = now_ms() + EXPIRES_MS;
        let invocation = Invocation::new(
            self.host.origin(),
            self.scope,
            self.module,
            entry,
            input,
            id,
            key.did(),
            expires,
        );
        let request = Request::sign(&invocation.with_fuel(fuel), key);
        let pending = submit(self.host, &request)?;
        self.submitted += 1;
        self.waiting.push_back((request, id, pending));
        Ok(())
    }

    /// Waits until at most so many are on their way; each outcome is looked at.
    fn drain(
        &mut self,
        most: usize,
        mut look: impl FnMut(&Outcome, &[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        while self.waiting.len() > most {
            let Some((request, id, pending)) = self.waiting.pop_front() else { break };
            if let Some(committed) = self.settle(&request, id, pending)? {
                self.answered.note(committed.id)?;
                look(&committed.receipt.outcome, &committed.receipt.output)?;
            }
        }
        Ok(())
    }

    /// The receipt, or nothing when the log had it already.
    fn settle(
        &self,
        request: &Request,
        id: InvocationId,
        mut pending: Pending,
    ) -> Result<Option<Committed>, String> {
        loop {
            match block_on(pending) {
                Ok(committed) => return Ok(Some(committed)),
                Err(refusal) if refusal.code == RefusalCode::Replayed => return Ok(None),
                Err(refusal) => {
                    wait(&refusal)?;
                    if block_on(self.host.receipt_of(&self.scope, id)).is_some() {
                        return Ok(None);
                    }
                    pending = submit(self.host, request)?;
                }
            }
        }
    }
}

/// Submits, and comes back when told to.
fn submit(host: &Host, request: &Request) -> Result<Pending, String> {
    loop {
        match host.submit(request.clone()) {
            Ok(pending) => return Ok(pending),
            Err(refusal) => wait(&refusal)?,
        }
    }
}

/// Waits as long as a refusal hints; one without a hint is final.
fn wait(refusal: &Refusal) -> Result<(), String> {
    let ms = refusal.retry_after_ms.ok_or_else(|| refusal.to_string())?;
    std::thread::sleep(Duration::from_millis(ms));
    Ok(())
}
