//! Makes each thing once, however many ask for it at once, on a few threads of its own; remembers what was made
//! and what could not be, both within bounds.
//!
//! The order of things: what is kept is answered at once; what is being made is waited for; what is new takes a
//! thread, or a place in the queue, or is told `Busy`. The one lock is held for lookups alone, never while
//! something is made, dropped or waited for.

use std::collections::{BTreeMap, VecDeque};
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
use super::stats::CacheStats;
use crate::validate::Rejected;

/// Makes a thing from its block: takes as long as it takes, and may panic.
pub(crate) trait Maker: Send + Sync + 'static {
    /// What is made.
    type Made: Send + Sync + 'static;
    /// Makes it.
    fn make(&self, block: &Block) -> Outcome<Self::Made>;
    /// Keeps what was made beyond this process; asked once it is installed, so that what is refused leaves nothing.
    fn keep(&self, made: &Self::Made);
}

/// What came of making something.
pub(crate) struct Outcome<V> {
    /// The thing and the bytes that it counts for, or why the block is refused.
    pub(crate) made: Result<(V, usize), Rejected>,
    /// Whether it was loaded from an artefact.
    pub(crate) loaded: bool,
    /// Whether an artefact was found and not used.
    pub(crate) discarded: bool,
}

/// For whom something is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Somebody who wants to install it: told `Busy` when too many wait.
    Install,
    /// A scope that has it installed: first in the queue, and never told `Busy`. So a flood of installs keeps no
    /// scope from coming back; how many of these wait is bounded by what is installed.
    Installed,
}

pub(crate) type Answer<V> = Result<Arc<V>, CacheError>;
pub(crate) type Flight<V> = Shared<BoxFuture<'static, Answer<V>>>;

enum Task<V> {
    /// Make it from its block.
    Make(Block),
    /// Keep it, now that it is installed.
    Keep(BlockId, Arc<V>),
}

struct Job<V> {
    task: Task<V>,
    answer: oneshot::Sender<Answer<V>>,
}

struct Ready<V> {
    made: Arc<V>,
    /// Whether it is kept beyond this process, or was asked to be.
    kept: bool,
}

impl<V> Clone for Ready<V> {
    fn clone(&self) -> Self {
        Self { made: self.made.clone(), kept: self.kept }
    }
}

struct UnderWay<V> {
    flight: Flight<V>,
    /// Whether somebody waits who has it installed.
    installed: bool,
}

struct State<V> {
    ready: Lru<Ready<V>>,
    refused: Lru<Arc<Rejected>>,
    under_way: BTreeMap<BlockId, UnderWay<V>>,
    waiting_installed: VecDeque<Job<V>>,
    waiting_installs: VecDeque<Job<V>>,
    threads: usize,
    stats: CacheStats,
}

/// What was made, what is being made, and what waits.
pub(crate) struct Flights<M: Maker> {
    maker: M,
    limits: CacheLimits,
    state: Mutex<State<M::Made>>,
}

impl<M: Maker> Flights<M> {
    /// Nothing made yet.
    pub(crate) fn new(maker: M, limits: CacheLimits) -> Self {
        let state = State {
            ready: Lru::new(usize::MAX, limits.compiled_bytes),
            refused: Lru::new(limits.refused_modules, limits.refused_bytes),
            under_way: BTreeMap::new(),
            waiting_installed: VecDeque::new(),
            waiting_installs: VecDeque::new(),
            threads: 0,
            stats: CacheStats::default(),
        };
        Self { maker, limits, state: Mutex::new(state) }
    }

    /// Who makes.
    pub(crate) const fn maker(&self) -> &M {
        &self.maker
    }
    /// The bounds.
    pub(crate) const fn limits(&self) -> &CacheLimits {
        &self.limits
    }

    /// What happened until now.
    pub(crate) fn stats(&self) -> CacheStats {
        let state = self.lock();
        CacheStats {
            modules: state.ready.len(),
            bytes: state.ready.bytes(),
            refusals: state.refused.len(),
            refusal_bytes: state.refused.bytes(),
            compiling: state.threads,
            waiting: state.waiting_installed.len() + state.waiting_installs.len(),
            ..state.stats
        }
    }

    /// What the block makes, once it is made. Whoever asks first starts it; it is finished also when nobody waits
    /// for it any more.
    pub(crate) fn get(self: &Arc<Self>, block: &Block, whose: For) -> Flight<M::Made> {
        let id = block.id();
        let mut state = self.lock();
        let mut made = None;
        if let Some(ready) = state.ready.get(&id) {
            if ready.kept || whose == For::Install {
                return at_once(Ok(ready.made));
            }
            made = Some(ready.made);
        }
        if let Some(why) = state.refused.get(&id) {
            return at_once(Err(CacheError::Rejected(why)));
        }
        if let Some(under_way) = state.under_way.get_mut(&id) {
            under_way.installed |= whose == For::Installed;
            return under_way.flight.clone();
        }
        let has_thread = state.threads < self.limits.compiles_at_once;
        if !has_thread
            && whose == For::Install
            && state.waiting_installs.len() >= self.limits.compiles_waiting
        {
            state.stats.busy += 1;
            return at_once(Err(CacheError::Busy { waiting_max: self.limits.compiles_waiting }));
        }
        let (answer, result) = oneshot::channel();
        let lost = || Err(CacheError::NoThread("it ended without an answer".into()));
        let flight = result.map(move |answer| answer.unwrap_or_else(|_| lost())).boxed().shared();
        let job = match &made {
            Some(made) => Job { task: Task::Keep(id, made.clone()), answer },
            None => Job { task: Task::Make(block.clone()), answer },
        };
        if has_thread {
            let this = self.clone();
            let thread = std::thread::Builder::new().name("icn-compile".into());
            // The thread looks at the state only when it has made something: holding the lock here is no wait.
            if let Err(error) = thread.spawn(move || this.work(job)) {
                // What is made already is there, kept or not.
                return at_once(made.ok_or_else(|| CacheError::NoThread(error.to_string())));
            }
            state.threads += 1;
        } else {
            match whose {
                For::Installed => state.waiting_installed.push_back(job),
                For::Install => state.waiting_installs.push_back(job),
            }
        }
        let under_way = UnderWay { flight: flight.clone(), installed: whose == For::Installed };
        state.under_way.insert(id, under_way);
        flight
    }

    /// Makes, or keeps, one thing after the other until nothing waits.
    fn work(&self, job: Job<M::Made>) {
        let mut next = Some(job);
        while let Some(Job { task, answer }) = next {
            let landed = match task {
                Task::Make(block) => self.make(&block),
                Task::Keep(id, made) => {
                    self.keep(&made);
                    let mut state = self.lock();
                    if let Some(ready) = state.ready.get_mut(&id) {
                        ready.kept = true;
                    }
                    state.landed(id, Ok(made), Vec::new())
                }
            };
            // Code is unmapped, and callers are woken, outside of the lock.
            drop(landed.gone);
            let _ = answer.send(landed.answer);
            next = landed.next;
        }
    }

    fn make(&self, block: &Block) -> Landed<M::Made> {
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
                let gone = state.ready.insert(id, Ready { made: made.clone(), kept }, bytes);
                state.stats.evicted += gone.len() as u64;
                state.landed(id, Ok(made), gone)
            }
            Err(why) => {
                state.stats.refused += 1;
                let why = Arc::new(why);
                let bytes = why.what.len() + size_of::<Rejected>() + size_of::<BlockId>();
                drop(state.refused.insert(id, why.clone(), bytes));
                state.landed(id, Err(CacheError::Rejected(why)), Vec::new())
            }
        }
    }

    /// It is a convenience: whatever goes wrong with it, what was made is there.
    fn keep(&self, made: &M::Made) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.maker.keep(made)));
    }

    fn lock(&self) -> MutexGuard<'_, State<M::Made>> {
        // Nothing panics while it is held; were that wrong, each step leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Landed<V> {
    answer: Answer<V>,
    gone: Vec<Ready<V>>,
    next: Option<Job<V>>,
}

impl<V> State<V> {
    /// One flight less, and the next one; a thread less, when there is none.
    fn landed(&mut self, id: BlockId, answer: Answer<V>, gone: Vec<Ready<V>>) -> Landed<V> {
        self.under_way.remove(&id);
        let next = self.waiting_installed.pop_front().or_else(|| self.waiting_installs.pop_front());
        if next.is_none() {
            self.threads -= 1;
        }
        Landed { answer, gone, next }
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
