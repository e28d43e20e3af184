//! What one scope, one disk or one caller must not do to the others.

use std::time::Duration;

use futures::FutureExt as _;
use icn_runtime::{Committed, Did, FaultPoint, InvocationId, Outcome, Refusal, RefusalCode, ScopeError};

use crate::common::{CHIPS, Desk, block_on, open, probe_spec, scratch, sound};
use crate::helpers::{back, balance, broken_host, memory_is_the_logs_fold};

#[test]
fn a_disk_that_fails_closes_the_gate_and_nothing_unanswered_is_claimed() {
    for (burst, after) in [(1, 0), (40, 0), (40, 2)] {
        let dir = scratch();
        let (host, plan) = broken_host(dir.path());
        let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
        ours.ask(&host, "step", b"good", "good");
        theirs.ask(&host, "step", b"good", "good");
        let before = host.head();
        plan.arm(FaultPoint::Append, after, u32::MAX);
        let submit = |desk: &Desk, at: u32| {
            host.submit(desk.request(&host, "step", &at.to_be_bytes(), &format!("step {at}")))
        };
        // Bursts until the fault is met: how many groups one burst makes is the machine's own affair.
        let mut answers: Vec<(Did, InvocationId, Result<Committed, Refusal>)> = Vec::new();
        let mut steps = 0;
        while answers.iter().all(|(_, _, answer)| answer.is_ok()) {
            let mut pending = Vec::new();
            for at in steps..steps + burst {
                for desk in [&ours, &theirs] {
                    pending.push((desk.scope, desk.id(&format!("step {at}")), submit(desk, at)));
                }
            }
            steps += burst;
            answers.extend(
                pending.into_iter().map(|(scope, id, pending)| (scope, id, pending.and_then(block_on))),
            );
        }
        let good: Vec<_> = answers
            .iter()
            .filter_map(|(scope, id, answer)| {
                answer.as_ref().ok().map(|committed| (*scope, *id, committed.id))
            })
            .collect();
        for (_, _, answer) in &answers {
            if let Err(refusal) = answer {
                assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
            }
        }
        // Whatever was appended before the fault was answered; nothing else moved the head.
        assert_eq!(host.head().size, before.size + good.len() as u64);
        // Whoever was told finds the gate closed already, and so does everybody else.
        for desk in [&ours, &theirs] {
            let refusal = submit(desk, u32::MAX).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Unavailable);
            assert!(refusal.message.contains("stopped taking invocations"), "{refusal}");
        }
        let stopped =
            |alert: &String| alert.contains("the host stopped") && alert.contains("fault of the disk");
        assert!(block_on(host.alerts()).iter().any(stopped), "{:?}", block_on(host.alerts()));
        assert!(host.close().is_err(), "a log that stopped cannot be closed well");

        // Replayed, the directory stands where the answers said.
        let (_, kept) = sound(dir.path(), true);
        assert_eq!(kept.0.len(), 2 + good.len());
        let host = open(dir.path());
        for (scope, id, answer) in &answers {
            let found = block_on(host.receipt_of(scope, *id));
            assert_eq!(found, answer.as_ref().ok().map(|committed| committed.id));
        }
        for desk in [&ours, &theirs] {
            for at in 0..steps {
                let again = desk.call(&host, "step", &at.to_be_bytes(), &format!("step {at}"));
                assert!(
                    again.is_ok_and(|done| done.receipt.outcome.is_ok())
                        || good.iter().any(|(scope, id, _)| {
                            (*scope, *id) == (desk.scope, desk.id(&format!("step {at}")))
                        })
                );
            }
            assert_eq!(balance(&host, desk, "till"), i128::from(steps) + 1);
            assert_eq!(balance(&host, desk, "treasury"), i128::from(CHIPS) - i128::from(steps) - 1);
        }
        memory_is_the_logs_fold(&host, dir.path());
    }
}

#[test]
fn a_guest_that_never_ends_does_not_keep_the_other_scopes_of_its_arbiter() {
    const FUEL: u64 = 2_000_000_000;
    let dir = scratch();
    let (host, _) = broken_host(dir.path());
    let (loops, works) = (Desk::open(&host, "loops"), Desk::open(&host, "works"));
    let endless = loops.invocation(&host, "spin", b"", "spin").with_fuel(FUEL);
    let mut spinning = host.submit(icn_runtime::Request::sign(&endless, &loops.admin)).unwrap();
    let behind = host.submit(loops.request(&host, "step", b"behind", "behind")).unwrap();
    let mut served = 0u8;
    let spun = loop {
        match (&mut spinning).now_or_never() {
            Some(answer) => break answer,
            None if served == 20 => break block_on(spinning),
            None => drop(works.ask(&host, "step", &[served], &format!("step {served}"))),
        }
        served += 1;
    };
    // The last one may have been answered when the guest was over; those before were answered while it ran.
    assert!(served >= 4, "{served} invocations were served while the guest ran");
    let spun = spun.unwrap();
    let Outcome::Trapped(trap) = &spun.receipt.outcome else { panic!("{:?}", spun.receipt.outcome) };
    assert_eq!(trap.kind, icn_runtime::TrapKind::OutOfFuel, "fuel ends it, and not the clock");
    assert_eq!(spun.receipt.fuel, FUEL);
    assert!(block_on(behind).unwrap().receipt.outcome.is_ok(), "its own scope goes on behind it");
    host.close().unwrap();
    let (_, kept) = sound(dir.path(), false);
    assert_eq!(kept.0.len(), usize::from(served) + 2);
}

#[test]
fn a_scope_whose_opener_went_away_is_open_or_can_be_opened() {
    for polls in 1..=6 {
        let dir = scratch();
        let host = open(dir.path());
        let desk = Desk::of("ours");
        let opening = || {
            let (key, spec) = probe_spec("ours");
            host.open_scope(key, spec)
        };
        {
            // A caller that gives up after so many looks.
            let mut given_up = std::pin::pin!(opening());
            for _ in 0..polls {
                if given_up.as_mut().now_or_never().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        match block_on(opening()) {
            Ok(_) | Err(ScopeError::Exists(_)) => back(&host, &desk),
            Err(error) => panic!("after {polls} looks: {error}"),
        }
        desk.ask(&host, "step", b"x", "x");
        host.close().unwrap();
        let (report, _) = sound(dir.path(), true);
        assert_eq!(report.scopes, 1);
        open(dir.path()).close().unwrap();
    }
}
