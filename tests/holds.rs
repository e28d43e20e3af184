//! A hold outlives the process that placed it, from a snapshot and from the log alone; one that is past its
//! deadline returns to its payer with the scope's next receipt, and an audit finds it all so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::time::Duration;

use common::escrow::Escrow;
use common::{CHIPS, block_on, open, scratch, snapshots, sound};
use icn_runtime::{Outcome, now_ms};

#[test]
fn a_hold_survives_a_restart_and_expires() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Escrow::open(&host);
    let all = i128::from(CHIPS);
    let deadline = now_ms() + 2_000;
    let (long, other, short) = (
        desk.hold(&host, now_ms() + 3_600_000, "long"),
        desk.hold(&host, now_ms() + 3_600_000, "other"),
        desk.hold(&host, deadline, "short"),
    );
    assert_eq!(desk.available(&host, "treasury"), all - 30);
    host.close().unwrap();

    // From the snapshot.
    assert_eq!(snapshots(dir.path()).len(), 1);
    let host = open(dir.path());
    assert_eq!(desk.available(&host, "treasury"), all - 30);
    assert_eq!(desk.call(&host, "settle", &long, "settle long").outcome, Outcome::Ok);
    assert_eq!((desk.available(&host, "till"), desk.available(&host, "treasury")), (7, all - 27));
    host.close().unwrap();

    // From the log alone.
    for snapshot in snapshots(dir.path()) {
        std::fs::remove_file(snapshot).unwrap();
    }
    let host = open(dir.path());
    assert_eq!(desk.call(&host, "settle", &other, "settle other").outcome, Outcome::Ok);
    assert_eq!(desk.call(&host, "settle", &other, "settle again").outcome, Outcome::Failed(-4));
    assert_eq!(desk.available(&host, "till"), 14);

    // Its deadline passes, whatever else happened until then.
    while now_ms() <= deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(desk.call(&host, "settle", &short, "settle short").outcome, Outcome::Failed(-4));
    assert_eq!((desk.available(&host, "till"), desk.available(&host, "treasury")), (14, all - 14));
    desk.call(&host, "nothing", &[], "nothing");
    let held = |(_, account): &(_, icn_runtime::Account)| account.debits_held + account.credits_held;
    assert_eq!(block_on(host.accounts()).iter().map(held).sum::<u128>(), 0, "what has ended leaves nothing");
    host.close().unwrap();
    sound(dir.path(), true);
}
