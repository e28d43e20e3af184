//! Published test vectors, where they are beside the project (`../shared/data/vectors`), and the project's own samples
//! (`tests/vectors`), which are always read: each gives the verdict that it states.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use icn_core::block::ucan::{Delegation, NewDelegation, Revocation};
use icn_core::encode::cbor::CborFlaw;
use icn_core::encode::{SecretKey, cbor, verify_raw};
use icn_core::log::car::{Item, Section, Sections};
use icn_core::log::{verify_consistency, verify_inclusion};
use icn_core::name::{BlockId, Bytes, Codec, Did, Hash};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The files of this name: the project's own, and the published ones where they are.
fn files(name: &str) -> Vec<PathBuf> {
    let own = Path::new(PROJECT).join("tests/vectors").join(name);
    let published = Path::new(PROJECT).join("../shared/data/vectors").join(name);
    let mut files: Vec<PathBuf> =
        [&own, &published].into_iter().filter(|path| path.exists()).cloned().collect();
    if !published.exists() {
        println!("{name}: the published vectors are not beside the project; the project's own stand in");
    }
    assert!(!files.is_empty(), "{}: the project has samples of its own", own.display());
    files.sort();
    files
}
fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
fn text<'v>(vector: &'v Value, key: &str) -> &'v str {
    vector[key].as_str().unwrap_or_else(|| panic!("no text {key}: {vector}"))
}
fn hash(encoded: &str) -> Option<Hash> {
    BASE64.decode(encoded.as_bytes()).ok()?.try_into().ok().map(Bytes)
}

#[test]
fn dag_cbor_is_taken_or_refused_as_each_vector_states() {
    for path in files("dagcbor/strictness.json") {
        let vectors = read(&path);
        for vector in vectors.as_array().unwrap() {
            let (bytes, expect) =
                (HEXLOWER.decode(text(vector, "hex").as_bytes()).unwrap(), text(vector, "expect"));
            let (general, ours) = (cbor::scan(&bytes, 2000), cbor::strict(&bytes));
            let accept = expect == "accept";
            match text(vector, "level") {
                // By the specification alone. What is refused there is refused here too; what is accepted may have
                // what no block of this runtime has: a float, or a link to another kind of block.
                "dag-cbor" => {
                    assert_eq!(general.is_ok(), accept, "{vector}: {general:?}");
                    let only_foreign = matches!(
                        ours.as_ref().map_err(|error| &error.why),
                        Ok(_) | Err(CborFlaw::Float | CborFlaw::ForeignLink(_))
                    );
                    assert_eq!(only_foreign, accept, "{vector}: {ours:?}");
                }
                // Links by a profile much like ours, which has BLAKE3 besides.
                "cid-profile" if accept => {
                    assert!(
                        general.is_ok() && matches!(ours.unwrap_err().why, CborFlaw::ForeignLink(_)),
                        "{vector}"
                    );
                }
                // Refused by DASL, not by the specification's text; a float is never ours.
                "cid-profile" | "disputed" => assert!(ours.is_err(), "{vector}"),
                // Within the specification, beyond our own limit.
                "depth" => {
                    assert!(general.is_ok() == accept, "{vector}");
                    assert!(matches!(ours.unwrap_err().why, CborFlaw::Depth(_)), "{vector}");
                }
                other => panic!("{}: a level that is not known: {other}", path.display()),
            }
            // The library that reads blocks agrees on what the specification says.
            let library = serde_ipld_dagcbor::from_slice::<ipld_core::ipld::Ipld>(&bytes)
                .is_ok_and(|value| serde_ipld_dagcbor::to_vec(&value).is_ok_and(|again| again == bytes));
            if text(vector, "level") == "dag-cbor" {
                assert_eq!(library, general.is_ok(), "{vector}: the library");
            }
        }
        println!("{}: {} vectors", path.display(), vectors.as_array().unwrap().len());
    }
}

#[test]
fn signatures_hold_strictly_as_each_vector_states() {
    for name in ["rfc8032", "speccheck", "cctv", "wycheproof"].map(|name| format!("ed25519/{name}.json")) {
        let own = Path::new(PROJECT).join("tests/vectors").join(&name);
        if !own.exists() && !Path::new(PROJECT).join("../shared/data/vectors").join(&name).exists() {
            println!("{name}: not beside the project");
            continue;
        }
        for path in files(&name) {
            let vectors = read(&path);
            for vector in vectors.as_array().unwrap() {
                let bytes = |key| HEXLOWER.decode(text(vector, key).as_bytes()).unwrap();
                let key: Option<[u8; 32]> = bytes("pub").try_into().ok();
                let signature: Option<[u8; 64]> = bytes("sig").try_into().ok();
                let verdict = key.zip(signature).is_some_and(|(key, signature)| {
                    verify_raw(&Did::from_key(key), &bytes("msg"), &signature)
                });
                assert_eq!(Some(verdict), vector["expect"]["strict"].as_bool(), "{vector}");
            }
            println!("{}: {} vectors", path.display(), vectors.as_array().unwrap().len());
        }
    }
}

#[test]
fn merkle_proofs_hold_or_fail_as_each_vector_states() {
    let proof_of = |vector: &Value| -> Option<Vec<Hash>> {
        vector["proof"].as_array().map_or(Some(Vec::new()), |hashes| {
            hashes.iter().map(|encoded| hash(encoded.as_str().unwrap())).collect()
        })
    };
    for path in files("merkle/inclusion.json") {
        for vector in read(&path)["vectors"].as_array().unwrap() {
            let number = |key: &str| vector[key].as_u64().unwrap();
            let holds = (|| {
                let (leaf, root) = (hash(text(vector, "leafHash"))?, hash(text(vector, "root"))?);
                let proof = proof_of(vector)?;
                verify_inclusion(&leaf, number("leafIdx"), number("treeSize"), &proof, &root).ok()
            })();
            assert_eq!(holds.is_none(), vector["wantErr"].as_bool().unwrap(), "{vector}");
        }
    }
    for path in files("merkle/consistency.json") {
        for vector in read(&path)["vectors"].as_array().unwrap() {
            let number = |key: &str| vector[key].as_u64().unwrap();
            let holds = (|| {
                // Where the sizes are equal a vector says of its roots only that they are: they need not be hashes.
                let stand_in = |key| {
                    hash(text(vector, key)).unwrap_or_else(|| Hash::digest(text(vector, key).as_bytes()))
                };
                let (older, newer) = (stand_in("root1"), stand_in("root2"));
                let proof = proof_of(vector)?;
                verify_consistency((number("size1"), &older), (number("size2"), &newer), &proof).ok()
            })();
            assert_eq!(holds.is_none(), vector["wantErr"].as_bool().unwrap(), "{vector}");
        }
    }
}

/// The roots and the sections of a CAR, read in parts.
fn sections(path: &Path) -> (Vec<Vec<u8>>, Vec<Section>) {
    let (mut reader, mut roots, mut found) = (Sections::default(), Vec::new(), Vec::new());
    for part in std::fs::read(path).unwrap().chunks(1000) {
        reader.feed(part);
        while let Some(item) = reader.next_item().unwrap() {
            match item {
                Item::Roots(given) => roots = given,
                Item::Section(section) => found.push(section),
            }
        }
    }
    reader.finish().unwrap();
    (roots, found)
}
fn parse_cid(link: &Value) -> Vec<u8> {
    cid::Cid::try_from(text(link, "/")).unwrap().to_bytes()
}
/// Whether a section's bytes have the SHA-256 that its CID states, where it states one.
fn has_its_hash(section: &Section) -> Option<bool> {
    let cid = cid::Cid::try_from(section.cid.as_slice()).unwrap();
    (cid.hash().code() == 0x12).then(|| Sha256::digest(&section.bytes).as_slice() == cid.hash().digest())
}

#[test]
fn cars_have_the_roots_and_the_blocks_that_are_listed() {
    for path in files("car/carv1-basic.car") {
        let (roots, found) = sections(&path);
        let listed = read(&path.with_extension("json"));
        let expected: Vec<_> = listed["header"]["roots"].as_array().unwrap().iter().map(parse_cid).collect();
        assert_eq!(roots, expected);
        let blocks = listed["blocks"].as_array().unwrap();
        assert_eq!(found.len(), blocks.len());
        for (section, block) in found.iter().zip(blocks) {
            assert_eq!(section.cid, parse_cid(&block["cid"]), "{block}");
            assert_eq!(section.offset, block["offset"].as_u64().unwrap(), "{block}");
            assert_eq!(section.bytes.len() as u64, block["blockLength"].as_u64().unwrap(), "{block}");
            assert_eq!(has_its_hash(section), Some(true), "{block}");
        }
    }
    let fixtures = Path::new(PROJECT).join("../shared/data/vectors/car/ipld-codec-fixtures.car");
    if fixtures.exists() {
        let (_, found) = sections(&fixtures);
        let hashed = found.iter().filter_map(has_its_hash).collect::<Vec<_>>();
        assert!(hashed.len() > 50 && hashed.iter().all(|holds| *holds), "{} blocks", found.len());
        // Of each that has our kind of name, the bytes are strict dag-cbor, or have a float or a foreign link.
        for section in found {
            let Ok(id) = BlockId::from_bytes(&section.cid) else { continue };
            assert!(id.codec() == Codec::Raw || cbor::scan(&section.bytes, 2000).is_ok(), "{id}");
        }
    }
}

#[test]
fn ucan_delegations_and_revocations_are_taken_or_refused_as_each_vector_states() {
    let token = |vector: &Value| BASE64.decode(text(vector, "token").as_bytes()).unwrap();
    let rows = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
    for path in files("ucan/delegation.json") {
        let vectors = read(&path);
        for vector in rows(&vectors, "valid") {
            let bytes = token(&vector);
            let found = Delegation::read_signed(&bytes).unwrap_or_else(|error| panic!("{vector}: {error}"));
            let payload = &vector["envelope"]["payload"];
            let did = |key: &str| payload[key].as_str().map(|text| Did::parse(text).unwrap());
            assert_eq!(found.id.to_string(), text(&vector, "cid"), "{vector}");
            assert_eq!((Some(found.issuer), Some(found.audience)), (did("iss"), did("aud")), "{vector}");
            assert_eq!((found.subject, &*found.command), (did("sub"), text(payload, "cmd")), "{vector}");
            let times = (found.not_before_s, found.expires_s);
            assert_eq!(times, (payload["nbf"].as_i64(), payload["exp"].as_i64()), "{vector}");
            assert_eq!(Some(found.statements), payload["pol"].as_array().map(Vec::len), "{vector}");
            // What the runtime signs with the same words is the same, to the byte.
            if let (Some(true), Some(expires_s)) = (vector["written"].as_bool(), found.expires_s) {
                let Delegation { audience, command, not_before_s, .. } = found;
                let nonce = BASE64.decode(text(payload, "nonce").as_bytes()).unwrap();
                let new = NewDelegation { audience, command, not_before_s, expires_s, nonce };
                assert_eq!(new.sign(&SecretKey::from_bytes(&[2; 32])).bytes(), bytes, "{vector}");
            }
        }
        for vector in rows(&vectors, "invalid") {
            assert!(Delegation::read_signed(&token(&vector)).is_err(), "{vector}");
        }
        println!("{}: {} vectors", path.display(), rows(&vectors, "valid").len());
    }
    for path in files("ucan/revocation.json") {
        let vectors = read(&path);
        for vector in rows(&vectors, "valid") {
            let found = Revocation::read_signed(&token(&vector)).unwrap();
            assert_eq!(found.id.to_string(), text(&vector, "cid"));
            assert_eq!(found.delegation.to_string(), text(&vector, "revokes"));
            assert_eq!(found.issuer.as_str(), text(&vector, "issuer"));
            let ours = Revocation::sign(&SecretKey::from_bytes(&[2; 32]), found.delegation);
            assert_eq!(ours.bytes(), token(&vector));
        }
        for vector in rows(&vectors, "invalid") {
            assert!(Revocation::read_signed(&token(&vector)).is_err(), "{vector}");
        }
    }
}
