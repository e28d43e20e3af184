//! `icn demo`: elections that fail, change or are refused.

use std::fs;
use std::path::PathBuf;

use crate::common::{demo, json, samples, scratch, sound, stderr, stdout};
use crate::helpers::{SMALL, changed, code, fail_before, said_of, with_rule, write};

#[test]
fn an_opening_or_a_tally_that_failed_is_a_failure_on_every_run_and_hides_no_other_scope() {
    for (entry, input, words, accepted) in [
        ("open", "nonsense", "the guest refused the election: line 1: ", 0),
        ("tally", "", "the tally failed: no election was opened here (the guest's code 30)", 2),
    ] {
        let dir = scratch();
        let (file, data) = (write(dir.path(), "town.pb", SMALL), dir.path().join("data"));
        fail_before(&data, &file, entry, input);
        let files = [file.clone(), samples()[0].clone()];
        let mut messages = Vec::new();
        for again in 0..3 {
            let output = demo(&files, &data, &["--json"]);
            assert_eq!(code(&output), 1, "run {again} of {entry}: {}", stderr(&output));
            let said = said_of(&output, &file);
            assert!(said.len() == 1 && said[0].contains(words), "{entry}: {said:?}");
            let report = json(&output);
            let (bad, good) = (&report["scopes"][0], &report["scopes"][1]);
            let error = bad["error"].as_str().unwrap();
            assert!(error.contains(words) && said[0].ends_with(error), "{error}");
            assert_eq!((&bad["ballots_accepted"], &bad["ballots_refused"]), (&accepted.into(), &0.into()));
            assert_eq!((&bad["funded"], &bad["spent"]), (&serde_json::json!([]), &0.into()));
            // The other election is held, and reported whole.
            let expected = crate::common::oracle::greedy(&samples()[0]);
            assert_eq!(good["funded"], serde_json::json!(expected.funded));
            assert_eq!(good["spent"], expected.spent);
            assert!(good.get("error").is_none(), "{good}");
            assert_eq!(report["audit"]["ok"], true);
            messages.push((said, report["checkpoint"]["root"].clone()));
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "the same message and no new entry on every run: {messages:?}");
        let table = demo(&files, &data, &[]);
        assert_eq!(code(&table), 1);
        let text = stdout(&table);
        let failed = format!("failed      {}: ", file.display());
        assert!(text.contains(&failed) && text.contains("117 200"), "{text}");
    }
}

#[test]
fn a_file_that_was_changed_after_it_was_held_is_refused_on_every_run() {
    let dir = scratch();
    let (file, data) = (write(dir.path(), "town.pb", SMALL), dir.path().join("data"));
    let first = demo(std::slice::from_ref(&file), &data, &["--json"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let held = json(&first);
    for (row, other) in [("8;2;10", "8;1;10"), ("8;2;10\n", "8;2;10\n9;1;1\n")] {
        let text = changed(row, other);
        let text = if other.len() > 8 { text.replace("num_votes;2", "num_votes;3") } else { text };
        fs::write(&file, text).unwrap();
        for again in 0..3 {
            let output = demo(std::slice::from_ref(&file), &data, &["--json"]);
            assert_eq!(code(&output), 1, "run {again}: {}", stderr(&output));
            let said = said_of(&output, &file);
            assert!(
                said.len() == 1 && said[0].contains("another election under this file's name"),
                "{said:?}"
            );
            let report = json(&output);
            assert_eq!(report["scopes"][0]["ballots_accepted"], 0, "nothing of the other election is shown");
            assert_eq!(report["checkpoint"], held["checkpoint"], "and nothing is submitted");
        }
    }
    fs::write(&file, SMALL).unwrap();
    let last = demo(&[file], &data, &["--json"]);
    assert_eq!(code(&last), 0);
    assert_eq!(json(&last)["scopes"], held["scopes"]);
}

#[test]
fn what_the_guest_would_refuse_is_refused_at_its_place_in_the_file_and_nothing_is_created() {
    let dir = scratch();
    let data = dir.path().join("data");
    let none = changed("1;60\n2;50\n", "").replace("num_projects;2", "num_projects;0");
    for (text, place, words) in [
        (changed("budget;100", "budget;0"), "line 6, column 8", "budget"),
        (changed("2;50", "2;0"), "line 13, column 3", "cost"),
        (none, "line 10, column 1", "no project"),
        (with_rule("approval", "min_length;2\nmax_length;1"), "line 10, column 12", "more than max_length"),
        (with_rule("approval", "min_length;3"), "line 9, column 12", "number of projects"),
        (with_rule("scoring", "max_points;5000000000"), "line 9, column 12", "too large"),
        (with_rule("approval", "max_sum_points;3"), "line 9, column 16", "vote type approval"),
        (changed("2;50", "2 b;50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", "\u{17c};50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", "\"2;b\";50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", &format!("{};50", "2".repeat(33))), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("1;60", "\"1;40\nghost\";60"), "line 12, column 1", "A-Z a-z 0-9"),
        (changed("cumulative", "ordinal"), "line 7, column 11", "\"ordinal\""),
        (changed("cumulative", "choose-1"), "line 7, column 11", "\"choose-1\""),
    ] {
        let file = write(dir.path(), "bad.pb", &text);
        let output = demo(&[samples()[0].clone(), file.clone()], &data, &["--json"]);
        let message = stderr(&output);
        assert_eq!(code(&output), 2, "{message}");
        let start = format!("icn demo: {}: {place}: ", file.display());
        assert!(message.starts_with(&start) && message.contains(words), "{start}: {message}");
        assert!(output.stdout.is_empty() && !data.exists(), "{message}");
    }
}

#[test]
fn what_the_reader_takes_the_guest_opens() {
    let dir = scratch();
    let longest = format!("{}A.z_/-", "9".repeat(26));
    let mut texts = vec![
        changed("budget;100", "budget;1"),
        changed("budget;100", "budget;1000000000000000"),
        changed("2;50", "2;1000000000000000").replace("1;60", "1;1"),
        changed("2;50", &format!("{longest};50")).replace(";1,2;", &format!(";1,{longest};")),
        changed("1;60", "\"001\";60").replace(";1,2;", ";001,2;"),
        changed("7;1,2;4,6\n8;2;10\n", "").replace("num_votes;2", "num_votes;0"),
    ];
    for (vote_type, rule) in [
        ("cumulative", "min_length;2\nmax_length;2"),
        ("cumulative", "min_length;0\nmax_length;0"),
        ("cumulative", "max_length;1000000000000000"),
        ("cumulative", "min_points;2147483647\nmax_points;2147483647"),
        ("cumulative", "min_sum_points;1000000000000000"),
        ("approval", "min_sum_cost;7\nmax_sum_cost;7"),
        ("scoring", "min_points;-2147483648\nmax_points;-2147483648\ndefault_score;-2147483648"),
        ("scoring", "default_score;2147483647\nmin_length;"),
    ] {
        texts.push(with_rule(vote_type, rule));
    }
    let rows = (0..4096).map(|place| format!("{place:0>32};{}\n", 1_000_000_000_000_000_u64));
    texts.push(
        changed("1;60\n2;50\n", &rows.collect::<String>()).replace("num_projects;2", "num_projects;4096"),
    );
    let files: Vec<PathBuf> =
        (0..).zip(&texts).map(|(at, text)| write(dir.path(), &format!("edge{at}.pb"), text)).collect();
    let data = dir.path().join("data");
    let output = demo(&files, &data, &["--json"]);
    let (_, kept) = sound(&data, false);
    let opened = kept.0.iter().filter(|(_, invocation, _)| invocation.entry == "open");
    let outcomes: Vec<bool> = opened.map(|(_, _, receipt)| receipt.outcome.is_ok()).collect();
    assert_eq!(outcomes, vec![true; files.len()], "{}", stderr(&output));
}

#[test]
fn a_ballot_never_means_something_else_than_its_row() {
    let dir = scratch();
    let ballots = "7;1,2;4,6\n8;2;10\n";
    let files = [
        // A separator or a line break inside a field, quoted so that the reader hands it on.
        changed(ballots, "7;\"1;4\";\n8;\"2\n1\";5,5\n"),
        changed(ballots, "7;1;\"4;\"\n8;2;\"10\n;1\"\n"),
        with_rule("approval", "max_length;2").replace(ballots, "7;\"1;2\";\n8;\"1\n2\";\n"),
    ];
    let files: Vec<PathBuf> =
        (0..).zip(&files).map(|(at, text)| write(dir.path(), &format!("odd{at}.pb"), text)).collect();
    let output = demo(&files, &dir.path().join("data"), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for scope in json(&output)["scopes"].as_array().unwrap() {
        assert_eq!(
            (&scope["ballots_accepted"], &scope["ballots_refused"]),
            (&0.into(), &2.into()),
            "{scope}"
        );
    }
}

#[test]
fn another_rule_than_greedy_is_told() {
    let dir = scratch();
    let file = write(dir.path(), "town.pb", &changed("rule;greedy", "rule;equalshares"));
    let output = demo(std::slice::from_ref(&file), &dir.path().join("a dir"), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = said_of(&output, &file);
    let words = "its rule is \"equalshares\", but this demo tallies by \"greedy\"";
    assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    // And the command that is printed for the next step is one that a shell takes.
    let text = stdout(&output);
    assert!(text.contains(&format!("icn audit --data '{}/a dir' --replay", dir.path().display())), "{text}");
}
