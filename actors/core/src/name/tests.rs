use super::*;

#[test]
fn a_did_has_one_spelling() {
    let did = Did::from_key([7; 32]);
    assert_eq!(Did::parse(did.as_str()).unwrap(), did);
    for wrong in [
        did.as_str().to_uppercase(),
        format!("{} ", did.as_str()),
        did.as_str().replace("did:key:z", "did:key:Z"),
        did.as_str().replace("did:key:", "did:web:"),
        String::new(),
    ] {
        assert!(Did::parse(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn extreme_keys_have_a_did() {
    for key in [[0; 32], [255; 32]] {
        assert_eq!(Did::parse(Did::from_key(key).as_str()).unwrap().key(), &key);
    }
}

#[test]
fn a_cid_is_of_a_known_codec_and_hash() {
    let id = BlockId::of(Codec::Raw, b"x");
    assert_eq!(BlockId::parse(&id.to_string()).unwrap(), id);
    assert!(id.names(b"x") && !id.names(b"y"));
    let mut other = *id.as_bytes();
    other[1] = 0x70;
    assert!(BlockId::from_bytes(&other).is_err());
    assert!(BlockId::from_bytes(&id.as_bytes()[..35]).is_err());
    assert!(BlockId::parse(&id.to_string().to_uppercase()).is_err());
}

#[test]
fn owners_and_units_keep_their_text() {
    let module = format!("module:{}", BlockId::of(Codec::Raw, b"m"));
    let hold = format!("hold:{}", Bytes([0xa7; 16]));
    let scope = Did::from_key([2; 32]);
    let (owed, claim) = (format!("owed:{scope}"), format!("claim:{scope}"));
    for text in [
        &owed,
        &claim,
        "treasury",
        "issuance",
        "consumed",
        "project/12",
        &module,
        &hold,
        Did::from_key([1; 32]).as_str(),
    ] {
        assert_eq!(Owner::parse(text).unwrap().to_string(), text);
    }
    for text in
        ["", "-x", "a b", "did:key:z6Mk", "module:x", "hold:", "owed:", "claim:x", "é", &"a".repeat(129)]
    {
        assert!(Owner::parse(text).is_err(), "{text}");
    }
    assert!(Owner::parse(&hold.to_uppercase().replace("HOLD", "hold")).is_err());
    assert!(Owner::parse(&hold[..hold.len() - 1]).is_err());
    for text in ["PLN", "H", "T2", "fuel"] {
        assert_eq!(Unit::parse(text).unwrap().as_str(), text);
    }
    for text in ["", "pln", "2T", "ABCDEFGHIJKLM", "P N"] {
        assert!(Unit::parse(text).is_err(), "{text}");
    }
}
