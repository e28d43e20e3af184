//! Refused files, and the place and the words of each error.

use super::super::bounds::{MAX_COLUMNS, MAX_FIELD_BYTES, MAX_FILE_BYTES, MAX_META_KEYS, MAX_PROJECTS};
use super::super::parse::parse;
use super::small::{SMALL, changed, read, refused, refused_bytes, with_rules};

#[test]
fn an_error_says_where_and_what() {
    let error = parse(changed("2;50", "2;x").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 14, column 3: cost \"x\" is not a number: write whole units in digits, as in 2367122"
    );
}

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
