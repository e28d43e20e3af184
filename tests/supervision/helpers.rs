//! A host with planned faults, and the comparison of its memory with its log.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use icn_runtime::{FaultPoint, Faults, Host, Owner, Refusal, RefusalCode, limits};

use crate::common::{Desk, Kept, block_on, chip, copy, open, open_with, scratch, sound, standing};

/// A scope may panic so often before it is quarantined.
pub(crate) const RESTARTS_MAX: u8 = 3;

const _: () = assert!(RESTARTS_MAX as usize == limits::RESTARTS_MAX);

/// Faults that a test arms: at this point, after so many times that nothing happens, so many times.
#[derive(Debug, Default)]
pub(crate) struct Plan(pub(crate) Mutex<Vec<(FaultPoint, u32, u32)>>);

impl Plan {
    pub(crate) fn arm(&self, point: FaultPoint, after: u32, times: u32) {
        self.0.lock().unwrap().push((point, after, times));
    }
    pub(crate) fn disarm(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl Faults for Plan {
    fn at(&self, point: FaultPoint) -> bool {
        let mut armed = self.0.lock().unwrap();
        for (_, after, times) in armed.iter_mut().filter(|(at, ..)| *at == point) {
            if *after > 0 {
                *after -= 1;
            } else if *times > 0 {
                *times -= 1;
                return true;
            }
        }
        false
    }
}

pub(crate) fn broken_host(data: &Path) -> (Host, Arc<Plan>) {
    let plan = Arc::new(Plan::default());
    (open_with(data, plan.clone()), plan)
}

/// Waits until a scope answers again.
pub(crate) fn back(host: &Host, desk: &Desk) {
    for _ in 0..2_000 {
        if block_on(host.view(&desk.scope)).is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the scope does not come back: {:?}", block_on(host.alerts()));
}

pub(crate) fn balance(host: &Host, desk: &Desk, owner: &str) -> i128 {
    block_on(host.account(desk.scope, Owner::parse(owner).unwrap(), chip())).unwrap().balance()
}

/// The log as it is on the disk of a running host that nobody asks anything: it holds, and another host that
/// folds it from zero stands where this one does.
pub(crate) fn memory_is_the_logs_fold(host: &Host, data: &Path) -> Kept {
    let ours = standing(host);
    // A copy, so that the audit goes to the log's end: of a directory in use it reads what the checkpoint covers.
    let elsewhere = scratch();
    copy(data, elsewhere.path());
    let (_, kept) = sound(elsewhere.path(), true);
    for snapshot in crate::common::snapshots(elsewhere.path()) {
        std::fs::remove_file(snapshot).unwrap();
    }
    assert_eq!(standing(&open(elsewhere.path())), ours, "memory is not the fold of the log");
    kept
}

pub(crate) fn unavailable(answer: Result<icn_runtime::Committed, Refusal>) -> Refusal {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
    refusal
}
