//! The SDK's own functions, against its fake host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::resource::{Kind, Source};
use icn_guest::{Failure, HostError, dag, fake, resource, state};

/// Runs `entry` on a fresh fake host, for the caller `did:key:ann`.
fn run(entry: fn() -> Result<(), Failure>) -> Result<Vec<u8>, Failure> {
    fake::reset();
    fake::call("did:key:ann", b"input", entry)
}

#[test]
fn the_context_is_the_invocations() {
    let output = run(|| {
        assert_eq!(icn_guest::input()?, b"input");
        assert_eq!(icn_guest::caller()?, "did:key:ann");
        assert_eq!(icn_guest::scope()?, fake::SCOPE);
        assert_eq!(icn_guest::time_ms(), fake::TIME_MS);
        let mut bytes = [0; 8];
        icn_guest::random(&mut bytes)?;
        assert_ne!(bytes, [0; 8]);
        icn_guest::log(icn_guest::Level::Warn, "careful")?;
        icn_guest::set_output(b"first")?;
        Ok(icn_guest::set_output(b"last")?)
    });
    assert_eq!(output.unwrap(), b"last");
    assert_eq!(fake::logged(), [(3, "careful".to_owned())]);
}

#[test]
fn an_input_of_any_length_is_read_whole_and_text_is_utf8() {
    fake::reset();
    for length in [0, 1, 511, 512, 513, 100_000] {
        let input: Vec<u8> = (0..=255).cycle().take(length).collect();
        let echo = || Ok(icn_guest::set_output(&icn_guest::input()?)?);
        assert_eq!(fake::call("did:key:ann", &input, echo).unwrap(), input);
    }
    let text = || icn_guest::input_text().map(drop).map_err(Failure::from);
    let failure = fake::call("did:key:ann", b"\xc3\x28", text).unwrap_err();
    assert_eq!((failure.code(), failure.message()), (-2, "the host refused: INVALID_UTF8"));
}

#[test]
fn an_empty_value_is_not_an_absent_one() {
    run(|| {
        let mut scratch = Vec::new();
        assert_eq!(state::get(b"k")?, None);
        assert_eq!(state::get_in(b"k", &mut scratch)?, None);
        assert!(!state::contains(b"k")?);
        state::set(b"k", b"")?;
        assert_eq!(state::get(b"k")?, Some(Vec::new()));
        assert_eq!(state::get_in(b"k", &mut scratch)?, Some(&[][..]));
        assert!(state::contains(b"k")?);
        state::delete(b"k")?;
        assert_eq!(state::delete(b"k"), Err(HostError::NotFound));
        state::set(b"k", &[7; 5000])?;
        assert_eq!(state::get_in(b"k", &mut scratch)?, Some(&[7; 5000][..]));
        Ok(())
    })
    .unwrap();
}

#[test]
fn keys_are_walked_in_order_within_their_prefix() {
    run(|| {
        let long = [&b"b/"[..], &[b'z'; 600]].concat();
        for key in [&b"b/2"[..], b"c", b"b/", b"a", b"b", &long, b"b/1"] {
            state::set(key, b"")?;
        }
        let (mut keys, mut found) = (state::keys(b"b/"), Vec::new());
        while let Some(key) = keys.next_key()? {
            found.push(key.to_vec());
        }
        assert_eq!(found, [&b"b/"[..], b"b/1", b"b/2", &long]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_transfer_needs_a_balance_that_covers_it() {
    fake::reset();
    fake::set_balance("did:key:ann", "h", 5);
    fake::call("did:key:ann", b"", || {
        assert_eq!(resource::transfer(Source::Caller, "bob", "h", 6, ""), Err(HostError::Exhausted));
        assert_eq!(resource::transfer(Source::Caller, "bob", "h", 0, ""), Err(HostError::InvalidArgument));
        resource::transfer(Source::Caller, "bob", "h", 5, "thanks")?;
        assert_eq!(resource::balance("bob", "h")?, 5);
        assert_eq!(resource::balance("eve", "h"), Ok(0));
        Ok(())
    })
    .unwrap();
    assert_eq!(fake::transfers().len(), 1);
    assert_eq!(fake::balance("did:key:ann", "h"), 0);
}

#[test]
fn a_resource_is_consumed_up_to_its_bound() {
    fake::reset();
    fake::set_remaining(Kind::NetworkBytes, 10);
    fake::call("did:key:ann", b"", || {
        assert!(resource::is_authorized(Kind::NetworkBytes, 10)?);
        assert!(!resource::is_authorized(Kind::NetworkBytes, 11)?);
        resource::record_usage(Kind::NetworkBytes, 4)?;
        assert_eq!(resource::record_usage(Kind::NetworkBytes, 7), Err(HostError::Exhausted));
        assert_eq!(resource::remaining(Kind::NetworkBytes)?, 6);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_node_has_its_parents_and_can_be_anchored() {
    run(|| {
        let root = dag::store(b"root", &[])?;
        let child = dag::store(b"child", &[root, root])?;
        assert_ne!(root, child);
        assert_eq!(dag::payload(&child)?, b"child");
        let unknown = dag::Cid::from_bytes([9; 36]);
        assert_eq!(dag::store(b"x", &[unknown]), Err(HostError::Conflict));
        assert_eq!(dag::payload(&unknown), Err(HostError::NotFound));
        assert!(dag::contains(&root)? && !dag::contains(&unknown)?);
        assert_eq!(dag::anchor(&unknown, "t"), Err(HostError::NotFound));
        Ok(dag::anchor(&child, "topic")?)
    })
    .unwrap();
    assert_eq!(fake::anchors(), [(b"child".to_vec(), "topic".to_owned())]);
}

#[test]
fn what_a_failed_entry_did_is_undone() {
    fake::reset();
    fake::set_balance(fake::TREASURY, "h", 5);
    fake::call("did:key:ann", b"", || Ok(state::set(b"k", b"kept")?)).unwrap();
    let failure = fake::call("did:key:ann", b"", || {
        state::set(b"k", b"changed")?;
        state::set(b"k", b"again")?;
        state::set(b"new", b"")?;
        resource::transfer(Source::Treasury, "bob", "h", 5, "")?;
        dag::anchor(&dag::store(b"node", &[])?, "topic")?;
        Err(Failure::new(7, "no"))
    });
    assert_eq!(failure, Err(Failure::new(7, "no")));
    assert_eq!((fake::value(b"k"), fake::value(b"new")), (Some(b"kept".to_vec()), None));
    assert_eq!((fake::balance("bob", "h"), fake::transfers().len(), fake::anchors().len()), (0, 0, 0));
}

#[test]
fn the_hosts_codes_are_those_of_the_abi() {
    let codes = [
        (HostError::InvalidArgument, -1, "INVALID_ARGUMENT"),
        (HostError::InvalidUtf8, -2, "INVALID_UTF8"),
        (HostError::TooLarge, -3, "TOO_LARGE"),
        (HostError::NotFound, -4, "NOT_FOUND"),
        (HostError::Denied, -5, "DENIED"),
        (HostError::Exhausted, -6, "EXHAUSTED"),
        (HostError::Conflict, -7, "CONFLICT"),
        (HostError::InvalidSignature, -8, "INVALID_SIGNATURE"),
        (HostError::Limit, -9, "LIMIT"),
    ];
    for (error, code, name) in codes {
        assert_eq!((error.code(), error.to_string()), (code, name.to_owned()));
    }
}
