//! Files of elections that the program refuses, and oddities that it accepts.

use std::fs;

use crate::common::{demo, samples, scratch, stderr};

#[test]
fn a_malformed_election_names_line_and_column_and_creates_nothing() {
    let dir = scratch();
    let good = fs::read_to_string(&samples()[0]).unwrap();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not UTF-8", [good.as_bytes(), b"\xff\n"].concat()),
        ("no VOTES", good.split("VOTES").next().unwrap().into()),
        ("a title in lower case", good.replace("PROJECTS", "projects").into()),
        ("a row too short", good.replace("11;42000;17;", "11;42000").into()),
        ("a row too long", good.replace("1166;14\n", "1166;14;3\n").into()),
        ("a cost that is no number", good.replace("42000", "many").into()),
        ("a cost below zero", good.replace("42000", "-42000").into()),
        ("a budget that is no number", good.replace("budget;120000", "budget;lots").into()),
        ("no budget", good.replace("budget;120000\n", "").into()),
        ("a vote type that nobody knows", good.replace("vote_type;approval", "vote_type;shouting").into()),
        ("a voter twice", good.replace("\n1078;", "\n1166;").into()),
        ("a project twice", good.replace("\n12;18500", "\n11;18500").into()),
        ("a quote that never ends", good.replace("VOTES\n", "VOTES\n\"").into()),
    ];
    for (what, bytes) in cases {
        assert_ne!(bytes, good.as_bytes(), "{what}");
        let (file, data) = (dir.path().join("bad.pb"), dir.path().join("data"));
        fs::write(&file, bytes).unwrap();
        // Beside a good one: that is not begun, either.
        let output = demo(&[samples()[1].clone(), file.clone()], &data, &["--json"]);
        assert_eq!(output.status.code(), Some(2), "{what}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{what}");
        let message = stderr(&output);
        let place =
            message.split_once(&format!("{}: line ", file.display())).map(|(_, rest)| rest.to_owned());
        let place = place.unwrap_or_else(|| panic!("{what}: {message}"));
        let (line, rest) = place.split_once(", column ").unwrap_or_else(|| panic!("{what}: {message}"));
        let column = rest.split(':').next().unwrap();
        assert!(line.parse::<usize>().is_ok_and(|line| line >= 1), "{what}: {message}");
        assert!(column.parse::<usize>().is_ok_and(|column| column >= 1), "{what}: {message}");
        assert!(!data.exists(), "{what}: the data directory is created all the same");
    }
}

/// The votes with a column before and one behind.
fn more_columns(votes: &str) -> String {
    let lines =
        votes.lines().map(|line| if line.is_empty() { line.to_owned() } else { format!("x;{line};y") });
    lines.collect::<Vec<_>>().join("\n").replace("x;voter_id;vote;y", "age;voter_id;vote;shoe size")
}

#[test]
fn what_is_odd_in_an_election_and_changes_no_meaning_is_taken() {
    let dir = scratch();
    let good = fs::read_to_string(&samples()[0]).unwrap();
    let expected = crate::common::oracle::greedy(&samples()[0]).funded;
    let (meta, rest) = good.split_once("PROJECTS").unwrap();
    let (projects, votes) = rest.split_once("VOTES").unwrap();
    for (what, text) in [
        ("a byte-order mark", format!("\u{feff}{good}")),
        ("lines that end as on Windows", good.replace('\n', "\r\n")),
        ("sections in another order", format!("VOTES{votes}PROJECTS{projects}{meta}")),
        ("columns that nobody knows", format!("{meta}PROJECTS{projects}VOTES{}", more_columns(votes))),
        ("keys that nobody knows", good.replace("budget;", "weather;rain\nbudget;")),
        ("no line break at the end", good.trim_end().to_owned()),
        ("blank lines", good.replace('\n', "\n\n")),
    ] {
        let (file, data) = (dir.path().join("odd.pb"), dir.path().join(what));
        fs::write(&file, text).unwrap();
        let output = demo(&[file], &data, &["--json"]);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr(&output));
        assert_eq!(
            crate::common::json(&output)["scopes"][0]["funded"],
            serde_json::json!(expected),
            "{what}"
        );
    }
}

#[test]
fn an_election_of_a_type_that_the_guest_does_not_hold_is_refused_by_name() {
    let dir = scratch();
    let file = dir.path().join("ordinal.pb");
    fs::write(
        &file,
        fs::read_to_string(&samples()[0]).unwrap().replace("vote_type;approval", "vote_type;ordinal"),
    )
    .unwrap();
    let output = demo(&[file], &dir.path().join("data"), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = stderr(&output);
    assert!(
        message.contains("vote_type is \"ordinal\"") && message.contains("line 11, column 11"),
        "{message}"
    );
    assert!(!dir.path().join("data").exists());
}
