//! A second, deliberately naive way from a `.pb` file to the projects it funds, to hold the real one against.
//!
//! It shares no code with the program: it has a small reader of its own, keeps everything as text and works in
//! the plainest steps. It expects well-formed files and stops the test at anything else.
#![allow(dead_code, reason = "each test looks at its own part of an outcome")]
#![allow(clippy::panic, reason = "an oracle that cannot answer stops the test that asks it")]

use std::collections::HashMap;
use std::path::Path;

/// What an election comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The ids of the funded projects, in the order listed.
    pub funded: Vec<String>,
    /// What they cost together.
    pub spent: i64,
    /// What there was to spend.
    pub budget: i64,
    /// How many ballots count.
    pub accepted: usize,
    /// How many ballots break the rules and do not count.
    pub refused: usize,
    /// The ids of the projects that the file's column `selected` marks with 1, in the order listed, if the file
    /// has such a column.
    pub selected_column: Option<Vec<String>>,
}

/// A row by the names of its columns.
pub(crate) type Row = HashMap<String, String>;

/// Reads an election and funds projects greedily: in order of score (approval: how many ballots name it;
/// cumulative and scoring: the sum of its points), each if what is left covers its cost; ties in the order
/// listed; a project that no ballot names is not funded.
///
/// A ballot does not count if it names an unknown project or a project twice, or if it breaks a rule of META on
/// its length, its cost or its points. Rules that META does not give bind nobody, but for points below zero in
/// a cumulative election.
pub(crate) fn greedy(path: &Path) -> Outcome {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let tables = tables(&text);
    let mut meta = HashMap::new();
    for row in &tables["META"] {
        meta.insert(row["key"].clone(), row["value"].clone());
    }
    let vote_type = meta["vote_type"].as_str();
    let with_points = match vote_type {
        "approval" | "choose-1" => false,
        "cumulative" | "scoring" => true,
        other => panic!("the oracle knows no greedy rule for {other} ballots"),
    };
    assert!(rule(&meta, "default_score").unwrap_or(0) == 0, "the oracle knows no default score");

    let projects = &tables["PROJECTS"];
    let mut costs = HashMap::new();
    for project in projects {
        costs.insert(project["project_id"].clone(), number(&project["cost"]));
    }

    let mut score: HashMap<String, i64> = HashMap::new();
    let mut named: HashMap<String, i64> = HashMap::new();
    let mut accepted = 0;
    let mut refused = 0;
    for ballot in &tables["VOTES"] {
        let ids = list(&ballot["vote"]);
        let points = if with_points { list(&ballot["points"]) } else { vec!["1".to_string(); ids.len()] };
        if !is_good(&ids, &points, &costs, &meta, with_points) {
            refused += 1;
            continue;
        }
        accepted += 1;
        for i in 0..ids.len() {
            *score.entry(ids[i].clone()).or_insert(0) += number(&points[i]);
            *named.entry(ids[i].clone()).or_insert(0) += 1;
        }
    }

    // Time after time the best project not yet looked at, the first listed of equals.
    let budget = number(&meta["budget"]);
    let mut spent = 0;
    let mut winners: Vec<String> = Vec::new();
    let mut waiting: Vec<String> = projects.iter().map(|project| project["project_id"].clone()).collect();
    waiting.retain(|id| named.contains_key(id));
    while !waiting.is_empty() {
        let mut best = 0;
        for i in 1..waiting.len() {
            if score[&waiting[i]] > score[&waiting[best]] {
                best = i;
            }
        }
        let id = waiting.remove(best);
        if spent + costs[&id] <= budget {
            spent += costs[&id];
            winners.push(id);
        }
    }

    let ids_where = |keep: &dyn Fn(&Row) -> bool| -> Vec<String> {
        projects.iter().filter(|project| keep(project)).map(|project| project["project_id"].clone()).collect()
    };
    let selected_column = projects
        .iter()
        .any(|project| project.contains_key("selected"))
        .then(|| ids_where(&|project| project["selected"] == "1"));
    Outcome {
        funded: ids_where(&|project| winners.contains(&project["project_id"])),
        spent,
        budget,
        accepted,
        refused,
        selected_column,
    }
}

/// Whether a ballot keeps the rules.
fn is_good(
    ids: &[String],
    points: &[String],
    costs: &HashMap<String, i64>,
    meta: &HashMap<String, String>,
    with_points: bool,
) -> bool {
    for (i, id) in ids.iter().enumerate() {
        if !costs.contains_key(id) || ids[..i].contains(id) {
            return false;
        }
    }
    let within = |what: i64, min: &str, max: &str| {
        rule(meta, min).is_none_or(|min| min <= what) && rule(meta, max).is_none_or(|max| what <= max)
    };
    let Ok(length) = i64::try_from(ids.len()) else { return false };
    let cost: i64 = ids.iter().map(|id| costs[id]).sum();
    if !within(length, "min_length", "max_length") || !within(cost, "min_sum_cost", "max_sum_cost") {
        return false;
    }
    if !with_points {
        return true;
    }
    if points.len() != ids.len() {
        return false;
    }
    let mut sum = 0;
    for point in points {
        let Ok(point) = point.parse::<i64>() else { return false };
        let below = meta["vote_type"] == "cumulative" && point < 0;
        if below || !within(point, "min_points", "max_points") {
            return false;
        }
        sum += i128::from(point);
    }
    // A sum that is no i64 keeps no bounds that anyone writes.
    i64::try_from(sum).is_ok_and(|sum| within(sum, "min_sum_points", "max_sum_points"))
}

/// The value of a rule that META gives.
pub(crate) fn rule(meta: &HashMap<String, String>, key: &str) -> Option<i64> {
    meta.get(key).filter(|value| !value.is_empty()).map(|value| number(value))
}

/// A whole number, perhaps written with a fraction of zeros.
pub(crate) fn number(text: &str) -> i64 {
    let whole = text.replace(',', ".");
    let whole = whole.split('.').next().unwrap_or_default();
    match whole.parse() {
        Ok(number) => number,
        Err(error) => panic!("the oracle cannot read the number {text:?}: {error}"),
    }
}

/// The items between commas.
fn list(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().to_string()).collect()
}

/// The sections of a file, each a list of rows.
pub(crate) fn tables(text: &str) -> HashMap<String, Vec<Row>> {
    let mut tables: HashMap<String, Vec<Row>> = HashMap::new();
    let mut section = String::new();
    let mut header: Vec<String> = Vec::new();
    for record in records(text) {
        if record.len() == 1 {
            section = record[0].clone();
            header.clear();
            tables.insert(section.clone(), Vec::new());
        } else if header.is_empty() {
            header = record;
        } else {
            let row: Row = header.iter().cloned().zip(record).collect();
            tables.entry(section.clone()).or_default().push(row);
        }
    }
    tables
}

/// The lines of a file that are not blank, cut into fields; a quoted field may hold `;`, `""` and line breaks.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    // The end of the last line, if the file lacks it.
    for c in text.trim_start_matches('\u{feff}').chars().chain(['\n']) {
        if c == '"' {
            // The first of a doubled quote ends the quoting, the second resumes it: only a resumption within a
            // field stands for a quote.
            if !quoted && field.ends_with('\u{0}') {
                field.pop();
                field.push('"');
            } else if quoted {
                field.push('\u{0}');
            }
            quoted = !quoted;
        } else if quoted {
            field.push(c);
        } else if c == ';' || c == '\n' {
            record.push(field.replace('\u{0}', "").trim().to_string());
            field.clear();
            if c == '\n' {
                if record.iter().any(|field| !field.is_empty()) {
                    records.push(record);
                }
                record = Vec::new();
            }
        } else {
            field.push(c);
        }
    }
    records
}
