//! The scratch directory of a demo, or of an audit, whose data nobody wants to keep: gone when that ends, and
//! also when it is stopped by Ctrl-C or by SIGTERM.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Attempts to remove a directory into which a host still writes, and what lies between them.
const ATTEMPTS_MAX: u32 = 50;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// The directory; removed when this is dropped.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Makes a directory, and from now on answers signals.
    pub(crate) fn new(prefix: &str) -> std::io::Result<Self> {
        // Before there is anything to remove: a signal from here on waits for the thread below.
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let dir = tempfile::Builder::new().prefix(prefix).tempdir()?;
        let path = dir.path().to_owned();
        std::thread::Builder::new().name("icn-signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                remove(&path);
                // Ends the process as the signal would have: its parent sees which one it was.
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

fn remove(path: &Path) {
    for _ in 0..ATTEMPTS_MAX {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => std::thread::sleep(BETWEEN_ATTEMPTS),
            _ => return,
        }
    }
}
