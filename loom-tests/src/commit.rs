//! The host's commit protocol in small: the real primitives, with loom's mutexes as mailboxes.
//!
//! One invocation goes this way:
//!
//! 1. [`Scope::reserve`]: the gate is open, and there is a place in the log's queue;
//! 2. [`Scope::run`]: the guest reads balances; its effects are staged;
//! 3. [`Scope::enter`]: the scope was not replaced meanwhile, and is not while it does the next two;
//! 4. [`Host::hand_over`]: the receipt, with its permit, enters the log's queue;
//! 5. [`Host::post`]: only then the ledger shows the effect to others;
//! 6. [`Log::append_group`]: all that waits becomes durable as one group, the head is published, the callers
//!    are answered, the places are freed.

use icn_sync::{Entered, Generation, Head, HeadCell, HeadWriter, Latch, Permit, Permits, Stamp};
use loom::sync::Mutex;
use std::mem;
use std::sync::Arc;

/// What the parts of a host share, and what is in their mailboxes.
#[derive(Debug)]
pub struct Host {
    /// Closed when the host fails stop.
    pub gate: Latch,
    /// As many as the log's queue has places.
    pub permits: Arc<Permits>,
    /// How much of the log is durable.
    pub heads: Arc<HeadCell>,
    /// Which log may append: retired when another part stops the host.
    pub fence: Generation,
    queue: Mutex<Queue>,
    ledger: Mutex<Vec<u8>>,
    durable: Mutex<Vec<Receipt>>,
    answers: Mutex<Vec<u8>>,
}

/// One scope's actor, as it was started.
#[derive(Debug)]
pub struct Scope {
    /// Shared with supervision.
    pub generation: Arc<Generation>,
    stamp: Stamp,
}

/// The log's actor: the one that writes.
#[derive(Debug)]
pub struct Log {
    writer: HeadWriter,
    stamp: Stamp,
}

/// One invocation's receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which invocation.
    pub name: u8,
    /// Whose effects the guest saw.
    pub seen: Vec<u8>,
}

/// How an invocation ended, as far as its scope knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receipt is on its way.
    HandedOver,
    /// No place was free, or the host has stopped.
    Refused,
    /// Another actor runs the scope by now.
    Replaced,
}

/// The log's bounded mailbox.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<(Receipt, Permit)>,
    /// All that ever entered, in order.
    entered: Vec<u8>,
}

fn head(size: usize) -> Head {
    let size = u8::try_from(size).expect("a model's log is short");
    Head { size: u64::from(size), root: [size; 32] }
}

impl Host {
    /// A host whose log's queue has so many places.
    #[must_use]
    pub fn new(places: usize) -> (Arc<Self>, Log) {
        let (writer, heads) = HeadCell::new(head(0));
        let fence = Generation::new();
        let stamp = fence.advance().expect("nobody is inside a new generation");
        let host = Self {
            gate: Latch::new(),
            permits: Permits::new(places),
            heads,
            fence,
            queue: Mutex::default(),
            ledger: Mutex::default(),
            durable: Mutex::default(),
            answers: Mutex::default(),
        };
        (Arc::new(host), Log { writer, stamp })
    }

    /// Step 4.
    ///
    /// # Panics
    ///
    /// When the queue is full: the place was reserved, so that cannot be.
    pub fn hand_over(&self, receipt: Receipt, place: Permit) {
        let mut queue = self.queue.lock().unwrap();
        assert!(queue.waiting.len() < self.permits.max(), "the queue is full after a reservation");
        queue.entered.push(receipt.name);
        queue.waiting.push((receipt, place));
    }

    /// Step 5.
    pub fn post(&self, name: u8) {
        self.ledger.lock().unwrap().push(name);
    }

    /// Whose effects the ledger shows.
    #[must_use]
    pub fn posted(&self) -> Vec<u8> {
        self.ledger.lock().unwrap().clone()
    }

    /// All that ever entered the log's queue, in order.
    #[must_use]
    pub fn entered(&self) -> Vec<u8> {
        self.queue.lock().unwrap().entered.clone()
    }

    /// What a crash would leave.
    #[must_use]
    pub fn durable(&self) -> Vec<Receipt> {
        self.durable.lock().unwrap().clone()
    }

    /// Which callers have their answer.
    #[must_use]
    pub fn answered(&self) -> Vec<u8> {
        self.answers.lock().unwrap().clone()
    }
}

impl Scope {
    /// The first actor of a scope.
    #[must_use]
    pub fn new() -> Self {
        let generation = Arc::new(Generation::new());
        let stamp = generation.advance().expect("nobody is inside a new generation");
        Self { generation, stamp }
    }

    /// The actor that was started with `stamp`.
    #[must_use]
    pub fn restarted(generation: Arc<Generation>, stamp: Stamp) -> Self {
        Self { generation, stamp }
    }

    /// Step 1: a place in the log's queue.
    #[must_use]
    pub fn reserve(&self, host: &Host) -> Option<Permit> {
        if host.gate.is_closed() {
            return None;
        }
        host.permits.try_acquire()
    }

    /// Step 2.
    #[must_use]
    pub fn run(&self, host: &Host, name: u8) -> Receipt {
        Receipt { name, seen: host.posted() }
    }

    /// Step 3.
    pub fn enter(&self) -> Option<Entered<'_>> {
        self.generation.enter(self.stamp)
    }

    /// Steps 1 to 5, in their order.
    pub fn invoke(&self, host: &Host, name: u8) -> Outcome {
        let Some(place) = self.reserve(host) else {
            return Outcome::Refused;
        };
        let receipt = self.run(host, name);
        let Some(_entered) = self.enter() else {
            return Outcome::Replaced;
        };
        host.hand_over(receipt, place);
        host.post(name);
        Outcome::HandedOver
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

impl Log {
    /// Step 6. Whether the log can go on; `syncs` says whether the disk does its part.
    pub fn append_group(&mut self, host: &Host, syncs: bool) -> bool {
        let Some(_entered) = host.fence.enter(self.stamp) else {
            return false;
        };
        if host.gate.is_closed() {
            return false;
        }
        let group = mem::take(&mut host.queue.lock().unwrap().waiting);
        if group.is_empty() {
            return true;
        }
        if !syncs {
            host.gate.close();
            return false;
        }
        let (receipts, places): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let names: Vec<_> = receipts.iter().map(|receipt| receipt.name).collect();
        let size = {
            let mut durable = host.durable.lock().unwrap();
            durable.extend(receipts);
            durable.len()
        };
        self.writer.publish(head(size));
        host.answers.lock().unwrap().extend(names);
        drop(places);
        true
    }
}
