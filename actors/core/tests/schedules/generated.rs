//! Generated scenes: three actors' steps over few accounts, with the time going on beside them.

use std::cell::Cell;

use icn_testkit::generate::{self, ByteSource};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::world::*;
use crate::{answers_decide_the_books, opening};

/// Steps of an actor.
const STEPS: usize = 3;
const TICKS: [u64; 2] = [2000, 3000];

fn scope(source: &mut ByteSource<'_>) -> usize {
    source.pick(&[Q, Q, P, R])
}

/// What an actor of a scope does next. Its holds have names of its own; `last` is the one that it asked for last.
fn command(source: &mut ByteSource<'_>, who: usize, last: &mut (u8, usize, u64), timed: bool) -> Command {
    let deadline = if timed { source.pick(&[TICKS[0], TICKS[1], FAR]) } else { FAR };
    let amount = source.pick(&[10, 20, 40, 50, 60, 70]);
    let (name, at, held) = *last;
    match source.below(16) {
        _ if name == 0 => {
            *last = (u8::try_from(who * 8 + 1).unwrap(), scope(source), amount);
            hold(last.0, who, last.1, amount, deadline)
        }
        0..3 => {
            *last = (name + 1, scope(source), amount);
            hold(last.0, who, last.1, amount, deadline)
        }
        3..6 => settle(name, who, at, None),
        6..8 => settle(name, who, at, Some(held / 2)),
        8 | 9 => void(name, who, at),
        10 if timed => expire(name, at),
        // What others placed is not theirs to end.
        11 if timed => void(u8::try_from((who + 1) % 3 * 8 + 1).unwrap(), who, scope(source)),
        12 => pay(treasury(scope(source)), pool(Q), amount),
        _ => pay(account(who, member(who)), treasury(scope(source)), amount),
    }
}

/// A world in which things are short, and time goes on; or one in which nothing is, and it does not.
fn world(source: &mut ByteSource<'_>, short: bool) -> World {
    let mut world = World { opening: opening(if short { 100 } else { 10_000 }, 50), actors: Vec::new() };
    if short {
        world.opening.push(limits(pool(Q), 0, Some(source.pick(&[60, 110, 150]))));
        world.opening.push(limits(treasury(R), source.pick(&[0, 30]), None));
        world.actors.push(TICKS.into_iter().map(Step::Time).take(source.below(3)).collect());
    } else {
        let pairs = [(P, Q), (P, R), (Q, P), (Q, R), (R, P), (R, Q)];
        world.opening.extend(pairs.map(|(a, b)| trust(a, b, 10_000)));
    }
    for who in [P, Q, R] {
        let mut last = (0, Q, 0);
        let mut step = |_| {
            // Groups of two are whole or not at all.
            let commands = (0..source.pick(&[1, 1, 1, 2])).map(|_| command(source, who, &mut last, short));
            let commands: Vec<Command> = commands.collect();
            let is_raw = short && source.once_in(4);
            if is_raw { ask(who, commands) } else { hosted(who, commands) }
        };
        world.actors.push((0..STEPS).map(&mut step).collect());
    }
    world
}

/// `ICN_SCHEDULES_CASES` says how many scenes of each kind, 24 if nothing does.
fn run(short: bool) {
    let cases = std::env::var("ICN_SCHEDULES_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..Default::default() };
    let (schedules, states, most) = (Cell::new(0), Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&generate::bytes(160), |input| {
            let world = world(&mut ByteSource::new(&input.0), short);
            let explored = icn_testkit::schedules::explore(&world)
                .map_err(|broken| TestCaseError::fail(format!("{broken}\n{world:#?}")))?;
            schedules.set(schedules.get() + explored.schedules);
            states.set(states.get() + explored.states);
            most.set(most.get().max(explored.ends.len()));
            answers_decide_the_books(&explored).map_err(TestCaseError::fail)?;
            if !short {
                prop_assert_eq!(explored.ends.len(), 1, "every order ends the same");
                let together = &explored.ends[0].state.answers;
                for (steps, told) in world.actors.iter().zip(together) {
                    let alone = World { opening: world.opening.clone(), actors: vec![steps.clone()] };
                    let alone = icn_testkit::schedules::explore(&alone).unwrap();
                    prop_assert_eq!(&alone.ends[0].state.answers[0], told, "told what it is told alone");
                }
            }
            Ok(())
        })
        .unwrap();
    let (schedules, states, most) = (schedules.get(), states.get(), most.get());
    println!("{cases} generated scenes: {schedules} schedules, {states} states, at most {most} ends of one");
    assert!(!short || cases < 24 || most > 3, "the orders make a difference");
}

#[test]
fn generated_scenes_hold_in_every_order_and_their_answers_decide_the_books() {
    run(true);
}

#[test]
fn generated_scenes_in_which_nothing_is_short_end_the_same_in_every_order() {
    run(false);
}
