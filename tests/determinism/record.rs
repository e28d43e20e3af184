//! Makes the data of `tests/recorded/`: a small log in which every kind of block and most kinds of outcome occur, and
//! what the runtime derives from it. See `tests/recorded/README.md` for when to record again.
//!
//! All keys come from names, so no key file is stored. Times come from the clock of the recording.

use std::fs;
use std::path::Path;
use std::time::Duration;

use icn_runtime::export::export;
use icn_runtime::{
    Amount, BlockId, Host, HostOptions, Invocation, ModuleSpec, Outcome, Request, ScopeSpec, SecretKey,
    Subject, TrapKind, invocation_id, now_ms, prove,
};

use sha2::{Digest as _, Sha256};

use crate::common::escrow::Escrow;
use crate::common::operated::{DAY_S, delegation, open_operated, operating, revocation, root};
use crate::common::union::Town;
use crate::common::{
    Desk, block_on, copy, directory_of_host, key, manifest, run, scratch, sound, stderr, wasm, write_key,
};

/// How long the recorded delegations last: longer than anyone will run this test.
const CENTURY_S: i64 = 36_525 * DAY_S;

/// The operating keys that the log's operated scope has, by number.
const OPERATING: [usize; 2] = [0, 1];

/// Writes the host's and the scopes' secrets into a data directory, as the host itself stores them.
pub(crate) fn write_keys(data: &Path) {
    let multikey = |key: &SecretKey| key.did().as_str().trim_start_matches("did:key:").to_owned();
    let scopes = data.join("scopes");
    fs::create_dir_all(&scopes).unwrap();
    write_key(&data.join("host.key"), &key("recorded host"));
    for name in ["desk scope", "scope", "east", "north", "traps"] {
        write_key(&scopes.join(format!("{}.key", multikey(&key(name)))), &key(name));
    }
    for number in OPERATING {
        let key = operating("operated", number);
        let name = format!("{}-{}.key", multikey(&root("operated")), multikey(&key));
        write_key(&scopes.join(name), &key);
    }
}

/// Records everything into a new directory.
pub(crate) fn record(out: &Path) {
    let dir = scratch();
    let data = dir.path().join("data");
    write_log(&data);
    // The keys that the host stored are those that the test writes: the test cannot open the log without.
    for name in ["log", "snapshots"] {
        copy(&data.join(name), &out.join("data").join(name));
    }
    for name in ["checkpoint", "log.vkey"] {
        fs::copy(data.join(name), out.join("data").join(name)).unwrap();
    }
    export(&data, &out.join("export"), &mut |_| {}).unwrap();
    fs::write(out.join("receipts.txt"), receipts(&data)).unwrap();
    fs::write(out.join("calls.wasm"), include_bytes!("../../guest/prebuilt/calls.wasm")).unwrap();
    fs::create_dir(out.join("printed")).unwrap();
    for (name, text) in printed(&data, &out.join("calls.wasm")) {
        fs::write(out.join("printed").join(name), text).unwrap();
    }
}

/// One line a receipt: the CIDs of its envelope and of its payload, what it is of, and how it ended.
pub(crate) fn receipts(data: &Path) -> String {
    let (_, kept) = sound(data, true);
    let line = |(id, invocation, receipt): &(BlockId, Invocation, icn_runtime::Receipt)| {
        let payload = icn_core::encode::Block::encode(receipt).id();
        format!("{id} {payload} {} {:?}\n", invocation.entry, receipt.outcome)
    };
    kept.0.iter().map(line).collect()
}

/// What the program prints for other programs to read, by the name of the file. Long texts are there as their SHA-256.
pub(crate) fn printed(data: &Path, calls: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let (_, kept) = sound(data, false);
    let (data, calls) = (data.to_str().unwrap(), calls.to_str().unwrap());
    let print = |words: &[&str]| {
        let output = run(words);
        assert_ne!(output.status.code(), Some(2), "{words:?}: {}", stderr(&output));
        output.stdout
    };
    let digest = |words: &[&str]| {
        let hex = data_encoding::HEXLOWER.encode(&Sha256::digest(print(words)));
        format!("{hex}\n").into_bytes()
    };
    let of_guest = |entry: &str| {
        let grant = ["--grant", "all", "--time", "1700000000000", "--fuel", "100000000", "--json"];
        let printed = print(&[&["run", calls, entry], &grant[..]].concat());
        let mut report: serde_json::Value = serde_json::from_slice(&printed).unwrap();
        // What a profile and a backtrace show is in no receipt.
        for name in ["fuel_by_function", "backtrace"] {
            assert!(report.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        format!("{report}\n").into_bytes()
    };
    let (last, ..) = kept.0.last().unwrap();
    let proof = prove(&Subject::Data(data.into()), last).unwrap();
    let ledger = ["ledger", "export", "--data", data, "--format"];
    vec![
        ("audit.json", print(&["audit", "--json", "--data", data])),
        ("ledger-accounts.json.sha256", digest(&["ledger", "accounts", "--json", "--data", data])),
        ("ledger-export.beancount.sha256", digest(&[&ledger[..], &["beancount"]].concat())),
        ("ledger-export.csv.sha256", digest(&[&ledger[..], &["csv"]].concat())),
        ("ledger-verify.json", print(&["ledger", "verify", "--json", "--data", data])),
        ("last-receipt.tlog-proof", proof.to_text().into_bytes()),
        ("run-calls-all.json", of_guest("all")),
        ("run-calls-abort.json", of_guest("abort")),
        ("run-calls-panic.json", of_guest("panic")),
    ]
}

/// Writes the log: with a real host and the clock.
fn write_log(data: &Path) {
    directory_of_host(data, &key("recorded host"));
    let mut options = HostOptions::new(data);
    options.arbiters = Some(1);
    let host = Host::open(options).unwrap();
    let desk = Desk::open(&host, "desk");
    call_the_desk(&host, &desk);
    change_keys(&host);
    hold_and_settle(&host);
    pay_between_scopes(&host);
    trap_in_every_way(&host);
    host.close().unwrap();
    // A host that was opened again names its engine again.
    let host = Host::open(HostOptions::new(data)).unwrap();
    desk.ask(&host, "get", b"kept", "again");
    host.close().unwrap();
}

/// State, nodes, anchors, transfers, a guest's own failure, a trap, and the end of the fuel.
fn call_the_desk(host: &Host, desk: &Desk) {
    for (entry, input) in [
        ("put", &b"kept"[..]),
        ("get", b"kept"),
        ("step", b"stepped"),
        ("node", b"a node"),
        ("node", b"another node"),
        ("has_node", b"no node"),
        ("remember", b""),
    ] {
        desk.ask(host, entry, input, &format!("{entry} {}", input.len()));
    }
    assert_eq!(desk.call(host, "fail", b"", "fail").unwrap().receipt.outcome, Outcome::Failed(7));
    let spin = desk.invocation(host, "spin", b"", "spin").with_fuel(200_000);
    let spin = block_on(host.submit(Request::sign(&spin, desk.caller("spin"))).unwrap()).unwrap();
    assert!(matches!(&spin.receipt.outcome, Outcome::Trapped(trap) if trap.kind == TrapKind::OutOfFuel));
    assert!(matches!(desk.call(host, "trap", b"", "trap").unwrap().receipt.outcome, Outcome::Trapped(_)));
}

/// A scope whose root is not on the host: three delegations, and the revocation of the last.
fn change_keys(host: &Host) {
    let desk = open_operated(host, "operated", CENTURY_S);
    desk.ask(host, "step", b"one", "one");
    let root = root("operated");
    let view = block_on(host.view(&desk.scope)).unwrap();
    assert_eq!(view.key, Some(operating("operated", 0).did()));
    let second = delegation(&root, &operating("operated", 1), CENTURY_S);
    block_on(host.rotate_key(&desk.scope, operating("operated", 1), &second)).unwrap();
    desk.ask(host, "step", b"two", "two");
    let third = delegation(&root, &operating("operated", 0), CENTURY_S / 2);
    block_on(host.put_keys(&desk.scope, None, &[&third], &[])).unwrap();
    block_on(host.revoke(&desk.scope, &revocation(&root, &third))).unwrap();
    desk.ask(host, "step", b"three", "three");
}

/// One hold that is settled, one that its deadline ends, and one that stays open.
fn hold_and_settle(host: &Host) {
    let escrow = Escrow::open(host);
    let hour = now_ms() + 3_600_000;
    let settled = escrow.hold(host, hour, "settled");
    let deadline = now_ms() + 500;
    escrow.hold(host, deadline, "ended by time");
    escrow.hold(host, hour, "open");
    assert_eq!(escrow.call(host, "settle", &settled, "settle").outcome, Outcome::Ok);
    while now_ms() <= deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!escrow.call(host, "nothing", b"", "expiry").journal.is_empty());
}

/// A ruling, a payment between two scopes, and one that the payee does not trust enough.
fn pay_between_scopes(host: &Host) {
    let east = Town::open(host, "east", &["north"]);
    let north = Town::open(host, "north", &["east"]);
    north.trust(host, east.scope, 12);
    assert_eq!(east.pay(host, &[north.scope], 5).unwrap().with.len(), 1);
    assert_ne!(east.pay(host, &[north.scope], 50).unwrap().outcome, Outcome::Ok);
}

/// Entries of the guest below: each traps in the way that its name says.
const TRAPS: [(&str, TrapKind); 8] = [
    ("memory_fault", TrapKind::MemoryFault),
    ("memory_range", TrapKind::MemoryFault),
    ("memory_limit", TrapKind::MemoryLimit),
    ("stack_overflow", TrapKind::StackOverflow),
    ("arithmetic", TrapKind::Arithmetic),
    ("indirect_call", TrapKind::IndirectCall),
    ("table_fault", TrapKind::TableFault),
    ("aborted", TrapKind::Aborted),
];

/// A guest that traps, and logs before it does.
fn traps() -> Vec<u8> {
    let manifest = manifest(&TRAPS.map(|(entry, _)| entry), &["mint"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_abort" (func $abort (param i32 i32)))
  (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (type $none (func))
  (data (i32.const 0) "enough")
  (func (export "memory_fault") (drop (i32.load (i32.const 65536))))
  (func (export "memory_range") (drop (call $set_output (i32.const 65530) (i32.const 7))))
  (func (export "memory_limit") (drop (memory.grow (i32.const 2000))) unreachable)
  (func $deeper (export "stack_overflow") (call $deeper))
  (func (export "arithmetic") (drop (i32.div_u (i32.const 1) (i32.const 0))))
  (func (export "indirect_call") (call_indirect (type $none) (i32.const 1)))
  (func (export "table_fault") (call_indirect (type $none) (i32.const 4)))
  (func (export "aborted")
    (drop (call $log (i32.const 1) (i32.const 0) (i32.const 6)))
    (call $abort (i32.const 0) (i32.const 6)))
  {manifest})"#
    ))
}

/// One receipt for each kind of trap that a guest brings about by itself.
fn trap_in_every_way(host: &Host) {
    let entries = TRAPS.map(|(entry, _)| (entry, "anyone"));
    let module = ModuleSpec::of(traps(), &["mint"], &entries).unwrap();
    let id = module.id();
    let spec = ScopeSpec::new("traps")
        .admin(key("chair").did())
        .module(module)
        .token(crate::common::chip(), Amount(100));
    let scope = block_on(host.open_scope(key("traps"), spec)).unwrap();
    let caller = key("member");
    for (entry, kind) in TRAPS {
        let call = Invocation::new(
            host.origin(),
            scope,
            id,
            entry,
            b"",
            invocation_id(&[entry]),
            caller.did(),
            now_ms() + 60_000,
        );
        let answer =
            block_on(host.submit(Request::sign(&call.with_fuel(5_000_000), &caller)).unwrap()).unwrap();
        match &answer.receipt.outcome {
            Outcome::Trapped(trap) if trap.kind == kind => {}
            other => panic!("{entry}: {other:?}"),
        }
    }
}
