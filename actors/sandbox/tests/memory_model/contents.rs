//! What stands in a range: sound and malformed contents of each kind, and everything that is no UTF-8.

use std::sync::LazyLock;

use icn_core::name::{BlockId, Codec};
use icn_testkit::abi_model::{Kind, Text};
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::{caller, node, scope};

/// Every class of bytes that are no UTF-8, by name, at both ends of each class.
pub(crate) const NOT_UTF8: &[(&str, &[u8])] = &[
    ("a lone continuation", b"\x80"),
    ("a lone continuation", b"\xBF"),
    ("overlong in two bytes", b"\xC0\x80"),
    ("overlong in two bytes", b"\xC1\xBF"),
    ("overlong in three bytes", b"\xE0\x80\x80"),
    ("overlong in three bytes", b"\xE0\x9F\xBF"),
    ("overlong in four bytes", b"\xF0\x80\x80\x80"),
    ("overlong in four bytes", b"\xF0\x8F\xBF\xBF"),
    ("the first surrogate", b"\xED\xA0\x80"),
    ("the last surrogate", b"\xED\xBF\xBF"),
    ("a pair of surrogates", b"\xED\xA0\x80\xED\xB0\x80"),
    ("above U+10FFFF", b"\xF4\x90\x80\x80"),
    ("above U+10FFFF", b"\xF7\xBF\xBF\xBF"),
    ("cut after one of two", b"\xC3"),
    ("cut after one of three", b"\xE2"),
    ("cut after two of three", b"\xE2\x82"),
    ("cut after one of four", b"\xF0"),
    ("cut after two of four", b"\xF0\x9F"),
    ("cut after three of four", b"\xF0\x9F\x92"),
    ("a continuation that is none", b"\xC3\x28"),
    ("a continuation that is none", b"\xE2\x82\x28"),
    ("0xC0", b"\xC0"),
    ("0xC1", b"\xC1"),
    ("0xF5", b"\xF5\x80\x80\x80"),
    ("0xF6", b"\xF6"),
    ("0xF7", b"\xF7"),
    ("0xF8", b"\xF8\x88\x80\x80\x80"),
    ("0xF9", b"\xF9"),
    ("0xFA", b"\xFA"),
    ("0xFB", b"\xFB"),
    ("0xFC", b"\xFC\x84\x80\x80\x80\x80"),
    ("0xFD", b"\xFD"),
    ("0xFE", b"\xFE"),
    ("0xFF", b"\xFF"),
];

/// Contents of a range, and its length when that is not theirs.
pub(crate) type Content = BoxedStrategy<Vec<u8>>;

/// Those bytes.
pub(crate) fn exactly(bytes: Vec<u8>) -> Content {
    Just(bytes).boxed()
}

/// Those bytes at the beginning, in the middle or at the end of a short text.
pub(crate) fn spoil(bytes: &'static [u8]) -> Content {
    let around = || select(vec!["", "A", "é", "a1"]);
    (around(), around()).prop_map(|(a, b)| [a.as_bytes(), bytes, b.as_bytes()].concat()).boxed()
}

static NODE: LazyLock<Vec<u8>> = LazyLock::new(|| node(b"payload").id().as_bytes().to_vec());

fn did() -> String {
    caller().to_string()
}

fn objects() -> Vec<String> {
    let nested = |depth: usize| format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    [
        "{}",
        "{\"role\":\"member\",\"since\":2024}",
        " {\"a\":[1,-2,0,1.5,1e3,true,false,null]} ",
        "{\"a\":{\"b\":1},\"b\":{\"b\":1}}",
        "{\"a\":9007199254740991,\"b\":-9007199254740991}",
        "{\"\\u00e9\\n\":\"\u{e9}\"}",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([nested(32)])
    .collect()
}

/// Contents that mean something.
fn sound(kind: Kind) -> Vec<Vec<u8>> {
    let text = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match kind {
        Kind::Text(_, Text::Any) => text(&["a line", "", "žluťoučký", "\u{10FFFF}\u{D7FF}\u{E000}", "\0"]),
        Kind::Text(_, Text::Did) => text(&[&did(), &scope().to_string()]),
        Kind::Text(_, Text::Owner) => text(&["shop", "project/1", "treasury", &did(), &module(), "a"]),
        Kind::Text(_, Text::Token) => text(&["H", "H", "H", "A1", "ABCDEFGHIJ12"]),
        Kind::Text(_, Text::CredentialType) => text(&["Membership", "M", "1a"]),
        Kind::Text(_, Text::Object) => objects().into_iter().map(String::into_bytes).collect(),
        Kind::Bytes(_) | Kind::Filled(_) => text(&["k", "k", "kk", "value", "payload", "\u{0}"]),
        Kind::Cut(_) => vec![b"it is over".to_vec(), b"\xC3\x28 lossy \xFF".to_vec()],
        Kind::Cid | Kind::Cids(_) => vec![NODE.clone()],
        Kind::Fixed(bytes) => vec![vec![7; bytes], vec![0; bytes]],
        _ => vec![Vec::new()],
    }
}

fn module() -> String {
    format!("module:{}", BlockId::of(Codec::Raw, b"another module"))
}

/// Contents that mean nothing, or what may not be named.
pub(crate) fn malformed(kind: Kind) -> Vec<Vec<u8>> {
    let text =
        |texts: &[&str]| -> Vec<Vec<u8>> { texts.iter().map(|text| text.as_bytes().to_vec()).collect() };
    let (me, module) = (did(), module());
    // The last digit holds two bits that are in no byte: there is another spelling of the same bytes.
    let last = char::from(module.as_bytes()[module.len() - 1] + 1);
    let dids = [
        me.replace("did:key:z", "did:key:Z"),
        me.to_uppercase(),
        me[..55].to_owned(),
        format!("{me}1"),
        format!(" {me}"),
        format!("{me} "),
        me.replace("z6Mk", "z16Mk"),
        me.replace("z6Mk", "z6Ml"),
        me.replacen(|c: char| c.is_ascii_digit(), "0", 1),
        me.replace("z6Mk", "zQ3s"),
        format!("{me}#key"),
        "did:key:z".to_owned(),
        "did:web:icn.example".to_owned(),
        String::new(),
    ];
    let mut bytes = match kind {
        Kind::Text(_, Text::Did) => text(&["shop", "DID:key:z6Mk"]),
        Kind::Text(_, Text::Owner) => text(&[
            "",
            "-a",
            "a b",
            "a:b",
            "é",
            "/a",
            "issuance",
            "consumed",
            "Treasury",
            "hold:",
            "module:",
            "hold:0123456789abcdef0123456789abcdef",
            "hold:0123456789ABCDEF0123456789abcdef",
            "hold:0123456789abcdef0123456789abcde",
            &module.to_uppercase(),
            &module[..module.len() - 1],
            &format!("{}{last}", &module[..module.len() - 1]),
            &format!("{module}a"),
            &module.replacen(":b", ":z", 1),
        ]),
        Kind::Text(_, Text::Token) => text(&["", "h", "1A", "fuel", "storage", "H ", "É", "H-1", "H\0"]),
        Kind::Text(_, Text::CredentialType) => text(&["", "Member ship", "a-b", "é", "a\0"]),
        Kind::Text(_, Text::Object) => text(&[
            "",
            "[]",
            "1",
            "null",
            "\"a\"",
            "{",
            "}",
            "{}{}",
            "{}x",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            "{\"a\":9007199254740992}",
            "{\"a\":-9007199254740992}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{\"a\":\"\n\"}",
            "{\"a\":.5}",
            "{\"a\":1.}",
            "{\"a\":nul}",
            "\u{feff}{}",
            &format!("{}0{}", "{\"a\":".repeat(33), "}".repeat(33)),
            &format!("{{\"a\":{}{}}}", "[".repeat(32), "]".repeat(32)),
        ]),
        Kind::Cid | Kind::Cids(_) => {
            let with = |at: usize, byte: u8| {
                let mut cid = NODE.clone();
                cid[at] = byte;
                cid
            };
            // Of the last two is no node here.
            vec![
                with(0, 0),
                with(0, 2),
                with(1, 0x70),
                with(2, 0x13),
                with(3, 0x21),
                with(1, 0x55),
                with(35, 0),
            ]
        }
        Kind::Filled(_) => vec![Vec::new()],
        _ => Vec::new(),
    };
    if let Kind::Text(_, Text::Did | Text::Owner) = kind {
        bytes.extend(dids.into_iter().map(String::into_bytes));
    }
    bytes
}

/// Sound contents, and with noise now and then others.
pub(crate) fn any_of(kind: Kind, noise: bool) -> Content {
    let sound = select(sound(kind));
    let malformed = malformed(kind);
    if !noise {
        return sound.boxed();
    }
    let malformed = if malformed.is_empty() { vec![b"?".to_vec()] } else { malformed };
    let spoilt = select(NOT_UTF8).prop_flat_map(|(_, bytes)| spoil(bytes));
    prop_oneof![16 => sound, 2 => select(malformed), 1 => spoilt, 1 => prop::collection::vec(any::<u8>(), 0..40)].boxed()
}
