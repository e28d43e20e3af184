//! Single flight, its queue and its bounds, with a maker that does what the block's bytes say, when it is let.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};

use futures::executor::block_on;
use icn_core::name::Codec;

use super::*;

/// Makes a block's text; refuses `bad…`, panics at `panic…`, and makes `slow…` only when the gate is open.
#[derive(Default)]
struct Texts {
    made: Mutex<Vec<String>>,
    kept: Mutex<Vec<String>>,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Maker for Texts {
    type Made = String;
    fn make(&self, block: &Block) -> Outcome<String> {
        let text = String::from_utf8(block.bytes().to_vec()).unwrap();
        if text.starts_with("slow") {
            let _open = self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap();
        }
        self.made.lock().unwrap().push(text.clone());
        assert!(!text.starts_with("panic"), "as the block asks");
        let bytes = text.len();
        let made = if text.starts_with("bad") { Err(Rejected::new(text)) } else { Ok((text, bytes)) };
        Outcome { made, loaded: false, discarded: false }
    }
    fn keep(&self, made: &String) {
        self.kept.lock().unwrap().push(made.clone());
        assert!(made != "unkeepable", "as the block asks");
    }
}

fn flights(limits: CacheLimits) -> Arc<Flights<Texts>> {
    Arc::new(Flights::new(Texts::default(), limits))
}
fn block(text: &str) -> Block {
    Block::new(Codec::Raw, text.as_bytes().to_vec())
}
fn open(flights: &Flights<Texts>) {
    *flights.maker.open.lock().unwrap() = true;
    flights.maker.opened.notify_all();
}
fn made(flights: &Flights<Texts>) -> Vec<String> {
    flights.maker.made.lock().unwrap().clone()
}

#[test]
fn whoever_asks_while_it_is_made_gets_the_same_thing() {
    let flights = flights(CacheLimits::default());
    let asked: Vec<_> = (0..64).map(|_| flights.get(&block("slow"), Purpose::Install)).collect();
    assert_eq!(flights.stats().compiling, 1);
    open(&flights);
    let got: Vec<Arc<String>> = asked.into_iter().map(|one| block_on(one).unwrap()).collect();
    assert!(got.iter().all(|one| Arc::ptr_eq(one, &got[0])));
    assert_eq!(made(&flights), ["slow"]);
    assert_eq!(flights.stats().compiled, 1);
}

#[test]
fn threads_and_queue_are_bounded_and_what_is_installed_goes_first() {
    let limits = CacheLimits { compiles_at_once: 1, compiles_waiting: 2, ..CacheLimits::default() };
    let flights = flights(limits);
    let running = flights.get(&block("slow"), Purpose::Install);
    let first = flights.get(&block("install 1"), Purpose::Install);
    let second = flights.get(&block("install 2"), Purpose::Install);
    let refused = block_on(flights.get(&block("install 3"), Purpose::Install)).unwrap_err();
    assert_eq!(refused, CacheError::Busy { waiting_max: 2 });
    // What waits already can be waited for, and what is installed finds a place.
    let joined = flights.get(&block("install 2"), Purpose::Install);
    let installed = flights.get(&block("installed"), Purpose::Installed);
    let stats = flights.stats();
    assert_eq!((stats.compiling, stats.waiting, stats.busy), (1, 3, 1));

    open(&flights);
    for flight in [running, first, second, joined, installed] {
        block_on(flight).unwrap();
    }
    assert_eq!(made(&flights), ["slow", "installed", "install 1", "install 2"]);
    // Busy was no verdict: there is room now.
    assert_eq!(*block_on(flights.get(&block("install 3"), Purpose::Install)).unwrap(), "install 3");
}

#[test]
fn what_is_installed_is_kept_once_and_what_is_not_is_not() {
    let flights = flights(CacheLimits::default());
    let kept = || flights.maker.kept.lock().unwrap().clone();
    let asked = block("asked for");
    let made = block_on(flights.get(&asked, Purpose::Install)).unwrap();
    assert_eq!(kept(), Vec::<String>::new());
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&made, &block_on(flights.get(&asked, Purpose::Installed)).unwrap()));
        assert_eq!(kept(), ["asked for"]);
    }
    // Asked for by both at once, whoever came first.
    let (new, installed) =
        (flights.get(&block("slow"), Purpose::Install), flights.get(&block("slow"), Purpose::Installed));
    open(&flights);
    assert!(Arc::ptr_eq(&block_on(new).unwrap(), &block_on(installed).unwrap()));
    assert_eq!(kept(), ["asked for", "slow"]);
    // What cannot be kept is there all the same.
    assert_eq!(*block_on(flights.get(&block("unkeepable"), Purpose::Installed)).unwrap(), "unkeepable");
    assert_eq!((flights.stats().compiled, flights.stats().refused), (3, 0));
}

#[test]
fn a_panic_is_a_refusal_that_is_remembered_and_the_thread_goes_on() {
    let limits = CacheLimits { compiles_at_once: 1, ..CacheLimits::default() };
    let flights = flights(limits);
    let slow = flights.get(&block("slow"), Purpose::Install);
    let (panics, after) = (block("panic"), block("after"));
    let (panicked, good) = (flights.get(&panics, Purpose::Install), flights.get(&after, Purpose::Install));
    open(&flights);
    let CacheError::Rejected(why) = block_on(panicked).unwrap_err() else { panic!("a verdict") };
    assert!(why.what.contains("panicked"), "{why}");
    assert_eq!((block_on(slow).is_ok(), block_on(good).is_ok()), (true, true));
    assert_eq!(block_on(flights.get(&panics, Purpose::Install)).unwrap_err(), CacheError::Rejected(why));
    assert_eq!(made(&flights), ["slow", "panic", "after"], "each once");
    assert_eq!((flights.stats().refused, flights.stats().compiled), (1, 2));
}

#[test]
fn refusals_are_bounded_and_push_out_nothing_good() {
    let limits = CacheLimits { refused_modules: 8, ..CacheLimits::default() };
    let flights = flights(limits);
    let good = block_on(flights.get(&block("good"), Purpose::Install)).unwrap();
    for n in 0..1_000 {
        block_on(flights.get(&block(&format!("bad {n}")), Purpose::Install)).unwrap_err();
        assert!(flights.stats().refusals <= 8);
    }
    assert!(Arc::ptr_eq(&good, &block_on(flights.get(&block("good"), Purpose::Install)).unwrap()));
    assert_eq!((flights.stats().refused, flights.stats().evicted), (1_000, 0));

    let bytes_max = 1_000;
    let limits = CacheLimits { refused_bytes: bytes_max, ..CacheLimits::default() };
    let flights = self::flights(limits);
    for n in 0..100 {
        block_on(flights.get(&block(&format!("bad {}", "x".repeat(n * 20))), Purpose::Install)).unwrap_err();
        assert!(flights.stats().refusal_bytes <= bytes_max, "{n}");
    }
}

/// The same uses leave the same things, and what is left is what was used last.
#[test]
fn the_least_recently_used_makes_room() {
    let mut lru = Lru::new(usize::MAX, 10);
    let id = |n: u8| block(&format!("{n}")).id();
    for n in 0..5 {
        assert!(lru.insert(id(n), n, 2).is_empty());
    }
    assert_eq!(lru.get(&id(0)), Some(0));
    assert_eq!(lru.insert(id(5), 5, 4), [1, 2]);
    assert_eq!((lru.bytes(), lru.len()), (10, 4));
    // Too large for all of it: nothing else has to go.
    assert_eq!(lru.insert(id(6), 6, 11), [6]);
    assert_eq!((lru.bytes(), lru.len()), (10, 4));
    // The same name again replaces.
    assert_eq!(lru.insert(id(5), 7, 1), [5]);
    assert_eq!((lru.bytes(), lru.get(&id(5))), (7, Some(7)));
    let left: BTreeSet<u8> = (0..7).filter_map(|n| lru.get(&id(n))).collect();
    assert_eq!(left, [0, 3, 4, 7].into());
}
