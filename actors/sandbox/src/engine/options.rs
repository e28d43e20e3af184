//! What may differ between two engines although their receipts are the same: how instances get their memory, how
//! code is compiled, how guests give way.

use std::task::Poll;

use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Settings that no receipt depends on.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The most instances at once. A guest for which there is none waits, or is told `Busy`.
    pub instances_max: u32,
    /// Whether memories and stacks come from a pool of slots; otherwise they are mapped for each run.
    pub pooled: bool,
    /// Whether the compiler optimises. Off by default: code can be made on which the optimiser takes more than
    /// linear time, and guests that were optimised when they were built gain almost nothing
    /// (`docs/design/0003-compile-bounds.md`).
    pub optimised: bool,
    /// Whether a module's initial memory is mapped copy-on-write; otherwise it is copied into each instance.
    pub copy_on_write: bool,
    /// Whether the guest's frames are collected when it traps, so that an author can be told where. At most
    /// [`limits::BACKTRACE_FRAMES_MAX`](icn_core::limits::BACKTRACE_FRAMES_MAX) of them.
    pub backtraces: bool,
    /// How a guest gives way to other work on its executor.
    pub give_way: GiveWay,
}

/// Makes a future that is ready when other work on the executor has had its turn.
///
/// Some executors, tokio's among them, run a task that was woken on their own thread before work from elsewhere.
/// Such an executor needs a function of its own here: a guest that wakes itself would go on dozens of times while
/// messages of other scopes wait.
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

/// Wakes itself at once. The executor decides whose turn is next.
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
