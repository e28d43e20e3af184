//! Who may sign at which position and time.

use std::collections::BTreeMap;

use icn_core::block::ucan::{NewDelegation, Revocation};
use icn_core::encode::Block;
use icn_core::name::Codec;

use crate::writer::{
    NEXT, OPERATING, OURS, T, THEIRS, Writer, delegation, key, ms, of_this_scope_by, signer,
};

#[test]
fn a_key_signs_from_the_start_of_its_delegation_to_its_end() {
    let ours = delegation(OURS, OPERATING, 10, 20);
    let by = signer(OPERATING, &ours);
    for (at, refused) in [
        (ms(10) - 1, Some("start of the delegation")),
        (ms(10), None),
        (ms(20) - 1, None),
        (ms(20), Some("end of the delegation")),
    ] {
        let mut writer = Writer::new(std::slice::from_ref(&ours));
        writer.receipt(OURS, at, by, OPERATING);
        match refused {
            Some(what) => writer.last_is_refused(what),
            None => drop(writer.audited().unwrap()),
        }
    }
    // The root signs whenever it likes, and the key's receipts stay valid when its time is over.
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.receipt(OURS, ms(5), None, OURS);
    writer.receipt(OURS, ms(15), by, OPERATING);
    writer.receipt(OURS, ms(25), None, OURS);
    writer.audited().unwrap();
    writer.receipt(OURS, ms(26), by, OPERATING);
    writer.last_is_refused("end of the delegation");
}

#[test]
fn each_forged_authority_is_refused_by_its_own_rule() {
    let ours = delegation(OURS, OPERATING, 0, 100);
    let by = signer(OPERATING, &ours);
    let opened = || Writer::new(std::slice::from_ref(&ours));
    // The key does not sign for itself, nor somebody else with its word.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), None, OPERATING);
    writer.last_is_refused("signature");
    let mut writer = opened();
    writer.receipt(OURS, ms(1), by, NEXT);
    writer.last_is_refused("signature");
    // Another key with a delegation that is not to it.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), signer(NEXT, &ours), NEXT);
    writer.last_is_refused("audience of the delegation");
    // A delegation that nobody brought, and one that another scope brought.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), signer(NEXT, &delegation(OURS, NEXT, 0, 100)), NEXT);
    writer.last_is_refused("unknown delegation");
    let mut writer = opened();
    writer.open(THEIRS, &[]);
    writer.receipt(THEIRS, ms(1), by, OPERATING);
    writer.last_is_refused("scope of the delegation");
    // The same, brought by the other scope itself.
    let mut writer = opened();
    writer.open(THEIRS, std::slice::from_ref(&ours));
    writer.last_is_refused("scope of the delegation");
    let mut writer = opened();
    writer.open(THEIRS, &[]);
    writer.keys(THEIRS, ms(1), None, THEIRS, [std::slice::from_ref(&ours), &[]]);
    writer.last_is_refused("scope of the delegation");
    // By somebody who is not the scope's root, though it says that it is about this scope.
    let mut writer = opened();
    let foreign = of_this_scope_by(THEIRS, NEXT);
    writer.keys(OURS, ms(1), signer(NEXT, &foreign), NEXT, [std::slice::from_ref(&foreign), &[]]);
    writer.last_is_refused("root of the delegation");
    // Not signed by the root that it names.
    let mut writer = opened();
    let mut bytes = delegation(OURS, NEXT, 0, 100).bytes().to_vec();
    bytes[10] ^= 1;
    let unsigned = Block::new(Codec::DagCbor, bytes);
    writer.keys(OURS, ms(1), None, OURS, [std::slice::from_ref(&unsigned), &[]]);
    writer.last_is_refused("signature of the delegation");
    // Another command, and one without an end.
    for (command, what) in [("/", "command of the delegation"), ("/icn", "command of the delegation")] {
        let new = NewDelegation {
            audience: key(NEXT).did(),
            command: command.into(),
            not_before_s: None,
            expires_s: i64::try_from(T + 100).unwrap(),
            nonce: Vec::new(),
        };
        let mut writer = opened();
        writer.keys(OURS, ms(1), None, OURS, [&[new.sign(&key(OURS))], &[]]);
        writer.last_is_refused(what);
    }
    // Something else in its place.
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[Revocation::sign(&key(OURS), ours.id())], &[]]);
    writer.last_is_refused("delegation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[delegation(OURS, NEXT, 0, 100)]]);
    writer.last_is_refused("revocation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[Revocation::sign(&key(OPERATING), ours.id())]]);
    writer.last_is_refused("root of the revocation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [std::slice::from_ref(&ours), &[]]);
    writer.last_is_refused("keys");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[]]);
    writer.last_is_refused("keys");
}

#[test]
fn a_revoked_key_signs_nothing_behind_its_revocation() {
    let ours = delegation(OURS, OPERATING, 0, 100);
    let by = signer(OPERATING, &ours);
    let revocation = Revocation::sign(&key(OURS), ours.id());
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.receipt(OURS, ms(1), by, OPERATING);
    // Of the time of the revocation, but before it: valid.
    writer.receipt(OURS, ms(2), by, OPERATING);
    // It may sign its own revocation.
    writer.keys(OURS, ms(2), by, OPERATING, [&[], std::slice::from_ref(&revocation)]);
    writer.audited().unwrap();
    let mut after = Writer { chains: BTreeMap::new(), entries: writer.entries.clone(), size: writer.size };
    std::mem::swap(&mut after.chains, &mut writer.chains);
    after.receipt(OURS, ms(2), by, OPERATING);
    after.last_is_refused("revoked delegation");
    // One that was revoked before the log brought it counts from the start for nothing.
    let stolen = delegation(OURS, NEXT, 0, 100);
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.keys(OURS, ms(1), by, OPERATING, [&[], &[Revocation::sign(&key(OURS), stolen.id())]]);
    writer.audited().unwrap();
    writer.keys(OURS, ms(2), signer(NEXT, &stolen), NEXT, [std::slice::from_ref(&stolen), &[]]);
    writer.last_is_refused("revoked delegation");
    // And a second revocation says nothing new.
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    for _ in 0..2 {
        writer.keys(OURS, ms(1), None, OURS, [&[], std::slice::from_ref(&revocation)]);
    }
    writer.last_is_refused("keys");
}

#[test]
fn keys_take_turns_without_a_gap() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let (by, next) = (signer(OPERATING, &first), signer(NEXT, &second));
    for (said, signs) in [(by, OPERATING), (next, NEXT), (None, OURS)] {
        let mut writer = Writer::new(std::slice::from_ref(&first));
        writer.receipt(OURS, ms(1), by, OPERATING);
        writer.keys(OURS, ms(1), said, signs, [std::slice::from_ref(&second), &[]]);
        // Both are in force: neither's receipts are lost.
        writer.receipt(OURS, ms(1), by, OPERATING);
        writer.receipt(OURS, ms(2), next, NEXT);
        writer.keys(OURS, ms(3), next, NEXT, [&[], &[Revocation::sign(&key(OURS), first.id())]]);
        writer.receipt(OURS, ms(3), next, NEXT);
        let (whole, structure) = writer.audited().unwrap();
        for fold in [&whole, &structure] {
            let keys = fold.keys().of(&key(OURS).did()).unwrap();
            let in_force = |at| keys.in_force(at).collect::<Vec<_>>();
            assert_eq!(in_force(ms(4)), [next.unwrap()]);
            assert_eq!(in_force(ms(200)), []);
        }
        // The one whose delegation came last comes first.
        let keys = Writer { chains: BTreeMap::new(), entries: writer.entries[..4].to_vec(), size: 4 };
        let keys = keys.audited().unwrap().0.keys().of(&key(OURS).did()).unwrap().clone();
        assert_eq!(keys.in_force(ms(4)).collect::<Vec<_>>(), [next.unwrap(), by.unwrap()]);
    }
    // A lost key is replaced when it is over: by one that its block itself brings, and by no other.
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.keys(OURS, ms(150), next, NEXT, [std::slice::from_ref(&second), &[]]);
    writer.receipt(OURS, ms(150), next, NEXT);
    writer.audited().unwrap();
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.keys(OURS, ms(150), by, OPERATING, [std::slice::from_ref(&second), &[]]);
    writer.last_is_refused("end of the delegation");
}
