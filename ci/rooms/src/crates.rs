//! The crates of the project, and the check of one of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::arrow::Arrow;
use crate::circles::circles;
use crate::names::arrows;
use crate::order::{self, Order};
use crate::sources;

/// Folders that have crates in them are at most this deep below the project.
const DEPTH_MAX: usize = 3;

/// The source folders of all crates below `project`: those with a `lib.rs` or a `main.rs` beside a `Cargo.toml`.
///
/// # Errors
///
/// A folder cannot be read.
pub fn source_folders(project: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    find(project, "", 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn find(project: &Path, below: &str, depth: usize, found: &mut Vec<String>) -> Result<(), String> {
    let folder = project.join(below);
    let source = folder.join("src");
    if folder.join("Cargo.toml").is_file()
        && (source.join("lib.rs").is_file() || source.join("main.rs").is_file())
    {
        found.push(format!("{below}src"));
    }
    if depth == DEPTH_MAX {
        return Ok(());
    }
    let unreadable = |error| format!("{} cannot be read: {error}", folder.display());
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() && !name.starts_with('.') && name != "target" && name != "src"
        {
            find(project, &format!("{below}{name}/"), depth + 1, found)?;
        }
    }
    Ok(())
}

/// What is wrong with the crate whose source folder is `folder`, a path below `project`: one line each, or a circle with
/// its arrows.
///
/// # Errors
///
/// The crate's sources cannot be read as modules.
pub fn check(project: &Path, folder: &str, order: &Order) -> Result<Vec<String>, String> {
    let in_folder = |text: String| format!("{folder}: {text}");
    let sources = sources::read(&project.join(folder))?;
    let library = library_name(project, folder)?;
    let arrows = arrows(&sources, &library).map_err(in_folder)?;

    let allowed = order.get(folder).map_or(&[][..], |section| &section.circles);
    let mut wrong = circle_faults(&circles(&arrows), allowed);
    if !order.contains_key(folder) {
        wrong.push("the crate has no section in order.txt".to_owned());
    }
    for (name, section) in order {
        let below = match name.strip_prefix(folder) {
            Some("") => String::new(),
            Some(rest) if rest.starts_with('/') => format!("{}/", &rest[1..]),
            _ => continue,
        };
        wrong.extend(order::broken(section, &below, &sources, &arrows));
    }
    Ok(wrong.into_iter().map(in_folder).collect())
}

/// What is wrong with the circles: those that are not allowed, and allowed ones that are not there.
pub fn circle_faults(circles: &[Vec<Arrow>], allowed: &[BTreeSet<String>]) -> Vec<String> {
    let files =
        |circle: &[Arrow]| -> BTreeSet<String> { circle.iter().map(|arrow| arrow.from.clone()).collect() };
    let found: Vec<BTreeSet<String>> = circles.iter().map(|circle| files(circle)).collect();
    let not_allowed = circles.iter().zip(&found).filter(|(_, files)| !allowed.contains(files));
    let mut faults: Vec<String> = not_allowed.map(|(circle, _)| circle_text(circle)).collect();
    for files in allowed.iter().filter(|files| !found.contains(files)) {
        let names: Vec<&str> = files.iter().map(String::as_str).collect();
        faults.push(format!("order.txt allows a circle of {}, which is not there", names.join(" ")));
    }
    faults
}

/// A circle in words: for each pair of files, what the first names of the second.
fn circle_text(circle: &[Arrow]) -> String {
    let mut text = "files name each other in a circle:".to_owned();
    let mut pair = None;
    for arrow in circle {
        let Arrow { from, line, to, path } = arrow;
        if pair.replace((from, to)) != Some((from, to)) {
            text.push_str(&format!("\n    {from} -> {to}:"));
        }
        text.push_str(&format!(" `{path}` (line {line})"));
    }
    text
}

/// The name of the crate's library: of `[lib]`, else of `[package]`, as Rust writes it.
fn library_name(project: &Path, folder: &str) -> Result<String, String> {
    let manifest = project.join(folder).with_file_name("Cargo.toml");
    let text = fs::read_to_string(&manifest)
        .map_err(|error| format!("{} cannot be read: {error}", manifest.display()))?;
    let name_in = |section: &str| {
        let rest = text.split(&format!("[{section}]\n")).nth(1)?;
        let lines = rest.lines().take_while(|line| !line.starts_with('['));
        let value = lines.filter_map(|line| line.strip_prefix("name = \"")).next()?;
        Some(value.trim_end_matches('"').replace('-', "_"))
    };
    name_in("lib").or_else(|| name_in("package")).ok_or_else(|| format!("{} has no name", manifest.display()))
}
