//! Schedules of `HeadCell`.

use icn_loom_tests::{Preemptions, Sighting, explore};
use icn_sync::{Head, HeadCell};
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use std::sync::Arc;

/// A head all of whose bytes follow from its size, so that a torn pair shows.
fn head(size: u8) -> Head {
    Head { size: u64::from(size), root: [size; 32] }
}

fn is_whole(head: Head) -> bool {
    head.root.iter().all(|&byte| u64::from(byte) == head.size)
}

#[test]
fn a_reader_never_sees_a_torn_head() {
    let (old, new, between) = (Sighting::default(), Sighting::default(), Sighting::default());
    let noted = (old.clone(), new.clone(), between.clone());
    explore(Preemptions::Any, move || {
        let (mut writer, cell) = HeadCell::new(head(1));
        let thread = thread::spawn(move || writer.publish(head(2)));
        let read = cell.try_read();
        noted.0.note(read == Some(head(1)));
        noted.1.note(read == Some(head(2)));
        noted.2.note(read.is_none());
        assert!(read.is_none_or(is_whole), "{read:?}");
        thread.join().unwrap();
        assert_eq!(cell.try_read(), Some(head(2)));
    });
    assert!(old.happened() && new.happened() && between.happened());
}

#[test]
fn a_reader_never_sees_a_torn_head_of_two_publications() {
    explore(Preemptions::AtMost(3), || {
        let (mut writer, cell) = HeadCell::new(head(1));
        let thread = thread::spawn(move || {
            writer.publish(head(2));
            writer.publish(head(3));
        });
        let read = cell.try_read();
        assert!(read.is_none_or(is_whole), "{read:?}");
        thread.join().unwrap();
        assert_eq!(cell.try_read(), Some(head(3)));
    });
}

#[test]
fn a_reader_never_sees_the_log_go_back() {
    let grew = Sighting::default();
    let noted = grew.clone();
    explore(Preemptions::AtMost(3), move || {
        let (mut writer, cell) = HeadCell::new(head(1));
        let thread = thread::spawn(move || writer.publish(head(2)));
        if let (Some(first), Some(second)) = (cell.try_read(), cell.try_read()) {
            noted.note(first.size < second.size);
            assert!(first.size <= second.size, "{first:?} then {second:?}");
        }
        thread.join().unwrap();
    });
    assert!(grew.happened());
}

#[test]
fn whoever_was_told_of_a_head_reads_it_or_a_later_one() {
    let told = Sighting::default();
    let noted = told.clone();
    explore(Preemptions::AtMost(3), move || {
        let (mut writer, cell) = HeadCell::new(head(1));
        let answer = Arc::new(AtomicU64::new(1));
        let thread = {
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                writer.publish(head(2));
                answer.store(2, Ordering::Release);
            })
        };
        let size = answer.load(Ordering::Acquire);
        noted.note(size == 2);
        assert!(cell.try_read().is_none_or(|head| head.size >= size));
        thread.join().unwrap();
    });
    assert!(told.happened());
}

#[test]
fn a_reader_that_meets_the_writer_comes_to_an_end() {
    explore(Preemptions::AtMost(3), || {
        let (mut writer, cell) = HeadCell::new(head(1));
        let thread = thread::spawn(move || writer.publish(head(2)));
        assert!(is_whole(cell.read()));
        thread.join().unwrap();
        assert_eq!(cell.read(), head(2));
    });
}
