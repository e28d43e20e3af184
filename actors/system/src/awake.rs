//! Threads that stay awake for a moment: a guest that asks the ledger asks again soon, and to be woken from sleep costs
//! its thread, and the ledger's, tens of microseconds each on an idle machine, hundreds in some virtual ones.
//!
//! Whoever stays awake gives way: to the other tasks of its arbiter, and to other threads of its core.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How long: some times what a call of the ledger takes both threads when they are awake, and what a guest does between
/// two of them.
const AWAKE: Duration = Duration::from_micros(100);

/// Comes back to the task at once, behind whoever else has something to do.
fn give_way(cx: &Context<'_>) {
    std::thread::yield_now();
    cx.waker().wake_by_ref();
}

/// Waits for an answer that is expected soon, awake at first.
pub(crate) async fn soon<F: Future>(answer: F) -> F::Output {
    let until = Instant::now() + AWAKE;
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

/// Keeps an actor awake for a moment after each time that something was asked of it: its own task, which looks at its
/// mailbox each time. A task beside it would not do: while an arbiter has a task to run, it looks for what other
/// threads woke only now and then.
pub(crate) struct Awake(Rc<State>);

impl std::fmt::Debug for Awake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Awake").finish_non_exhaustive()
    }
}

struct State {
    until: Cell<Option<Instant>>,
    /// Who keeps it awake, while it sleeps.
    sleeper: Cell<Option<Waker>>,
}

impl Awake {
    /// Begins asleep. The future is for the actor to spawn; it ends when the other is dropped.
    pub(crate) fn new() -> (Self, impl Future<Output = ()> + 'static) {
        let state = Rc::new(State { until: Cell::new(None), sleeper: Cell::new(None) });
        let stays = stay(Rc::downgrade(&state));
        (Self(state), stays)
    }

    /// Something was asked, so more may be.
    pub(crate) fn asked(&self) {
        self.0.until.set(Some(Instant::now() + AWAKE));
        if let Some(sleeper) = self.0.sleeper.take() {
            sleeper.wake();
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        if let Some(sleeper) = self.0.sleeper.take() {
            sleeper.wake();
        }
    }
}

async fn stay(state: Weak<State>) {
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
    fn who_stays_awake_sleeps_in_the_end_and_ends_with_its_owner() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let (awake, stays) = Awake::new();
            actix_rt::spawn(stays);
            actix_rt::time::sleep(Duration::from_millis(1)).await;
            assert!(is_asleep(&awake), "nothing was asked");
            awake.asked();
            assert!(!is_asleep(&awake));
            while !is_asleep(&awake) {
                actix_rt::time::sleep(Duration::from_millis(1)).await;
            }
            let state = Rc::downgrade(&awake.0);
            drop(awake);
            actix_rt::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(state.weak_count(), 0, "the task is gone");
        });
    }

    fn is_asleep(awake: &Awake) -> bool {
        let sleeper = awake.0.sleeper.take();
        let asleep = sleeper.is_some();
        awake.0.sleeper.set(sleeper);
        asleep
    }

    #[test]
    fn an_answer_comes_whether_soon_or_late_and_others_go_on_meanwhile() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            assert_eq!(soon(async { 7 }).await, 7);
            let (answer, asked) = futures::channel::oneshot::channel();
            actix_rt::spawn(async move {
                actix_rt::time::sleep(AWAKE * 20).await;
                let _ = answer.send(8);
            });
            assert_eq!(soon(asked).await, Ok(8));
        });
    }
}
