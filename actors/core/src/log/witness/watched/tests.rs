//! A witness against an oracle of lists of leaves, and the cases that the specification names.

use data_encoding::BASE64;
use proptest::prelude::*;

use super::super::request::RequestError;
use super::*;
use crate::encode::SecretKey;
use crate::limits;
use crate::log::cosign;
use crate::log::note::sign_line;
use crate::log::proof::{Prover, consistency_ranges};
use crate::log::quorum::TrustPolicy;
use crate::log::tree::{Frontier, leaf_hash};

const LOG: &str = "icn.example/log";

fn secret(n: u8) -> SecretKey {
    SecretKey::from_bytes(&[n; 32])
}
fn log_key(n: u8) -> VerifierKey {
    VerifierKey::new(LOG, KeyKind::Log, secret(n).did()).unwrap()
}
fn cosigner() -> Cosigner {
    Cosigner::new("witness.example/w", secret(9)).unwrap()
}
/// The leaves of a history: those of every history up to `shared`, its own from there.
fn leaves(history: u8, shared: u64, size: u64) -> Vec<Vec<u8>> {
    (0..size).map(|at| [&[if at < shared { 0 } else { history }][..], &at.to_le_bytes()].concat()).collect()
}
fn root(leaves: &[Vec<u8>]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
    frontier.root()
}
fn prove(leaves: &[Vec<u8>], old: u64) -> Vec<Hash> {
    let Ok(ranges) = consistency_ranges(old, leaves.len() as u64) else { return Vec::new() };
    let mut prover = Prover::new(ranges);
    leaves.iter().for_each(|leaf| prover.push(leaf_hash(leaf)));
    prover.finish().unwrap()
}
fn note(size: u64, root: &Hash, signers: &[u8]) -> String {
    let text = format!("{LOG}\n{size}\n{}\n", BASE64.encode(&root.0));
    let lines: String = signers.iter().map(|n| sign_line(&log_key(*n), &secret(*n), &text, 0)).collect();
    format!("{text}\n{lines}")
}
fn parse(body: &str) -> Request {
    Request::parse(body.as_bytes()).unwrap()
}

/// One thing that a witness is asked.
#[derive(Debug, Clone)]
struct Ask {
    history: u8,
    size: u64,
    old: u64,
    /// Takes the witness's own size as the old one, as an honest log does.
    is_honest_about_size: bool,
    /// Who signs: 1 and 2 are trusted; 7 is not, 100 is a broken signature of 1.
    signer: u8,
    /// A hash of the proof to change, or one more or less.
    spoil: Option<usize>,
}

fn asks() -> impl Strategy<Value = (u64, Vec<Ask>)> {
    let signer = prop_oneof![8 => Just(1u8), 2 => Just(2), 1 => Just(7), 1 => Just(100)];
    let ask = (
        1..4u8,
        0..24u64,
        0..24u64,
        proptest::bool::weighted(0.8),
        signer,
        proptest::option::weighted(0.15, 0..8usize),
    );
    let ask = ask.prop_map(|(history, size, old, is_honest_about_size, signer, spoil)| Ask {
        history,
        size,
        old,
        is_honest_about_size,
        signer,
        spoil,
    });
    (0..24u64, proptest::collection::vec(ask, 1..40))
}

/// What a witness is to say, told by lists of leaves: the status, and the leaves that it has seen from then on.
fn oracle(
    seen: &[Vec<u8>],
    ask: &Ask,
    old: u64,
    asked: &[Vec<u8>],
    is_spoilt: bool,
) -> (u16, Option<Vec<Vec<u8>>>) {
    let size = asked.len() as u64;
    if ask.signer > 2 {
        return (403, None);
    }
    if old > size {
        return (400, None);
    }
    if old != seen.len() as u64 {
        return (409, None);
    }
    // An honest proof shows what is so; a spoilt one shows nothing.
    if is_spoilt || !asked.starts_with(seen) {
        return (422, None);
    }
    (200, Some(asked.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_witness_answers_as_lists_of_leaves_say((shared, asks) in asks()) {
        let cosigner = cosigner();
        let mut watched = Watched::new(log_key(1)).unwrap();
        watched.trust(log_key(2)).unwrap();
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let mut time = 0;
        for (at, ask) in asks.iter().enumerate() {
            let asked = leaves(ask.history, shared, ask.size);
            let old = if ask.is_honest_about_size { seen.len() as u64 } else { ask.old };
            let mut proof = prove(&asked, old);
            let before = proof.clone();
            match ask.spoil {
                Some(place) if place < proof.len() => proof[place].0[place] ^= 1,
                Some(place) if place == proof.len() => proof.push(Hash::digest(b"one more")),
                Some(_) => drop(proof.pop()),
                None => {}
            }
            let is_spoilt = proof != before;
            let signed = match ask.signer {
                100 => note(ask.size, &root(&asked), &[1]).replacen(&format!("\n{}\n", ask.size), &format!("\n{}\n", ask.size + 100), 1),
                signer => note(ask.size, &root(&asked), &[signer]),
            };
            let request = parse(&cosign::request(old, &proof, &signed));
            let (expected, next) = oracle(&seen, ask, old, &asked, is_spoilt);
            // The clock may go back.
            let now = if at % 3 == 0 { 5 } else { 1000 + at as u64 };
            let size = watched.size();
            let evidence = watched.evidence(&request);
            match watched.judge(&request, &cosigner, now) {
                Ok(pending) => {
                    prop_assert_eq!(expected, 200);
                    // Nothing changes before it is durable, and what is durable is enough to go on from.
                    prop_assert_eq!(watched.size(), size);
                    let kept = pending.note().to_owned();
                    let line = watched.advance(pending);
                    seen = next.unwrap();
                    let mut again = Watched::new(log_key(1)).unwrap();
                    again.restore(&kept, cosigner.key()).unwrap();
                    prop_assert_eq!(again.latest.as_ref(), watched.latest.as_ref());
                    let (ours, signed_at) = cosign::cosignature(&signed, &line, cosigner.key()).unwrap();
                    prop_assert_eq!(&ours, &line);
                    prop_assert!(signed_at >= time && signed_at >= now);
                    time = signed_at;
                    let policy = TrustPolicy { log: log_key(ask.signer), witnesses: vec![cosigner.key().clone()], quorum: 1 };
                    prop_assert_eq!(policy.open(&kept).unwrap().checkpoint.size, seen.len() as u64);
                }
                Err(refused) => {
                    prop_assert_eq!(refused.status(), expected, "{:?} {:?}", ask, refused);
                    prop_assert_eq!(next, None);
                }
            }
            prop_assert_eq!(watched.size(), seen.len() as u64);
            if let Some(fork) = evidence {
                prop_assert!(ask.size == size && ask.size > shared, "an honest log is accused");
                prop_assert!(fork.verify(&fork.log).is_ok());
            }
        }
    }
}

#[test]
fn the_specifications_example_is_a_request() {
    let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let request = parse(body);
    assert_eq!((request.old(), request.proof().len(), request.head().size), (20_852_014, 4, 20_852_163));
    assert_eq!((request.origin(), request.note().signatures().len()), ("example.com/behind-the-sofa", 2));
}

#[test]
fn what_is_no_request_is_refused_with_its_line() {
    let note = note(1, &root(&leaves(1, 0, 1)), &[1]);
    let hash = format!("{}\n", BASE64.encode(&[1; 32]));
    for head in [
        "",
        "old\n",
        "old 01\n",
        "old +1\n",
        "old -1\n",
        "old  1\n",
        "Old 1\n",
        "old 1 \n",
        "old 1\r\n",
        "old 18446744073709551616\n",
        "old 1\nAAAA\n",
        &format!("old 1\n{}", hash.replace('=', "")),
        &format!("old 1\n {hash}"),
        "\nold 1\n",
        &format!("old 1\n{}", hash.repeat(64)),
    ] {
        assert!(Request::parse(format!("{head}\n{note}").as_bytes()).is_err(), "{head:?}");
    }
    assert!(Request::parse(format!("old 1\n{}\n{note}", hash.repeat(63)).as_bytes()).is_ok());
    assert!(Request::parse(format!("old 0\n{note}").as_bytes()).is_err(), "no empty line");
    assert!(Request::parse(format!("old 0\n\n{}", &note[..note.len() - 1]).as_bytes()).is_err());
    assert!(Request::parse(format!("old 0\n\n{}", note.replace("\n1\n", "\n01\n")).as_bytes()).is_err());
    assert_eq!(Request::parse(b"old 0\n\n\xff").unwrap_err(), RequestError::Text);
    let long = vec![b'a'; limits::WITNESS_REQUEST_BYTES_MAX + 1];
    assert_eq!(Request::parse(&long).unwrap_err(), RequestError::Long(long.len()));
}

#[test]
fn of_nothing_there_is_one_tree() {
    let (cosigner, mut watched) = (cosigner(), Watched::new(log_key(1)).unwrap());
    let empty = Hash::digest(b"");
    let wrong = parse(&cosign::request(0, &[], &note(0, &Hash::digest(b"x"), &[1])));
    assert!(matches!(watched.judge(&wrong, &cosigner, 7), Err(Refused::EmptyRoot(_))));
    for _ in 0..2 {
        let right = parse(&cosign::request(0, &[], &note(0, &empty, &[1])));
        let pending = watched.judge(&right, &cosigner, 7).unwrap();
        let _ = watched.advance(pending);
        assert_eq!((watched.size(), watched.note().is_some()), (0, true));
    }
    let proven = parse(&cosign::request(0, &[empty], &note(1, &root(&leaves(1, 0, 1)), &[1])));
    assert_eq!(watched.judge(&proven, &cosigner, 7).unwrap_err(), Refused::ProofFromEmpty(1));
}

#[test]
fn lines_that_the_log_adds_to_its_checkpoint_are_cosigned_along_and_signatures_of_others_are_left_out() {
    let (cosigner, mut watched) = (cosigner(), Watched::new(log_key(1)).unwrap());
    let text = format!("{LOG}\n1\n{}\nmore\n", BASE64.encode(&root(&leaves(1, 0, 1)).0));
    let line = |n: u8| sign_line(&log_key(n), &secret(n), &text, 0);
    let request = parse(&cosign::request(0, &[], &format!("{text}\n{}{}{}", line(7), line(1), line(1))));
    let pending = watched.judge(&request, &cosigner, 0).unwrap();
    let kept = pending.note().to_owned();
    let answer = watched.advance(pending);
    assert_eq!(kept, format!("{text}\n{}{answer}", line(1)));
    assert_eq!(
        Note::parse(&kept).unwrap().by(cosigner.key()),
        Verdict::Signed(Some(1)),
        "a time of 0 says nothing"
    );
    // One signature that holds beside one that does not.
    let mut broken = sign_line(&log_key(1), &secret(1), "another text\n", 0);
    broken += &line(1);
    let request = parse(&cosign::request(1, &[], &format!("{text}\n{broken}")));
    assert!(matches!(watched.judge(&request, &cosigner, 9), Err(Refused::Unsigned(_))));
}

#[test]
fn a_memory_that_is_not_this_witnesss_is_refused() {
    let (cosigner, mut watched) = (cosigner(), Watched::new(log_key(1)).unwrap());
    let pending =
        watched.judge(&parse(&cosign::request(0, &[], &note(0, &Hash::digest(b""), &[1]))), &cosigner, 7);
    let kept = pending.unwrap().note().to_owned();
    let other = Cosigner::new("witness.example/w", secret(8)).unwrap();
    assert!(matches!(watched.restore(&kept, other.key()), Err(WatchError::NotOurs(_))));
    assert!(matches!(
        watched.restore(&kept.replace("\n0\n", "\n1\n"), cosigner.key()),
        Err(WatchError::NotOurs(_))
    ));
    assert!(watched.restore("", cosigner.key()).is_err());
    let elsewhere = VerifierKey::new("icn.example/other", KeyKind::Log, secret(1).did()).unwrap();
    assert!(matches!(watched.trust(elsewhere.clone()), Err(WatchError::Origin { .. })));
    assert!(matches!(watched.trust(log_key(1)), Err(WatchError::RepeatedKey(_))));
    assert!(matches!(watched.trust(cosigner.key().clone()), Err(WatchError::Kind(_))));
    let mut other_log = Watched::new(elsewhere).unwrap();
    assert!(matches!(other_log.restore(&kept, cosigner.key()), Err(WatchError::Origin { .. })));
}

#[test]
fn two_trees_of_one_size_are_kept_as_evidence() {
    let (cosigner, mut watched) = (cosigner(), Watched::new(log_key(1)).unwrap());
    let of = |history, size| leaves(history, 2, size);
    let first = parse(&cosign::request(0, &[], &note(5, &root(&of(1, 5)), &[1])));
    let pending = watched.judge(&first, &cosigner, 7).unwrap();
    let _ = watched.advance(pending);
    let forked = note(5, &root(&of(2, 5)), &[1]);
    // Whatever it says of the old size.
    for old in [0, 5] {
        let request = parse(&cosign::request(old, &[], &forked));
        assert!(watched.judge(&request, &cosigner, 8).is_err());
        let fork = watched.evidence(&request).unwrap();
        assert_eq!(Fork::parse(&fork.to_text()).unwrap().verify(&log_key(1)).unwrap().earlier.size, 5);
    }
    assert!(watched.evidence(&first).is_none());
    let unsigned = parse(&cosign::request(5, &[], &note(5, &root(&of(2, 5)), &[7])));
    assert!(watched.evidence(&unsigned).is_none());
}
