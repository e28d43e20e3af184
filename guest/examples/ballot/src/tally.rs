//! `tally`: counts every ballot, pays the funded projects, publishes the result, and closes the election.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;
use icn_guest::resource::{Source, transfer};
use icn_guest::{Failure, dag, state};

use crate::count::{Count, Support, greedy};
use crate::election::{Election, KEY, Project};
use crate::refusal::{ALREADY_TALLIED, INPUT_NOT_EMPTY, NOT_OPEN, unreadable};
use crate::vote::BALLOT_PREFIX;

/// The topic under which the result is anchored.
pub const TOPIC: &str = "tally";
/// The memo of the transfers.
pub const MEMO: &str = "funded by ballot";
/// The beginning of the name of a project's account.
pub const ACCOUNT_PREFIX: &str = "project/";

pub(crate) fn tally() -> Result<(), Failure> {
    if !icn_guest::input()?.is_empty() {
        return Err(Failure::new(INPUT_NOT_EMPTY, "a tally takes no input"));
    }
    let mut kept = state::get(KEY)?.ok_or_else(|| Failure::new(NOT_OPEN, "no election was opened here"))?;
    let election = Election::read(&kept)?;
    if election.is_closed() {
        return Err(Failure::new(ALREADY_TALLIED, "the election was tallied before"));
    }
    let projects = listed(&election)?;
    let costs: Vec<i64> = projects.iter().map(|project| project.cost).collect();
    let count = count(&election)?;
    let ballots = count.ballots();
    let support = count.finish();
    let funded = greedy(election.budget(), &costs, &support);
    pay(&election, &projects, &funded)?;
    let result = result(&election, ballots, &projects, &support, &funded);
    dag::anchor(&dag::store(result.as_bytes(), &[])?, TOPIC)?;
    Election::close(&mut kept);
    state::set(KEY, &kept)?;
    icn_guest::set_output(result.as_bytes())?;
    Ok(())
}

/// The projects in the order in which they were listed.
fn listed<'b>(election: &Election<'b>) -> Result<Vec<Project<'b>>, Failure> {
    let mut listed = vec![None; election.project_count()];
    for project in election.projects() {
        let project = project?;
        *listed.get_mut(usize::from(project.place)).ok_or_else(|| unreadable("election"))? = Some(project);
    }
    listed.into_iter().collect::<Option<_>>().ok_or_else(|| unreadable("election"))
}

/// Adds up every ballot. It needs two buffers, for any number of ballots.
fn count(election: &Election<'_>) -> Result<Count, Failure> {
    let mut count = Count::new(election);
    let mut keys = state::keys(BALLOT_PREFIX);
    let mut scratch = Vec::new();
    while let Some(key) = keys.next_key()? {
        let ballot = state::get_in(key, &mut scratch)?.ok_or_else(|| unreadable("ballot"))?;
        count.add(ballot)?;
    }
    Ok(count)
}

/// Moves the cost of each funded project from the treasury to the project's account.
fn pay(election: &Election<'_>, projects: &[Project<'_>], funded: &[bool]) -> Result<(), Failure> {
    let unit = election.unit()?;
    for (project, _) in projects.iter().zip(funded).filter(|(_, funded)| **funded) {
        let account = format!("{ACCOUNT_PREFIX}{}", project.id);
        transfer(Source::Treasury, &account, unit, project.cost, MEMO).map_err(|error| {
            error.while_doing(&format!("paying {} {unit} from the treasury to {account}", project.cost))
        })?;
    }
    Ok(())
}

/// The result as text: five lines of sums, then a line for each project.
fn result(
    election: &Election<'_>,
    ballots: i64,
    projects: &[Project<'_>],
    support: &[Support],
    funded: &[bool],
) -> String {
    let budget = election.budget();
    let spent: i64 =
        projects.iter().zip(funded).filter(|(_, funded)| **funded).map(|(project, _)| project.cost).sum();
    let mut text = format!(
        "vote_type;{}\nbudget;{budget}\nspent;{spent}\nleft;{}\nballots;{ballots}\n",
        election.vote_type().name(),
        budget - spent,
    );
    for ((project, support), funded) in projects.iter().zip(support).zip(funded) {
        let word = if *funded { "funded" } else { "unfunded" };
        let (id, cost) = (project.id, project.cost);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{word};{id};{cost};{};{}", support.score, support.votes);
    }
    text
}
