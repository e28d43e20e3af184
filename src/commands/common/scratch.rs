//! A scratch directory for data that nobody wants to keep. It is removed when the command ends, also when
//! SIGINT (Ctrl-C) or SIGTERM ends it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How often removal is tried. A host may still write into the directory.
const ATTEMPTS_MAX: u32 = 50;
/// The pause between two tries.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// The directory. Dropping this removes it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Creates the directory. From now on signals remove it before they end the process.
    pub(crate) fn new(prefix: &str) -> std::io::Result<Self> {
        // This comes before the directory exists. From here on a signal waits for the thread below.
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let dir = tempfile::Builder::new().prefix(prefix).tempdir()?;
        let path = dir.path().to_owned();
        std::thread::Builder::new().name("icn-signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                remove(&path);
                // The process ends as if by this signal, so its parent sees the signal.
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(Self(dir))
    }

    /// The path of the directory.
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
