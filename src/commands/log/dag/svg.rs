//! Draws blocks as an SVG picture that needs no other file. A lane is an author, a column is an entry in the
//! order of the log, a box is a block, and a line is a link to an earlier block. Text of a guest or a log is
//! escaped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use icn_runtime::BlockId;

use super::shown::Shown;

// Sizes, in pixels.
const BOX_WIDTH: usize = 132;
const BOX_HEIGHT: usize = 36;
const COLUMN: usize = BOX_WIDTH + 44;
const ROW: usize = BOX_HEIGHT + 12;
/// The space to the left of the first column, for the names of the lanes.
const LEFT: usize = 132;
/// The space above the first lane, for the positions.
const TOP: usize = 40;
const LANE_PADDING: usize = 14;
const MARGIN: usize = 12;

const STYLE: &str = "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1d2430}\
.name{font-weight:700}.small{font-size:10px;fill:#566073}.lane{fill:#f4f6f9}.lane.odd{fill:#eaeef4}\
.box{fill:#fff;stroke:#7b8698}.leaf{stroke:#1d2430;stroke-width:2}\
.host{fill:#e8defa}.policy{fill:#fbe3c6}.invocation{fill:#d9e8fb}.receipt{fill:#d8f0dc}.node{fill:#fdf3bf}\
.engine,.raw{fill:#e6e9ee}.link{fill:none;stroke:#7b8698;stroke-width:1.2;marker-end:url(#tip)}";

/// The place of a box: its upper left corner, and its column.
#[derive(Debug, Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
    column: usize,
}

/// The picture of these blocks. Links to other blocks are left out.
pub(super) fn picture(blocks: &[Shown]) -> String {
    let lanes = lanes(blocks);
    let entries: BTreeSet<u64> = blocks.iter().map(|block| block.entry).collect();
    let columns: BTreeMap<u64, usize> = entries.into_iter().zip(0..).collect();
    let places = places(blocks, &lanes, &columns);
    let width = LEFT + columns.len() * COLUMN + MARGIN;
    let height = lanes.values().map(|lane| lane.top + lane.height).max().unwrap_or(TOP) + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{} blocks of a log</title>\n\
         <desc>Each lane is an author, each column an entry of the log, by position; each box is a block, each line a \
         link to a block that came before.</desc>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#566073\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        blocks.len()
    );
    draw_lanes(&mut text, &lanes, width);
    for (position, column) in &columns {
        let x = LEFT + column * COLUMN + BOX_WIDTH / 2;
        let _ = writeln!(
            text,
            "<text class=\"small\" x=\"{x}\" y=\"24\" text-anchor=\"middle\">{position}</text>"
        );
    }
    draw_links(&mut text, blocks, &places);
    for block in blocks {
        if let Some(place) = places.get(&block.id) {
            draw_box(&mut text, block, *place);
        }
    }
    text + "</svg>\n"
}

/// The place of each block: in the lane of its author and the column of its entry.
fn places(
    blocks: &[Shown],
    lanes: &BTreeMap<&str, Lane>,
    columns: &BTreeMap<u64, usize>,
) -> BTreeMap<BlockId, Place> {
    let mut places: BTreeMap<BlockId, Place> = BTreeMap::new();
    let mut used: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    // The last block of an entry is its envelope. It is drawn on top.
    for block in blocks.iter().rev() {
        let (Some(lane), Some(column)) = (lanes.get(block.author.as_str()), columns.get(&block.entry)) else {
            continue;
        };
        let row = used.entry((lane.number, *column)).or_default();
        let place =
            Place { x: LEFT + column * COLUMN, y: lane.top + LANE_PADDING + *row * ROW, column: *column };
        *row += 1;
        places.insert(block.id, place);
    }
    places
}

/// The part of the picture that belongs to one author.
struct Lane {
    number: usize,
    top: usize,
    height: usize,
}

/// A lane for each author, in the order of their first entries, from the top down.
fn lanes(blocks: &[Shown]) -> BTreeMap<&str, Lane> {
    let mut tallest: Vec<(&str, usize)> = Vec::new();
    let mut counts: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut in_order: Vec<&Shown> = blocks.iter().collect();
    in_order.sort_by_key(|block| block.entry);
    for block in in_order {
        let count = counts.entry((&block.author, block.entry)).or_default();
        *count += 1;
        match tallest.iter_mut().find(|(author, _)| *author == block.author) {
            Some((_, most)) => *most = (*most).max(*count),
            None => tallest.push((&block.author, *count)),
        }
    }
    let mut top = TOP;
    let mut lanes = BTreeMap::new();
    for (number, (author, rows)) in tallest.into_iter().enumerate() {
        let height = 2 * LANE_PADDING + rows * ROW - (ROW - BOX_HEIGHT);
        lanes.insert(author, Lane { number, top, height });
        top += height;
    }
    lanes
}

fn draw_lanes(text: &mut String, lanes: &BTreeMap<&str, Lane>, width: usize) {
    let mut in_order: Vec<_> = lanes.iter().collect();
    in_order.sort_by_key(|(_, lane)| lane.number);
    for (author, Lane { number, top, height }) in in_order {
        let odd = if number % 2 == 1 { " odd" } else { "" };
        let name = author.strip_prefix("did:key:").unwrap_or(author);
        let _ = writeln!(
            text,
            "<g><title>{}</title><rect class=\"lane{odd}\" x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>\
             <text class=\"name\" x=\"{MARGIN}\" y=\"{}\">{}</text></g>",
            escaped(author),
            top + LANE_PADDING + 14,
            escaped(&shortened(name, 14)),
        );
    }
    let _ = writeln!(text, "<text class=\"small\" x=\"{MARGIN}\" y=\"24\">log position</text>");
}

/// Draws a line from each block to each block that it links. A line to an earlier entry leaves at the left
/// and arrives at the right. A line within an entry bends around at the right.
fn draw_links(text: &mut String, blocks: &[Shown], places: &BTreeMap<BlockId, Place>) {
    let middle = BOX_HEIGHT / 2;
    for block in blocks {
        let Some(from) = places.get(&block.id) else { continue };
        for to in block.links.iter().filter_map(|link| places.get(link)) {
            let (x, y) = (from.x, from.y + middle);
            let (end_x, end_y) = (to.x + BOX_WIDTH, to.y + middle);
            let path = if to.column == from.column {
                let x = x + BOX_WIDTH;
                let out = x + 10 + (from.y.abs_diff(to.y) / ROW).min(4) * 6;
                format!("M{x} {y}C{out} {y} {out} {end_y} {end_x} {end_y}")
            } else {
                let bend = (x.saturating_sub(end_x) / 2).clamp(22, 120);
                format!("M{x} {y}C{} {y} {} {end_y} {end_x} {end_y}", x - bend, end_x + bend)
            };
            let _ = writeln!(text, "<path class=\"link\" d=\"{path}\"/>");
        }
    }
}

fn draw_box(text: &mut String, block: &Shown, Place { x, y, .. }: Place) {
    let id = block.id.to_string();
    let place = block.position.map(|position| format!(" at {position}")).unwrap_or_default();
    // The kind without prefix and version: `receipt` for `icn/receipt/v1`.
    let plain =
        block.kind.strip_prefix("icn/").and_then(|kind| kind.split('/').next()).unwrap_or(&block.kind);
    let known = ["host", "policy", "invocation", "receipt", "node", "engine", "raw"];
    let class =
        known.iter().find(|known| **known == plain).map(|known| format!(" {known}")).unwrap_or_default();
    let leaf = if block.position.is_some() { " leaf" } else { "" };
    let _ = writeln!(
        text,
        "<g><title>{}{place}, {} bytes\n{id}</title><rect class=\"box{class}{leaf}\" x=\"{x}\" y=\"{y}\" \
         width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"4\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text>\
         <text class=\"small\" x=\"{}\" y=\"{}\">…{}{place}</text></g>",
        escaped(&block.kind),
        block.bytes,
        x + 8,
        y + 15,
        escaped(&shortened(plain, 17)),
        x + 8,
        y + 29,
        &id[id.len() - 8..],
    );
}

/// A text, cut to at most `chars_max` characters.
fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

/// A text, escaped for XML content and attributes. Characters that XML 1.0 does not allow are replaced by
/// U+FFFD.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&apos;"),
            '\t' | '\n' => shown.push(char),
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            char if char.is_control() => shown.push('\u{fffd}'),
            char => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_place() {
        assert_eq!(escaped("a<b>&\"'\u{0}\u{ffff}é"), "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}\u{fffd}é");
        assert_eq!(shortened("receipt", 7), "receipt");
        assert_eq!(shortened("receipts", 7), "receip…");
    }
}
