//! A file in parts of any size, and every changed bit and every cut.

use super::head::{push_varint, varint};
use super::*;
use crate::encode::Block;
use crate::limits;
use crate::name::{CID_BYTES, Codec};

fn blocks() -> Vec<Block> {
    let raw = |n: usize| Block::new(Codec::Raw, vec![7; n]);
    vec![Block::encode(&"a"), raw(0), raw(1), raw(91), raw(92), raw(20_000), Block::encode(&vec![1u8, 2])]
}
fn file() -> Vec<u8> {
    let all = blocks();
    let mut bytes = header(&[all[0].id(), all[6].id()]);
    all.iter().for_each(|block| push_section(&mut bytes, block));
    bytes
}
fn read(bytes: &[u8], step: usize) -> Result<(Vec<Vec<u8>>, Vec<Block>), CarError> {
    let (mut sections, mut roots, mut found) = (Sections::default(), Vec::new(), Vec::new());
    for part in bytes.chunks(step) {
        sections.feed(part);
        while let Some(item) = sections.next_item()? {
            match item {
                Item::Roots(given) => roots = given,
                Item::Section(section) => found.push(section.into_block()?),
            }
        }
    }
    sections.finish()?;
    Ok((roots, found))
}

#[test]
fn what_is_written_is_read_however_the_bytes_come() {
    let all = blocks();
    for step in [1, 3, 1000, usize::MAX] {
        let (roots, found) = read(&file(), step).unwrap();
        assert_eq!(found, all);
        assert_eq!(roots, [all[0].id().as_bytes().to_vec(), all[6].id().as_bytes().to_vec()]);
    }
}

#[test]
fn every_changed_bit_and_every_cut_is_noticed() {
    let whole = file();
    let ends: Vec<usize> = {
        let (mut sections, mut ends) = (Sections::default(), Vec::new());
        sections.feed(&whole);
        while sections.next_item().unwrap().is_some() {
            ends.push(usize::try_from(sections.offset()).unwrap());
        }
        ends
    };
    for cut in 0..whole.len() {
        assert_eq!(read(&whole[..cut], 4096).is_ok(), ends.contains(&cut), "cut at {cut}");
    }
    let head = header(&[]).len() + 2 * 41;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        // A root is a name like another: whether it is the right one is told by who knows the log.
        let verdict = read(&changed, 4096).map(|(_, blocks)| blocks);
        assert!(verdict.is_err() || (at < head && verdict == Ok(blocks())), "byte {at}");
    }
}

#[test]
fn lengths_are_in_their_shortest_form_and_within_bounds() {
    let section = |length: &[u8]| [&header(&[])[..], length, &[0; 64]].concat();
    let max = (limits::BLOCK_BYTES_MAX + CID_BYTES) as u64;
    let mut beyond = Vec::new();
    push_varint(&mut beyond, max + 1);
    for length in [&[0][..], &[0x80, 0], &[0xa4, 0x80, 0], &[0xff; 10], &beyond] {
        let error = read(&section(length), 4096).unwrap_err();
        assert_eq!(error.why, CarFlaw::Length(max), "{length:?}");
    }
    for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX] {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, number);
        assert_eq!(varint(&bytes), Ok(Some((number, bytes.len()))));
        assert_eq!(varint(&bytes[..bytes.len() - 1]), Ok(None));
    }
}

#[test]
fn another_encoding_of_the_same_data_is_refused_though_its_name_is_right() {
    // 24 as two bytes is right, 1 as two bytes is not.
    for (bytes, holds) in [(vec![0x18, 24], true), (vec![0x18, 1], false)] {
        let block = Block::new(Codec::DagCbor, bytes);
        let mut file = header(&[]);
        push_section(&mut file, &block);
        let verdict = read(&file, 4096);
        assert_eq!(verdict.is_ok(), holds);
        if let Err(error) = verdict {
            assert!(matches!(error.why, CarFlaw::NotCanonical { .. }), "{error}");
        }
    }
}
