//! Tests of the reader of `.pb` files.

use std::collections::BTreeMap;
use std::path::Path;

use super::bounds::{MAX_AMOUNT, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_FILE_BYTES, MAX_META_KEYS, MAX_PROJECTS};
use super::election::{Ballot, Election, Project};
use super::parse::parse;

/// A small election. Its lines are counted on below.
const SMALL: &str = "META\nkey;value\nunit;Town\ninstance;2026\nnum_projects;2\nnum_votes;2\nbudget;100\n\
                     vote_type;cumulative\nrule;greedy\nmax_sum_points;10\nPROJECTS\nproject_id;cost;name\n\
                     1;60;Lamps\n2;50;Trees\nVOTES\nvoter_id;vote;points\n7;1,2;4,6\n8;2;10\n";

const MAPLE: &str = include_str!("../sample/maple-district.pb");
const RIVER: &str = include_str!("../sample/river-city.pb");

/// The small election with a change.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?} is there once");
    SMALL.replace(from, to)
}

#[track_caller]
fn read(text: &str) -> Election {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn refused_bytes(bytes: &[u8], line: usize, column: usize, words: &str) {
    let error = parse(bytes).expect_err("the file is malformed");
    assert_eq!((error.line, error.column), (line, column), "{error}");
    assert!(error.message.contains(words), "{words:?} in {error}");
}

/// The small election with a change is refused at a place, in these words among others.
#[track_caller]
fn refused(from: &str, to: &str, line: usize, column: usize, words: &str) {
    refused_bytes(changed(from, to).as_bytes(), line, column, words);
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

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
fn an_error_says_where_and_what() {
    let error = parse(changed("2;50", "2;x").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 14, column 3: cost \"x\" is not a number: write whole units in digits, as in 2367122"
    );
}

// What is tolerated.

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

/// The small election with other rules.
fn with_rules(vote_type: &str, rules: &str) -> String {
    changed("max_sum_points;10", rules).replace("vote_type;cumulative", &format!("vote_type;{vote_type}"))
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

// What is refused.

#[test]
fn not_utf8() {
    refused_bytes(b"META\nkey;value\nunit;Cz\xeastochowa\n", 3, 8, "byte 0xea is not UTF-8");
    refused_bytes(b"\xef\xbb\xbf\xff", 1, 1, "UTF-8");
    let mut bytes = "ME\u{142}\u{142}".as_bytes().to_vec();
    bytes.push(0xc5);
    refused_bytes(&bytes, 1, 5, "byte 0xc5");
}

#[test]
fn sections_missing_twice_or_misspelt() {
    refused_bytes(b"", 1, 1, "without a section META");
    refused_bytes(&SMALL.as_bytes()[..SMALL.find("VOTES").unwrap()], 15, 1, "without a section VOTES");
    refused_bytes(format!("{SMALL} VOTES\nvoter_id;vote\n").as_bytes(), 19, 2, "VOTES is already at line 15");
    refused("PROJECTS\n", "Projects\n", 11, 1, "\"Projects\" is not the title of a section");
    refused("META\n", "key;value\n", 1, 1, "\"key\" is not the title");
    refused("META\n", "META;;\n", 1, 1, "says only");
}

#[test]
fn headers_missing_or_without_a_column() {
    refused("PROJECTS\n", "PROJECTS\nVOTES\n", 11, 1, "PROJECTS has no header");
    refused_bytes(b"VOTES\n\n", 1, 1, "VOTES has no header");
    refused("key;value", "Key;value", 2, 1, "META has no column \"key\"");
    refused("key;value", "key;val", 2, 1, "META has no column \"value\"");
    refused("project_id;", "project;", 12, 1, "no column \"project_id\"");
    refused(";cost;", ";costs;", 12, 1, "no column \"cost\"");
    refused("voter_id;", "voter;", 16, 1, "no column \"voter_id\"");
    refused(";vote;", ";votes;", 16, 1, "no column \"vote\"");
    refused(";points\n", ";point\n", 16, 1, "no column \"points\", which cumulative ballots have");
    refused("cost;name", "cost;cost", 12, 17, "column \"cost\" is there twice");
    let wide = format!("a;{}b\n", ";".repeat(MAX_COLUMNS - 1));
    refused("key;value\n", &wide, 2, MAX_COLUMNS + 2, "more than 256 columns");
    read(&with_rules("approval", "max_length;1").replace(";points\n", ";point\n"));
}

#[test]
fn meta_keys_missing_empty_twice_or_too_many() {
    for key in ["num_projects", "num_votes", "budget", "vote_type"] {
        let words = format!("META has no key {key:?}");
        refused(&format!("{key};"), &format!("no_{key};"), 1, 1, &words);
    }
    refused("rule;greedy", "unit;City", 9, 1, "key \"unit\" is already at line 3");
    refused("rule;greedy", " ;greedy", 9, 2, "the key is empty");
    for other in ["Approval", "ordinal", "choose-1"] {
        let words =
            format!("vote_type is {other:?}, which is not counted here: it is one of approval, cumulative");
        refused("vote_type;cumulative", &format!("vote_type;{other}"), 8, 11, &words);
    }
    let keys: String = (0..MAX_META_KEYS).map(|key| format!("k{key};\n")).collect();
    refused("rule;greedy\n", &keys, MAX_META_KEYS + 3, 1, "more than 1024 keys");
}

#[test]
fn numbers_that_are_none() {
    for (written, words) in [
        ("", "is not a number"),
        ("1e5", "is not a number"),
        ("1 000", "is not a number"),
        ("100.", "is not a number"),
        (".00", "is not a number"),
        ("+100", "is not a number"),
        ("\u{661}", "is not a number"),
        ("-100", "is below zero"),
        ("100.50", "not in whole units"),
        ("100,5", "not in whole units"),
        ("1,000", "separators between thousands"),
        ("1.000.000", "separators between thousands"),
        ("1000000000000001", "is too large"),
        ("99999999999999999999", "is too large"),
    ] {
        refused("budget;100", &format!("budget;{written}"), 7, 8, words);
        refused("2;50;", &format!("2;{written};"), 14, 3, words);
    }
    refused("num_projects;2", "num_projects;two", 5, 14, "num_projects is \"two\", which is not a number");
    refused("num_votes;2", "num_votes;-2", 6, 11, "which is not a number: write it in digits, here 2");
    refused("max_sum_points;10", "max_sum_points;-1", 10, 16, "below zero");
    refused("max_sum_points;10", "max_points;0.5", 10, 12, "not in whole units");
    let selected = SMALL.replace("cost;name", "cost;selected").replace("Trees", "1");
    refused_bytes(selected.as_bytes(), 13, 6, "selected is \"Lamps\", which is not a number");
}

#[test]
fn what_the_guest_would_not_open() {
    refused("budget;100", "budget;0", 7, 8, "budget \"0\" is not above zero");
    refused("2;50;", "2;0.00;", 14, 3, "cost \"0.00\" is not above zero");
    let none = changed("1;60;Lamps\n2;50;Trees\n", "").replace("num_projects;2", "num_projects;0");
    refused_bytes(none.as_bytes(), 11, 1, "PROJECTS lists no project");
    for (vote_type, rules, line, column, words) in [
        ("approval", "min_length;2\nmax_length;1", 11, 12, "min_length 2 is more than max_length 1"),
        ("approval", "max_length;1\nmin_length;2", 11, 12, "min_length 2 is more than max_length 1"),
        ("scoring", "max_length;0", 10, 12, "min_length 1 is more than max_length 0"),
        ("approval", "min_length;3", 10, 12, "min_length 3 is more than the number of projects, 2"),
        ("approval", "min_sum_cost;2\nmax_sum_cost;1", 11, 14, "min_sum_cost 2 is more than"),
        ("scoring", "max_points;-2\nmin_points;-1", 11, 12, "min_points -1 is more than max_points -2"),
        ("cumulative", "min_sum_points;2\nmax_sum_points;1", 11, 16, "min_sum_points 2 is more than"),
        ("cumulative", "max_points;5000000000", 10, 12, "the largest that counts is 2147483647"),
        ("cumulative", "min_points;-1", 10, 12, "the smallest that counts is 0"),
        ("scoring", "default_score;-2147483649", 10, 15, "the smallest that counts is -2147483648"),
        ("cumulative", "default_score;1", 10, 15, "does not belong to the vote type cumulative"),
        ("approval", "max_points;1", 10, 12, "does not belong to the vote type approval"),
        ("scoring", "max_sum_points;1", 10, 16, "does not belong to the vote type scoring"),
        ("scoring", "max_sum_cost;1", 10, 14, "does not belong to the vote type scoring"),
    ] {
        refused_bytes(with_rules(vote_type, rules).as_bytes(), line, column, words);
    }
}

#[test]
fn counts_that_differ() {
    refused(
        "num_projects;2",
        "num_projects; 3",
        5,
        15,
        "num_projects is \"3\", but PROJECTS has 2 rows: write 2",
    );
    refused("8;2;10\n", "", 6, 11, "num_votes is \"2\", but VOTES has 1 row: write 1");
    refused("num_votes;2", "num_votes;99999999999999999999999", 6, 11, "VOTES has 2 rows");
}

#[test]
fn ids_twice_empty_or_with_a_comma() {
    refused("2;50", "1;50", 14, 1, "project id \"1\" is already at line 13");
    refused("2;50", "\"1 \";50", 14, 1, "project id \"1\" is already at line 13");
    refused("2;50", ";50", 14, 1, "project id is empty");
    for id in ["1,2", "1 2", "\"1;2\"", "ż", "1\t2", "a:b", &"9".repeat(33)] {
        refused("2;50", &format!("{id};50"), 14, 1, "is not 1 to 32 of the characters A-Z a-z 0-9 . _ / -");
    }
    // A second project, and the end of the first one's line, cannot hide in an id.
    refused("1;60", "\"1;40\nghost\";60", 13, 1, "project id \"1;40\\nghost\" is not");
    let longest = format!("{}A.z_/-", "9".repeat(26));
    assert_eq!(read(&changed("2;50", &format!("{longest};50"))).projects[1].id, longest);
    refused("8;2;10", "\t7;2;10", 18, 2, "voter id \"7\" is already at line 17");
    refused("8;2;10", ";2;10", 18, 1, "voter id is empty");
}

#[test]
fn rows_too_long_or_too_short() {
    refused(
        "Lamps",
        "L\u{105}mps;and more;x",
        13,
        12,
        "the row has 5 fields, but the header of PROJECTS has 3",
    );
    refused("Lamps", "Lamps;", 13, 12, "the row has 4 fields");
    refused("1;60;Lamps", "1;60", 13, 5, "the row has 2 fields, but the header of PROJECTS has 3");
    refused("8;2;10", "8", 18, 2, "the row has 1 field, but the header of VOTES has 3");
    refused("unit;Town", "unit;Town;Hall", 3, 11, "a field that contains a ';' is written in quotes");
}

#[test]
fn quotes_and_carriage_returns_astray() {
    refused("Lamps", "\"Lamps", 13, 6, "never closed");
    refused("Lamps", "\"Lamps\"\"", 13, 6, "never closed");
    refused("Lamps", "\"La\nmps\" x", 14, 6, "text after the closing quote");
    refused("Lamps", "La \"mps\"", 13, 9, "a quote inside a field that does not begin with one");
    refused("Lamps", "La\rmps", 13, 8, "carriage return without a line feed");
    refused("Lamps", "\"Lamps\"\rx", 13, 13, "text after the closing quote");
}

#[test]
fn limits() {
    let long = "x".repeat(MAX_FIELD_BYTES);
    assert_eq!(read(&changed("Lamps", &long)).projects[0].name, long);
    refused("Lamps", &format!("{long}x"), 13, 6, "at most 65536");
    refused("Lamps", &format!("\"{long}x\""), 13, 6, "at most 65536");

    let rows: String = (0..MAX_PROJECTS).map(|id| format!("p{id};1;\n")).collect();
    let text = changed("1;60;Lamps\n2;50;Trees\n", &rows).replace("num_projects;2", "num_projects;4096");
    assert_eq!(read(&text).projects.len(), MAX_PROJECTS);
    refused(
        "1;60;Lamps\n2;50;Trees\n",
        &format!("{rows}q;1;\n"),
        13 + MAX_PROJECTS,
        1,
        "more than 4096 projects",
    );

    refused_bytes(&vec![b' '; MAX_FILE_BYTES + 1], 1, 1, "at most 268435456");
}

#[test]
fn messages_quote_little_and_escape_it() {
    let error = parse(changed("2;50", &format!("2;\u{1b}[2J{}", "x".repeat(500))).as_bytes()).unwrap_err();
    assert!(error.message.contains("\"\\u{1b}[2Jxxx"), "{error}");
    assert!(error.message.contains('…') && error.message.len() < 200, "{error}");
}

// Files.

/// A generator of numbers that need only be many and the same each time.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

#[test]
fn mutated_files_never_panic() {
    const ROUNDS: usize = 20_000;
    const SPLICES: [&[u8]; 16] = [
        b";",
        b"\n",
        b"\"",
        b"\"\"",
        b"\r",
        b"\r\n",
        b",",
        b"\xff",
        b"\xef\xbb\xbf",
        b"META\n",
        b"VOTES\n",
        b"PROJECTS\n",
        b"-",
        b"9999999999999999999999",
        b"\xc5\x82",
        b"\0",
    ];
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for round in 0..ROUNDS {
        let mut bytes = [SMALL, MAPLE, RIVER][round % 3].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            let end = (at + random.below(8)).min(bytes.len());
            match random.below(5) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..end, SPLICES[random.below(SPLICES.len())].iter().copied())),
                3 => drop(bytes.splice(at..at, SPLICES[random.below(SPLICES.len())].iter().copied())),
                _ => {
                    let copy = bytes[at..end].to_vec();
                    let to = random.below(bytes.len());
                    drop(bytes.splice(to..to, copy));
                }
            }
        }
        match parse(&bytes) {
            Ok(election) => {
                good += 1;
                assert_eq!(election.meta["num_votes"].parse(), Ok(election.ballots.len()));
            }
            Err(error) => {
                bad += 1;
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let line = lines.get(error.line - 1).unwrap_or_else(|| panic!("no such line: {error}"));
                assert!((1..=line.len() + 1).contains(&error.column), "no such column: {error}");
            }
        }
    }
    assert!(
        good > ROUNDS / 20 && bad > ROUNDS / 20,
        "the mutations are neither too mild nor too wild: {good} {bad}"
    );
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    // Up to the last field: what a ballot says is not judged here.
    for end in 0..=RIVER.rfind(';').unwrap() {
        assert!(parse(&RIVER.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn the_samples_are_what_they_are_meant_to_be() {
    let (maple, river) = (read(MAPLE), read(RIVER));
    assert_eq!(
        (maple.name.as_str(), maple.vote_type.as_str()),
        ("River City, Maple District 2026", "approval")
    );
    assert_eq!((river.name.as_str(), river.vote_type.as_str()), ("River City 2026", "cumulative"));
    assert_eq!((maple.projects.len(), maple.ballots.len()), (8, 40));
    assert_eq!((river.projects.len(), river.ballots.len()), (10, 60));
    let twice = |ballot: &&Ballot| (1..ballot.vote.len()).any(|i| ballot.vote[..i].contains(&ballot.vote[i]));
    assert_eq!(maple.ballots.iter().filter(twice).count(), 0);
    assert_eq!(river.ballots.iter().filter(twice).count(), 1);
    let in_maple = |ballot: &&Ballot| maple.ballots.iter().any(|other| other.voter_id == ballot.voter_id);
    assert_eq!(river.ballots.iter().filter(in_maple).count(), 22);
    for election in [maple, river] {
        assert!(election.projects.iter().any(|project| project.selected == Some(false)));
        assert!(election.projects.iter().any(|project| project.selected == Some(true)));
    }
}

#[test]
fn real_files_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pabulib");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!(
            "no {}: the samples in src/commands/demo/sample stand in for real elections",
            folder.display()
        );
        return;
    };
    let mut ballots: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pb") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let election = parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let city = ["czestochowa_2020", "wroclaw_2021"].into_iter().find(|city| file.contains(city));
        let sum = ballots.entry(city.unwrap_or("elsewhere")).or_default();
        *sum = (sum.0 + 1, sum.1 + election.ballots.len());
    }
    assert_eq!(ballots.get("czestochowa_2020"), Some(&(21, 33_088)));
    assert_eq!(ballots.get("wroclaw_2021"), Some(&(1, 84_611)));
}
