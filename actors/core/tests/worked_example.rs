//! The worked example of `docs/formats.md` is a log that holds: its blocks have the names that the page gives, they are
//! signed by the keys that it gives, a fold takes them, and roots and checkpoint are the page's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use icn_core::block::ucan::Revocation;
use icn_core::block::{Entry, Payload, Receipt, Signer};
use icn_core::encode::{Block, Domain, Envelope, SecretKey};
use icn_core::fold::{Fold, Prepared, Trust};
use icn_core::name::{AccountId, BlockId, Codec, Did, Origin, Owner, Unit};
use icn_core::rules::keys::delegate;

/// The two parts of the example, from the page: the log of three entries, and keys.
fn page() -> [String; 2] {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, example) = text.split_once("\n## Worked example\n").unwrap();
    let (log, keys) = example.split_once("\n### Keys, in the same log\n").unwrap();
    [log, keys].map(str::to_owned)
}

/// Every block that the page shows, by the name that it gives it.
fn blocks(page: &str) -> BTreeMap<BlockId, Block> {
    let mut found = BTreeMap::new();
    for (before, rest) in page.match_indices("```text\n").map(|(at, fence)| page.split_at(at + fence.len())) {
        // A block is announced by its name, at the end of the line above.
        let announced = before.trim_end_matches("```text\n").trim_end();
        let Some(name) = announced.strip_suffix("`:").and_then(|said| said.rsplit('`').next()) else {
            continue;
        };
        let Ok(id) = BlockId::parse(name) else { continue };
        let hex: String = rest.split("```").next().unwrap().split_whitespace().collect();
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
        let block = Block::new(id.codec(), bytes);
        assert_eq!(block.id(), id, "the page names a block by another's CID");
        found.insert(id, block);
    }
    found
}

#[test]
fn the_page_shows_a_log_that_holds() {
    let [page, keys] = page();
    let mut fold = the_log(&page);
    the_keys(&keys, &mut fold);
}

fn the_log(page: &str) -> Fold {
    let page = page.to_owned();
    let blocks = blocks(&page);
    assert_eq!(blocks.len(), 12, "{:?}", blocks.keys());
    let keys = [1, 2, 3].map(|byte| SecretKey::from_bytes(&[byte; 32]));
    for key in &keys {
        assert!(page.contains(key.did().as_str()), "{}", key.did());
    }
    let [host, scope, member] = &keys;
    let origin = Origin::parse("example.org/log").unwrap();

    // Envelopes are what these keys sign.
    let signed = |key: &SecretKey, domain, payload: &Block| {
        let envelope = key.seal(domain, payload).to_block();
        assert_eq!(blocks.get(&envelope.id()), Some(&envelope), "the page's envelope of {}", payload.id());
        envelope
    };
    let payload = |typ: &str| {
        let kind = |block: &&Block| block.id().codec() == Codec::DagCbor;
        let mut all = blocks.values().filter(kind);
        all.find(|block| Payload::kind(block.bytes()) == Some(typ)).unwrap().clone()
    };
    let raw = blocks.values().filter(|block| block.id().codec() == Codec::Raw).cloned();
    let raw: Vec<Block> = raw.collect();
    let (first, policy) = (payload("icn/host/v1"), payload("icn/policy/v1"));
    let (invocation, receipt) = (payload("icn/invocation/v1"), payload("icn/receipt/v1"));
    let (node, engine) = (payload("icn/node/v1"), payload("icn/engine/v1"));
    let opened = signed(host, Domain::Host, &first);
    let policy_signed = signed(scope, Domain::Policy, &policy);
    let asked = signed(member, Domain::Invocation, &invocation);
    let done = signed(scope, Domain::Receipt, &receipt);
    assert!(Envelope::from_bytes(done.bytes()).is_ok());

    let mut policy_blocks = vec![policy, policy_signed.clone()];
    policy_blocks.extend(raw);
    let entries = [
        Entry { leaves: vec![opened.id()], blocks: vec![first, opened] },
        Entry { leaves: vec![policy_signed.id()], blocks: policy_blocks },
        Entry {
            leaves: vec![done.id(), node.id()],
            blocks: vec![invocation, asked, receipt.clone(), done, node, engine],
        },
    ];
    let mut fold = Fold::default();
    for entry in entries {
        let prepared = Prepared::read(fold.log().size(), entry, Trust::Nobody).unwrap();
        fold.apply(prepared, None).unwrap();
        let root = fold.log().frontier().root().to_hex();
        assert!(page.contains(&root), "the root at size {} is {root}", fold.log().size());
    }
    let note = fold.log().checkpoint(&origin).sign(host);
    assert!(page.contains(&note), "the checkpoint is\n{note}");
    assert_eq!(Receipt::from_bytes(receipt.bytes()).map(|receipt| Block::encode(&receipt)), Ok(receipt));
    let has = |owner: &str| {
        let scope: Did = scope.did();
        let id = AccountId { scope, owner: Owner::parse(owner).unwrap(), unit: Unit::parse("H").unwrap() };
        fold.ledger().account(&id).unwrap().balance()
    };
    assert_eq!((has("fund"), has("treasury")), (5, 95));
    fold
}

/// Two more entries: the root delegates to an operating key, which signs that itself; and revokes it.
fn the_keys(page: &str, fold: &mut Fold) {
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 6, "{:?}", blocks.keys());
    let [root, operating] = [2, 4].map(|byte| SecretKey::from_bytes(&[byte; 32]));
    assert!(page.contains(operating.did().as_str()), "{}", operating.did());
    let (expires_s, nonce) = (1_900_000_000, Vec::from_iter(0..12));
    let delegation = delegate(&root, operating.did(), None, expires_s, &nonce);
    let revocation = Revocation::sign(&root, delegation.id());
    let signer = Signer { key: operating.did(), delegation: delegation.id() };
    let scope = root.did();
    let bring = |fold: &mut Fold, signer, by: &SecretKey, ucans: [Vec<BlockId>; 2], ucan: &Block| {
        let chain = fold.chains().get(&scope).unwrap();
        let [delegations, revocations] = ucans;
        let payload = Block::encode(&chain.draft_keys(0, signer, delegations, revocations));
        let envelope = by.seal(Domain::Keys, &payload).to_block();
        for block in [&payload, &envelope, ucan] {
            let hex = data_encoding::HEXLOWER.encode(block.bytes());
            assert_eq!(blocks.get(&block.id()), Some(block), "the page lacks {}: {hex}", block.id());
        }
        let entry = Entry { leaves: vec![envelope.id()], blocks: vec![ucan.clone(), payload, envelope] };
        let prepared = Prepared::read(fold.log().size(), entry, Trust::Nobody).unwrap();
        fold.apply(prepared, None).unwrap();
        let log_root = fold.log().frontier().root().to_hex();
        assert!(page.contains(&log_root), "the root at size {} is {log_root}", fold.log().size());
    };
    bring(fold, Some(signer), &operating, [vec![delegation.id()], Vec::new()], &delegation);
    let keys = |fold: &Fold| fold.keys().of(&scope).unwrap().in_force(1_800_000_000_000).collect::<Vec<_>>();
    assert_eq!(keys(fold), [signer]);
    bring(fold, None, &root, [Vec::new(), vec![revocation.id()]], &revocation);
    assert_eq!(keys(fold), []);
}
