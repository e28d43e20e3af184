//! Logs that were written anew, without keys and with all of them.

use std::fs;
use std::path::Path;

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::{Checkpoint, Log};
use icn_runtime::{AuditReport, Host, HostOptions, Invocation, Receipt, SecretKey};

use crate::common::forge::{entries, forge, moved_signature, receipt_of, signed, write_anew};
use crate::common::{Desk, audit_of, key, open, scratch, sound, tree};

/// What an audit says of a log that was written anew: it must not hold.
fn forgery(data: &Path, what: &str, replay: bool) -> AuditReport {
    let (report, _) = audit_of(data, replay);
    assert!(!report.ok, "{what} passes: {:?}", report.notices);
    let finding = report.divergence.as_ref().unwrap();
    println!("{what}: {finding}");
    report
}

#[test]
fn a_log_that_is_written_anew_without_the_keys_is_found_out() {
    let dir = scratch();
    let host = open(dir.path());
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    for at in 0..4 {
        ours.ask(&host, "step", &[at], &format!("step {at}"));
        theirs.ask(&host, "step", &[at], &format!("step {at}"));
    }
    host.close().unwrap();
    // The host's first entry, two policies, then receipts of ours and theirs by turns.
    let good = entries(dir.path());
    assert_eq!(good.len(), 11);
    write_anew(dir.path(), &good);
    sound(dir.path(), true);

    let mallory = key("mallory");
    let try_out = |what: &str, change: &dyn Fn(&mut Vec<Entry>)| -> (Option<u64>, String) {
        let mut forged = good.clone();
        change(&mut forged);
        write_anew(dir.path(), &forged);
        let finding = forgery(dir.path(), what, false).divergence.unwrap();
        let before = tree(dir.path());
        // What only signatures tell, a host takes from its own disk; everything else stops it.
        if finding.what != "signature" {
            let opened = Host::open(HostOptions::new(dir.path())).map(|host| host.head());
            assert!(opened.is_err(), "{what}: a host takes it up: {opened:?}");
            assert!(tree(dir.path()) == before, "{what}");
        }
        (finding.position, finding.what)
    };
    let (at, _) = try_out("a receipt left out", &|log| drop(log.remove(5)));
    assert!(at.is_some_and(|at| at >= 5));
    try_out("the last receipt left out", &|log| drop(log.pop()));
    try_out("a receipt twice", &|log| log.insert(6, log[5].clone()));
    try_out("two receipts of two scopes swapped", &|log| log.swap(5, 6));
    try_out("two receipts of one scope swapped", &|log| log.swap(5, 7));
    try_out("the first entry left out", &|log| drop(log.remove(0)));
    try_out("a policy left out", &|log| drop(log.remove(1)));
    let signature = (Some(5), "signature".to_owned());
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], None, |receipt| receipt.output = b"lies".to_vec());
    assert_eq!(try_out("an output changed", &change), signature);
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], None, |receipt| receipt.fuel -= 1);
    assert_eq!(try_out("a charge changed", &change), signature);
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], Some(&mallory), |receipt| receipt.fuel -= 1);
    assert_eq!(try_out("a receipt signed by somebody else", &change), signature);
    let change = |log: &mut Vec<Entry>| {
        let entry = &mut log[5];
        let (_, _, receipt) = receipt_of(entry);
        let (envelope, payload) = signed(entry, receipt.invocation);
        let mut invocation = Invocation::from_bytes(entry.blocks[payload].bytes()).unwrap();
        invocation.input = b"another".to_vec();
        let block = Block::encode(&invocation);
        let sealed = moved_signature(&entry.blocks[envelope], &block);
        let id = sealed.id();
        (entry.blocks[payload], entry.blocks[envelope]) = (block, sealed);
        forge(entry, Some(&key("ours scope")), |receipt| receipt.invocation = id);
    };
    // Here the scope itself lies, and signs: it is its member's signature that is missing.
    assert_eq!(try_out("an invocation that its caller did not sign", &change), signature);
    let change = |log: &mut Vec<Entry>| {
        let entry = &mut log[5];
        let (_, _, receipt) = receipt_of(entry);
        let (_, payload) = signed(entry, receipt.invocation);
        entry.blocks.remove(payload);
    };
    try_out("an invocation that is not there", &change);
}

#[test]
fn a_host_that_lies_with_all_of_its_keys_is_found_out_by_running_the_guests_again() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"1", "step");
    desk.ask(&host, "echo", b"the truth", "echo");
    host.close().unwrap();
    let good = entries(dir.path());
    let host_key = fs::read_to_string(dir.path().join("host.key")).unwrap();
    let secret = data_encoding::HEXLOWER.decode(host_key.trim().as_bytes()).unwrap();
    let host_key = SecretKey::from_bytes(&secret.try_into().unwrap());
    let scope_key = key("ours scope");
    let lie = |change: &dyn Fn(&mut Receipt)| {
        let mut forged = good.clone();
        forge(forged.last_mut().unwrap(), Some(&scope_key), change);
        write_anew(dir.path(), &forged);
        // The checkpoint of the lie, signed by the host.
        let mut log = Log::default();
        for entry in &forged {
            let (_, payload) = signed(entry, entry.leaves[0]);
            let payload = icn_core::block::Payload::from_bytes(entry.blocks[payload].bytes()).unwrap();
            log.append(entry, &[icn_core::log::Link::of(&payload)]).unwrap();
        }
        let origin = receipt_of(forged.last().unwrap()).2.log;
        let checkpoint: Checkpoint = log.checkpoint(&origin);
        fs::write(dir.path().join("checkpoint"), checkpoint.sign(&host_key)).unwrap();
    };
    // Without running anything, every signature holds and every sum adds up.
    let position = Some(good.len() as u64 - 1);
    lie(&|receipt| receipt.output = b"a lie".to_vec());
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "another output", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, output"));
    lie(&|receipt| receipt.fuel -= 1);
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "another charge", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, fuel"));
    // What needs no run to be found out: a root, and a transfer that nobody can pay.
    lie(&|receipt| receipt.root = icn_runtime::Hash::digest(b"another state"));
    let finding = forgery(dir.path(), "another root", false).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "state root"));
    lie(&|receipt| {
        receipt.journal.push(icn_runtime::Operation::transfer(
            icn_runtime::Owner::Treasury,
            icn_runtime::Owner::parse("pocket").unwrap(),
            crate::common::chip(),
            crate::common::CHIPS,
        ));
    });
    let finding = forgery(dir.path(), "a transfer that is not covered", false).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "ledger"));
    // One that is covered adds up, and no guest made it.
    lie(&|receipt| {
        receipt.journal.push(icn_runtime::Operation::transfer(
            icn_runtime::Owner::Treasury,
            icn_runtime::Owner::parse("pocket").unwrap(),
            crate::common::chip(),
            1,
        ));
    });
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "a transfer that no guest made", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, journal"));
}
