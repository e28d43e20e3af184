//! One election: what its file says, its keys, and the texts that the guest reads.
//!
//! Keys and the ids of invocations depend only on the file, so a later run continues where an earlier one
//! stopped.

use std::collections::BTreeSet;
use std::path::Path;

use icn_runtime::{Did, InvocationId, SecretKey, Unit};
use sha2::{Digest, Sha256};

use super::pabulib::{self, Ballot};
use super::step::Step;

/// The rule by which the guest finds the winners.
const RULE: &str = "greedy";
/// The unit when the file names no currency.
const UNIT_DEFAULT: &str = "MONEY";

/// An election of one file.
pub(super) struct Election {
    file: String,
    name: String,
    /// SHA-256 of the file, in hexadecimal.
    digest: String,
    election: pabulib::Election,
    /// The secret key of the scope, derived from the file's name.
    scope_seed: [u8; 32],
    scope: Did,
    /// The unit of the budget.
    unit: Unit,
}

/// A secret key from public text, so it is no secret. Use it for a demonstration only.
fn derived_secret(what: &str, name: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update("icn demo ")
        .chain_update(what)
        .chain_update("\n")
        .chain_update(name)
        .finalize()
        .into()
}

/// The key of a voter.
pub(super) fn member_key(voter: &str) -> SecretKey {
    SecretKey::from_bytes(&derived_secret("member", voter))
}

/// The key of the administrator of every scope.
pub(super) fn administrator_key() -> SecretKey {
    SecretKey::from_bytes(&derived_secret("administrator", ""))
}

impl Election {
    pub(super) fn new(file: String, bytes: &[u8], election: pabulib::Election) -> Result<Self, String> {
        let stem = Path::new(&file)
            .file_stem()
            .map_or_else(|| file.clone(), |stem| stem.to_string_lossy().into_owned());
        let scope_seed = derived_secret("scope", &stem);
        let currency = election.meta.get("currency").map(String::as_str);
        let unit = currency.and_then(|name| Unit::parse(name).ok()).filter(|unit| !unit.is_resource());
        let unit = unit.map_or_else(|| Unit::parse(UNIT_DEFAULT), Ok).map_err(|e| e.to_string())?;
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        let scope = SecretKey::from_bytes(&scope_seed).did();
        Ok(Self { name: election.name.clone(), file, digest, election, scope_seed, scope, unit })
    }

    /// The DID of its scope.
    pub(super) const fn did(&self) -> Did {
        self.scope
    }
    pub(super) fn file(&self) -> &str {
        &self.file
    }
    pub(super) fn name(&self) -> &str {
        &self.name
    }
    /// The budget, in whole units of the currency.
    pub(super) const fn budget(&self) -> i64 {
        self.election.budget
    }
    /// The secret key of its scope.
    pub(super) fn scope_key(&self) -> SecretKey {
        SecretKey::from_bytes(&self.scope_seed)
    }

    /// SHA-256 of the file, in hexadecimal.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The ballots of the file.
    pub(super) fn ballots(&self) -> &[Ballot] {
        &self.election.ballots
    }

    /// A ballot as the guest reads it, with its points where the vote type has them.
    pub(super) fn ballot_input(&self, ballot: &Ballot) -> String {
        let mut input = ballot.vote.join(",");
        if let (Some(points), true) = (&ballot.points, self.election.vote_type != "approval") {
            input.push(';');
            input.push_str(&points.join(","));
        }
        input
    }

    /// The unit of the budget.
    pub(super) const fn unit(&self) -> &Unit {
        &self.unit
    }

    /// What the user should know about the file: that its rule is not the one that is used.
    pub(super) fn note(&self) -> Option<String> {
        let rule = self.election.meta.get("rule").filter(|rule| *rule != RULE)?;
        let rule = rule.chars().take(40).collect::<String>();
        Some(format!("{}: its rule is {rule:?}, but this demo tallies by {RULE:?}", self.file))
    }

    /// The ids of all its invocations.
    pub(super) fn ids(&self) -> BTreeSet<InvocationId> {
        let votes = self.election.ballots.iter().map(Step::Vote);
        [Step::Open, Step::Tally].into_iter().chain(votes).map(|step| step.id(&self.digest)).collect()
    }

    /// The name of its scope, cut to the length that a policy allows.
    pub(super) fn scope_name(&self) -> String {
        let mut name = self.name.clone();
        while name.len() > icn_runtime::limits::NAME_BYTES_MAX {
            name.pop();
        }
        if name.is_empty() { self.file.chars().take(60).collect() } else { name }
    }

    /// The input of the entry `open`, as the guest reads it.
    pub(super) fn opening(&self) -> String {
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
