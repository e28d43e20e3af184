//! `host_verify_signature`.

use icn_core::encode::SecretKey;
use icn_core::name::Did;
use icn_core::{costs, limits};

use super::*;
use crate::common::has_no_effects;

#[test]
fn a_signature_holds_or_does_not() {
    let (key, other) = (SecretKey::from_bytes(&[3; 32]), SecretKey::from_bytes(&[4; 32]));
    let (did, message) = (key.did().to_string(), "a message");
    let right = key.sign_raw(message.as_bytes());
    let mut script = Script::default();
    let mut verify = |did: &str, message: &str, signature: &[u8; 64], answer: i64| {
        script.call("host_verify_signature", &[T(did), T(message), P(signature)], answer);
    };
    verify(&did, message, &right, 1);
    verify(&did, "", &key.sign_raw(b""), 1);
    verify(&did, "another", &right, 0);
    verify(other.did().as_str(), message, &right, 0);
    for bit in [0, 255, 256, 511] {
        let mut changed = right;
        changed[bit / 8] ^= 1 << (bit % 8);
        verify(&did, message, &changed, 0);
    }
    // Of small order: the neutral element as key and as R, which satisfies the equation for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut trivial = [0; 64];
    trivial[0] = 1;
    verify(Did::from_key(neutral).as_str(), message, &trivial, 0);
    // No point at all.
    verify(Did::from_key([2; 32]).as_str(), message, &right, 0);
    verify("", message, &right, INVALID);
    verify(&did[..55], message, &right, INVALID);
    verify(&did.replace("did:key:z", "did:key:Z"), message, &right, INVALID);
    verify(&"d".repeat(limits::NAME_BYTES_MAX + 1), message, &right, TOO_LARGE);
    let long = "m".repeat(limits::MESSAGE_BYTES_MAX);
    verify(&did, &long, &key.sign_raw(long.as_bytes()), 1);
    verify(&did, &format!("{long}m"), &right, TOO_LARGE);
    // It needs no capability.
    let world = World { capabilities: std::collections::BTreeSet::new(), ..World::new() };
    assert!(has_no_effects(&script.run(&world)));
}

#[test]
fn a_verification_costs_its_base_and_its_bytes_whatever_it_says() {
    let key = SecretKey::from_bytes(&[3; 32]);
    let fuel = |message: &str, signature: [u8; 64], answer: i64| {
        let mut script = Script::default();
        script.call("host_verify_signature", &[T(key.did().as_str()), T(message), P(&signature)], answer);
        script.run(&World::new()).fuel
    };
    let right = fuel("four", key.sign_raw(b"four"), 1);
    assert_eq!(fuel("four", [0; 64], 0), right);
    // Each byte of the message is a byte of the guest's data segment too.
    let byte = costs::MESSAGE_BYTE_FUEL + costs::INSTANCE_DATA_BYTE_FUEL;
    assert_eq!(fuel("fourfour", [0; 64], 0), right + 4 * byte);
    assert!(right > costs::SIGNATURE_FUEL);
}
