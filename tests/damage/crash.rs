//! What a crash leaves: whole groups, and a write that was cut short.

use std::fs;
use std::path::Path;

use icn_runtime::RefusalCode;

use crate::common::{Rng, block_on, copy, open, scratch, seed, segment, snapshots, sound};
use crate::helpers::{SECTOR, found, inputs, killed, names, not_opened};

#[test]
fn one_bit_flipped_in_an_answered_group_is_no_crash_even_before_a_checkpoint_covers_it() {
    let mut rng = Rng::new(seed());
    for (what, input) in inputs() {
        let (dir, start, _) = killed(&input);
        let file = segment(dir.path());
        let bytes = fs::read(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!((start % SECTOR, end % SECTOR), (0, 0));
        // Every bit of the header's lengths, and a bit of every other byte of it.
        let lengths = (start + 16..start + 32).flat_map(|place| (0..8).map(move |bit| (place, bit)));
        let header: Vec<_> = (start..start + 96).map(|place| (place, rng.below(8))).chain(lengths).collect();
        let rest = (start + 96..end).step_by(13).map(|place| (place, rng.below(8)));
        let places: Vec<(usize, u64)> = header.into_iter().chain(rest).collect();
        for (place, bit) in places {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            fs::write(&file, &flipped).unwrap();
            let named = found(dir.path(), &file);
            assert!(names(named, start, place), "{what}: bit {bit} of byte {place}: byte {named} is named");
            if place % 64 == 0 {
                assert_eq!(not_opened(dir.path(), &file), named, "{what}: bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn a_write_that_a_crash_cut_short_is_dropped_aloud_and_can_be_submitted_again() {
    for (what, input) in inputs() {
        let (dir, start, desk) = killed(&input);
        let file = segment(dir.path());
        let bytes = fs::read(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let sectors: Vec<usize> = (start..end).step_by(SECTOR).collect();
        // Disks write sectors in any order: the first so many, the last so many, all but one.
        let mut cuts: Vec<Vec<usize>> = Vec::new();
        for at in 1..sectors.len() {
            cuts.push(sectors[at..].to_vec());
            cuts.push(sectors[..at].to_vec());
            cuts.push(vec![sectors[at]]);
        }
        let mut opened = 0;
        for (nth, unwritten) in cuts.iter().enumerate() {
            let mut torn = bytes.clone();
            for sector in unwritten {
                torn[*sector..sector + SECTOR].fill(0);
            }
            fs::write(&file, &torn).unwrap();
            let (report, kept) = sound(dir.path(), false);
            let aloud = |text: &String| {
                text.contains("crash cut short")
                    && text.contains(&file.display().to_string())
                    && text.contains(&format!("at byte {start}"))
            };
            assert!(report.notices.iter().any(aloud), "{what}, {unwritten:?}: {:?}", report.notices);
            assert_eq!(kept.0.len(), 1);
            // All that was written ahead was lost with it, the file's length too: it is the same.
            if nth % 7 == 0 {
                opened += 1;
                let host = open(dir.path());
                assert!(block_on(host.alerts()).iter().any(aloud), "{:?}", block_on(host.alerts()));
                assert_eq!(block_on(host.receipt_of(&desk.scope, desk.id("last"))), None);
                desk.ask(&host, "nothing", &input, "last");
                let again = desk.call(&host, "put", b"x", "before").unwrap_err();
                assert_eq!(again.code, RefusalCode::Replayed);
                host.close().unwrap();
                let (report, kept) = sound(dir.path(), true);
                assert!(report.notices.is_empty(), "{:?}", report.notices);
                assert_eq!(kept.0.len(), 2);
                // Back to what the kill left.
                fs::write(dir.path().join("checkpoint"), older_checkpoint(dir.path(), start)).unwrap();
                snapshots(dir.path()).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
            }
        }
        assert!(opened > 0);
    }
}

/// The checkpoint of the log's part before a byte of its segment: what the host signed then.
fn older_checkpoint(data: &Path, start: usize) -> String {
    let shorter = scratch();
    copy(data, shorter.path());
    let bytes = fs::read(segment(data)).unwrap();
    fs::write(segment(shorter.path()), &bytes[..start]).unwrap();
    fs::remove_file(shorter.path().join("checkpoint")).unwrap();
    snapshots(shorter.path()).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
    open(shorter.path()).close().unwrap()
}
