//! Signatures and dag-cbor, against the vectors of RFC 8032 and of the strictness project.

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::{BlockId, Codec, Did};
use icn_testkit::generate::raw_id;
use icn_testkit::oracle::Cbor;
use ipld_core::ipld::Ipld;

/// The vectors' folder, where there is one beside the project.
fn vectors(name: &str) -> Option<Vec<serde_json::Value>> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors").join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("vectors/{name} is not here: only the samples in this file are checked");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a vector file is a list"))
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).expect("vectors are hexadecimal")
}

/// RFC 8032, section 7.1: TEST 1 to TEST 3.
const RFC8032: [(&str, &str, &str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

/// Strictly, as `icn_core` verifies; a key or signature of another length is none.
fn verifies(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match (public.try_into(), signature.try_into()) {
        (Ok(public), Ok(signature)) => {
            icn_core::encode::verify_raw(&Did::from_key(public), message, signature)
        }
        _ => false,
    }
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    for (secret, public, message, signature) in RFC8032 {
        let key = icn_core::encode::SecretKey::from_bytes(&hex(secret).try_into().unwrap());
        assert_eq!(key.did().key()[..], hex(public));
        assert_eq!(key.sign_raw(&hex(message))[..], hex(signature));
        assert!(verifies(&hex(public), &hex(message), &hex(signature)));
        assert!(!verifies(&hex(public), b"another message", &hex(signature)));
    }
    // The neutral element as key and as R: every equation holds, and strict verification refuses it.
    let neutral = [&[1][..], &[0; 31]].concat();
    let signature = [&neutral[..], &[0; 32]].concat();
    assert!(!verifies(&neutral, b"anything", &signature));
}

#[test]
fn signatures_are_judged_as_the_strict_column_says() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for file in ["rfc8032.json", "speccheck.json", "cctv.json", "wycheproof.json"] {
        for case in vectors(&format!("ed25519/{file}")).unwrap_or_default() {
            let field = |name: &str| hex(case[name].as_str().unwrap());
            let strict = case["expect"]["strict"].as_bool().unwrap();
            cases += 1;
            if verifies(&field("pub"), &field("msg"), &field("sig")) != strict {
                wrong.push(format!("{}: expected {strict}", case["id"]));
            }
            if let Some(seed) = case["seed"].as_str() {
                let key = icn_core::encode::SecretKey::from_bytes(&hex(seed).try_into().unwrap());
                assert_eq!(key.sign_raw(&field("msg"))[..], field("sig"), "{}", case["id"]);
            }
        }
    }
    println!("{cases} ed25519 vectors");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Canonical and not: what this project's own samples cover.
const DAG_CBOR: [(&str, bool, &str); 22] = [
    ("00", true, "zero"),
    ("1800", false, "zero in two bytes"),
    ("190018", false, "24 in three bytes"),
    ("1818", true, "24"),
    ("1bffffffffffffffff", true, "2^64 - 1"),
    ("3bffffffffffffffff", true, "-2^64"),
    ("c24101", false, "a big integer"),
    ("5f4100ff", false, "bytes without a length"),
    ("9f00ff", false, "a list without a length"),
    ("a0", true, "an empty map"),
    ("a2616101616202", true, "keys in order"),
    ("a2616201616102", false, "keys out of order"),
    ("a262616101616202", false, "a longer key first"),
    ("a2616101616101", false, "a key twice"),
    ("a10101", false, "a key that is not text"),
    ("f4", true, "false"),
    ("f7", false, "undefined"),
    ("f818", false, "a simple value"),
    ("61ff", false, "text that is not UTF-8"),
    ("0000", false, "two values"),
    ("d82a4101", false, "a link without its zero"),
    ("", false, "nothing"),
];

fn decode(bytes: &[u8]) -> Result<Ipld, icn_core::encode::DecodeError> {
    icn_core::encode::from_bytes("value", bytes, limits::BLOCK_BYTES_MAX)
}

#[test]
fn dag_cbor_is_strict() {
    for (text, expected, what) in DAG_CBOR {
        assert_eq!(decode(&hex(text)).is_ok(), expected, "{what}: {text}");
        assert_eq!(Cbor::read(&hex(text)).is_some(), expected, "the oracle on {what}: {text}");
    }
    let link = [&hex("d82a582500")[..], raw_id(0).as_bytes()].concat();
    assert!(decode(&link).is_ok() && Cbor::read(&link).is_some_and(|cbor| cbor.links_are_ours()));
}

/// The decoder of a generic value takes floats, which dag-cbor has; no type of this runtime does, and the
/// oracle refuses them.
fn has_float(value: &Ipld) -> bool {
    match value {
        Ipld::Float(_) => true,
        Ipld::List(items) => items.iter().any(has_float),
        Ipld::Map(items) => items.values().any(has_float),
        _ => false,
    }
}

#[test]
fn dag_cbor_is_judged_as_the_strictness_vectors_say() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for case in vectors("dagcbor/strictness.json").unwrap_or_default() {
        let field = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
        let bytes = hex(&field("hex"));
        let (name, level, accept) = (field("name"), field("level"), field("expect") == "accept");
        cases += 1;
        let found = decode(&bytes);
        let found_is_ok = found.is_ok();
        let oracle = Cbor::read(&bytes);
        match level.as_str() {
            // The specification, and every decoder's duty.
            "dag-cbor" => {
                if found.is_ok() != accept {
                    wrong.push(format!("{} ({name}): decoder {found:?}", field("id")));
                }
                let ours = found.as_ref().is_ok_and(|value| !has_float(value));
                let oracle = oracle.is_some_and(|cbor| accept || cbor.links_are_ours());
                if oracle != ours {
                    wrong.push(format!("{} ({name}): oracle {oracle}", field("id")));
                }
            }
            // Which CIDs there are is for the types: a link in a block of ours is a `BlockId`.
            "cid-profile" => {
                let cid = match &oracle {
                    Some(Cbor::Link(cid)) => BlockId::from_bytes(cid).is_ok(),
                    _ => false,
                };
                // SHA-256 alone, so also the one that the profile allows beside it is refused.
                if cid {
                    wrong.push(format!("{} ({name}): a CID of another kind was read", field("id")));
                }
            }
            // Depth and minus zero are a decoder's own affair, and no type of ours gets there.
            _ => {}
        }
        if accept && found_is_ok {
            let block = Block::new(Codec::DagCbor, bytes.clone());
            if let Some(cid) = case["cid"].as_str() {
                assert_eq!(block.id().to_string(), cid, "{name}");
            }
        }
    }
    println!("{cases} dag-cbor vectors");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
