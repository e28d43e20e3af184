//! What may differ between two engines although their receipts are the same: how instances get their memory, how code is
//! compiled, how guests give way.

use std::task::Poll;

use futures::FutureExt as _;
use futures::future::BoxFuture;

/// What may differ between two engines without a receipt noticing.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Instances that may exist at once; guests of more scopes than that wait or are told `Busy`.
    pub instances_max: u32,
    /// Take memories and stacks from a pool of slots; otherwise map them anew for every run.
    pub pooled: bool,
    /// Let the compiler optimise. Off by default: its optimiser takes more than linear time on code made for that, and gives
    /// guests that were optimised when they were built almost nothing (`docs/design/0003-compile-bounds.md`).
    pub optimised: bool,
    /// Map a module's initial memory copy-on-write; otherwise copy it into every instance.
    pub copy_on_write: bool,
    /// Collect the guest's frames when it traps, so that an author can be told where: up to
    /// [`limits::BACKTRACE_FRAMES_MAX`].
    pub backtraces: bool,
    /// How a guest gives way to others on its executor.
    pub give_way: GiveWay,
}

/// Makes a future that is ready when whoever awaits it may go on after others had their turn. An executor that runs
/// what was woken on its own thread before what comes from others, as tokio's does, needs one of its own: a guest
/// that woke itself would go on dozens of times while other scopes' messages wait.
pub type GiveWay = fn() -> BoxFuture<'static, ()>;

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            instances_max: 256,
            pooled: true,
            optimised: false,
            copy_on_write: true,
            backtraces: false,
            give_way: wake_at_once,
        }
    }
}

/// Wakes itself at once, and leaves it to the executor whose turn it is.
fn wake_at_once() -> BoxFuture<'static, ()> {
    let mut asked = false;
    futures::future::poll_fn(move |task| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .boxed()
}
