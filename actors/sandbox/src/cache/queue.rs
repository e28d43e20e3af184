//! The work that waits for a thread: first for modules that are installed, then for those that somebody wants to
//! install.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::channel::oneshot;
use icn_core::encode::Block;
use icn_core::name::BlockId;

use super::error::CacheError;

/// For whom something is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody wants to install it, and is told `Busy` when too many wait.
    Install,
    /// A scope has it installed. It goes first and is never told `Busy`, so that a flood of installs keeps no scope
    /// from coming back. The modules that are installed bound how many of these wait.
    Installed,
}

/// The thing, or why there is none.
pub(super) type Answer<V> = Result<Arc<V>, CacheError>;

/// What a thread has to do.
pub(super) enum Task<V> {
    /// Make it from its block.
    Make(Block),
    /// Keep it, now that it is installed.
    Keep(BlockId, Arc<V>),
}

/// A task, and where its answer goes.
pub(super) struct Job<V> {
    pub(super) task: Task<V>,
    pub(super) answer: oneshot::Sender<Answer<V>>,
}

/// The jobs that wait, in their order.
pub(super) struct Queue<V> {
    installed: VecDeque<Job<V>>,
    installs: VecDeque<Job<V>>,
}

impl<V> Queue<V> {
    /// A queue in which nothing waits.
    pub(super) const fn new() -> Self {
        Self { installed: VecDeque::new(), installs: VecDeque::new() }
    }

    /// Jobs that wait.
    pub(super) fn len(&self) -> usize {
        self.installed.len() + self.installs.len()
    }

    /// Jobs that wait for somebody who wants to install.
    pub(super) fn installs(&self) -> usize {
        self.installs.len()
    }

    /// A job waits behind those of the same purpose.
    pub(super) fn push(&mut self, purpose: Purpose, job: Job<V>) {
        match purpose {
            Purpose::Installed => self.installed.push_back(job),
            Purpose::Install => self.installs.push_back(job),
        }
    }

    /// The job whose turn it is.
    pub(super) fn pop(&mut self) -> Option<Job<V>> {
        self.installed.pop_front().or_else(|| self.installs.pop_front())
    }
}
