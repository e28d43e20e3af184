//! The clock by which guests give way: a thread that raises the engine's epoch at every tick.
//!
//! A receipt does not depend on it, except at the wall-clock backstop, where a guest is interrupted.

use std::sync::mpsc;
use std::time::Duration;

use icn_core::limits;

/// The clock of an engine. It runs until it is dropped.
#[derive(Debug)]
pub struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts the clock of an engine, on a thread of its own.
    pub(super) fn start(engine: wasmtime::Engine) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("icn-epoch".into()).spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(limits::EPOCH_TICK_MS))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
