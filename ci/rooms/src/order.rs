//! The order of the folders and files in a crate: each may name only those that stand above it.
//!
//! `order.txt` has a section for each crate, and may have one for a folder in it:
//!
//! ```text
//! [actors/core/src]
//! limits.rs
//! name/
//! lib.rs
//! ```
//!
//! `name/` means what is in the folder, and `name.rs` beside it. `#` begins a comment. A line `circle: a.rs b.rs` allows one
//! circle of exactly these files, which for a reason in the comment above it cannot be cut.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrow::Arrow;
use crate::sources::Sources;

/// One section.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Section {
    /// Each row, the lowest first, and the line of `order.txt` on which it stands.
    pub rows: Vec<(String, usize)>,
    /// The files of each circle that is allowed.
    pub circles: Vec<BTreeSet<String>>,
}

/// The sections of `order.txt`, by the folder in the brackets.
pub type Order = BTreeMap<String, Section>;

/// Reads `order.txt`.
///
/// # Errors
///
/// A row stands before the first section, or a section or a row stands twice.
pub fn read(text: &str) -> Result<Order, String> {
    let mut order = Order::new();
    let mut current = None;
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if let Some(folder) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if order.insert(folder.to_owned(), Section::default()).is_some() {
                return Err(format!("order.txt:{number} begins the section [{folder}] a second time"));
            }
            current = Some(folder.to_owned());
            continue;
        }
        let section = current.as_ref().and_then(|folder| order.get_mut(folder));
        let section =
            section.ok_or_else(|| format!("order.txt:{number} has a row before the first section"))?;
        if let Some(files) = line.strip_prefix("circle:") {
            section.circles.push(files.split_whitespace().map(str::to_owned).collect());
            continue;
        }
        if section.rows.iter().any(|(row, _)| row == line) {
            return Err(format!("order.txt:{number} has the row {line} a second time"));
        }
        section.rows.push((line.to_owned(), number));
    }
    Ok(order)
}

/// What breaks the order of one section. `below` is the section's folder below the crate's source folder, with a `/` at
/// its end: empty for the crate itself.
pub fn broken(section: &Section, below: &str, sources: &Sources, arrows: &[Arrow]) -> Vec<String> {
    let folders: BTreeSet<&str> =
        sources.keys().filter_map(|file| Some(file.strip_prefix(below)?.split_once('/')?.0)).collect();
    let row_of = |file: &str| -> Option<String> {
        let rest = file.strip_prefix(below)?;
        let name = rest
            .split_once('/')
            .map_or_else(|| rest.strip_suffix(".rs").unwrap_or(rest), |(folder, _)| folder);
        Some(if folders.contains(name) { format!("{name}/") } else { rest.to_owned() })
    };
    let there: BTreeSet<String> = sources.keys().filter_map(|file| row_of(file)).collect();
    let place = |row: &String| section.rows.iter().position(|(name, _)| name == row);

    let mut broken = Vec::new();
    for row in there.iter().filter(|row| place(row).is_none()) {
        broken.push(format!("{below}{row} has no row in order.txt"));
    }
    for (row, line) in section.rows.iter().filter(|(row, _)| !there.contains(row)) {
        broken.push(format!("order.txt:{line} has the row {row}, but nothing has that name"));
    }
    let allowed = |arrow: &Arrow| {
        section.circles.iter().any(|files| files.contains(&arrow.from) && files.contains(&arrow.to))
    };
    for arrow in arrows.iter().filter(|arrow| !allowed(arrow)) {
        if let (Some(from), Some(to)) = (row_of(&arrow.from), row_of(&arrow.to))
            && let (Some(from_at), Some(to_at)) = (place(&from), place(&to))
            && from_at < to_at
        {
            broken.push(format!("{arrow}; order.txt has {to} below {from}"));
        }
    }
    broken
}
