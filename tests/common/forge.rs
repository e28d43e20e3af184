//! A log's entries as somebody has them who writes it anew: every hash and name made right, signed by whose key he has.
//! And exports made of such entries, and exports with one thing changed.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::block::{Entry, HostBlock, Node, NodeTag, Payload, Policy};
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::log::car::{Item, Sections};
use icn_core::log::{
    Checkpoint, KeyKind, Link, Log, RowWriter, Tiler, TrustPolicy, VerifierKey, Written, car, verifier_key,
};
use icn_core::name::Codec;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::export::ExportLayout;
use icn_runtime::{BlockId, Did, Hash, Host, HostOptions, Origin, Receipt, SecretKey};

use super::{Desk, key};

/// All entries of a log.
pub(crate) fn entries(data: &Path) -> Vec<Entry> {
    let mut reader = Reader::new(&data.join("log"));
    let mut entries = Vec::new();
    while let Some(group) = reader.next_group().unwrap() {
        entries.extend(group.into_iter().map(|(_, entry)| entry));
    }
    entries
}

/// Writes a log anew, from its first byte.
pub(crate) fn write_anew(data: &Path, entries: &[Entry]) {
    let log = data.join("log");
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap();
    let mut position = 0;
    for entry in entries {
        store.append(position, &[entry]).unwrap();
        position += entry.leaves.len() as u64;
    }
    store.close().unwrap();
    let snapshots = data.join("snapshots");
    if snapshots.exists() {
        fs::remove_dir_all(snapshots).unwrap();
    }
}

/// An entry's receipt: which blocks are its envelope and payload, and what it says.
pub(crate) fn receipt_of(entry: &Entry) -> (usize, usize, Receipt) {
    let (envelope, payload) = signed(entry, entry.leaves[0]);
    (envelope, payload, Receipt::from_bytes(entry.blocks[payload].bytes()).unwrap())
}

/// Which blocks are an envelope and its payload.
pub(crate) fn signed(entry: &Entry, id: BlockId) -> (usize, usize) {
    let at = |id: BlockId| entry.blocks.iter().position(|block| block.id() == id).unwrap();
    let envelope = at(id);
    let payload = Envelope::from_bytes(entry.blocks[envelope].bytes()).unwrap().payload();
    (envelope, at(payload))
}

/// The envelope of another payload with the signature of this one.
pub(crate) fn moved_signature(envelope: &Block, payload: &Block) -> Block {
    let mut bytes = envelope.bytes().to_vec();
    let name = bytes.len() - 36;
    bytes[name..].copy_from_slice(payload.id().as_bytes());
    Block::new(Codec::DagCbor, bytes)
}

/// Changes an entry's receipt, and signs it: by this key, or with the signature that was there.
pub(crate) fn forge(entry: &mut Entry, by: Option<&SecretKey>, change: impl FnOnce(&mut Receipt)) {
    let (envelope, payload, mut receipt) = receipt_of(entry);
    change(&mut receipt);
    let block = Block::encode(&receipt);
    let sealed = match by {
        Some(key) => key.seal(Domain::Receipt, &block).to_block(),
        None => moved_signature(&entry.blocks[envelope], &block),
    };
    entry.leaves = vec![sealed.id()];
    entry.leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

// Exports.

/// A small history with everything that entries have, and who signs: the host's first entry, two policies, then receipts
/// of ours and theirs by turns, two nodes among them.
pub(crate) struct History {
    pub(crate) data: PathBuf,
    pub(crate) entries: Vec<Entry>,
    pub(crate) host: SecretKey,
    pub(crate) origin: Origin,
}

/// Makes the history in this directory.
pub(crate) fn history(data: &Path) -> History {
    let host_key = key("host of forgeries");
    fs::create_dir_all(data).unwrap();
    let secret = data_encoding::HEXLOWER.encode(&host_key.to_bytes());
    super::write_secret(&data.join("host.key"), format!("{secret}\n"));
    let host = Host::open(HostOptions::new(data)).unwrap();
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    for at in 0..3u8 {
        ours.ask(&host, "step", &[at], &format!("step {at}"));
        theirs.ask(&host, "step", &[at], &format!("step {at}"));
    }
    ours.ask(&host, "node", b"a node", "node");
    ours.ask(&host, "node", b"another", "another node");
    ours.call(&host, "fail", b"f", "fail").unwrap();
    ours.call(&host, "trap", b"t", "trap").unwrap();
    let origin = host.origin().clone();
    host.close().unwrap();
    History { data: data.to_owned(), entries: entries(data), host: host_key, origin }
}

/// The entries of the history, for those who change them.
pub(crate) const FIRST_RECEIPT: usize = 3;
pub(crate) const FIRST_NODE: usize = 9;
pub(crate) const LAST: usize = 12;

impl History {
    /// Exports these entries as a host would that has no scruples: the checkpoint is signed for what they give.
    pub(crate) fn export(&self, entries: &[Entry], out: &Path) {
        let layout = ExportLayout::new(out);
        fs::create_dir_all(layout.tiles()).unwrap();
        let (mut row, mut tiler, mut log) = (RowWriter::default(), Tiler::default(), Log::default());
        let mut blocks = Vec::new();
        let mut heads = std::collections::BTreeMap::new();
        let mut frontier = icn_core::log::Frontier::default();
        for entry in entries {
            for block in row.next(entry).unwrap() {
                car::push_section(&mut blocks, block);
            }
            for leaf in &entry.leaves {
                frontier.append(leaf);
                write_tiles(&layout, tiler.push(leaf));
            }
            let (_, payload) = signed(entry, entry.leaves[0]);
            let payload = Payload::from_bytes(entry.blocks[payload].bytes()).unwrap();
            heads.insert(Link::of(&payload).author, entry.leaves[0]);
            if let Payload::Receipt(receipt) = &payload {
                let legs = entry.leg_leaves(receipt.with.len()).iter();
                heads.extend(receipt.with.iter().zip(legs).map(|(place, leaf)| (place.scope, *leaf)));
            }
            let _ = log.append(entry, &[Link::of(&payload)]);
        }
        write_tiles(&layout, tiler.finish());
        let roots: Vec<BlockId> = heads.into_values().collect();
        fs::write(layout.car(), [car::header(&roots), blocks].concat()).unwrap();
        let checkpoint =
            Checkpoint { origin: self.origin.clone(), size: frontier.size(), root: frontier.root() };
        fs::write(layout.checkpoint(), checkpoint.sign(&self.host)).unwrap();
        let vkey = verifier_key(&self.origin, &self.host.did());
        fs::write(layout.verifier_key(), format!("{vkey}\n")).unwrap();
        let log = VerifierKey::new(self.origin.as_str(), KeyKind::Log, self.host.did()).unwrap();
        fs::write(layout.policy(), serde_json::to_string(&TrustPolicy::log_alone(log)).unwrap()).unwrap();
    }

    /// Signs a checkpoint of this log.
    pub(crate) fn checkpoint(&self, size: u64, root: Hash) -> String {
        Checkpoint { origin: self.origin.clone(), size, root }.sign(&self.host)
    }
}

fn write_tiles(layout: &ExportLayout, tiles: Vec<Written>) {
    for (tile, bytes) in tiles {
        let path = layout.tile(&tile);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A CAR's header and its sections' CIDs and bytes.
pub(crate) type CarParts = (Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>);

/// Takes a CAR apart.
pub(crate) fn car_parts(path: &Path) -> CarParts {
    let mut sections = Sections::default();
    sections.feed(&fs::read(path).unwrap());
    let (mut roots, mut blocks) = (Vec::new(), Vec::new());
    while let Some(item) = sections.next_item().unwrap() {
        match item {
            Item::Roots(found) => roots = found,
            Item::Section(section) => blocks.push((section.cid, section.bytes)),
        }
    }
    (roots, blocks)
}

/// Puts a CAR together, whatever its blocks are.
pub(crate) fn write_car(path: &Path, (roots, blocks): &CarParts) {
    let roots: Vec<BlockId> = roots.iter().map(|root| BlockId::from_bytes(root).unwrap()).collect();
    let mut bytes = car::header(&roots);
    for (cid, block) in blocks {
        let mut length = (cid.len() + block.len()) as u64;
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend_from_slice(cid);
        bytes.extend_from_slice(block);
    }
    fs::write(path, bytes).unwrap();
}

/// A forgery of an export: what was done, and the code by which it is refused.
pub(crate) struct Forgery {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    make: Make,
}

enum Make {
    /// The log is written anew with other entries, and exported and signed.
    Log(fn(&mut Vec<Entry>)),
    /// The CAR has other blocks.
    Car(fn(&mut CarParts)),
    /// Files of the export are others.
    Files(fn(&History, &ExportLayout)),
}

impl Forgery {
    /// The log that it writes anew, if it does.
    pub(crate) fn entries(&self, history: &History) -> Option<Vec<Entry>> {
        let Make::Log(change) = self.make else { return None };
        let mut forged = history.entries.clone();
        change(&mut forged);
        Some(forged)
    }

    /// Makes it in a directory that is not there yet.
    pub(crate) fn make(&self, history: &History, out: &Path) {
        let layout = ExportLayout::new(out);
        let forged = self.entries(history);
        history.export(forged.as_ref().unwrap_or(&history.entries), out);
        match self.make {
            Make::Log(_) => {}
            Make::Car(change) => {
                let mut parts = car_parts(&layout.car());
                change(&mut parts);
                write_car(&layout.car(), &parts);
            }
            Make::Files(change) => change(history, &layout),
        }
    }
}

/// A block of a CAR by the `typ` that its bytes have, the first one of that kind.
fn find(parts: &CarParts, typ: &str) -> usize {
    let marked =
        |(_, bytes): &(Vec<u8>, Vec<u8>)| bytes.windows(typ.len()).any(|part| part == typ.as_bytes());
    parts.1.iter().position(marked).unwrap()
}

/// Gives the block that stands so many behind the first of a kind a CID of another codec.
fn recode(parts: &mut CarParts, typ: &str, behind: usize, codec: u8) {
    let at = find(parts, typ) + behind;
    parts.1[at].0[1] = codec;
}

/// A receipt in another encoding of the same data, with every name made right and signed by its scope.
fn in_a_longer_form(parts: &mut CarParts) {
    let at = find(parts, "icn/receipt/v1");
    let mut bytes = parts.1[at].1.clone();
    // `"seq": 1`, with a byte more than it needs.
    let seq = bytes.windows(5).position(|part| part == b"\x63seq\x01").unwrap() + 4;
    bytes.splice(seq..=seq, [0x18, 0x01]);
    let payload = Block::new(Codec::DagCbor, bytes);
    let sealed = key("ours scope").seal(Domain::Receipt, &payload).to_block();
    parts.1[at] = (payload.id().as_bytes().to_vec(), payload.bytes().to_vec());
    parts.1[at + 1] = (sealed.id().as_bytes().to_vec(), sealed.bytes().to_vec());
}

/// Signs the later receipts of ours anew, each behind the one before: then the structure holds, and only what the changed
/// one says does not.
fn relink(log: &mut [Entry], changed: usize) {
    let mut head = log[changed].leaves[0];
    let ours = key("ours scope");
    for entry in &mut log[changed + 1..] {
        if receipt_of(entry).2.scope == ours.did() {
            forge(entry, Some(&ours), |receipt| receipt.prev = head);
            head = entry.leaves[0];
        }
    }
}

/// Gives a receipt's node other parents, with every name made right and signed by its scope.
fn with_parents(entry: &mut Entry, parents: Vec<BlockId>) {
    with_node(entry, |node| Block::encode(&Node { typ: NodeTag, parents, ..node }));
}

/// Puts another block in the place of a receipt's node, with every name made right and signed by its scope.
fn with_node(entry: &mut Entry, change: impl FnOnce(Node) -> Block) {
    let (_, _, receipt) = receipt_of(entry);
    let old = receipt.nodes[0];
    let at = entry.blocks.iter().position(|block| block.id() == old).unwrap();
    let block = change(Node::from_bytes(entry.blocks[at].bytes()).unwrap());
    let id = block.id();
    entry.blocks[at] = block;
    forge(entry, Some(&key("ours scope")), |receipt| {
        receipt.nodes[0] = id;
        receipt.anchors[0].0 = id;
    });
}

/// Puts another block in the place of a receipt's engine, with every name made right and signed by its scope.
fn with_engine(entry: &mut Entry, change: impl FnOnce(&Block) -> Block) {
    let old = receipt_of(entry).2.engine;
    let at = entry.blocks.iter().position(|block| block.id() == old).unwrap();
    entry.blocks[at] = change(&entry.blocks[at]);
    let engine = entry.blocks[at].id();
    forge(entry, Some(&key("ours scope")), |receipt| receipt.engine = engine);
}

/// Changes the policy of our scope's first entry, and signs it.
fn with_policy(entry: &mut Entry, change: impl FnOnce(&mut Policy)) {
    let (envelope, payload) = signed(entry, entry.leaves[0]);
    let Payload::Policy(mut policy) = Payload::from_bytes(entry.blocks[payload].bytes()).unwrap() else {
        panic!("a policy");
    };
    change(&mut policy);
    let block = Block::encode(&*policy);
    let sealed = key("ours scope").seal(Domain::Policy, &block).to_block();
    entry.leaves[0] = sealed.id();
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

/// The same bytes under the name that they have as raw ones.
fn raw(block: &Block) -> Block {
    Block::new(Codec::Raw, block.bytes().to_vec())
}

/// A policy of a scope whose key has small order, with a signature that a lenient verifier takes: `R` and `s` of nothing.
fn small_order(log: &mut [Entry]) {
    let (envelope, payload) = signed(&log[1], log[1].leaves[0]);
    let Payload::Policy(mut policy) = Payload::from_bytes(log[1].blocks[payload].bytes()).unwrap() else {
        panic!("a policy");
    };
    let mut identity = [0u8; 32];
    identity[0] = 1;
    policy.scope = Did::from_key(identity);
    let block = Block::encode(&*policy);
    let mut bytes = moved_signature(&log[1].blocks[envelope], &block).bytes().to_vec();
    bytes[14..78].fill(0);
    bytes[14] = 1;
    let sealed = Block::new(Codec::DagCbor, bytes);
    log[1].leaves[0] = sealed.id();
    log[1].blocks[payload] = block;
    log[1].blocks[envelope] = sealed;
}

fn change_file(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The only tile of this kind in a small export.
fn small_tile(layout: &ExportLayout, level: &str) -> PathBuf {
    let dir = layout.tiles().join("tile").join(level).join("000.p");
    fs::read_dir(dir).unwrap().next().unwrap().unwrap().path()
}

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
