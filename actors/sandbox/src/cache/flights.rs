//! Makes each thing once, however many ask for it at the same time, on a few threads of its own ("single flight").
//! Remembers what was made and what could not be made, both within bounds.
//!
//! The order of things: a thing that is kept is answered at once; one that is being made is waited for; a new one
//! gets a thread, or a place in the queue, or the answer `Busy`. There is one lock. It is held for lookups alone,
//! never while something is made, dropped or waited for.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Shared};
use icn_core::encode::Block;
use icn_core::name::BlockId;

use super::error::CacheError;
use super::limits::CacheLimits;
use super::lru::Lru;
use super::maker::{Maker, Outcome};
use super::queue::{Answer, Job, Purpose, Queue, Task};
use super::stats::CacheStats;
use crate::validate::Rejected;

/// An answer that is waited for. Each clone gets the same one.
pub(super) type Flight<V> = Shared<BoxFuture<'static, Answer<V>>>;

/// A thing that was made.
struct Ready<V> {
    made: Arc<V>,
    /// Whether it is kept beyond this process, or keeping it was tried.
    kept: bool,
}

impl<V> Clone for Ready<V> {
    fn clone(&self) -> Self {
        Self { made: self.made.clone(), kept: self.kept }
    }
}

/// A thing that is being made or kept, or that waits for that.
struct UnderWay<V> {
    flight: Flight<V>,
    /// Whether a scope that has it installed waits for it.
    installed: bool,
}

struct State<V> {
    ready: Lru<Ready<V>>,
    refused: Lru<Arc<Rejected>>,
    under_way: BTreeMap<BlockId, UnderWay<V>>,
    waiting: Queue<V>,
    /// Threads that work now.
    threads: usize,
    stats: CacheStats,
}

/// What was made, what is being made, and what waits.
pub(super) struct Flights<M: Maker> {
    maker: M,
    limits: CacheLimits,
    state: Mutex<State<M::Made>>,
}

impl<M: Maker> Flights<M> {
    /// Nothing made yet.
    pub(super) fn new(maker: M, limits: CacheLimits) -> Self {
        let state = State {
            ready: Lru::new(usize::MAX, limits.compiled_bytes),
            refused: Lru::new(limits.refused_modules, limits.refused_bytes),
            under_way: BTreeMap::new(),
            waiting: Queue::new(),
            threads: 0,
            stats: CacheStats::default(),
        };
        Self { maker, limits, state: Mutex::new(state) }
    }

    /// The one that makes.
    pub(super) const fn maker(&self) -> &M {
        &self.maker
    }
    /// The bounds.
    pub(super) const fn limits(&self) -> &CacheLimits {
        &self.limits
    }

    /// What happened until now, and what there is.
    pub(super) fn stats(&self) -> CacheStats {
        let state = self.lock();
        CacheStats {
            modules: state.ready.len(),
            bytes: state.ready.bytes(),
            refusals: state.refused.len(),
            refusal_bytes: state.refused.bytes(),
            compiling: state.threads,
            waiting: state.waiting.len(),
            ..state.stats
        }
    }

    /// The thing that a block makes, once it is made. The first who asks starts it. It is finished even when nobody
    /// waits for it any more.
    pub(super) fn get(self: &Arc<Self>, block: &Block, purpose: Purpose) -> Flight<M::Made> {
        let id = block.id();
        let mut state = self.lock();
        let ready = state.ready.get(&id);
        if let Some(ready) = &ready
            && (ready.kept || purpose == Purpose::Install)
        {
            return at_once(Ok(ready.made.clone()));
        }
        if let Some(why) = state.refused.get(&id) {
            return at_once(Err(CacheError::Rejected(why)));
        }
        if let Some(under_way) = state.under_way.get_mut(&id) {
            under_way.installed |= purpose == Purpose::Installed;
            return under_way.flight.clone();
        }
        // It was made for somebody who wanted to install it, and now it is installed: it is to be kept.
        let task = match ready {
            Some(ready) => Task::Keep(id, ready.made),
            None => Task::Make(block.clone()),
        };
        self.start(&mut state, id, task, purpose)
    }

    /// Gives a task a thread or a place in the queue.
    fn start(
        self: &Arc<Self>,
        state: &mut State<M::Made>,
        id: BlockId,
        task: Task<M::Made>,
        purpose: Purpose,
    ) -> Flight<M::Made> {
        let has_thread = state.threads < self.limits.compiles_at_once;
        let waiting_max = self.limits.compiles_waiting;
        if !has_thread && purpose == Purpose::Install && state.waiting.installs() >= waiting_max {
            state.stats.busy += 1;
            return at_once(Err(CacheError::Busy { waiting_max }));
        }
        let made = match &task {
            Task::Keep(_, made) => Some(made.clone()),
            Task::Make(_) => None,
        };
        let (answer, result) = oneshot::channel();
        let lost = || Err(CacheError::NoThread("it ended without an answer".into()));
        let flight = result.map(move |answer| answer.unwrap_or_else(|_| lost())).boxed().shared();
        let job = Job { task, answer };
        if has_thread {
            let this = self.clone();
            let thread = std::thread::Builder::new().name("icn-compile".into());
            // The thread takes the lock only when it has made something, so it does not wait for this one.
            if let Err(error) = thread.spawn(move || this.work(job)) {
                // What was made is there, whether or not it can be kept.
                return at_once(made.ok_or_else(|| CacheError::NoThread(error.to_string())));
            }
            state.threads += 1;
        } else {
            state.waiting.push(purpose, job);
        }
        let under_way = UnderWay { flight: flight.clone(), installed: purpose == Purpose::Installed };
        state.under_way.insert(id, under_way);
        flight
    }

    /// Does one job after the other until nothing waits.
    fn work(&self, job: Job<M::Made>) {
        let mut next = Some(job);
        while let Some(Job { task, answer }) = next {
            let finished = match task {
                Task::Make(block) => self.make(&block),
                Task::Keep(id, made) => {
                    self.keep(&made);
                    let mut state = self.lock();
                    if let Some(ready) = state.ready.get_mut(&id) {
                        ready.kept = true;
                    }
                    state.finish(id, Ok(made), Vec::new())
                }
            };
            // Code is unmapped, and callers are woken, without the lock.
            drop(finished.evicted);
            let _ = answer.send(finished.answer);
            next = finished.next;
        }
    }

    fn make(&self, block: &Block) -> Finished<M::Made> {
        let id = block.id();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.maker.make(block)));
        let Outcome { made, loaded, discarded } = outcome.unwrap_or_else(|_| panicked());
        let made = made.map(|(made, bytes)| (Arc::new(made), bytes));
        let mut kept = loaded;
        if let (Ok((made, _)), false) = (&made, loaded) {
            kept = self.lock().under_way.get(&id).is_some_and(|under_way| under_way.installed);
            if kept {
                self.keep(made);
            }
        }
        let mut state = self.lock();
        state.stats.discarded += u64::from(discarded);
        match made {
            Ok((made, bytes)) => {
                state.stats.loaded += u64::from(loaded);
                state.stats.compiled += u64::from(!loaded);
                let evicted = state.ready.insert(id, Ready { made: made.clone(), kept }, bytes);
                state.stats.evicted += evicted.len() as u64;
                state.finish(id, Ok(made), evicted)
            }
            Err(why) => {
                state.stats.refused += 1;
                let why = Arc::new(why);
                let bytes = why.what.len() + size_of::<Rejected>() + size_of::<BlockId>();
                drop(state.refused.insert(id, why.clone(), bytes));
                state.finish(id, Err(CacheError::Rejected(why)), Vec::new())
            }
        }
    }

    /// Keeps a thing beyond this process. If that goes wrong, the thing is there all the same.
    fn keep(&self, made: &M::Made) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.maker.keep(made)));
    }

    fn lock(&self) -> MutexGuard<'_, State<M::Made>> {
        // Nothing panics while it is held. If something did, each step leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What remains to be done when a job is finished, without the lock.
struct Finished<V> {
    answer: Answer<V>,
    /// Things that made room.
    evicted: Vec<Ready<V>>,
    next: Option<Job<V>>,
}

impl<V> State<V> {
    /// Takes the next job for the thread that finished one. When nothing waits there is one thread less.
    fn finish(&mut self, id: BlockId, answer: Answer<V>, evicted: Vec<Ready<V>>) -> Finished<V> {
        assert!(self.under_way.remove(&id).is_some(), "a job that ends was under way");
        let next = self.waiting.pop();
        if next.is_none() {
            assert!(self.threads > 0, "a thread that ends was counted");
            self.threads -= 1;
        }
        Finished { answer, evicted, next }
    }
}

fn panicked<V>() -> Outcome<V> {
    let what = "the compiler panicked on this module".to_owned();
    Outcome { made: Err(Rejected::new(what)), loaded: false, discarded: false }
}

fn at_once<V: Send + Sync + 'static>(answer: Answer<V>) -> Flight<V> {
    futures::future::ready(answer).boxed().shared()
}

#[cfg(test)]
mod tests;
