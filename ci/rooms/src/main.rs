//! Two checks of a project's sources, see [`icn_rooms`]:
//!
//! - `icn-rooms rooms PROJECT ORDER [FOLDER...]`: no circles, and the order of the file `ORDER`. Each `FOLDER` is a source
//!   folder, as `actors/core/src`. Without one, all crates are checked.
//! - `icn-rooms formats PROJECT`: `docs/formats.md` and the code that enforces it name each other.
//!
//! The exit code is 0 if all is well, 1 if something is wrong, 2 if the check could not be made.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use icn_rooms::{citations, crates, order, sources};

/// The sections of `docs/formats.md` that state no rules of their own.
const WITHOUT_RULES: &[&str] = &[
    "Conventions",
    "Payloads",
    "Worked example",
    "Entry 0: the host",
    "Entry 1: the policy",
    "Entry 2: a receipt",
    "The checkpoint",
    "The segment file",
    "Keys, in the same log",
];

fn main() -> ExitCode {
    match run() {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            for line in wrong {
                eprintln!("rooms: {line}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rooms: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Vec<String>, String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["rooms", project, order, chosen @ ..] => rooms(Path::new(project), Path::new(order), chosen),
        ["formats", project] => formats(Path::new(project)),
        _ => Err("usage: icn-rooms rooms PROJECT ORDER [FOLDER...] | icn-rooms formats PROJECT".to_owned()),
    }
}

fn rooms(project: &Path, order: &Path, chosen: &[&str]) -> Result<Vec<String>, String> {
    let order = order::read(&read(order)?)?;
    let all = crates::source_folders(project)?;
    let mut wrong = Vec::new();
    for section in order.keys() {
        if !all.iter().any(|folder| section == folder || section.starts_with(&format!("{folder}/"))) {
            wrong.push(format!("order.txt has the section [{section}], which belongs to no crate"));
        }
    }
    for folder in chosen {
        if !all.iter().any(|known| known == folder) {
            return Err(format!("{folder} is no source folder of a crate; there are: {}", all.join(" ")));
        }
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let checked = if chosen.is_empty() { &all } else { chosen };
    for folder in checked {
        wrong.extend(crates::check(project, folder, &order)?);
    }
    if wrong.is_empty() {
        println!("rooms: no circle and one order in {}", checked.join(" "));
    }
    Ok(wrong)
}

fn formats(project: &Path) -> Result<Vec<String>, String> {
    let document = read(&project.join("docs/formats.md"))?;
    let mut sources = sources::read(project)?;
    // This program's own documents and tests show what a citation looks like.
    sources.retain(|file, _| !file.starts_with("ci/rooms/"));
    let wrong = citations::broken(&document, &sources, WITHOUT_RULES);
    if wrong.is_empty() {
        let cited: usize = sources.values().map(|source| citations::citations(source).len()).sum();
        println!("rooms: {cited} citations of docs/formats.md, and each of its rules names its files");
    }
    Ok(wrong)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}
