//! Real elections in Pabulib's format, where they are at hand: the guest must count what the city counted.
//!
//! The files lie outside the repository. Where they are absent, these tests say so and pass; `flow.rs` covers
//! the same rules on small elections.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ballot::refusal::PROJECT_NAMED_TWICE;
use ballot::{open, tally, vote};
use icn_guest::fake;

/// Finds a file of `shared/data/pabulib` beside the repository, or beside any folder above it.
fn find(name: &str) -> Option<PathBuf> {
    let relative = Path::new("shared/data/pabulib").join(name);
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join(&relative));
    let file = found.into_iter().find(|file| file.is_file());
    if file.is_none() {
        eprintln!("skipped: {} is not here", relative.display());
    }
    file
}

type Row = BTreeMap<String, String>;

struct Election {
    meta: Row,
    projects: Vec<Row>,
    votes: Vec<Row>,
}

/// Splits a line at `;`, where a field in double quotes may hold one.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for char in line.chars() {
        match char {
            '"' => quoted = !quoted,
            ';' if !quoted => fields.push(String::new()),
            char => fields.last_mut().unwrap().push(char),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

fn read(file: &Path) -> Election {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().skip(2);
    let meta = lines.by_ref().take_while(|line| *line != "PROJECTS").map(|line| {
        let (key, value) = line.split_once(';').unwrap();
        (key.to_owned(), value.to_owned())
    });
    let meta = meta.collect();
    let rows = |header: &str, lines: &mut dyn Iterator<Item = &str>| -> Vec<Row> {
        let names = fields(header);
        lines.map(|line| names.iter().cloned().zip(fields(line)).collect()).collect()
    };
    let header = lines.next().unwrap();
    let projects = rows(header, &mut lines.by_ref().take_while(|line| *line != "VOTES"));
    let header = lines.next().unwrap();
    let votes = rows(header, &mut lines.filter(|line| !line.is_empty()));
    Election { meta, projects, votes }
}

/// The input of `open` for a file: what of its head are rules, and its projects.
fn description(election: &Election) -> String {
    let mut text = String::new();
    for (key, value) in &election.meta {
        let rule = key.starts_with("min_") || key.starts_with("max_") || key == "default_score";
        if rule || key == "vote_type" || key == "budget" {
            text += &format!("{key};{value}\n");
        }
    }
    text += "unit;PLN\nPROJECTS\n";
    for project in &election.projects {
        text += &format!("{};{}\n", project["project_id"], project["cost"]);
    }
    text
}

/// The projects that a ballot names, with their points; 1 where there are none.
fn named(ballot: &Row) -> impl Iterator<Item = (&str, i64)> {
    let mut points = ballot.get("points").map(|points| points.split(','));
    let mut next = move || points.as_mut().map_or(1, |points| points.next().unwrap().parse().unwrap());
    ballot["vote"].split(',').map(move |id| (id, next()))
}

/// Holds the election in the guest; answers the lines of the result after its head, and the ballots that the
/// guest refused because they name a project twice: the city's own data has one.
fn held(election: &Election) -> (Vec<Vec<String>>, Vec<&Row>) {
    let mut refused = Vec::new();
    fake::reset();
    fake::call("did:key:admin", description(election).as_bytes(), open).unwrap();
    for row in &election.votes {
        let member = format!("did:key:{}", row["voter_id"]);
        let ballot = match row.get("points") {
            Some(points) => format!("{};{points}", row["vote"]),
            None => row["vote"].clone(),
        };
        match fake::call(&member, ballot.as_bytes(), vote) {
            Ok(_) => {}
            Err(failure) if failure.code() == PROJECT_NAMED_TWICE => refused.push(row),
            Err(failure) => panic!("{member}: {failure}"),
        }
    }
    let budget: i64 = election.meta["budget"].parse().unwrap();
    fake::set_balance(fake::TREASURY, "PLN", budget);
    let result = String::from_utf8(fake::call("did:key:admin", b"", tally).unwrap()).unwrap();
    assert!(result.contains(&format!("\nballots;{}\n", election.votes.len() - refused.len())));
    assert!(fake::balance(fake::TREASURY, "PLN") >= 0);
    (result.lines().skip(5).map(fields).collect(), refused)
}

/// What the file says of each project is what the guest counted, but for the ballots that it refused; answers
/// how many these are.
fn agrees(file: &Path) -> usize {
    let election = read(file);
    assert_eq!(election.meta["num_votes"], election.votes.len().to_string());
    let (result, refused) = held(&election);
    let lost: Vec<(&str, i64)> = refused.iter().flat_map(|ballot| named(ballot)).collect();
    assert_eq!(result.len(), election.projects.len());
    for (project, line) in election.projects.iter().zip(&result) {
        assert_eq!(line[1], project["project_id"]);
        let lost = lost.iter().filter(|(id, _)| *id == line[1]);
        let (votes, score) = lost.fold((0, 0), |(votes, score), (_, points)| (votes + 1, score + points));
        let plus = |field: &String, lost: i64| (field.parse::<i64>().unwrap() + lost).to_string();
        assert_eq!(plus(&line[4], votes), project["votes"], "votes of {}", line[1]);
        if let Some(expected) = project.get("score") {
            assert_eq!(plus(&line[3], score), *expected, "score of {}", line[1]);
        }
        if let Some(selected) = project.get("selected") {
            assert_eq!(line[0] == "funded", selected == "1", "outcome of {}", line[1]);
        }
    }
    assert!(result.iter().any(|line| line[0] == "funded"));
    refused.len()
}

#[test]
fn wroclaw_2021_comes_out_as_it_did() {
    let Some(file) = find("poland_wroclaw_2021_.pb") else { return };
    assert_eq!(agrees(&file), 0);
}

#[test]
fn every_ballot_of_czestochowa_2020_counts_as_it_did() {
    let Some(file) = find("poland_czestochowa_2020_.pb") else { return };
    let folder = file.parent().unwrap();
    let (mut elections, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.file_name().unwrap().to_string_lossy().starts_with("poland_czestochowa_2020_") {
            refused += agrees(&file);
            elections += 1;
        }
    }
    assert!(elections > 1);
    // In the city-wide election voter 13026 named project 579 four times.
    assert_eq!(refused, 1);
}
