//! Damage to the log: flipped bits, cuts, and pieces that were moved, repeated or left out.

use std::fs;
use std::path::Path;

use icn_runtime::{Host, HostOptions, limits};

use crate::common::{Desk, Rng, audit_of, block_on, open, scratch, seed, segment, sound, tree};
use crate::helpers::{SECTOR, finished, found, groups, names, not_opened};

#[test]
fn one_bit_flipped_anywhere_in_the_log_is_found_and_named() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    // Every byte of the first header and of the first, a middle and the last group's header; the mark of one
    // sector in eight; and one byte of every sector, so that tables, bodies and paddings all have their share.
    let mut places: Vec<usize> = (0..64).collect();
    for start in [starts[0], starts[starts.len() / 2], starts[starts.len() - 1]] {
        places.extend(start..start + 96);
    }
    places.extend((SECTOR - 1..bytes.len()).step_by(8 * SECTOR));
    let somewhere = |sector| sector + usize::try_from(rng.below(SECTOR as u64)).unwrap();
    places.extend((0..bytes.len()).step_by(SECTOR).map(somewhere));
    let mut rng = Rng::new(seed() + 1);
    for (nth, place) in places.iter().copied().enumerate() {
        let mut flipped = bytes.clone();
        let bit = rng.below(8);
        flipped[place] ^= 1 << bit;
        fs::write(&file, &flipped).unwrap();
        let group = starts.iter().copied().filter(|start| *start <= place).max().unwrap_or(0);
        let named = found(dir.path(), &file);
        assert!(names(named, group, place), "bit {bit} of byte {place}: byte {named} is named");
        if nth % 8 == 0 {
            assert_eq!(not_opened(dir.path(), &file), named, "bit {bit} of byte {place}");
        }
    }
    println!("{} flips in {} groups of {} bytes", places.len(), starts.len(), bytes.len());
    fs::write(&file, &bytes).unwrap();
    sound(dir.path(), false);
}

#[test]
fn a_log_that_was_cut_is_found_out() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    // At every fourth group's edge, in the middle of sectors, and by one byte.
    let mut lengths: Vec<usize> = starts.iter().copied().skip(1).step_by(4).collect();
    lengths.extend((0..40).map(|_| usize::try_from(rng.below(bytes.len() as u64 - 600)).unwrap() + 600));
    lengths.extend([starts[starts.len() - 1], bytes.len() - 1, bytes.len() - SECTOR]);
    for length in lengths {
        fs::write(&file, &bytes[..length]).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "cut to {length} bytes");
        let finding = report.divergence.unwrap();
        assert!(finding.place.is_some() && finding.position.is_some(), "{finding}");
        let before = tree(dir.path());
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a log that was cut is taken up");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
        assert!(tree(dir.path()) == before, "{error}");
    }
}

#[test]
fn a_log_that_is_gone_is_not_begun_anew() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    for (what, rest) in [
        ("deleted", None),
        ("emptied", Some(Vec::new())),
        ("cut inside its header", Some(bytes[..100].to_vec())),
        ("cut behind its header", Some(bytes[..SECTOR].to_vec())),
        ("zeroed", Some(vec![0; bytes.len()])),
    ] {
        match rest {
            Some(rest) => fs::write(&file, rest).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "{what}");
        let before = tree(dir.path());
        match Host::open(HostOptions::new(dir.path())) {
            Err(_) => assert!(tree(dir.path()) == before, "{what}"),
            Ok(host) => {
                panic!("{what}: a checkpoint says what was there, and a new log is begun: {:?}", host.head())
            }
        }
    }
}

#[test]
fn what_is_appended_moved_repeated_or_left_out_is_found_out() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    let noise: Vec<u8> = (0..2 * SECTOR).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
    let marked = [&noise[..SECTOR - 1], &[0x5a]].concat();
    let group = |at: usize| &bytes[starts[at]..starts.get(at + 1).copied().unwrap_or(bytes.len())];
    let (a, b, c) = (starts[2], starts[3], starts[4]);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a byte behind", [&bytes[..], b"x"].concat()),
        ("half a sector behind", [&bytes[..], &noise[..256]].concat()),
        ("noise behind", [&bytes[..], &noise].concat()),
        ("a marked sector of noise behind", [&bytes[..], &marked].concat()),
        ("the last group again", [&bytes[..], group(starts.len() - 1)].concat()),
        ("an earlier group behind", [&bytes[..], group(2)].concat()),
        ("noise in the middle", [&bytes[..a], &noise, &bytes[a..]].concat()),
        ("a group left out", [&bytes[..a], &bytes[b..]].concat()),
        ("a group twice", [&bytes[..b], group(2), &bytes[b..]].concat()),
        ("two groups swapped", [&bytes[..a], group(3), group(2), &bytes[c..]].concat()),
        ("a group of zeros in the middle", [&bytes[..a], &vec![0; b - a], &bytes[b..]].concat()),
        ("another group's body", {
            let mut other = bytes.clone();
            other[b - SECTOR..b].copy_from_slice(&bytes[c - SECTOR..c]);
            other
        }),
    ];
    for (what, changed) in cases {
        fs::write(&file, changed).unwrap();
        let byte = found(dir.path(), &file);
        assert_eq!(not_opened(dir.path(), &file), byte, "{what}");
    }
    // Zeros behind the log are what a host writes ahead; they say nothing.
    fs::write(&file, [&bytes[..], &[0; 20 * SECTOR]].concat()).unwrap();
    sound(dir.path(), false);
    open(dir.path()).close().unwrap();
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_log_of_several_files_is_one_log() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "large");
    // Invocations of the largest input, until a second file is begun, and a few more.
    let input = vec![7; limits::INPUT_BYTES_MAX];
    let count = limits::SEGMENT_BYTES_MAX / limits::INPUT_BYTES_MAX as u64 + 8;
    let mut waiting = Vec::new();
    for at in 0..count {
        waiting.push(host.submit(desk.request(&host, "nothing", &input, &format!("{at}"))).unwrap());
        if waiting.len() == 32 {
            waiting.drain(..).for_each(|pending| assert!(block_on(pending).unwrap().receipt.outcome.is_ok()));
        }
    }
    waiting.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
    let head = host.head();
    host.close().unwrap();
    let files = [segment(dir.path()), dir.path().join("log/00000001.seg")];
    assert!(!dir.path().join("log/00000002.seg").exists());
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() <= limits::SEGMENT_BYTES_MAX));
    let (report, kept) = sound(dir.path(), false);
    assert_eq!((report.size, kept.0.len() as u64), (head.size, count));
    let host = open(dir.path());
    assert_eq!(host.head(), head);
    desk.ask(&host, "nothing", b"", "one more");
    host.close().unwrap();

    // Of the second file: its header, its first group, a byte of a body; and of the first its last bytes.
    let flip = |file: &Path, place: u64| {
        use std::os::unix::fs::FileExt as _;
        let open = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
        let mut byte = [0];
        open.read_exact_at(&mut byte, place).unwrap();
        byte[0] ^= 0x10;
        open.write_all_at(&byte, place).unwrap();
    };
    let last = fs::metadata(&files[0]).unwrap().len() - 1;
    for (file, place, byte) in [
        (&files[1], 3, Some(0)),
        (&files[1], 20, Some(0)),
        (&files[1], SECTOR as u64 + 5, Some(SECTOR)),
        (&files[1], 100_000, None),
        (&files[0], last, None),
    ] {
        flip(file, place);
        let named = found(dir.path(), file);
        assert!(byte.is_none_or(|byte| byte == named) && named as u64 <= place, "{named} for {place}");
        flip(file, place);
    }
    // Files gone, and files swapped.
    let aside = dir.path().join("aside");
    for gone in &files {
        fs::rename(gone, &aside).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "{}", gone.display());
        assert!(report.divergence.unwrap().place.is_some());
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a file is gone");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
        fs::rename(&aside, gone).unwrap();
    }
    fs::rename(&files[0], &aside).unwrap();
    fs::rename(&files[1], &files[0]).unwrap();
    fs::rename(&aside, &files[1]).unwrap();
    assert_eq!(found(dir.path(), &files[0]), 0);
}
