//! Runs a guest on the calling thread, without an executor.

/// Polls a run to its end. It waits for nobody: the lent ledger answers at once, and where the guest yields it is
/// simply asked again. So whoever waits may be inside any executor, or none.
pub(crate) fn complete<T>(run: impl Future<Output = T>) -> T {
    let mut run = std::pin::pin!(run);
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = run.as_mut().poll(&mut task) {
            return done;
        }
    }
}
