//! Blocks of keys in a scope's sequence and in a row of blocks.

use icn_core::block::ucan::Revocation;
use icn_core::block::{Entry, KeysBlock, OPERATE, Receipt};
use icn_core::encode::{Block, Domain};
use icn_core::fold::{Fold, Prepared, Trust};
use icn_core::log::{RowReader, RowWriter};
use icn_core::name::{BlockId, Bytes, Codec};
use icn_testkit::generate::engine;

use crate::writer::{NEXT, OPERATING, OURS, Writer, delegation, key, ms, signer};

#[test]
fn a_block_of_keys_is_one_of_its_scopes_sequence() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let by = signer(OPERATING, &first);
    let change = |change: &dyn Fn(&mut KeysBlock)| {
        let mut writer = Writer::new(std::slice::from_ref(&first));
        writer.receipt(OURS, ms(2), by, OPERATING);
        writer.keys(OURS, ms(2), by, OPERATING, [std::slice::from_ref(&second), &[]]);
        let (_, entry) = writer.entries.last_mut().unwrap();
        let mut keys = KeysBlock::from_bytes(entry.blocks[0].bytes()).unwrap();
        change(&mut keys);
        entry.blocks[0] = Block::encode(&keys);
        entry.blocks[1] = key(OPERATING).seal(Domain::Keys, &entry.blocks[0]).to_block();
        entry.leaves = vec![entry.blocks[1].id()];
        writer
    };
    change(&|_| {}).audited().unwrap();
    change(&|keys| keys.seq += 1).last_is_refused("sequence");
    change(&|keys| keys.prev = BlockId::of(Codec::DagCbor, b"another")).last_is_refused("block before");
    change(&|keys| keys.time -= 1).last_is_refused("time");
    change(&|keys| keys.log = icn_core::name::Origin::parse("another.example").unwrap())
        .last_is_refused("log");
    change(&|keys| keys.delegations.clear()).last_is_refused("keys");
    // Its state root shows when the state is folded, and not before.
    let writer = change(&|keys| keys.root = Bytes([9; 32]));
    let mut fold = Fold::default();
    let mut read = |(position, entry): &(u64, Entry)| {
        fold.apply(Prepared::read(*position, entry.clone(), Trust::Nobody)?, None).map(drop)
    };
    let verdict = writer.entries.iter().try_for_each(&mut read);
    assert_eq!(verdict.unwrap_err().what, "state root");
}

#[test]
fn a_log_with_keys_is_the_same_from_a_row_of_blocks() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let by = signer(OPERATING, &first);
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.receipt(OURS, ms(2), by, OPERATING);
    let revocation = Revocation::sign(&key(OURS), first.id());
    writer.keys(
        OURS,
        ms(2),
        by,
        OPERATING,
        [std::slice::from_ref(&second), std::slice::from_ref(&revocation)],
    );
    writer.receipt(OURS, ms(2), signer(NEXT, &second), NEXT);
    let (mut row, mut gather, mut fold) = (RowWriter::default(), RowReader::default(), Fold::default());
    let mut blocks = 0;
    for (position, entry) in &writer.entries {
        let mut gathered = None;
        for block in row.next(entry).unwrap() {
            assert!(gathered.is_none());
            gathered = gather.push(block.clone()).unwrap();
            blocks += 1;
        }
        let mut gathered = gathered.unwrap();
        if gathered.engine.is_some() {
            gathered.entry.blocks.push(Block::encode(&engine()));
        }
        let delegations = gathered.lacking.len();
        assert_eq!(delegations, 0, "what an entry brings stands in its part of the row");
        fold.apply(Prepared::read(*position, gathered.entry, Trust::Nobody).unwrap(), None).unwrap();
    }
    assert_eq!(fold.log().frontier().root(), writer.audited().unwrap().0.log().frontier().root());
    assert!(blocks > 12);
    let receipt = Receipt::from_bytes(writer.entries[2].1.blocks[0].bytes()).unwrap();
    assert_eq!(receipt.signer, by);
    assert_eq!(OPERATE, "/icn/operate");
}
