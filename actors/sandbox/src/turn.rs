//! Fair turns: how a long guest gives way to others on its arbiter.
//!
//! An executor runs what is woken on its own thread before what is woken from others. A guest that yielded and woke
//! itself would therefore go on at once, dozens of times, while the messages of other scopes, which come from other
//! threads, wait. So a thread of the engine's wakes it: its next turn then queues behind everything that came before.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Poll, Waker};

/// The way to the thread that wakes guests which gave way.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Option<mpsc::Sender<Waker>>>);

impl Turns {
    /// Starts the thread; it ends when the sender that is kept here is [taken away](Self::stop).
    pub(crate) fn start(&self) -> std::io::Result<std::thread::JoinHandle<()>> {
        let (sender, wakers) = mpsc::channel::<Waker>();
        let thread = std::thread::Builder::new().name("icn-turns".into()).spawn(move || {
            while let Ok(waker) = wakers.recv() {
                waker.wake();
            }
        })?;
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some(sender);
        }
        Ok(thread)
    }

    /// Ends the thread once it woke everyone who waits. Guests that give way later wake themselves.
    pub(crate) fn stop(&self) {
        if let Ok(mut slot) = self.0.lock() {
            slot.take();
        }
    }

    fn wake_from_elsewhere(&self, waker: &Waker) {
        let sender = self.0.lock().ok().and_then(|slot| slot.clone());
        if sender.is_none_or(|sender| sender.send(waker.clone()).is_err()) {
            waker.wake_by_ref();
        }
    }

    /// Ready at the guest's next turn.
    pub(crate) fn next(self: std::sync::Arc<Self>) -> NextTurn {
        NextTurn { turns: self, asked: false }
    }
}

/// Pending once.
pub(crate) struct NextTurn {
    turns: std::sync::Arc<Turns>,
    asked: bool,
}

impl Future for NextTurn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        if self.asked {
            return Poll::Ready(());
        }
        self.asked = true;
        self.turns.wake_from_elsewhere(task.waker());
        Poll::Pending
    }
}
