//! Pausing the scopes that a crossing needs: all of them are asked at once, and all of them are waited for, for a limited
//! time.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::channel::oneshot;
use icn_core::limits;
use icn_core::name::Did;
use icn_core::rules::{Refusal, RefusalCode};

use crate::address_book::AddressBook;
use crate::message::crossing::PausedScope;
use crate::message::scope::Pause;

/// Pauses all of these scopes, or none. A scope that was paused already goes on when another one refuses.
pub(super) async fn pause_all(
    book: &AddressBook,
    needs: &BTreeSet<Did>,
) -> Result<Vec<PausedScope>, Refusal> {
    let began = std::time::Instant::now();
    let paused = futures::future::try_join_all(needs.iter().map(|scope| pause(book, *scope)));
    let longest = Duration::from_millis(limits::CROSSING_WAIT_MS_MAX);
    let paused = actix_rt::time::timeout(longest, paused).await.unwrap_or_else(|_| {
        let what = "a counterpart did not pause in time for this invocation, which had no effect";
        Err(Refusal::new(RefusalCode::Busy, what).retry_after_ms(1000))
    });
    metrics::histogram!("icn_crossing_wait_seconds").record(began.elapsed().as_secs_f64());
    paused
}

async fn pause(book: &AddressBook, scope: Did) -> Result<PausedScope, Refusal> {
    let unavailable = |why: &str| {
        let what = format!("the counterpart {scope} {why}; the invocation had no effect");
        Refusal::new(RefusalCode::Unavailable, what)
    };
    let listing = book.get(&scope).map(|listing| (listing.addr.clone(), listing.quarantined));
    let addr = match listing {
        None => return Err(unavailable("is not on this host")),
        Some((_, true)) => return Err(unavailable("is quarantined")),
        Some((None, _)) => return Err(unavailable("is restarting").retry_after_ms(100)),
        Some((Some(addr), _)) => addr,
    };
    let restarting = || unavailable("is restarting").retry_after_ms(100);
    let (answer, paused) = oneshot::channel();
    addr.send(Pause(answer)).await.map_err(|_| restarting())?;
    paused.await.map_err(|_| restarting())
}
