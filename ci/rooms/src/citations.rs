//! Rules of the formats, and the code that enforces them, name each other.
//!
//! In the code, where a rule is enforced, a comment cites the section of `docs/formats.md` on one line, as in
//! `docs/formats.md, "Receipt"`. In the document each section that states rules ends with a paragraph that names the
//! files, as in "Enforced in `actors/core/src/block/receipt.rs`." The check: each citation names a section, each section
//! names files, and each of these files cites the section.

use crate::sources::Sources;

/// How a citation begins, and what may stand between the document's name and the heading.
const DOCUMENT: &str = "docs/formats.md";
/// How the paragraph begins that names the files.
const ENFORCED: &str = "Enforced in ";

/// A section of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// The line of its heading, from 1 on.
    pub line: usize,
    /// The files that it names as those that enforce it.
    pub files: Vec<String>,
    /// It has text of its own, and not only sections in it.
    pub has_text: bool,
}

/// The sections of a document in Markdown. Lines between ``` are not looked at.
pub fn sections(document: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let (mut fenced, mut naming) = (false, false);
    for (number, line) in document.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")).filter(|_| !fenced);
        if let Some(heading) = heading {
            let heading = heading.trim().to_owned();
            sections.push(Section { heading, line: number, files: Vec::new(), has_text: false });
            continue;
        }
        let Some(section) = sections.last_mut() else { continue };
        section.has_text |= !line.trim().is_empty();
        naming = !fenced && !line.trim().is_empty() && (naming || line.starts_with(ENFORCED));
        if naming {
            section.files.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    sections
}

/// The headings that a source cites, each with its line.
pub fn citations(source: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (number, line) in source.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        for after in line.split(DOCUMENT).skip(1) {
            let after = after.strip_prefix('`').unwrap_or(after);
            let heading = after.strip_prefix(", \"").and_then(|rest| rest.split_once('"'));
            found.extend(heading.map(|(heading, _)| (heading.to_owned(), number)));
        }
    }
    found
}

/// What is wrong between the document and the sources, a line each. `free` are the headings of sections that state no
/// rules.
pub fn broken(document: &str, sources: &Sources, free: &[&str]) -> Vec<String> {
    let sections = sections(document);
    let mut broken = Vec::new();
    for (file, source) in sources {
        for (heading, line) in citations(source) {
            if !sections.iter().any(|section| section.heading == heading) {
                broken.push(format!("{file}:{line} cites \"{heading}\", which is no section of {DOCUMENT}"));
            }
        }
    }
    for Section { heading, line, files, has_text } in &sections {
        let at = format!("{DOCUMENT}:{line}: the section \"{heading}\"");
        if files.is_empty() && *has_text && !free.contains(&heading.as_str()) {
            broken.push(format!("{at} names no file that enforces it; expected: {ENFORCED}`file`."));
        }
        for file in files {
            match sources.get(file) {
                None => broken.push(format!("{at} names {file}, which is not there")),
                Some(source) if !citations(source).iter().any(|(cited, _)| cited == heading) => {
                    broken.push(format!(
                        "{at} names {file}, which does not cite it; expected: {DOCUMENT}, \"{heading}\""
                    ));
                }
                Some(_) => {}
            }
        }
    }
    for heading in free {
        if !sections.iter().any(|section| section.heading == *heading) {
            broken.push(format!("{DOCUMENT} has no section \"{heading}\", which is said to state no rules"));
        }
    }
    broken
}
