//! One contract, said three times: by `docs/host-abi.md`, by the table, and by the codes and kinds in the code. Names,
//! types, codes: nothing more, nothing less. That the linker defines what the table says is tested in
//! `src/engine/tests.rs`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use icn_core::block::TrapKind;
use icn_sandbox::{CODES, FUNCTIONS, FunctionType, LIMITS, PARAMETERS};

use FunctionType::{I32, I64};

fn document() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/host-abi.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Rows of all tables of the document, as cells; rules between head and body left out.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| --"));
    lines
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// What stands between two backticks, if that is all of a cell.
fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`').filter(|inside| !inside.contains('`'))
}

type Signature = (Vec<(String, FunctionType)>, Vec<FunctionType>);

fn value(text: &str) -> FunctionType {
    match text {
        "i32" => I32,
        "i64" => I64,
        other => panic!("`{other}` is no type of the ABI"),
    }
}

/// `(unit, unit_len, amount: i64) -> i32`; what has no type is an `i32`.
fn signature(text: &str) -> Signature {
    let (params, result) = text.split_once(')').unwrap_or_else(|| panic!("`{text}` is no type"));
    let params = params.strip_prefix('(').unwrap_or_else(|| panic!("`{text}` is no type"));
    let params = params.split(", ").filter(|param| !param.is_empty()).map(|param| {
        let (name, of) = param.split_once(": ").unwrap_or((param, "i32"));
        (name.to_owned(), value(of))
    });
    (params.collect(), result.trim().strip_prefix("-> ").map(value).into_iter().collect())
}

/// Functions that the document lists, each once.
fn documented() -> BTreeMap<String, Signature> {
    let text = document();
    let (_, functions) = text.split_once("## Functions").unwrap();
    let mut all = BTreeMap::new();
    for row in rows(functions) {
        let Some(name) = code(&row[0]).filter(|name| name.starts_with("host_")) else { continue };
        let of = code(&row[1]).unwrap_or_else(|| panic!("{name} has no type: {row:?}"));
        assert!(all.insert(name.to_owned(), signature(of)).is_none(), "{name} stands twice in the document");
    }
    all
}

fn tabled() -> BTreeMap<String, Signature> {
    assert_eq!(FUNCTIONS.len(), PARAMETERS.len());
    let pairs = FUNCTIONS.iter().zip(PARAMETERS);
    let all: BTreeMap<String, Signature> = pairs
        .map(|((name, params, results), (again, names))| {
            assert_eq!((name, params.len()), (again, names.len()), "a name for each parameter");
            let named = names.iter().map(ToString::to_string).zip(params.iter().copied());
            ((*name).to_owned(), (named.collect(), results.to_vec()))
        })
        .collect();
    assert_eq!(all.len(), FUNCTIONS.len(), "each once");
    all
}

#[test]
fn the_document_lists_the_functions_of_the_table() {
    let (document, table) = (documented(), tabled());
    for (name, of) in &document {
        assert_eq!(Some(of), table.get(name), "{name} as documented, and in the table");
    }
    for name in table.keys() {
        assert!(document.contains_key(name), "{name} is not documented");
    }
}

#[test]
fn the_document_lists_the_codes() {
    let found: Vec<(i32, String)> = rows(&document())
        .iter()
        .filter_map(|row| Some((row[0].parse().ok()?, code(row.get(1)?)?.to_owned())))
        .collect();
    let codes: Vec<(i32, String)> = CODES.iter().map(|code| (code.code, code.name.to_owned())).collect();
    assert_eq!(found, codes);
    let order: Vec<i32> = (1..).map(|n: i32| -n).take(CODES.len()).collect();
    assert_eq!(codes.iter().map(|(code, _)| *code).collect::<Vec<_>>(), order, "without gaps");
}

#[test]
fn the_document_lists_the_traps() {
    let text = document();
    let (_, answers) = text.split_once("| trap | when |").unwrap();
    let table = answers.split_once("\n\n").unwrap().0;
    let found: Vec<String> = rows(table).iter().filter_map(|row| code(&row[0]).map(str::to_owned)).collect();
    let kinds: Vec<String> = TrapKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(found, kinds);
    for kind in TrapKind::ALL {
        assert_eq!(format!("{kind:?}"), kind.as_str(), "the receipt's word");
    }
}

#[test]
fn a_limit_has_one_name() {
    let names: BTreeMap<&str, u64> = LIMITS.iter().copied().collect();
    assert_eq!(names.len(), LIMITS.len());
    assert!(LIMITS.iter().all(|(_, limit)| *limit > 0));
}
