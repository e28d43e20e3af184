//! Whole files: mutated ones, ones that are cut short, the samples, and real elections where they are at
//! hand.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::election::Ballot;
use super::super::parse::parse;
use super::small::{MAPLE, RIVER, SMALL, read};

/// A generator of numbers that need only be many and the same each time.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

#[test]
fn mutated_files_never_panic() {
    const ROUNDS: usize = 20_000;
    const SPLICES: [&[u8]; 16] = [
        b";",
        b"\n",
        b"\"",
        b"\"\"",
        b"\r",
        b"\r\n",
        b",",
        b"\xff",
        b"\xef\xbb\xbf",
        b"META\n",
        b"VOTES\n",
        b"PROJECTS\n",
        b"-",
        b"9999999999999999999999",
        b"\xc5\x82",
        b"\0",
    ];
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for round in 0..ROUNDS {
        let mut bytes = [SMALL, MAPLE, RIVER][round % 3].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            let end = (at + random.below(8)).min(bytes.len());
            match random.below(5) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..end, SPLICES[random.below(SPLICES.len())].iter().copied())),
                3 => drop(bytes.splice(at..at, SPLICES[random.below(SPLICES.len())].iter().copied())),
                _ => {
                    let copy = bytes[at..end].to_vec();
                    let to = random.below(bytes.len());
                    drop(bytes.splice(to..to, copy));
                }
            }
        }
        match parse(&bytes) {
            Ok(election) => {
                good += 1;
                assert_eq!(election.meta["num_votes"].parse(), Ok(election.ballots.len()));
            }
            Err(error) => {
                bad += 1;
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let line = lines.get(error.line - 1).unwrap_or_else(|| panic!("no such line: {error}"));
                assert!((1..=line.len() + 1).contains(&error.column), "no such column: {error}");
            }
        }
    }
    assert!(
        good > ROUNDS / 20 && bad > ROUNDS / 20,
        "the mutations are neither too mild nor too wild: {good} {bad}"
    );
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    // Up to the last field: what a ballot says is not judged here.
    for end in 0..=RIVER.rfind(';').unwrap() {
        assert!(parse(&RIVER.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn the_samples_are_what_they_are_meant_to_be() {
    let (maple, river) = (read(MAPLE), read(RIVER));
    assert_eq!(
        (maple.name.as_str(), maple.vote_type.as_str()),
        ("River City, Maple District 2026", "approval")
    );
    assert_eq!((river.name.as_str(), river.vote_type.as_str()), ("River City 2026", "cumulative"));
    assert_eq!((maple.projects.len(), maple.ballots.len()), (8, 40));
    assert_eq!((river.projects.len(), river.ballots.len()), (10, 60));
    let twice = |ballot: &&Ballot| (1..ballot.vote.len()).any(|i| ballot.vote[..i].contains(&ballot.vote[i]));
    assert_eq!(maple.ballots.iter().filter(twice).count(), 0);
    assert_eq!(river.ballots.iter().filter(twice).count(), 1);
    let in_maple = |ballot: &&Ballot| maple.ballots.iter().any(|other| other.voter_id == ballot.voter_id);
    assert_eq!(river.ballots.iter().filter(in_maple).count(), 22);
    for election in [maple, river] {
        assert!(election.projects.iter().any(|project| project.selected == Some(false)));
        assert!(election.projects.iter().any(|project| project.selected == Some(true)));
    }
}

#[test]
fn real_files_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pabulib");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!(
            "no {}: the samples in src/commands/demo/sample stand in for real elections",
            folder.display()
        );
        return;
    };
    let mut ballots: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pb") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let election = parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let city = ["czestochowa_2020", "wroclaw_2021"].into_iter().find(|city| file.contains(city));
        let sum = ballots.entry(city.unwrap_or("elsewhere")).or_default();
        *sum = (sum.0 + 1, sum.1 + election.ballots.len());
    }
    assert_eq!(ballots.get("czestochowa_2020"), Some(&(21, 33_088)));
    assert_eq!(ballots.get("wroclaw_2021"), Some(&(1, 84_611)));
}
