//! Spin, then wait: a thread that expects something soon polls for a moment before it sleeps.
//!
//! A guest that asks the ledger asks again soon. To wake a thread from sleep costs tens of microseconds on an idle
//! machine, and hundreds on some virtual ones: for the guest's thread, and for the ledger's. [`spin_then_wait`] is for the
//! guest's side, [`SpinWait`] for the ledger's.
//!
//! Whoever spins gives way each time: to the other tasks of its arbiter, and to other threads of its core.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How long to poll. It is several times as long as a call of the ledger takes when both threads are awake, with what a
/// guest does between two calls.
const SPIN: Duration = Duration::from_micros(100);

/// Comes back to the task at once, after all others that have something to do.
fn give_way(cx: &Context<'_>) {
    std::thread::yield_now();
    cx.waker().wake_by_ref();
}

/// Waits for an answer that is expected soon: polls at first, and then sleeps.
pub(crate) async fn spin_then_wait<F: Future>(answer: F) -> F::Output {
    let until = Instant::now() + SPIN;
    let mut answer = pin!(answer);
    poll_fn(move |cx| {
        let polled = answer.as_mut().poll(cx);
        if polled.is_pending() && Instant::now() < until {
            give_way(cx);
        }
        polled
    })
    .await
}

/// Keeps an actor's own task polling for a moment after each [`restart`](Self::restart): the task looks at its mailbox
/// each time. A second task would not do: while an arbiter has a task to run, it looks only now and then for tasks that
/// other threads woke.
pub(crate) struct SpinWait(Rc<State>);

impl std::fmt::Debug for SpinWait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpinWait").finish_non_exhaustive()
    }
}

struct State {
    until: Cell<Option<Instant>>,
    /// Wakes the task that polls, while that sleeps.
    sleeper: Cell<Option<Waker>>,
}

impl SpinWait {
    /// Begins asleep. The actor must spawn the future; that ends when the `SpinWait` is dropped.
    pub(crate) fn new() -> (Self, impl Future<Output = ()> + 'static) {
        let state = Rc::new(State { until: Cell::new(None), sleeper: Cell::new(None) });
        let polling = poll_while_wanted(Rc::downgrade(&state));
        (Self(state), polling)
    }

    /// Polls from now on for another moment: something was asked, so more may be.
    pub(crate) fn restart(&self) {
        self.0.until.set(Some(Instant::now() + SPIN));
        if let Some(sleeper) = self.0.sleeper.take() {
            sleeper.wake();
        }
    }
}

impl Drop for SpinWait {
    fn drop(&mut self) {
        if let Some(sleeper) = self.0.sleeper.take() {
            sleeper.wake();
        }
    }
}

async fn poll_while_wanted(state: Weak<State>) {
    poll_fn(move |cx| {
        let Some(state) = state.upgrade() else { return Poll::Ready(()) };
        if state.until.get().is_some_and(|until| Instant::now() < until) {
            give_way(cx);
        } else {
            state.sleeper.set(Some(cx.waker().clone()));
        }
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_polls_sleeps_in_the_end_and_ends_with_its_owner() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let (spin_wait, polling) = SpinWait::new();
            actix_rt::spawn(polling);
            actix_rt::time::sleep(Duration::from_millis(1)).await;
            assert!(is_asleep(&spin_wait), "nothing was asked");
            spin_wait.restart();
            assert!(!is_asleep(&spin_wait));
            while !is_asleep(&spin_wait) {
                actix_rt::time::sleep(Duration::from_millis(1)).await;
            }
            let state = Rc::downgrade(&spin_wait.0);
            drop(spin_wait);
            actix_rt::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(state.weak_count(), 0, "the task is gone");
        });
    }

    fn is_asleep(spin_wait: &SpinWait) -> bool {
        let sleeper = spin_wait.0.sleeper.take();
        let asleep = sleeper.is_some();
        spin_wait.0.sleeper.set(sleeper);
        asleep
    }

    #[test]
    fn an_answer_comes_whether_soon_or_late_and_others_go_on_meanwhile() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            assert_eq!(spin_then_wait(async { 7 }).await, 7);
            let (answer, asked) = futures::channel::oneshot::channel();
            actix_rt::spawn(async move {
                actix_rt::time::sleep(SPIN * 20).await;
                let _ = answer.send(8);
            });
            assert_eq!(spin_then_wait(asked).await, Ok(8));
        });
    }
}
