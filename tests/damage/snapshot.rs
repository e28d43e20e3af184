//! Damage to snapshots, and snapshots that lie.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::common::{Desk, Rng, block_on, open, scratch, seed, snapshots, sound, standing};
use crate::helpers::finished;

#[test]
fn one_bit_flipped_in_a_snapshot_is_named_and_what_it_says_is_rebuilt() {
    let dir = finished();
    let before = standing(&open(dir.path()));
    let [file] = &snapshots(dir.path())[..] else { panic!("one snapshot") };
    let bytes = fs::read(file).unwrap();
    let mut rng = Rng::new(seed());
    let mut places: Vec<usize> = (0..8).chain(bytes.len() - 34..bytes.len()).collect();
    places.extend((0..60).map(|_| usize::try_from(rng.below(bytes.len() as u64)).unwrap()));
    let named = |text: &String| text.contains(&file.display().to_string()) && text.contains("rebuilt");
    for (nth, place) in places.into_iter().enumerate() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << rng.below(8);
        fs::write(file, &flipped).unwrap();
        let (report, _) = sound(dir.path(), false);
        assert!(report.notices.iter().any(named), "byte {place}: {:?}", report.notices);
        if nth % 20 == 0 {
            rebuilt(dir.path(), &before, named);
        }
    }
    // Cut, empty, of something else, and under a name that it does not have.
    for other in [&bytes[..bytes.len() / 2], &[], b"snapshot", &[0; 100]] {
        fs::write(file, other).unwrap();
        let (report, _) = sound(dir.path(), false);
        assert!(report.notices.iter().any(named), "{:?}", report.notices);
        rebuilt(dir.path(), &before, named);
    }
    fs::remove_file(file).unwrap();
    let renamed = file.with_file_name("9999999999999999.snap");
    fs::write(&renamed, &bytes).unwrap();
    let (report, _) = sound(dir.path(), false);
    let named = |text: &String| text.contains("9999999999999999.snap") && text.contains("rebuilt");
    assert!(report.notices.iter().any(named), "{:?}", report.notices);
    rebuilt(dir.path(), &before, named);
}

/// Opens a directory whose snapshot is damaged: the host says so, stands where it stood, and leaves a good one.
fn rebuilt(data: &Path, before: &crate::common::Standing, named: impl Fn(&String) -> bool) {
    let host = open(data);
    let alerts = block_on(host.alerts());
    assert!(alerts.iter().any(named), "{alerts:?}");
    assert_eq!(standing(&host), *before);
    host.close().unwrap();
    let (report, _) = sound(data, false);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
    assert_eq!(snapshots(data).len(), 1);
}

#[test]
fn a_snapshot_that_says_something_else_with_a_right_hash_is_not_believed() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"seven lean cows", "step");
    let before = standing(&host);
    host.close().unwrap();
    let [file] = &snapshots(dir.path())[..] else { panic!("one snapshot") };
    let bytes = fs::read(file).unwrap();
    let at = bytes.windows(5).position(|window| window == b"seven").unwrap();
    let mut body = bytes[..bytes.len() - 32].to_vec();
    body[at..at + 5].copy_from_slice(b"eight");
    let forged = [body.clone(), Sha256::digest(&body).to_vec()].concat();
    fs::write(file, forged).unwrap();
    let named = |text: &String| text.contains(&file.display().to_string()) && text.contains("rebuilt");
    let (report, _) = sound(dir.path(), false);
    assert!(report.notices.iter().any(named), "{:?}", report.notices);
    rebuilt(dir.path(), &before, named);
}
