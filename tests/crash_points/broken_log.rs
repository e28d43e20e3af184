//! A log whose disk fails at any step.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use icn_runtime::{FaultPoint, Faults, Owner, RefusalCode};

use crate::common::{Desk, block_on, open, open_with, scratch};
use crate::town::reconciles;

/// Faults at one point, once it is armed, and from then on.
#[derive(Debug, Default)]
struct Broken {
    armed: Mutex<Option<FaultPoint>>,
    /// Checkpoints begun and not ended yet.
    writing: AtomicI32,
}

impl Faults for Broken {
    fn at(&self, point: FaultPoint) -> bool {
        let faulty = *self.armed.lock().unwrap() == Some(point);
        match point {
            FaultPoint::Checkpoint if !faulty => drop(self.writing.fetch_add(1, Ordering::SeqCst)),
            FaultPoint::Checkpointed => drop(self.writing.fetch_sub(1, Ordering::SeqCst)),
            _ => {}
        }
        faulty
    }
}

impl Broken {
    /// Arms it when no checkpoint is under way: one that is seen as a file may not have passed its last point yet.
    fn arm(&self, point: FaultPoint) {
        while self.writing.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        *self.armed.lock().unwrap() = Some(point);
    }
}

#[test]
fn a_log_that_ends_at_any_step_tells_the_truth_to_whoever_waits() {
    use FaultPoint::{Answered, Append, Appended, Checkpoint, Checkpointed};
    // Whether the caller is told that it went well, and whether it is in the log.
    let cases = [
        (Append, false, false),
        (Appended, false, true),
        (Answered, true, true),
        (Checkpoint, true, true),
        (Checkpointed, true, true),
    ];
    for (point, told, kept) in cases {
        let dir = scratch();
        let broken = Arc::new(Broken::default());
        let host = open_with(dir.path(), broken.clone());
        let desk = Desk::open(&host, "left");
        desk.ask(&host, "step", b"one", "one");
        crate::common::settled(&host, dir.path());
        broken.arm(point);
        let answer = desk.call(&host, "step", b"two", "two");
        assert_eq!(answer.is_ok(), told, "{point:?}: {answer:?}");
        if let Err(refusal) = answer {
            assert_eq!(refusal.code, RefusalCode::Unavailable, "{point:?}: {refusal}");
        }
        // The checkpoint is renewed within its interval.
        for _ in 0..1_000 {
            if block_on(host.alerts()).iter().any(|alert| alert.contains(&format!("({point:?})"))) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let refusal = host.submit(desk.request(&host, "step", b"three", "three")).err();
        assert_eq!(
            refusal.map(|refusal| refusal.code),
            Some(RefusalCode::Unavailable),
            "{point:?}: a gate is open"
        );
        assert!(host.close().is_err(), "{point:?}: a log that stopped cannot be closed well");

        let host = open(dir.path());
        let again = desk.call(&host, "step", b"two", "two");
        match again {
            Ok(_) => assert!(!kept, "{point:?}: it counts twice"),
            Err(refusal) => assert!(kept && refusal.code == RefusalCode::Replayed, "{point:?}: {refusal}"),
        }
        let till =
            block_on(host.account(desk.scope, Owner::parse("till").unwrap(), crate::common::chip())).unwrap();
        assert_eq!(till.balance(), 2, "{point:?}");
        host.close().unwrap();
        reconciles(dir.path(), &format!("{point:?}"));
    }
}
