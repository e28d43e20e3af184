//! Pictures of a DAG: well-formed XML, whatever is in the log, and the same for the same log. What is drawn of the worked
//! example of `docs/formats.md` is in `tests/vectors/dag/worked-example.svg`, for eyes; ICN_WRITE_GOLDEN=1 writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;

use common::forge::history;
use common::{run, scratch, stderr, stdout};
use icn_core::block::{Entry, Payload};
use icn_core::encode::Block;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::BlockId;

/// That a text is well-formed XML, as far as such pictures use it: tags that close, attributes in quotes, known entities,
/// no character that XML does not have. Gives the number of elements.
fn well_formed(text: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let (mut rest, mut count) = (text.trim_end(), 0);
    let plain = |text: &str| {
        for (_, behind) in text.match_indices('&').map(|(at, _)| text.split_at(at)) {
            let known = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];
            assert!(known.iter().any(|entity| behind.starts_with(entity)), "{behind:.40}");
        }
        let is_char =
            |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(text.chars().all(|c| is_char(c) && c != '<'), "{text:.80}");
    };
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        assert!(at == 0 || !open.is_empty(), "text outside of the root: {rest:.40}");
        plain(&rest[..at]);
        let Some(tag) = rest.get(at + 1..).filter(|tag| !tag.is_empty()) else { break };
        let end = tag.find('>').expect("a tag that ends");
        let (tag, behind) = (&tag[..end], &tag[end + 1..]);
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        count += 1;
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        let mut seen = Vec::new();
        while !attributes.trim_start().is_empty() {
            let (key, value) = attributes.trim_start().split_once("=\"").expect("an attribute in quotes");
            let (value, behind) = value.split_once('"').expect("a quote that ends");
            plain(value);
            assert!(!seen.contains(&key), "{key} twice");
            seen.push(key);
            attributes = behind;
        }
        if !is_closed {
            open.push(name);
        }
    }
    assert!(open.is_empty() && count > 0, "{open:?} do not end");
    count
}

fn picture(data: &Path, words: &[&str]) -> String {
    let mut all = vec!["dag"];
    all.extend(words);
    all.extend(["--svg", "--data"]);
    let mut all: Vec<std::ffi::OsString> = all.into_iter().map(Into::into).collect();
    all.push(data.into());
    let output = run(all);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", stderr(&output));
    stdout(&output)
}

/// The log of the worked example, as a data directory that can be read.
fn worked_example(data: &Path) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md")).unwrap();
    let page = page.split_once("\n## Worked example\n").unwrap().1;
    let mut blocks: Vec<Block> = Vec::new();
    let fence = "```text\n";
    for (before, rest) in page.match_indices(fence).map(|(at, fence)| page.split_at(at + fence.len())) {
        let announced = before.trim_end_matches(fence).trim_end();
        let name = announced.strip_suffix("`:").and_then(|said| said.rsplit('`').next());
        let Some(id) = name.and_then(|name| BlockId::parse(name).ok()) else { continue };
        let hex: String = rest.split("```").next().unwrap().split_whitespace().collect();
        blocks.push(Block::new(id.codec(), data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()));
    }
    let envelope_of = |kind: &str| {
        let payload = blocks.iter().find(|block| Payload::kind(block.bytes()) == Some(kind)).unwrap().id();
        let envelope = |block: &&Block| {
            icn_core::encode::Envelope::from_bytes(block.bytes())
                .is_ok_and(|envelope| envelope.payload() == payload)
        };
        blocks.iter().find(envelope).unwrap().id()
    };
    let node = blocks.iter().find(|block| Payload::kind(block.bytes()) == Some("icn/node/v1")).unwrap().id();
    let entries: Vec<Entry> = [
        vec![envelope_of("icn/host/v1")],
        vec![envelope_of("icn/policy/v1")],
        vec![envelope_of("icn/receipt/v1"), node],
    ]
    .into_iter()
    .map(|leaves| Entry { leaves, blocks: blocks.clone() })
    .collect();
    let log = data.join("log");
    fs::create_dir_all(&log).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap();
    store.append(0, &entries.iter().collect::<Vec<_>>()).unwrap();
    store.close().unwrap();
    let note = page.split(fence).find(|text| text.starts_with("example.org/log\n4\n")).unwrap();
    fs::write(data.join("checkpoint"), note.split("```").next().unwrap()).unwrap();
}

#[test]
fn the_worked_example_is_drawn_as_it_was() {
    let dir = scratch();
    worked_example(dir.path());
    let drawn = picture(dir.path(), &["show"]);
    // svg, title, desc, style, defs, marker, path, rect; lanes and boxes of four elements each.
    assert!(well_formed(&drawn) > 60, "{drawn}");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/dag/worked-example.svg");
    if std::env::var_os("ICN_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &drawn).unwrap();
    }
    assert!(
        fs::read_to_string(&golden).unwrap() == drawn,
        "the picture is another: ICN_WRITE_GOLDEN=1 writes it"
    );
}

#[test]
fn every_part_of_a_log_is_drawn_as_well_formed_xml() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let leaf = |at: usize| history.entries[at].leaves[0].to_string();
    for (words, has_last) in [
        (&["show"][..], true),
        (&["show", "--from", "3", "--count", "4"], false),
        (&["show", "--count", "0"], false),
        (&["show", &leaf(9)], false),
        (&["heads"], true),
        (&["path", &leaf(12), &leaf(1)], true),
    ] {
        let drawn = picture(&history.data, words);
        well_formed(&drawn);
        assert!(drawn.starts_with("<svg xmlns=") && drawn.ends_with("</svg>\n"), "{words:?}");
        assert_eq!(drawn.contains(&leaf(12)), has_last, "{words:?}");
    }
    let drawn = picture(&history.data, &["show"]);
    // The host and two scopes; every block of the log, once, with its whole name; the links between them.
    assert_eq!(drawn.matches("class=\"lane").count(), 3);
    for entry in &history.entries {
        assert_eq!(drawn.matches(&format!("\n{}</title>", entry.leaves[0])).count(), 1);
    }
    assert!(drawn.matches("<path class=\"link\"").count() > 20);
    // One or the other.
    let output = run(["dag", "show", "--dot", "--svg", "--data", "x"]);
    assert_eq!(output.status.code(), Some(2));
}
