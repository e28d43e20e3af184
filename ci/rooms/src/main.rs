//! `icn-rooms PROJECT ORDER [FOLDER...]`: checks the crates of a project against the rules of [`icn_rooms`].
//!
//! `PROJECT` is the project's folder, `ORDER` its `order.txt`, each `FOLDER` a source folder as `actors/core/src`. Without
//! one, all are checked. The exit code is 0 if all is well, 1 if something is wrong, 2 if the check could not be made.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use icn_rooms::{crates, order};

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
    let [project, order_file, chosen @ ..] = arguments.as_slice() else {
        return Err("usage: icn-rooms PROJECT ORDER [FOLDER...]".to_owned());
    };
    let project = Path::new(project);
    let text =
        fs::read_to_string(order_file).map_err(|error| format!("{order_file} cannot be read: {error}"))?;
    let order = order::read(&text)?;
    let all = crates::source_folders(project)?;

    let mut wrong = Vec::new();
    for section in order.keys() {
        if !all.iter().any(|folder| section == folder || section.starts_with(&format!("{folder}/"))) {
            wrong.push(format!("order.txt has the section [{section}], which belongs to no crate"));
        }
    }
    for folder in chosen {
        if !all.contains(folder) {
            return Err(format!("{folder} is no source folder of a crate; there are: {}", all.join(" ")));
        }
    }
    let checked = if chosen.is_empty() { &all } else { chosen };
    for folder in checked {
        wrong.extend(crates::check(project, folder, &order)?);
    }
    if wrong.is_empty() {
        println!("rooms: no circle and one order in {}", checked.join(" "));
    }
    Ok(wrong)
}
