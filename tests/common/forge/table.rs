//! Every forgery of entries and of exports.

use std::fs;

use icn_core::block::{Entry, HostBlock, Node};
use icn_core::encode::{Block, Domain};
use icn_core::log::{Checkpoint, KeyKind, TrustPolicy, VerifierKey, car, verifier_key};
use icn_core::name::Codec;
use icn_history::store::LogStore as _;
use icn_runtime::{BlockId, Hash, Origin};

use super::car::{change_file, small_tile};
use super::change::{
    in_a_longer_form, raw, recode, relink, small_order, with_engine, with_node, with_parents, with_policy,
};
use super::entries::{entries, find, forge, receipt_of, signed};
use super::forgery::{Forgery, Make};
use super::history::{FIRST_NODE, FIRST_RECEIPT, LAST, history};
use crate::common::files::key;

/// Every forgery.
pub(crate) fn forgeries() -> Vec<Forgery> {
    let log = |name, code, change| Forgery { name, code, make: Make::Log(change) };
    let car = |name, code, change| Forgery { name, code, make: Make::Car(change) };
    let files = |name, code, change| Forgery { name, code, make: Make::Files(change) };
    vec![
        // Who has no keys.
        log("changed payload", "signature", |log| {
            forge(&mut log[FIRST_RECEIPT], None, |receipt| receipt.output = b"lies".to_vec());
        }),
        log("signed by somebody", "signature", |log| {
            forge(&mut log[FIRST_RECEIPT], Some(&key("mallory")), |_| {});
        }),
        // Who has the keys of scopes, or of the host.
        log("signed by another scope", "signer", |log| {
            forge(&mut log[FIRST_RECEIPT], Some(&key("theirs scope")), |_| {});
        }),
        log("signed under another domain", "signatures-domain", |log| {
            let (envelope, payload) = signed(&log[FIRST_RECEIPT], log[FIRST_RECEIPT].leaves[0]);
            let entry = &mut log[FIRST_RECEIPT];
            let sealed = key("ours scope").seal(Domain::Policy, &entry.blocks[payload]).to_block();
            entry.leaves[0] = sealed.id();
            entry.blocks[envelope] = sealed;
        }),
        log("small-order key", "signatures-key", |log| small_order(log)),
        log("changed parent", "block-before", |log| {
            let other = log[FIRST_RECEIPT].leaves[0];
            forge(&mut log[LAST], Some(&key("ours scope")), |receipt| receipt.prev = other);
        }),
        log("missing parent", "sequence", |log| drop(log.remove(FIRST_RECEIPT))),
        log("later parent", "sequence", |log| log.swap(FIRST_RECEIPT, FIRST_RECEIPT + 2)),
        log("reused sequence", "sequence", |log| {
            forge(&mut log[LAST], Some(&key("ours scope")), |receipt| receipt.seq -= 1);
        }),
        log("missing parent of a node", "nodes-parents", |log| {
            with_parents(&mut log[FIRST_NODE], vec![BlockId::of(Codec::DagCbor, b"nothing")]);
            relink(log, FIRST_NODE);
        }),
        log("later parent of a node", "nodes-parents", |log| {
            let later = receipt_of(&log[FIRST_NODE + 1]).2.nodes[0];
            with_parents(&mut log[FIRST_NODE], vec![later]);
            relink(log, FIRST_NODE);
        }),
        log("node of another module", "nodes-module", |log| {
            let module = BlockId::of(Codec::Raw, b"another module");
            with_node(&mut log[FIRST_NODE], |node| Block::encode(&Node { module, ..node }));
            relink(log, FIRST_NODE);
        }),
        log("node with too many parents", "bounds", |log| {
            let parents = vec![BlockId::of(Codec::DagCbor, b"nothing"); 65];
            with_parents(&mut log[FIRST_NODE], parents);
        }),
        log("node that is too large", "bounds", |log| {
            let payload = vec![0; 256 * 1024 + 1];
            with_node(&mut log[FIRST_NODE], |node| Block::encode(&Node { payload, ..node }));
        }),
        log("node that is none", "node", |log| {
            with_node(&mut log[FIRST_NODE], |_| Block::encode(&"a node"));
        }),
        log("engine that is none", "engine", |log| {
            with_engine(&mut log[FIRST_RECEIPT], |_| Block::encode(&"an engine"));
        }),
        log("node as raw bytes", "codec", |log| {
            with_node(&mut log[FIRST_NODE], |node| raw(&Block::encode(&node)))
        }),
        log("engine as raw bytes", "codec", |log| with_engine(&mut log[FIRST_RECEIPT], raw)),
        log("invocation's envelope as raw bytes", "codec", |log| {
            let entry = &mut log[FIRST_RECEIPT];
            let asked = receipt_of(entry).2.invocation;
            let at = entry.blocks.iter().position(|block| block.id() == asked).unwrap();
            entry.blocks[at] = raw(&entry.blocks[at]);
            let asked = entry.blocks[at].id();
            forge(entry, Some(&key("ours scope")), |receipt| receipt.invocation = asked);
        }),
        log("receipt's envelope as raw bytes", "codec", |log| {
            let entry = &mut log[FIRST_RECEIPT];
            let (envelope, _) = signed(entry, entry.leaves[0]);
            entry.blocks[envelope] = raw(&entry.blocks[envelope]);
            entry.leaves[0] = entry.blocks[envelope].id();
        }),
        log("module that is too large", "bounds", |log| {
            let module = Block::new(Codec::Raw, vec![0; 2 * 1024 * 1024 + 1]);
            with_policy(&mut log[1], |policy| policy.modules[0].module = module.id());
            log[1].blocks.push(module);
        }),
        log("a scope's second policy", "policy", |log| {
            let (last, mut entry) = (receipt_of(&log[LAST]).2, log[1].clone());
            let head = log[LAST].leaves[0];
            with_policy(&mut entry, |policy| {
                (policy.seq, policy.prev, policy.time) = (last.seq + 1, Some(head), last.time);
            });
            log.push(entry);
        }),
        log("block of another log", "log", |log| {
            let other = Origin::parse("another.example/log").unwrap();
            forge(&mut log[FIRST_RECEIPT], Some(&key("ours scope")), |receipt| receipt.log = other);
        }),
        log("another state root", "state-root", |log| {
            forge(&mut log[FIRST_RECEIPT], Some(&key("ours scope")), |r| r.root = Hash::digest(b"lies"));
            relink(log, FIRST_RECEIPT);
        }),
        log("a second host", "entry", |log| {
            let payload = Block::encode(&HostBlock {
                typ: icn_core::block::HostTag,
                log: receipt_of(&log[FIRST_RECEIPT]).2.log,
                host: key("mallory").did(),
                time: 1,
            });
            let sealed = key("mallory").seal(Domain::Host, &payload).to_block();
            log.push(Entry { leaves: vec![sealed.id()], blocks: vec![payload, sealed] });
        }),
        // The CAR.
        car("changed bytes of a block", "hash", |parts| {
            let at = find(parts, "icn/receipt/v1");
            let last = parts.1[at].1.len() - 1;
            parts.1[at].1[last] ^= 1;
        }),
        car("wrong CID", "hash", |parts| {
            let at = find(parts, "icn/receipt/v1");
            parts.1[at].0[20] ^= 1;
        }),
        car("CID of a codec that no block has", "codec", |parts| recode(parts, "icn/receipt/v1", 0, 0x70)),
        car("CID of another codec", "codec", |parts| recode(parts, "icn/receipt/v1", 0, 0x55)),
        car("invocation under a CID of another codec", "codec", |parts| {
            recode(parts, "icn/invocation/v1", 0, 0x55)
        }),
        car("node under a CID of another codec", "codec", |parts| recode(parts, "icn/node/v1", 0, 0x55)),
        car("envelope under a CID of another codec", "codec", |parts| {
            recode(parts, "icn/receipt/v1", 1, 0x55)
        }),
        car("another encoding of the same data", "encoding", in_a_longer_form),
        car("block left out", "order-of-blocks", |parts| {
            let at = find(parts, "icn/invocation/v1");
            parts.1.remove(at);
        }),
        car("block that nothing names", "order-of-blocks", |parts| {
            let block = Block::new(Codec::Raw, b"more".to_vec());
            parts.1.insert(2, (block.id().as_bytes().to_vec(), block.bytes().to_vec()));
        }),
        car("block twice", "repeated-block", |parts| {
            let raw = parts.1.iter().find(|(cid, _)| cid[1] == 0x55).unwrap().clone();
            parts.1.push(raw);
        }),
        car("other roots", "car-roots", |parts| {
            parts.0.pop();
        }),
        files("CAR that was cut", "end-of-the-car", |_, layout| {
            change_file(&layout.car(), |bytes| bytes.truncate(bytes.len() - 1));
        }),
        // The checkpoint.
        car("rolled-back log", "end-of-the-log", |parts| {
            // The last entry: invocation and receipt, each a payload and an envelope.
            parts.1.truncate(parts.1.len() - 4);
        }),
        files("forked checkpoint", "root-of-the-signed-checkpoint", |history, layout| {
            let size =
                fs::read_to_string(layout.checkpoint()).unwrap().lines().nth(1).unwrap().parse().unwrap();
            fs::write(layout.checkpoint(), history.checkpoint(size, Hash::digest(b"fork"))).unwrap();
        }),
        files("checkpoint of a smaller log", "end-of-the-log", |history, layout| {
            let mut frontier = icn_core::log::Frontier::default();
            history.entries[..5].iter().for_each(|entry| frontier.append(&entry.leaves[0]));
            fs::write(layout.checkpoint(), history.checkpoint(5, frontier.root())).unwrap();
        }),
        files("checkpoint signed by somebody", "signature-of-the-checkpoint", |history, layout| {
            let note = fs::read_to_string(layout.checkpoint()).unwrap();
            let origin = history.origin.as_str();
            let host = history.host.did();
            let checkpoint = Checkpoint::open(&note, &Origin::parse(origin).unwrap(), &host).unwrap();
            fs::write(layout.checkpoint(), checkpoint.sign(&key("mallory"))).unwrap();
        }),
        files("key of somebody", "verifier-key", |history, layout| {
            let key = verifier_key(&history.origin, &key("mallory").did());
            fs::write(layout.verifier_key(), format!("{key}\n")).unwrap();
        }),
        files("policy of somebody", "log-key", |history, layout| {
            let log = VerifierKey::new(history.origin.as_str(), KeyKind::Log, key("mallory").did()).unwrap();
            let policy = serde_json::to_string(&TrustPolicy::log_alone(log)).unwrap();
            fs::write(layout.policy(), policy).unwrap();
        }),
        files("forked cosigned checkpoint", "root-of-a-cosigned-checkpoint", |history, layout| {
            fs::write(layout.cosigned(), history.checkpoint(5, Hash::digest(b"fork"))).unwrap();
        }),
        files("cosigned checkpoint that the host did not sign", "cosigned-checkpoint", |_, layout| {
            let note = fs::read_to_string(layout.checkpoint()).unwrap();
            fs::write(layout.cosigned(), note.replace("\n15\n", "\n14\n")).unwrap();
        }),
        // The tiles.
        files("truncated tile", "tiles-length", |_, layout| {
            change_file(&small_tile(layout, "0"), |bytes| bytes.truncate(bytes.len() - 32));
        }),
        files("tile with another hash", "tile", |_, layout| {
            change_file(&small_tile(layout, "0"), |bytes| bytes[40] ^= 1);
        }),
        files("tile that is gone", "tile", |_, layout| {
            fs::remove_file(small_tile(layout, "0")).unwrap();
        }),
        files("entry bundle with a swapped entry", "entry-bundle", |_, layout| {
            change_file(&small_tile(layout, "entries"), |bytes| {
                let (one, other) = bytes.split_at_mut(3 * 38);
                one[2 * 38..].swap_with_slice(&mut other[..38]);
            });
        }),
        files("truncated entry bundle", "entry-bundles-length", |_, layout| {
            change_file(&small_tile(layout, "entries"), |bytes| bytes.truncate(bytes.len() - 38));
        }),
    ]
}
