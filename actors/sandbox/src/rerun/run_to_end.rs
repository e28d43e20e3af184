//! Runs a guest on the calling thread, inside any executor or without one.

/// Polls a run to its end. The run must wait for nobody: its ledger answers at once. Where the guest gives way it
/// is polled again at once.
pub(crate) fn run_to_end<T>(run: impl Future<Output = T>) -> T {
    let mut run = std::pin::pin!(run);
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = run.as_mut().poll(&mut task) {
            return done;
        }
    }
}
