//! Every schedule of what three scopes ask of one ledger: accounts that several of them touch, claims between them,
//! holds, settlements whole and in part, voids, expiries. On the machine itself, not on a model of it.
//!
//! After each step of each schedule (`schedules/world.rs`): no limit is passed, by what is posted and the open holds
//! alone; every unit of every scope sums to zero, posted and held apart; what one scope owes the other claims; all
//! that is held could be settled now; a refusal has changed no byte; the machine and the naive books answer the same
//! and are the same; and a machine that is read again from its books goes on as this one does, which is why schedules
//! that meet in one state are gone on with once.
//!
//! Where commands do not touch what others need, every order ends the same. Where they do, each test says which ends
//! there are, and that there is no other. The answers decide the books: two orders in which all were told the same
//! have the same books, but for the times in them.
//!
//! What was explored is printed (`--nocapture`): of the scenes with names 33 288 897 schedules in 17 210 states by 44 062
//! steps; of the generated ones, which are others each time (`ICN_SCHEDULES_CASES`), about a million in 40 000 states.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "schedules/explorer.rs"]
mod explorer;
#[path = "schedules/generated.rs"]
mod generated;
#[path = "schedules/sound.rs"]
mod sound;
#[path = "schedules/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use icn_core::name::{Bytes, Owner};
use icn_testkit::generate::did;
use icn_testkit::schedules::Explored;
use world::*;

/// Accounts with so much in each treasury and with each member, pools, and so much trust between all scopes.
fn opening(each: u64, trusted: u64) -> Vec<Command> {
    let mut commands = Vec::new();
    for scope in [P, Q, R] {
        commands.push(mint(treasury(scope), each));
        commands.push(mint(account(scope, member(scope)), each));
        commands.push(Command::Open { account: pool(scope) });
        let others = [P, Q, R].into_iter().filter(|other| *other != scope);
        commands.extend(others.map(|other| trust(scope, other, trusted)));
    }
    commands
}

/// The answers, with what expired, decide the books, but for times.
fn answers_decide_the_books(explored: &Explored<State>) -> Result<(), String> {
    let mut by_answers = BTreeMap::new();
    for end in &explored.ends {
        let (state, example) = (&end.state, &end.example);
        let told = (state.told(&[]), &state.expired);
        let (books, first) = by_answers.entry(told).or_insert_with(|| (state.timeless(), example));
        if *books != state.timeless() {
            let all = state.told(&[]);
            return Err(format!("{first:?} and {example:?} are told {all}, and the books are others"));
        }
    }
    Ok(())
}

/// Explores a world whose ends are these: what the actors are told, and the balances of these accounts.
fn ends(name: &str, world: &World, balances: &[AccountId], expected: &[impl AsRef<str>]) {
    let explored = world.explore(name);
    let mut found: BTreeMap<String, &Vec<usize>> = BTreeMap::new();
    for end in &explored.ends {
        found.entry(end.state.told(balances)).or_insert(&end.example);
    }
    let expected: BTreeSet<String> = expected.iter().map(|line| line.as_ref().to_owned()).collect();
    let other: Vec<_> = found.iter().filter(|(end, _)| !expected.contains(*end)).collect();
    assert!(other.is_empty(), "{name}: ends that are not allowed, and how they come about: {other:#?}");
    let missing: Vec<_> = expected.iter().filter(|end| !found.contains_key(*end)).collect();
    assert!(missing.is_empty(), "{name}: no schedule comes to {missing:#?}");
    answers_decide_the_books(&explored).unwrap();
}

/// Six steps each: both kinds of holds and of settlements, and payments between scopes, with enough of everything.
fn nothing_is_short() -> World {
    let mut world = World { opening: opening(10_000, 1_000), actors: Vec::new() };
    world.opening.push(limits(pool(Q), 0, Some(1_000)));
    for (who, name) in [(P, 10u8), (Q, 20), (R, 30)] {
        let next = (who + 1) % 3;
        let own = account(who, member(who));
        world.actors.push(vec![
            ask(who, [hold(name, who, Q, 60, FAR)]),
            ask(who, [pay(own.clone(), treasury(next), 10)]),
            ask(who, [hold(name + 1, who, who, 25, FAR), hold(name + 2, who, next, 5, FAR)]),
            ask(who, [settle(name, who, Q, Some(40))]),
            ask(who, [void(name + 1, who, who), settle(name + 2, who, next, None)]),
            ask(who, [pay(treasury(who), pool(Q), 7), pay(own, treasury(next), 3)]),
        ]);
    }
    world
}

#[test]
fn where_nothing_is_short_every_order_ends_the_same() {
    let explored = nothing_is_short().explore("nothing is short");
    let [end] = &explored.ends[..] else { panic!("{} ends", explored.ends.len()) };
    let told = end.state.told(&[treasury(P), treasury(Q), treasury(R), pool(P), pool(Q), pool(R)]);
    let each = "60 10 25+5 40 25+5 7+3";
    // Treasuries: 10 and 3 come in, 7 and 5 go out; of Q's also three times 40.
    assert_eq!(told, format!("{each} | {each} | {each} = 10001 9881 10001 5 146 5"));
    assert_eq!(explored.schedules, 17_153_136);
}

#[test]
fn of_holds_on_the_last_of_a_balance_those_stand_that_came_while_it_was_there() {
    let mut world = World { opening: opening(100, 0), actors: Vec::new() };
    world.actors.push(vec![ask(P, [hold(1, P, Q, 60, FAR)]), ask(P, [settle(1, P, Q, None)])]);
    world.actors.push(vec![ask(Q, [hold(2, Q, Q, 60, FAR)]), ask(Q, [settle(2, Q, Q, Some(30))])]);
    world.actors.push(vec![ask(R, [hold(3, R, Q, 40, FAR)]), ask(R, [void(3, R, Q)])]);
    let expected = [
        "60 60 | 60 30 | 40 40 = 10 90",
        "60 60 | 60 30 | insufficient unknown_hold = 10 90",
        "60 60 | insufficient unknown_hold | 40 40 = 40 60",
        "insufficient unknown_hold | 60 30 | 40 40 = 70 30",
    ];
    ends("the last of a balance", &world, &[treasury(Q), pool(Q)], &expected);
}

#[test]
fn what_is_held_for_an_account_leaves_no_room_for_what_other_scopes_pay() {
    let mut world = World { opening: opening(100, 100), actors: Vec::new() };
    world.opening.push(limits(pool(Q), 0, Some(100)));
    world.actors.push(vec![ask(P, [pay(account(P, member(P)), pool(Q), 60)])]);
    world.actors.push(vec![ask(Q, [hold(1, Q, Q, 50, FAR)]), ask(Q, [void(1, Q, Q)])]);
    world.actors.push(vec![ask(R, [pay(account(R, member(R)), pool(Q), 60)])]);
    let (fits, not) = ("50 50", "balance_max unknown_hold");
    let expected = [
        format!("60 | {fits} | balance_max = 60"),
        format!("60 | {not} | balance_max = 60"),
        format!("balance_max | {fits} | 60 = 60"),
        format!("balance_max | {not} | 60 = 60"),
        format!("balance_max | {fits} | balance_max = 0"),
    ];
    ends("the last of the room", &world, &[pool(Q)], &expected);
}

#[test]
fn a_hold_is_settled_in_time_or_expires_and_what_expired_can_be_spent() {
    let mut world = World { opening: opening(50, 100), actors: Vec::new() };
    let deadlines = [2000, 3000, 4000];
    for (who, deadline) in deadlines.into_iter().enumerate() {
        world.actors.push(vec![
            hosted(who, [hold(1, who, who, 50, deadline)]),
            hosted(who, [settle(1, who, who, None)]),
            hosted(who, [pay(treasury(who), pool(Q), 30)]),
        ]);
    }
    world.actors.push(deadlines.map(Step::Time).to_vec());
    // Asked for in time and settled in time; asked for in time and settled too late; asked for too late. Each scope for
    // itself, by its own deadline: what it is told, what is left in its treasury, what is in its pool, what went to Q's.
    let fates = [
        ("50 50 insufficient", 0, 50, 0),
        ("50 unknown_hold 30", 20, 0, 30),
        ("deadline unknown_hold 30", 20, 0, 30),
    ];
    let mut expected = Vec::new();
    for p in fates {
        for q in fates {
            for r in fates {
                let pools = [p.2, q.2 + p.3 + q.3 + r.3, r.2].map(|n: i32| n.to_string()).join(" ");
                expected.push(format!("{} | {} | {} = {} {} {} {pools}", p.0, q.0, r.0, p.1, q.1, r.1));
            }
        }
    }
    let balances = [treasury(P), treasury(Q), treasury(R), pool(P), pool(Q), pool(R)];
    ends("deadlines", &world, &balances, &expected);
}

#[test]
fn on_shared_accounts_each_is_told_what_it_would_be_told_alone_and_what_is_settled_adds_up() {
    let ticks = [2000, 3000, 4000];
    let actor = |who: usize| {
        let name = u8::try_from(who * 2).unwrap();
        vec![
            hosted(who, [hold(name, who, Q, 50, ticks[who])]),
            hosted(who, [settle(name, who, Q, Some(20 + u64::from(name)))]),
            hosted(who, [hold(name + 1, who, Q, 10, FAR)]),
            hosted(who, [void(name + 1, who, Q)]),
        ]
    };
    let clock = ticks.map(Step::Time).to_vec();
    // What each may be told, and what then is in the pool.
    let alone = [P, Q, R].map(|who| {
        let world = World { opening: opening(1_000, 0), actors: vec![actor(who), clock.clone()] };
        let ends = world.explore("one alone").ends;
        let told: BTreeSet<String> = ends.iter().map(|end| end.state.told(&[pool(Q)])).collect();
        assert_eq!(told.len(), 3, "settled, expired, or asked for too late: {told:?}");
        told.into_iter().map(|line| {
            let (told, settled) = line.split_once(" = ").unwrap();
            (told.to_owned(), settled.parse::<i64>().unwrap())
        })
    });
    let [p, q, r] = alone.map(Iterator::collect::<Vec<_>>);
    let mut expected = Vec::new();
    for p in &p {
        for q in &q {
            for r in &r {
                let sum = p.1 + q.1 + r.1;
                expected.push(format!("{} | {} | {} = {} {sum}", p.0, q.0, r.0, 1_000 - sum));
            }
        }
    }
    let actors = vec![actor(P), actor(Q), actor(R), clock];
    let world = World { opening: opening(1_000, 0), actors };
    ends("shared deadlines", &world, &[treasury(Q), pool(Q)], &expected);
}

#[test]
fn until_an_expiry_is_recorded_nothing_else_in_its_scope_is_done() {
    let mut world = World { opening: opening(100, 100), actors: Vec::new() };
    world.opening.push(hold(1, P, Q, 50, 2000));
    world.actors.push(vec![ask(P, [settle(1, P, Q, None)])]);
    world.actors.push(vec![ask(Q, [expire(1, Q)])]);
    world.actors.push(vec![ask(R, [pay(account(R, member(R)), treasury(Q), 10)])]);
    world.actors.push(vec![Step::Time(2000)]);
    let expected = [
        // Settled in time: there is nothing to expire.
        "50 | not_due | 10 = 60 50",
        "50 | unknown_hold | 10 = 60 50",
        // Looked at too early, and never again.
        "expiry_missing | not_due | 10 = 110 0",
        "expiry_missing | not_due | expiry_missing = 100 0",
        // Recorded; the others came before that, or after.
        "expiry_missing | 50 | 10 = 110 0",
        "expiry_missing | 50 | expiry_missing = 100 0",
        "unknown_hold | 50 | 10 = 110 0",
        "unknown_hold | 50 | expiry_missing = 100 0",
    ];
    ends("an expiry that is missing", &world, &[treasury(Q), pool(Q)], &expected);
}

#[test]
fn what_is_set_off_between_scopes_makes_room_under_the_trust_between_them() {
    let mut world = World { opening: opening(100, 12), actors: Vec::new() };
    let to = |who: usize, scope: usize, amount| {
        ask(who, [pay(account(who, member(who)), treasury(scope), amount)])
    };
    world.actors.push(vec![to(P, Q, 10), to(P, Q, 6)]);
    world.actors.push(vec![to(Q, P, 4)]);
    world.actors.push(vec![ask(R, [Command::Net { a: did(P), b: did(Q), unit: unit() }])]);
    let expected = [
        "10 6 | 4 | 4 = 12 0",
        "10 insufficient | 4 | 4 = 6 0",
        "10 insufficient | 4 | nothing_to_net = 10 -4",
    ];
    let balances = [account(P, Owner::Owed(did(Q))), account(P, Owner::Claim(did(Q)))];
    ends("setting off", &world, &balances, &expected);
}

#[test]
fn linked_groups_over_three_scopes_are_held_whole_or_not_at_all() {
    let mut world = World { opening: opening(100, 0), actors: Vec::new() };
    for who in [P, Q, R] {
        let next = (who + 1) % 3;
        let name = u8::try_from(who).unwrap();
        world.actors.push(vec![
            ask(who, [hold(name, who, who, 60, FAR), hold(name + 10, who, next, 60, FAR)]),
            ask(who, [settle(name, who, who, None), settle(name + 10, who, next, Some(10))]),
        ]);
    }
    let (done, not) = ("60+60 60+10", "insufficient unknown_hold");
    // Each leaves too little for the one before it in the ring, and enough for the one after.
    let expected = [
        format!("{done} | {not} | {not} = 40 90 100"),
        format!("{not} | {done} | {not} = 100 40 90"),
        format!("{not} | {not} | {done} = 90 100 40"),
        format!("{done} | {done} | {not} = 40 30 90"),
        format!("{not} | {done} | {done} = 90 40 30"),
        format!("{done} | {not} | {done} = 30 90 40"),
    ];
    ends("linked groups in a ring", &world, &[treasury(P), treasury(Q), treasury(R)], &expected);
}

#[test]
fn freezing_stops_a_settlement_and_no_limit_is_set_below_what_is_held() {
    let mut world = World { opening: opening(100, 0), actors: Vec::new() };
    world.actors.push(vec![ask(P, [hold(1, P, Q, 60, FAR)]), ask(P, [settle(1, P, Q, None)])]);
    let (freeze, unfreeze) = (Command::Freeze { account: pool(Q) }, Command::Unfreeze { account: pool(Q) });
    world.actors.push(vec![ask(Q, [freeze]), ask(Q, [unfreeze])]);
    world.actors.push(vec![ask(R, [limits(pool(Q), 0, Some(50))])]);
    let expected = [
        "60 60 | 0 0 | limit_broken = 40 60",
        "60 frozen | 0 0 | limit_broken = 100 0",
        "frozen unknown_hold | 0 0 | 0 = 100 0",
        "balance_max unknown_hold | 0 0 | 0 = 100 0",
    ];
    ends("freezing and limits", &world, &[treasury(Q), pool(Q)], &expected);
    // Closing lets the hold end that was there.
    world.actors[1] = vec![ask(Q, [Command::Close { account: pool(Q) }])];
    world.actors.pop();
    let expected = ["60 60 | 0 = 40 60", "closed unknown_hold | 0 = 100 0"];
    ends("closing", &world, &[treasury(Q), pool(Q)], &expected);
}

#[test]
fn what_is_held_counts_against_a_cap_until_it_returns() {
    let mut world = World { opening: opening(1_000, 0), actors: Vec::new() };
    let cap = CapKey { scope: did(Q), unit: unit(), level: Level::Scope, window_ms: None };
    world.opening.push(Command::SetCap { cap, max: Some(100), soft: None });
    world.actors.push(vec![ask(P, [hold(1, P, Q, 60, FAR)]), ask(P, [void(1, P, Q)])]);
    world.actors.push(vec![ask(Q, [pay(treasury(Q), pool(Q), 40)])]);
    world.actors.push(vec![ask(R, [hold(2, R, Q, 60, FAR)]), ask(R, [settle(2, R, Q, Some(20))])]);
    let expected = [
        "60 60 | 40 | 60 20 = 60",
        "cap_passed unknown_hold | 40 | 60 20 = 60",
        "60 60 | 40 | cap_passed unknown_hold = 40",
        "60 60 | cap_passed | 60 20 = 20",
    ];
    ends("a cap", &world, &[pool(Q)], &expected);
}

#[test]
fn a_group_that_is_sent_three_times_at_once_is_applied_once() {
    let own = account(P, member(P));
    let send = |amount| {
        let commands = vec![pay(own.clone(), treasury(Q), amount)];
        Step::Ask { who: P, id: Some(Bytes([7; 16])), commands }
    };
    let mut world = World { opening: opening(100, 100), actors: Vec::new() };
    world.actors = vec![vec![send(10)], vec![send(10)], vec![send(10)]];
    ends("the same id", &world, &[own.clone(), treasury(Q)], &["10 | 10 | 10 = 90 110"]);
    world.actors[2] = vec![send(11)];
    let expected = ["10 | 10 | id_taken = 90 110", "id_taken | id_taken | 11 = 89 111"];
    ends("an id for two groups", &world, &[own.clone(), treasury(Q)], &expected);
    // An id that was refused stays refused, also when what was missing has come in the meantime.
    let more = vec![pay(account(Q, member(Q)), own.clone(), 50)];
    world.actors = vec![vec![send(120), send(120)], vec![Step::Ask { who: Q, id: None, commands: more }]];
    world.opening.push(trust(Q, P, 200));
    let expected = ["120 120 | 50 = 30 220", "insufficient insufficient | 50 = 150 100"];
    ends("an id that was refused", &world, &[own, treasury(Q)], &expected);
}
