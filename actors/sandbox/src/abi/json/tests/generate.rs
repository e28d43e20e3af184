//! Texts that are JSON objects, or nearly.

use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of strings, sound ones.
const PIECES: &[&str] = &[
    "a",
    "b",
    "\u{e9}",
    "\u{1F600}",
    "\u{7f}",
    "/",
    "'",
    "\\u0061",
    "\\u00e9",
    "\\u00E9",
    "\\ud83d\\ude00",
    "\\uD83D\\uDE00",
    "\\n",
    "\\\\",
    "\\\"",
    "\\/",
    "\\b",
    "\\f",
    "\\r",
    "\\t",
    "\\u0000",
    "\\uFFFF",
    "\\ud7ff",
    "\\ue000",
    "\\udbff\\udfff",
];
/// Pieces of strings that are none.
const BROKEN_PIECES: &[&str] = &[
    "\\ud83d",
    "\\ude00",
    "\\ud83d\\n",
    "\\ud83d\\u0061",
    "\\ude00\\ud83d",
    "\\ud83d\\ud83d\\ude00",
    "\\ud83dx",
    "\\u00",
    "\\u00g1",
    "\\u+061",
    "\\q",
    "\\'",
    "\\U0061",
    "\\x61",
    "\\",
    "\n",
    "\t",
    "\0",
    "\u{1f}",
    "\"",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "0.5",
    "-0.0",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "0e0",
    "0e999",
    "1e-999",
    "1.5e300",
    "9007199254740991",
    "-9007199254740991",
    "9007199254740991.0",
    "0.0000000000000000000000000001",
    "1e00000000000000000001",
    "0e99999999999999999999",
    "1e-99999999999999999999",
    "4.9e-324",
    "0.00000000000000000000001e25",
];
const BROKEN_NUMBERS: &[&str] = &[
    "01",
    "-01",
    "00",
    "+1",
    ".5",
    "1.",
    "1.e3",
    "1e",
    "1e+",
    "-",
    "--1",
    "0x10",
    "1_0",
    "NaN",
    "Infinity",
    "-Infinity",
    "9007199254740992",
    "-9007199254740992",
    "9007199254740992.0",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "9223372036854775808",
    "100000000000000000000000000000000000000000",
    "1e999",
    "-1e999",
    "1e300",
    "1e16",
    "1e99999999999999999999",
    "123456789012345678901234567890.5",
    "1.5.5",
    "1e5.5",
    "1e-+5",
];
const WORDS: &[&str] = &["null", "true", "false"];
const BROKEN_WORDS: &[&str] = &["nul", "nulll", "True", "TRUE", "undefined", "tru", "fals", "", "\u{feff}"];
/// Names, some of them the same in another spelling.
const NAMES: &[&str] = &[
    "a",
    "\\u0061",
    "b",
    "",
    "\u{e9}",
    "\\u00e9",
    "e\u{301}",
    "/",
    "\\/",
    "\u{1F600}",
    "\\ud83d\\ude00",
    "\\n",
    "c",
    "d",
    "f",
    "g",
    "\\\\n",
    "\\\\u0061",
];
const SPACE: &[&str] = &["", "", "", "", " ", "\n", "\t", "\r\n", "  "];
/// What a mutation puts somewhere.
const SCRAPS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "0", "9", "-", ".", "e", "\u{0}", "\u{1f}", " ", "\u{a0}",
    "\u{2028}", "\u{feff}", "\\u", "\\ud800", "null", "1", "\"a\":1", "{}", "//", "\u{c}", "a",
];

/// A strategy for one of the sound ones, and now and then one of the others.
fn mostly(sound: &'static [&'static str], broken: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![40 => select(sound), 1 => select(broken)].prop_map(str::to_owned).boxed()
}

fn string() -> BoxedStrategy<String> {
    prop::collection::vec(mostly(PIECES, BROKEN_PIECES), 0..5)
        .prop_map(|pieces| format!("\"{}\"", pieces.concat()))
        .boxed()
}

fn spaced(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (select(SPACE), inner, select(SPACE)).prop_map(|(before, inner, after)| format!("{before}{inner}{after}"))
}

fn number() -> BoxedStrategy<String> {
    prop_oneof![
        6 => mostly(NUMBERS, BROKEN_NUMBERS),
        1 => any::<i64>().prop_map(|number| (number >> 8).to_string()),
        1 => any::<i32>().prop_map(|number| number.to_string()),
        1 => (any::<i32>(), -30i32..8).prop_map(|(number, exponent)| format!("{number}e{exponent}")),
        1 => any::<f32>().prop_filter("finite", |n| n.abs() < 1e15).prop_map(|number| format!("{number:?}")),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<String> {
    let leaf = prop_oneof![number(), string(), mostly(WORDS, BROKEN_WORDS)];
    spaced(leaf)
        .prop_recursive(4, 24, 4, |inner| {
            let list =
                prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(",")));
            spaced(prop_oneof![list, object(inner)])
        })
        .boxed()
}

fn object(inner: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let name = prop_oneof![12 => select(NAMES).prop_map(|name| format!("\"{name}\"")), 1 => string()];
    prop::collection::vec((spaced(name), inner), 0..4)
        .prop_map(|fields| {
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
        .boxed()
}

/// Wraps a value so deep in lists and objects.
fn nested((depth, lists, value): (usize, bool, String)) -> String {
    let (open, close) = if lists { ("[", "]") } else { ("{\"a\":", "}") };
    format!("{}{value}{}", open.repeat(depth), close.repeat(depth))
}

fn mutate(text: String, (at, what, scrap): (prop::sample::Index, u8, &str)) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return scrap.to_owned();
    }
    let at = at.index(characters.len());
    match what {
        0 => drop(characters.remove(at)),
        1 => drop(characters.splice(at..at, scrap.chars())),
        2 => drop(characters.splice(at..=at, scrap.chars())),
        3 => characters.truncate(at),
        4 => {
            let tail = characters[at..].to_vec();
            characters.extend(tail);
        }
        _ => characters.extend(scrap.chars()),
    }
    characters.into_iter().collect()
}

/// Texts: most of them objects, the others off by a little.
pub(super) fn text() -> BoxedStrategy<String> {
    let deep = (28usize..36, any::<bool>(), value()).prop_map(|deep| format!("{{\"a\":{}}}", nested(deep)));
    let sound = prop_oneof![8 => spaced(object(value())), 1 => deep, 1 => value()];
    let mutation = (any::<prop::sample::Index>(), 0u8..6, select(SCRAPS));
    let mutations = prop_oneof![1 => Just(0usize), 2 => 1usize..3]
        .prop_flat_map(move |count| prop::collection::vec(mutation.clone(), count));
    (sound, mutations).prop_map(|(text, mutations)| mutations.into_iter().fold(text, mutate)).boxed()
}
