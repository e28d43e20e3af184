//! Accepted files, and what is read from them.

use super::super::bounds::MAX_AMOUNT;
use super::super::election::{Ballot, Project};
use super::small::{SMALL, changed, read, strings, with_rules};

#[test]
fn reads_all_of_an_election() {
    let election = read(SMALL);
    assert_eq!(election.name, "Town 2026");
    assert_eq!(election.vote_type, "cumulative");
    assert_eq!(election.budget, 100);
    assert_eq!(election.rules, [("max_sum_points".to_owned(), "10".to_owned())]);
    let project = |id: &str, cost, name: &str| Project {
        id: id.to_owned(),
        cost,
        name: name.to_owned(),
        selected: None,
    };
    assert_eq!(election.projects, [project("1", 60, "Lamps"), project("2", 50, "Trees")]);
    let ballot = |voter: &str, vote: &[&str], points: &[&str], line| Ballot {
        voter_id: voter.to_owned(),
        vote: strings(vote),
        points: Some(strings(points)),
        line,
    };
    assert_eq!(
        election.ballots,
        [ballot("7", &["1", "2"], &["4", "6"], 17), ballot("8", &["2"], &["10"], 18)]
    );
    assert_eq!(election.meta.get("rule").map(String::as_str), Some("greedy"));
    assert_eq!(election.meta.len(), 8);
}

#[test]
fn byte_order_mark_crlf_blank_lines_and_spaces_change_nothing() {
    let plain = read(SMALL);
    assert_eq!(read(&format!("\u{feff}{SMALL}")), plain);
    assert_eq!(read(&SMALL.replace('\n', "\r\n")), plain);
    assert_eq!(read(&SMALL.replace(';', " ;\t ").replace('\n', "  \n")), plain);
    assert_eq!(read(SMALL.trim_end()), plain);
    assert_eq!(read(&format!("{}\r", SMALL.trim_end())), plain);
    let mut spaced = read(&format!("\n \r\n{}\n\t", SMALL.replace('\n', "\n\n")));
    assert_eq!(spaced.ballots[0].line, 17 * 2 + 1);
    for (ballot, plain) in spaced.ballots.iter_mut().zip(&plain.ballots) {
        ballot.line = plain.line;
    }
    assert_eq!(spaced, plain);
}

#[test]
fn every_field_may_be_quoted() {
    let quoted: Vec<String> = SMALL
        .lines()
        .map(|line| line.split(';').map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(" ; "))
        .collect();
    assert_eq!(read(&quoted.join("\r\n")), read(SMALL));
}

#[test]
fn quoted_fields_hold_separators_quotes_and_line_breaks() {
    let text =
        changed("Lamps", "\"Lamps; \"\"bright\"\"\r\n\nand many\"").replace("Town", "\"\"\"T;own\"\"\"");
    let election = read(&text);
    assert_eq!(election.projects[0].name, "Lamps; \"bright\" and many");
    assert_eq!(election.meta["unit"], "\"T;own\"");
    assert_eq!(election.ballots[0].line, 19, "line breaks in a field count");
}

#[test]
fn columns_and_keys_that_are_unknown_are_ignored_and_columns_stand_in_any_order() {
    let text = "META\nvalue;note;key\n2;;num_votes\n1;;num_projects\n5;;budget\napproval;x;vote_type\nz;;zz\n\
                PROJECTS\nname;votes;cost;selected;votes;project_id\nA;;3;1;;p\n\
                VOTES\nsex;vote;age;voter_id\nf;p;30;ann\n;;;bob\n";
    let election = read(text);
    assert_eq!(election.projects[0].id, "p");
    assert_eq!(election.projects[0].cost, 3);
    assert_eq!(election.projects[0].selected, Some(true));
    assert_eq!(election.ballots[0].voter_id, "ann");
    assert_eq!(election.ballots[0].points, None);
    assert_eq!(election.ballots[1].vote, Vec::<String>::new());
    assert_eq!(election.meta["zz"], "z");
    assert_eq!(election.name, "unnamed election");
}

#[test]
fn sections_stand_in_any_order() {
    let (meta, rest) = SMALL.split_at(SMALL.find("PROJECTS").unwrap());
    let (projects, votes) = rest.split_at(rest.find("VOTES").unwrap());
    let mut election = read(&format!("{votes}{meta}{projects}"));
    assert_eq!(election.ballots[0].line, 3);
    for ballot in &mut election.ballots {
        ballot.line += 14;
    }
    assert_eq!(election, read(SMALL));
}

#[test]
fn amounts_may_have_a_fraction_of_zeros() {
    for written in ["2367122", "2367122.00", "2367122,0", "2367122,00", "\"2367122,00\"", "002367122"] {
        assert_eq!(read(&changed("budget;100", &format!("budget;{written}"))).budget, 2_367_122, "{written}");
    }
    assert_eq!(read(&changed("2;50;", "2;50,00;")).projects[1].cost, 50);
    let most = MAX_AMOUNT.to_string();
    assert_eq!(read(&changed("budget;100", &format!("budget;{most}"))).budget, MAX_AMOUNT);
}

#[test]
fn rules_are_kept_in_file_order_as_plain_numbers() {
    let kept = |vote_type, written| {
        let rules = read(&with_rules(vote_type, written)).rules;
        rules.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    };
    let cumulative = "max_sum_points;10.0\nmin_points;3\nmax_length;05\nmin_length;";
    assert_eq!(kept("cumulative", cumulative), "max_sum_points=10 min_points=3 max_length=5");
    assert_eq!(kept("scoring", "min_points;-3\ndefault_score;0"), "min_points=-3 default_score=0");
    assert_eq!(kept("approval", "max_sum_cost;9,00\nmin_sum_cost;9"), "max_sum_cost=9 min_sum_cost=9");
    assert_eq!(kept("scoring", "max_points;2147483647\nmin_length;2"), "max_points=2147483647 min_length=2");
    assert_eq!(kept("approval", "min_length;0\nmax_length;0"), "min_length=0 max_length=0");
}

#[test]
fn names_are_short_and_on_one_line() {
    let name = |meta: &str| read(&changed("unit;Town\ninstance;2026", meta)).name;
    assert_eq!(name("unit;Town\nsubunit;North\ninstance;2026"), "Town, North 2026");
    assert_eq!(name("unit;Town"), "Town");
    assert_eq!(name("description;Budget of a town\ninstance;2026"), "Budget of a town");
    assert_eq!(name("unit;\"Old \u{1b}[31m\nTown\""), "Old [31m Town");
}

#[test]
fn selected_is_yes_no_or_not_said() {
    let selected = |word: &str| {
        let text = SMALL.replace("cost;name", "cost;selected").replace("Lamps", word).replace("Trees", "");
        read(&text).projects[0].selected
    };
    assert_eq!(selected("1"), Some(true));
    assert_eq!(selected("0"), Some(false));
    assert_eq!(selected("2"), None);
    assert_eq!(selected(""), None);
}

#[test]
fn what_a_ballot_says_is_not_judged() {
    let ballot = |row: &str| read(&changed("7;1,2;4,6", row)).ballots[0].clone();
    assert_eq!(ballot("7;1,1,99;many").vote, ["1", "1", "99"]);
    assert_eq!(ballot("7;1,1,99;many").points, Some(strings(&["many"])));
    assert_eq!(ballot("7; 1 , 2,;-1,").vote, ["1", "2", ""]);
    assert_eq!(ballot("7; 1 , 2,;-1,").points, Some(strings(&["-1", ""])));
    assert_eq!(ballot("7;;").points, Some(Vec::new()));
}
