//! An election through the library's public API, as an embedder's program would hold it; and elections made up
//! from a seed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use icn_runtime::{
    Amount, BlockId, Committed, Did, Host, Invocation, ModuleSpec, Operation, Outcome, Request, ScopeSpec,
    SecretKey, Unit, invocation_id, limits, now_ms,
};

use super::files::key;
use super::oracle;
use super::random::Rng;
use futures::executor::block_on;

/// The guest that holds elections, as it ships.
pub(crate) const BALLOT: &[u8] = include_bytes!("../../guest/prebuilt/ballot.wasm");
/// Invocations on their way at once.
const IN_FLIGHT: usize = 200;
/// What bears on ballots, as `.pb` files and the guest name it.
const RULES: [&str; 8] = [
    "min_length",
    "max_length",
    "min_points",
    "max_points",
    "min_sum_points",
    "max_sum_points",
    "min_sum_cost",
    "max_sum_cost",
];

/// An election as its file has it, in the guest's words.
#[derive(Debug)]
pub(crate) struct Election {
    name: String,
    unit: Unit,
    pub(crate) budget: u64,
    opening: String,
    /// Voter and ballot.
    pub(crate) ballots: Vec<(String, String)>,
}

/// What it came to, from the answers.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) scope: Did,
    pub(crate) unit: Unit,
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    /// Ids of the funded projects in the order listed, with their costs.
    pub(crate) funded: Vec<(String, u64)>,
    pub(crate) spent: u64,
    /// What all its receipts charged.
    pub(crate) fuel: u64,
    pub(crate) tally: Committed,
}

impl Held {
    pub(crate) fn funded_ids(&self) -> Vec<String> {
        self.funded.iter().map(|(id, _)| id.clone()).collect()
    }
}

impl Election {
    /// Reads a file, with the oracle's own reader.
    pub(crate) fn read(path: &Path) -> Self {
        let tables = oracle::tables(&std::fs::read_to_string(path).unwrap());
        let meta: HashMap<String, String> =
            tables["META"].iter().map(|row| (row["key"].clone(), row["value"].clone())).collect();
        let budget = oracle::number(&meta["budget"]);
        let mut opening = format!("vote_type;{}\nbudget;{budget}\nunit;MONEY\n", meta["vote_type"]);
        for name in RULES {
            if let Some(value) = oracle::rule(&meta, name) {
                writeln!(opening, "{name};{value}").unwrap();
            }
        }
        opening.push_str("PROJECTS\n");
        for project in &tables["PROJECTS"] {
            writeln!(opening, "{};{}", project["project_id"], oracle::number(&project["cost"])).unwrap();
        }
        let with_points = meta["vote_type"] != "approval";
        let ballot = |row: &oracle::Row| match row.get("points").filter(|_| with_points) {
            Some(points) => format!("{};{points}", row["vote"]),
            None => row["vote"].clone(),
        };
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            unit: Unit::parse("MONEY").unwrap(),
            budget: u64::try_from(budget).unwrap(),
            opening,
            ballots: tables["VOTES"].iter().map(|row| (row["voter_id"].clone(), ballot(row))).collect(),
        }
    }

    /// The key of a voter: the same one in every election.
    pub(crate) fn voter(voter: &str) -> SecretKey {
        key(&format!("voter {voter}"))
    }

    /// Opens a scope, opens the election, votes, tallies.
    pub(crate) fn hold(&self, host: &Host) -> Held {
        let admin = key("chair");
        let ballot = ModuleSpec::of(
            BALLOT.to_vec(),
            &["state", "dag", "transfer", "treasury"],
            &[("open", "admin"), ("vote", "member"), ("tally", "admin")],
        );
        let ballot = ballot.unwrap();
        let module = ballot.id();
        let spec = ScopeSpec::new(&self.name)
            .admin(admin.did())
            .role("member", self.ballots.iter().map(|(voter, _)| Self::voter(voter).did()))
            .module(ballot)
            .token(self.unit.clone(), Amount(self.budget));
        let scope = block_on(host.open_scope(key(&format!("scope {}", self.name)), spec)).unwrap();
        let signed = |entry: &str, input: &str, fuel: u64, key: &SecretKey| {
            sign(host, scope, module, entry, input, fuel, key)
        };
        let mut receipts = Vec::with_capacity(self.ballots.len() + 2);
        let ask = |request: Request| block_on(host.submit(request).unwrap()).unwrap();
        let open = ask(signed("open", &self.opening, 10_000_000_000, &admin));
        assert_eq!(open.receipt.outcome, Outcome::Ok, "{}", String::from_utf8_lossy(&open.receipt.output));
        receipts.push(open);
        for ballots in self.ballots.chunks(IN_FLIGHT) {
            let submit = |(voter, ballot): &(String, String)| {
                host.submit(signed("vote", ballot, 100_000_000, &Self::voter(voter))).unwrap()
            };
            let pending: Vec<_> = ballots.iter().map(submit).collect();
            receipts.extend(pending.into_iter().map(|pending| block_on(pending).unwrap()));
        }
        let accepted = receipts[1..].iter().filter(|vote| vote.receipt.outcome.is_ok()).count();
        let tally = ask(signed("tally", "", limits::FUEL_PER_INVOCATION_MAX, &admin));
        receipts.push(tally.clone());
        assert_eq!(tally.receipt.outcome, Outcome::Ok, "{}", String::from_utf8_lossy(&tally.receipt.output));
        let output = String::from_utf8(tally.receipt.output.clone()).unwrap();
        let funded = output.lines().filter_map(|line| {
            let mut fields = line.strip_prefix("funded;")?.split(';');
            Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
        });
        Held {
            scope,
            unit: self.unit.clone(),
            accepted,
            refused: self.ballots.len() - accepted,
            funded: funded.collect(),
            spent: tally.receipt.journal.iter().filter_map(Operation::amount).sum(),
            fuel: receipts.iter().map(|committed| committed.receipt.fuel).sum(),
            tally,
        }
    }
}

fn sign(
    host: &Host,
    scope: Did,
    module: BlockId,
    entry: &str,
    input: &str,
    fuel: u64,
    key: &SecretKey,
) -> Request {
    let id = invocation_id(&[scope.as_str(), entry, key.did().as_str()]);
    let expires = now_ms() + 3_600_000;
    let invocation = Invocation::new(host.origin(), scope, module, entry, input, id, key.did(), expires);
    Request::sign(&invocation.with_fuel(fuel), key)
}

/// A made-up election of that type: so many projects and voters, a few ballots that break the rules.
pub(crate) fn made_up(rng: &mut Rng, name: &str, vote_type: &str, projects: u64, voters: u64) -> String {
    let costs: Vec<u64> = (0..projects).map(|_| 1_000 + rng.below(9_000)).collect();
    let budget = costs.iter().sum::<u64>() / 3;
    let mut text =
        format!("META\nkey;value\ndescription;{name}\ncountry;Nowhere\nunit;{name}\ninstance;2026\n");
    writeln!(text, "num_projects;{projects}\nnum_votes;{voters}\nbudget;{budget}").unwrap();
    writeln!(text, "vote_type;{vote_type}\nrule;greedy\nmin_length;1\nmax_length;4").unwrap();
    match vote_type {
        "cumulative" => text.push_str("min_points;1\nmin_sum_points;1\nmax_sum_points;10\n"),
        "scoring" => text.push_str("min_points;0\nmax_points;5\n"),
        _ => {}
    }
    text.push_str("PROJECTS\nproject_id;cost;name\n");
    for (at, cost) in costs.iter().enumerate() {
        writeln!(text, "{};{cost};\"Project {at}; of {name}\"", at + 1).unwrap();
    }
    text.push_str(if vote_type == "approval" {
        "VOTES\nvoter_id;vote\n"
    } else {
        "VOTES\nvoter_id;vote;points\n"
    });
    for voter in 0..voters {
        let mut named: Vec<u64> = Vec::new();
        // One ballot in forty names five projects, which is one too many.
        let length = if rng.below(40) == 0 { 5 } else { 1 + rng.below(4) };
        while (named.len() as u64) < length.min(projects) {
            let project = 1 + rng.below(projects);
            if !named.contains(&project) {
                named.push(project);
            }
        }
        let points =
            named.iter().map(|_| if vote_type == "scoring" { rng.below(6) } else { 1 + rng.below(2) });
        let list = |items: Vec<u64>| items.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let points = list(points.collect());
        let vote = list(named);
        // A voter of one made-up election votes in the others, too.
        match vote_type {
            "approval" => writeln!(text, "{};{vote}", 5_000 + voter).unwrap(),
            _ => writeln!(text, "{};{vote};{points}", 5_000 + voter).unwrap(),
        }
    }
    text
}

/// Made-up elections of all three types, as files in a directory: so many, each of so many voters.
pub(crate) fn made_up_files(dir: &Path, seed: u64, count: usize, voters: u64) -> Vec<std::path::PathBuf> {
    let mut rng = Rng::new(seed);
    let types = ["cumulative", "approval", "scoring"];
    (0..count)
        .map(|at| {
            let name = format!("made-up-{at}");
            let projects = 5 + rng.below(20);
            let path = dir.join(format!("{name}.pb"));
            std::fs::write(&path, made_up(&mut rng, &name, types[at % 3], projects, voters)).unwrap();
            path
        })
        .collect()
}
