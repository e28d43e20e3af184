//! Submitting an invocation.
//!
//! The gate judges it here and now, on the caller's thread. What passes takes a place in its scope's mailbox, or is refused
//! as `busy`: nothing queues without bound.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use actix::Addr;
use actix::dev::SendError;
use futures::channel::oneshot;
use icn_core::rules::gate::{Admitted, Request};
use icn_core::rules::{Refusal, RefusalCode, gate};
use icn_sync::Permits;

use super::handle::Host;
use crate::clock::now_ms;
use crate::fail_stop::host_stopped;
use crate::message::log_writer::Committed;
use crate::message::scope::Invoke;
use crate::scope::Scope;

/// A submitted invocation: a future of its receipt, once that is durable.
#[derive(Debug)]
#[must_use = "the receipt, or why there is none, comes from awaiting it"]
pub struct Pending(oneshot::Receiver<Result<Committed, Refusal>>);

impl Future for Pending {
    type Output = Result<Committed, Refusal>;
    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(task).map(|answer| {
            answer.unwrap_or_else(|_| {
                // The actor that had it is gone: whether it was handed over, its id tells.
                let message = "the scope restarted while it had this invocation: ask for its id, and submit it again if it has no receipt";
                Err(Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100))
            })
        })
    }
}

/// An admitted invocation, and where it goes.
struct Admission {
    admitted: Admitted,
    addr: Addr<Scope>,
    /// Places in the scope's mailbox.
    places: Arc<Permits>,
}

impl Host {
    /// Submits a signed invocation. The gate judges it here and now, on the caller's thread. What passes is in its scope's
    /// mailbox when this returns, in the order of calls.
    pub fn submit(&self, request: Request) -> Result<Pending, Refusal> {
        let pending = self.admit(request).and_then(enqueue);
        if let Err(refusal) = &pending {
            self.shared.count_refusal(refusal.code);
        }
        pending
    }

    fn admit(&self, request: Request) -> Result<Admission, Refusal> {
        if self.shared.latch.is_closed() {
            return Err(host_stopped());
        }
        let mut found = None;
        let admitted = gate::admit(request, &self.identity.origin, now_ms(), |scope| {
            let listing = self.book.get(scope)?;
            found = Some((listing.addr.clone(), listing.places.clone(), listing.quarantined));
            Some(listing.policy.clone())
        })?;
        match found.ok_or_else(|| unavailable("the scope is not here"))? {
            (Some(addr), places, _) => Ok(Admission { admitted, addr, places }),
            (None, _, true) => Err(unavailable("the scope is quarantined: its operator must look at it")),
            (None, _, false) => Err(restarting()),
        }
    }
}

/// Puts an admitted invocation into its scope's mailbox.
fn enqueue(Admission { admitted, addr, places }: Admission) -> Result<Pending, Refusal> {
    let place = places.try_acquire().ok_or_else(busy)?;
    let (answer, receipt) = oneshot::channel();
    addr.try_send(Invoke { admitted, answer, place }).map_err(|error| match error {
        SendError::Full(_) => busy(),
        SendError::Closed(_) => restarting(),
    })?;
    Ok(Pending(receipt))
}

fn busy() -> Refusal {
    Refusal::new(RefusalCode::Busy, "the scope's mailbox is full").retry_after_ms(10)
}

fn restarting() -> Refusal {
    unavailable("the scope is restarting").retry_after_ms(100)
}

fn unavailable(what: &str) -> Refusal {
    Refusal::new(RefusalCode::Unavailable, what)
}
