//! A small election and the outcome of the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use icn_runtime::{
    Amount, Invocation, ModuleSpec, Request, ScopeSpec, SecretKey, Unit, invocation_id, now_ms,
};
use sha2::{Digest as _, Sha256};

use crate::common::{block_on, open, stderr};

/// A small election. Its lines are counted on below.
pub(crate) const SMALL: &str = "META\nkey;value\nunit;Town\nnum_projects;2\nnum_votes;2\nbudget;100\nvote_type;cumulative\n\
                     rule;greedy\nmax_sum_points;10\nPROJECTS\nproject_id;cost\n1;60\n2;50\nVOTES\n\
                     voter_id;vote;points\n7;1,2;4,6\n8;2;10\n";

/// The small election with a change.
pub(crate) fn changed(from: &str, to: &str) -> String {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?} is there once");
    SMALL.replace(from, to)
}

/// The small election with another vote type and another rule of its ballots.
pub(crate) fn with_rule(vote_type: &str, rule: &str) -> String {
    changed("max_sum_points;10", rule).replace("vote_type;cumulative", &format!("vote_type;{vote_type}"))
}

pub(crate) fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let file = dir.join(name);
    fs::write(&file, text).unwrap();
    file
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", stderr(output)))
}

/// A key as the demo derives it.
pub(crate) fn derived(what: &str, name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(format!("icn demo {what}\n{name}")).into())
}

/// Opens the scope of a file as the demo does, and calls an entry under the demo's own id for it, too early or
/// with an input that is refused: its receipt says that it failed.
pub(crate) fn fail_before(data: &Path, file: &Path, entry: &str, input: &str) {
    let host = open(data);
    let ballot = ModuleSpec::of(
        crate::common::election::BALLOT.to_vec(),
        &["state", "dag", "transfer", "treasury"],
        &[("open", "admin"), ("vote", "member"), ("tally", "admin")],
    )
    .unwrap();
    let (module, admin) = (ballot.id(), derived("administrator", ""));
    let spec = ScopeSpec::new("Town")
        .admin(admin.did())
        .role("member", ["7", "8"].map(|voter| derived("member", voter).did()))
        .module(ballot)
        .token(Unit::parse("MONEY").unwrap(), Amount(100));
    let key = derived("scope", file.file_stem().unwrap().to_str().unwrap());
    let scope = block_on(host.open_scope(key, spec)).unwrap();
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(file).unwrap()));
    let id = invocation_id(&[&digest, entry, ""]);
    let expires = now_ms() + 3_600_000;
    let call = Invocation::new(host.origin(), scope, module, entry, input, id, admin.did(), expires);
    let committed = block_on(host.submit(Request::sign(&call, &admin)).unwrap()).unwrap();
    assert!(!committed.receipt.outcome.is_ok());
    host.close().unwrap();
}

/// The lines of standard error that name a file.
pub(crate) fn said_of(output: &Output, file: &Path) -> Vec<String> {
    let name = file.display().to_string();
    stderr(output).lines().filter(|line| line.contains(&name)).map(str::to_owned).collect()
}
