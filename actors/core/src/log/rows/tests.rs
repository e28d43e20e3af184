//! Entries into a row and back, and the rows that are refused.

use super::*;
use crate::block::{Entry, HostBlock, HostTag};
use crate::encode::{Block, Domain, SecretKey};
use crate::limits;
use crate::name::{Codec, Origin};

fn host(n: u8) -> Entry {
    let key = SecretKey::from_bytes(&[n; 32]);
    let log = Origin::parse("icn.example/log").unwrap();
    let payload = Block::encode(&HostBlock { typ: HostTag, log, host: key.did(), time: 1 });
    let envelope = key.seal(Domain::Host, &payload).to_block();
    // As it may stand in a log: in another order, and with a block that nothing names.
    let more = Block::new(Codec::Raw, vec![n]);
    Entry { leaves: vec![envelope.id()], blocks: vec![envelope, more, payload] }
}

#[test]
fn what_is_put_into_a_row_comes_out_again_without_what_nothing_names() {
    let (mut row, mut gather) = (RowWriter::default(), RowReader::default());
    for n in 1..4 {
        let entry = host(n);
        let blocks: Vec<Block> = row.next(&entry).unwrap().into_iter().cloned().collect();
        assert_eq!(blocks, [entry.blocks[2].clone(), entry.blocks[0].clone()]);
        assert_eq!(gather.push(blocks[0].clone()), Ok(None));
        assert_eq!(gather.finish(), Err(EntriesError::Unfinished(1)));
        let gathered = gather.push(blocks[1].clone()).unwrap().unwrap();
        assert_eq!(gathered.entry, Entry { leaves: entry.leaves, blocks });
        assert!(gathered.lacking.is_empty() && gathered.shared.is_empty() && gathered.engine.is_none());
        assert_eq!(gather.finish(), Ok(()));
    }
}

#[test]
fn a_block_that_is_missing_or_too_much_is_named() {
    let entry = host(1);
    let (envelope, more, payload) = (&entry.blocks[0], &entry.blocks[1], &entry.blocks[2]);
    let without = |blocks: &[&Block]| {
        let blocks = blocks.iter().map(|block| (*block).clone()).collect();
        RowWriter::default().next(&Entry { leaves: entry.leaves.clone(), blocks }).map(|row| row.len())
    };
    assert_eq!(without(&[envelope]), Err(EntriesError::Missing(payload.id())));
    assert_eq!(without(&[payload]), Err(EntriesError::Missing(envelope.id())));
    let row = |blocks: &[&Block]| {
        let mut gather = RowReader::default();
        blocks.iter().try_for_each(|block| gather.push((*block).clone()).map(drop))
    };
    let order = |expected: &str, found: &Block| {
        Err(EntriesError::Order { expected: expected.to_owned(), found: found.id() })
    };
    assert_eq!(row(&[more, payload, envelope]), order("the entry's payload", more));
    let before = format!("its payload {} right before it", payload.id());
    assert_eq!(row(&[payload, more, envelope]), order(&before, envelope));
    assert_eq!(row(&[envelope]), order(&before, envelope));
    let large = Block::new(Codec::Raw, vec![0; 4 * 1024 * 1024]);
    let max = limits::ENTRY_BYTES_MAX;
    let many = vec![&large; max / large.bytes().len() + 1];
    assert_eq!(row(&many), Err(EntriesError::TooLarge { what: "bytes", max }));
}
