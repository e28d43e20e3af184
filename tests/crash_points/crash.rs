//! A host that is killed at any step.

use std::collections::BTreeSet;
use std::path::Path;

use crate::camera::Image;
use crate::common::escrow::Escrow;
use crate::common::{Desk, Rng, block_on, open, scratch, seed};
use crate::town::{Town, WAVES, images, receipts, reconciles, recovered, write};

/// A sector of the log: what a disk writes whole or not.
const SECTOR: usize = 512;

#[test]
fn a_crash_at_any_step_loses_no_answer_holds_nothing_and_is_gone_on_with() {
    let images = images();
    let seen: BTreeSet<&String> = images.iter().flat_map(|image| &image.points).collect();
    println!("{} disks at {seen:?}", images.len());
    for point in
        ["Run", "HandOver", "HandedOver", "Append", "Appended", "Answered", "Checkpoint", "Checkpointed"]
    {
        assert!(seen.contains(&point.to_owned()), "{point} was not met");
    }
    let opened = images.iter().position(|image| !image.answered.is_empty()).unwrap();
    let mut resumed = 0;
    for (at, image) in images.iter().enumerate() {
        let what = format!("disk {at} of {}, at {:?}", images.len(), image.points);
        let dir = scratch();
        write(&image.disk, dir.path());
        let (_, kept) = recovered(dir.path(), &image.answered, &what);
        reconciles(dir.path(), &what);
        // Whoever opens the scopes starts anew, before that; `recovery` has the beginnings.
        if at < opened {
            continue;
        }
        resumed += 1;
        let host = open(dir.path());
        let town = Town { left: Desk::of("left"), right: Desk::of("right"), escrow: Escrow::of() };
        town.ask_all(&host, &kept, |_| ());
        town.ends_well(&host);
        for (id, account) in block_on(host.accounts()) {
            let held = (account.debits_held, account.credits_held);
            assert_eq!(held, (0, 0), "{what}: of {id:?} something remains held: {account:?}");
        }
        host.close().unwrap();
        let (_, kept) = receipts(dir.path());
        assert_eq!(kept.len(), WAVES.concat().len(), "{what}: each of them once");
        reconciles(dir.path(), &what);
    }
    println!("{resumed} were gone on with");
    assert!(resumed >= 5, "{resumed}");
}

/// The sectors in which two states of the log's file differ; the shorter one ends in zeros.
fn differing(before: &[u8], after: &[u8]) -> Vec<usize> {
    let sector = |bytes: &[u8], at: usize| {
        let mut sector = [0; SECTOR];
        let rest = bytes.get(at * SECTOR..).unwrap_or_default();
        let length = rest.len().min(SECTOR);
        sector[..length].copy_from_slice(&rest[..length]);
        sector
    };
    (0..after.len().div_ceil(SECTOR)).filter(|at| sector(before, *at) != sector(after, *at)).collect()
}

#[test]
fn a_crash_in_the_middle_of_a_write_keeps_the_group_whole_or_not_at_all() {
    let images = images();
    let log = Path::new("log/00000000.seg");
    let mut random = Rng::new(seed());
    let (mut groups, mut cut) = (0, 0);
    for pair in images.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let Some(new) = after.disk.get(log) else { continue };
        let nothing = Vec::new();
        let old = before.disk.get(log).unwrap_or(&nothing);
        let sectors = differing(old, new);
        if sectors.is_empty() || !after.points.contains("Appended") || old.is_empty() {
            continue;
        }
        groups += 1;
        let size = |image: &Image| {
            let dir = scratch();
            write(&image.disk, dir.path());
            recovered(dir.path(), &image.answered, "whole").0
        };
        let (size_before, size_after) = (size(before), size(after));
        // Sectors arrive in any order: every prefix of them, and some of them by chance.
        let mut arrived: Vec<Vec<usize>> = (0..sectors.len()).map(|to| sectors[..to].to_vec()).collect();
        for _ in 0..6 {
            arrived.push(sectors.iter().copied().filter(|_| random.below(2) == 0).collect());
        }
        for arrived in arrived {
            let mut bytes = old.clone();
            bytes.resize(old.len().max(new.len()), 0);
            for at in &arrived {
                let range = at * SECTOR..((at + 1) * SECTOR).min(new.len());
                bytes[range.clone()].copy_from_slice(&new[range]);
            }
            let mut disk = before.disk.clone();
            disk.insert(log.to_owned(), bytes);
            let dir = scratch();
            write(&disk, dir.path());
            let what = format!("{arrived:?} of {sectors:?} arrived");
            let (size, _) = recovered(dir.path(), &before.answered, &what);
            let whole = arrived.len() == sectors.len();
            assert_eq!(size, if whole { size_after } else { size_before }, "{what}");
            cut += 1;
        }
    }
    println!("{groups} groups, {cut} cuts");
    assert!(groups >= 5 && cut >= 30, "{groups} groups, {cut} cuts");
}
