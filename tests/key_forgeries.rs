//! Forged authority: logs of scopes whose root is offline, written anew by people who have an operating key, a key of before,
//! another scope's root, or the host's own. Each is refused by its own code, at its own block, also by an audit of the
//! structure alone; and what stands before the forged block holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::forge::{History, entries, forge, signed};
use common::operated::{DAY_S, delegation, now_s, open_operated, operating, revocation, root};
use common::second::{has_python, refusal, second};
use common::{block_on, json, key, open, run, scratch, stderr, stdout};
use icn_core::block::ucan::{Delegation, NewDelegation};
use icn_core::block::{Entry, KeysBlock, Receipt, Signer};
use icn_core::encode::{Block, Domain};
use icn_core::name::Codec;
use icn_core::rules::keys::delegate;
use icn_runtime::{Audit, Finding, Level, SecretKey, Subject, now_ms};

/// The entries of the history: a receipt of ours and of theirs, our second key, a receipt by it, the revocation of the first
/// key, a receipt.
const OURS: usize = 3;
const THEIRS: usize = 4;
const SECOND_KEY: usize = 5;
const REVOCATION: usize = 7;
const LAST: usize = 8;

fn history(data: &Path) -> History {
    let host_key = key("host of forged keys");
    // A host whose key the forger has.
    std::fs::create_dir_all(data).unwrap();
    let secret = data_encoding::HEXLOWER.encode(&host_key.to_bytes());
    write_secret(&data.join("host.key"), &format!("{secret}\n"));
    let host = open(data);
    let (ours, theirs) = (open_operated(&host, "ours", DAY_S), open_operated(&host, "theirs", DAY_S));
    ours.ask(&host, "step", b"1", "1");
    theirs.ask(&host, "step", b"1", "1");
    let next = operating("ours", 1);
    let second = delegation(&root("ours"), &next, DAY_S);
    block_on(host.rotate_key(&ours.scope, next, &second)).unwrap();
    ours.ask(&host, "step", b"2", "2");
    let first = brought(&entries(data)[1]);
    block_on(host.revoke(&ours.scope, &revocation(&root("ours"), first.bytes()))).unwrap();
    ours.ask(&host, "step", b"3", "3");
    let origin = host.origin().clone();
    host.close().unwrap();
    History { data: data.to_owned(), entries: entries(data), host: host_key, origin }
}

fn write_secret(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// The delegation that an entry brings.
fn brought(entry: &Entry) -> Block {
    entry.blocks.iter().find(|block| Delegation::read(block.bytes()).is_ok()).unwrap().clone()
}

/// Who signs by the delegation that an entry brings.
fn by(entry: &Entry) -> Option<Signer> {
    let delegation = Delegation::read(brought(entry).bytes()).unwrap();
    Some(Signer { key: delegation.audience, delegation: delegation.id })
}

/// Puts another block of keys into an entry: what it brings, and who signs.
fn forge_keys(
    entry: &mut Entry,
    key: &SecretKey,
    [delegations, revocations]: [&[Block]; 2],
    change: impl FnOnce(&mut KeysBlock),
) {
    let (_, payload) = signed(entry, entry.leaves[0]);
    let mut keys = KeysBlock::from_bytes(entry.blocks[payload].bytes()).unwrap();
    keys.delegations = delegations.iter().map(Block::id).collect();
    keys.revocations = revocations.iter().map(Block::id).collect();
    change(&mut keys);
    let payload = Block::encode(&keys);
    let sealed = key.seal(Domain::Keys, &payload).to_block();
    entry.leaves = vec![sealed.id()];
    entry.blocks = [vec![payload, sealed], delegations.to_vec(), revocations.to_vec()].concat();
}

fn block(bytes: Vec<u8>) -> Block {
    Block::new(Codec::DagCbor, bytes)
}

/// Brings a delegation to a key in place of the second one, in a block that the key itself signs.
fn brings(log: &mut [Entry], delegation: &Block, key: &SecretKey) {
    let signer = Signer { key: key.did(), delegation: delegation.id() };
    forge_keys(&mut log[SECOND_KEY], key, [std::slice::from_ref(delegation), &[]], |keys| {
        keys.signer = Some(signer);
    });
}

/// A delegation of our root to a key, from and until so many seconds from now.
fn ours(to: &SecretKey, from: i64, until: i64) -> Block {
    delegate(&root("ours"), to.did(), Some(now_s() + from), now_s() + until, b"forged")
}

/// A delegation that says that it is of our scope, of another root.
fn of_ours_by(other: &SecretKey, to: &SecretKey) -> Block {
    let mut signed = delegation(other, to, DAY_S)[67..].to_vec();
    let at = signed.windows(3).position(|part| part == b"sub").unwrap() + 5;
    signed[at..at + 56].copy_from_slice(root("ours").did().as_str().as_bytes());
    block([&[0x82, 0x58, 0x40][..], &other.sign_raw(&signed), &signed].concat())
}

type Change = fn(&mut Vec<Entry>);

/// What is forged, the code that refuses it, and which entry is refused.
fn forgeries() -> Vec<(&'static str, &'static str, usize, Change)> {
    vec![
        ("expired delegation", "end-of-the-delegation", SECOND_KEY, |log| {
            brings(log, &ours(&key("next"), -100, -10), &key("next"));
        }),
        ("receipt behind the end of its key", "end-of-the-delegation", LAST, |log| {
            let later = now_ms() + 3 * 24 * 3_600_000;
            forge(&mut log[LAST], Some(&operating("ours", 1)), |receipt| receipt.time = later);
        }),
        ("delegation that is not yet valid", "start-of-the-delegation", SECOND_KEY, |log| {
            brings(log, &ours(&key("next"), 3600, DAY_S), &key("next"));
        }),
        ("revoked delegation", "revoked-delegation", LAST, |log| {
            let first = by(&log[1]);
            forge(&mut log[LAST], Some(&operating("ours", 0)), |receipt| receipt.signer = first);
        }),
        ("keys by a revoked key", "revoked-delegation", LAST, |log| {
            // The last receipt makes room for a block of keys that brings the thief's own.
            let first = by(&log[1]);
            let receipt = receipt(&log[LAST]);
            let mine = ours(&key("thief"), -100, DAY_S);
            log[LAST] = log[REVOCATION].clone();
            forge_keys(&mut log[LAST], &operating("ours", 0), [&[mine], &[]], |keys| {
                (keys.seq, keys.prev, keys.time) = (receipt.seq, receipt.prev, receipt.time);
                keys.signer = first;
            });
        }),
        ("delegation by another root", "root-of-the-delegation", SECOND_KEY, |log| {
            brings(log, &of_ours_by(&root("theirs"), &key("next")), &key("next"));
        }),
        ("delegation by the operating key", "root-of-the-delegation", SECOND_KEY, |log| {
            brings(log, &of_ours_by(&operating("ours", 0), &key("next")), &key("next"));
        }),
        ("delegation for another audience", "audience-of-the-delegation", LAST, |log| {
            let second = by(&log[SECOND_KEY]).unwrap();
            let mallory = Signer { key: key("mallory").did(), ..second };
            forge(&mut log[LAST], Some(&key("mallory")), |receipt| receipt.signer = Some(mallory));
        }),
        ("delegation reused for another scope", "scope-of-the-delegation", THEIRS, |log| {
            let first = by(&log[1]);
            forge(&mut log[THEIRS], Some(&operating("ours", 0)), |receipt| receipt.signer = first);
        }),
        ("delegation brought to another scope", "scope-of-the-delegation", SECOND_KEY, |log| {
            let theirs = block(delegation(&root("theirs"), &key("next"), DAY_S));
            brings(log, &theirs, &key("next"));
        }),
        ("delegation that the log never brought", "unknown-delegation", LAST, |log| {
            let mine = ours(&key("next"), -100, DAY_S);
            let signer = Signer { key: key("next").did(), delegation: mine.id() };
            log[LAST].blocks.push(mine);
            forge(&mut log[LAST], Some(&key("next")), |receipt| receipt.signer = Some(signer));
        }),
        ("delegation that nobody signed", "signature-of-the-delegation", SECOND_KEY, |log| {
            let mut bytes = ours(&key("next"), -100, DAY_S).bytes().to_vec();
            bytes[20] ^= 1;
            brings(log, &block(bytes), &key("next"));
        }),
        ("delegation of everything", "command-of-the-delegation", SECOND_KEY, |log| {
            let new = NewDelegation {
                audience: key("next").did(),
                command: "/".into(),
                not_before_s: None,
                expires_s: now_s() + DAY_S,
                nonce: Vec::new(),
            };
            brings(log, &new.sign(&root("ours")), &key("next"));
        }),
        ("delegation that is left out", "block", SECOND_KEY, |log| {
            log[SECOND_KEY].blocks.retain(|block| Delegation::read(block.bytes()).is_err());
        }),
        ("delegation as raw bytes", "codec", SECOND_KEY, |log| {
            let raw = Block::new(Codec::Raw, ours(&key("next"), -100, DAY_S).bytes().to_vec());
            brings(log, &raw, &key("next"));
        }),
        ("revocation as raw bytes", "codec", REVOCATION, |log| {
            let raw = Block::new(Codec::Raw, revocation(&root("ours"), brought(&log[1]).bytes()));
            forge_keys(&mut log[REVOCATION], &operating("ours", 1), [&[], &[raw]], |_| {});
        }),
        ("delegation of a command that is none", "command-of-the-delegation", SECOND_KEY, |log| {
            let new = NewDelegation {
                audience: key("next").did(),
                command: "operate".into(),
                not_before_s: None,
                expires_s: now_s() + DAY_S,
                nonce: Vec::new(),
            };
            brings(log, &new.sign(&root("ours")), &key("next"));
        }),
        ("delegation brought again", "keys", SECOND_KEY, |log| {
            let (first, signer) = (brought(&log[1]), by(&log[1]));
            forge_keys(&mut log[SECOND_KEY], &operating("ours", 0), [&[first], &[]], |keys| {
                keys.signer = signer;
            });
        }),
        ("revocation by the operating key", "root-of-the-revocation", REVOCATION, |log| {
            let mine = block(revocation(&operating("ours", 1), brought(&log[1]).bytes()));
            forge_keys(&mut log[REVOCATION], &operating("ours", 1), [&[], &[mine]], |_| {});
        }),
        ("revocation that nobody signed", "signature-of-the-revocation", REVOCATION, |log| {
            let mut bytes = revocation(&root("ours"), brought(&log[1]).bytes());
            bytes[20] ^= 1;
            forge_keys(&mut log[REVOCATION], &operating("ours", 1), [&[], &[block(bytes)]], |_| {});
        }),
        ("revocation that is none", "revocation", REVOCATION, |log| {
            let mine = ours(&key("next"), -100, DAY_S);
            forge_keys(&mut log[REVOCATION], &operating("ours", 1), [&[], &[mine]], |_| {});
        }),
        ("operating key in its own name", "signer", LAST, |log| {
            forge(&mut log[LAST], Some(&operating("ours", 1)), |receipt| receipt.signer = None);
        }),
        ("somebody in the operating key's name", "signature", LAST, |log| {
            forge(&mut log[LAST], Some(&key("mallory")), |_| {});
        }),
        ("keys under the domain of receipts", "signatures-domain", SECOND_KEY, |log| {
            let entry = &mut log[SECOND_KEY];
            let (envelope, payload) = signed(entry, entry.leaves[0]);
            let sealed = operating("ours", 0).seal(Domain::Receipt, &entry.blocks[payload]).to_block();
            entry.leaves[0] = sealed.id();
            entry.blocks[envelope] = sealed;
        }),
    ]
}

fn receipt(entry: &Entry) -> Receipt {
    common::forge::receipt_of(entry).2
}

fn found(dir: &Path, level: Level) -> Option<Finding> {
    Audit { level, ..Audit::of(Subject::Export(dir.to_owned())) }.run(&mut ()).unwrap().divergence
}

#[test]
fn each_forged_authority_is_refused_by_its_own_code() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    assert_eq!(history.entries.len(), LAST + 1);
    let good = dir.path().join("good");
    history.export(&history.entries, &good);
    assert!(found(&good, Level::Replay).is_none(), "{}", found(&good, Level::Replay).unwrap());
    let python = has_python();
    if python {
        let output = second(&[], &good);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    }
    let (mut names, mut passed) = (BTreeSet::new(), Vec::new());
    for (name, code, at, change) in forgeries() {
        assert!(names.insert(name), "{name} is there twice");
        let out = dir.path().join(name);
        let mut forged = history.entries.clone();
        change(&mut forged);
        history.export(&forged, &out);
        for level in [Level::Structure, Level::Ledger, Level::Replay] {
            let finding = found(&out, level);
            let said = finding.as_ref().map(|finding| (finding.code.as_str(), finding.position));
            if said != Some((code, Some(at as u64))) {
                let said = finding.map_or_else(|| "it passes".to_owned(), |f| format!("{}: {f}", f.code));
                passed.push(format!("{name}, {}: expected {code} at {at}: {said}", level.as_str()));
            }
        }
        // So says the second verifier.
        let second = python.then(|| refusal(&out));
        if let Some((said, position, words)) = second
            && (&*said, position) != (code, Some(at as u64))
        {
            passed.push(format!("{name}, the second verifier: {said} at {position:?}: {words}"));
        }
        // The program says the same, and makes nothing of it.
        let output = run(["audit".as_ref(), "--json".as_ref(), "--export".as_ref(), out.as_os_str()]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stderr(&output));
        assert_eq!(json(&output)["divergence"]["code"], code, "{name}");
        let data = dir.path().join("made");
        let words = ["import".as_ref(), "--from".as_ref(), out.as_os_str(), "--data".as_ref()];
        let output = run(words.into_iter().chain([data.as_os_str()]));
        assert!(output.status.code() == Some(1) && !data.exists(), "{name} is imported: {}", stderr(&output));
        // What stands before it is valid.
        let before = dir.path().join("before");
        history.export(&forged[..at], &before);
        assert!(found(&before, Level::Replay).is_none(), "{name}: what stands before it");
        std::fs::remove_dir_all(before).unwrap();
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn a_key_signs_what_it_likes_until_it_is_revoked_and_nothing_behind() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    // The first key's receipt, the one of the second key under the first one's name, and all that was signed before the
    // revocation: valid, whatever came later.
    let mut log = history.entries.clone();
    let first = by(&log[1]);
    forge(&mut log[SECOND_KEY + 1], Some(&operating("ours", 0)), |receipt| receipt.signer = first);
    log.truncate(REVOCATION);
    let out = dir.path().join("before");
    history.export(&log, &out);
    assert!(found(&out, Level::Replay).is_none());
    assert_eq!(receipt(&log[OURS]).signer, first);
}
