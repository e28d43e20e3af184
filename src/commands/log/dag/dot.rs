//! Prints blocks as a graph in the language of Graphviz. Text of a guest or a log is escaped.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::shown::Shown;

/// The graph of these blocks. Links to other blocks are left out.
pub(super) fn graph(blocks: &[Shown]) -> String {
    let mut text = String::from("digraph dag {\n  rankdir=RL;\n  node [shape=box, fontname=monospace];\n");
    for block in blocks {
        let id = block.id.to_string();
        let short = &id[id.len() - 8..];
        let place = block.position.map(|position| format!(" at {position}")).unwrap_or_default();
        let label = quoted(&format!("{}{place}", block.kind));
        let shape = if block.position.is_some() { ", style=bold" } else { "" };
        let _ = writeln!(text, "  \"{id}\" [label=\"{label}\\n…{short}\"{shape}];");
    }
    let known: BTreeSet<_> = blocks.iter().map(|block| block.id).collect();
    for block in blocks {
        for link in block.links.iter().filter(|link| known.contains(*link)) {
            let _ = writeln!(text, "  \"{}\" -> \"{link}\";", block.id);
        }
    }
    text + "}\n"
}

/// A text, escaped for a quoted string.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
