use super::error::{CborError, CborFlaw};
use super::scan::scan;
use super::strict::strict;
use crate::limits;

#[test]
fn a_length_that_promises_more_than_there_is_ends_at_once() {
    let head = |major: u8| [&[major << 5 | 27][..], &[0xff; 8]].concat();
    for major in 2..6 {
        assert_eq!(scan(&head(major), 10).unwrap_err().why, CborFlaw::Truncated, "major type {major}");
    }
}

#[test]
fn what_is_nested_deeper_than_the_limit_is_refused_and_not_one_less() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
    assert!(scan(&nested(5), 5).is_ok());
    assert_eq!(scan(&nested(6), 5).unwrap_err(), CborError { offset: 5, why: CborFlaw::Depth(5) });
    assert!(strict(&nested(limits::BLOCK_DEPTH_MAX)).is_ok());
    assert!(strict(&nested(limits::BLOCK_DEPTH_MAX + 1)).is_err());
    assert!(strict(&vec![0x81; 1_000_000]).is_err(), "and no stack runs over");
}

#[test]
fn floats_and_links_to_other_blocks_are_dag_cbor_but_not_ours() {
    let float = b"\xfb\x3f\xf8\0\0\0\0\0\0";
    assert_eq!(scan(float, 1).unwrap().float, Some(0));
    assert_eq!(strict(float).unwrap_err().why, CborFlaw::Float);
    // A link to a dag-pb block.
    let foreign = [&b"\x81\xd8\x2a\x58\x25\0\x01\x70\x12\x20"[..], &[7; 32]].concat();
    assert_eq!(scan(&foreign, 1).unwrap().links.len(), 1);
    let error = strict(&foreign).unwrap_err();
    assert!(matches!(error.why, CborFlaw::ForeignLink(_)) && error.offset == 6, "{error}");
}
