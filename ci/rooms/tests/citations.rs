//! Citations of a document's sections, and what the document names, are held against each other.

use icn_rooms::citations::{broken, citations, sections};
use icn_rooms::sources::Sources;

const DOCUMENT: &str = "# Formats

Text before the sections.

## Terms

Words.

## Payloads

### Host

A rule.

```text
## no heading
Enforced in `nothing`
```

Enforced in `a.rs`,
`b.rs`.

Another `word`.

### Empty
";

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn sections_have_their_headings_and_files() {
    let found: Vec<_> =
        sections(DOCUMENT).into_iter().map(|s| (s.heading, s.line, s.files, s.has_text)).collect();
    let files = vec!["a.rs".to_owned(), "b.rs".to_owned()];
    let expected = [
        ("Terms".to_owned(), 5, vec![], true),
        ("Payloads".to_owned(), 9, vec![], false),
        ("Host".to_owned(), 11, files, true),
        ("Empty".to_owned(), 27, vec![], false),
    ];
    assert_eq!(found[..2], expected[..2]);
    assert_eq!(found[2], expected[2]);
    assert_eq!((&found[3].0, found[3].3), (&expected[3].0, false));
}

#[test]
fn citations_are_found_with_and_without_marks() {
    let source =
        "//! See docs/formats.md, \"Host\".\n// `docs/formats.md`, \"The log\", and docs/formats.md alone\n";
    assert_eq!(citations(source), [("Host".to_owned(), 1), ("The log".to_owned(), 2)]);
}

#[test]
fn what_is_cited_and_named_both_ways_is_in_order() {
    let cites = "// docs/formats.md, \"Host\"";
    assert!(
        broken(DOCUMENT, &sources(&[("a.rs", cites), ("b.rs", cites), ("c.rs", cites)]), &["Terms"])
            .is_empty()
    );
}

#[test]
fn each_break_is_told() {
    let files = [("a.rs", "\n// docs/formats.md, \"Hosts\"")];
    let expected = [
        "a.rs:2 cites \"Hosts\", which is no section of docs/formats.md",
        "docs/formats.md:5: the section \"Terms\" names no file that enforces it; expected: Enforced in `file`.",
        "docs/formats.md:11: the section \"Host\" names a.rs, which does not cite it; expected: docs/formats.md, \"Host\"",
        "docs/formats.md:11: the section \"Host\" names b.rs, which is not there",
        "docs/formats.md has no section \"Gone\", which is said to state no rules",
    ];
    assert_eq!(broken(DOCUMENT, &sources(&files), &["Gone"]), expected);
}
