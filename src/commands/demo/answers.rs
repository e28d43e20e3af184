//! Counts what is submitted, and writes the name of each answered receipt to a file when the user wants that.

use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use icn_runtime::BlockId;

/// Submissions and answers of all elections together.
pub(super) struct Answers {
    file: Option<Mutex<File>>,
    submitted: AtomicU64,
}

impl Answers {
    /// Writes the names of receipts to `file`, when there is one.
    pub(super) fn new(file: Option<File>) -> Self {
        Self { file: file.map(Mutex::new), submitted: AtomicU64::new(0) }
    }

    pub(super) fn count_submitted(&self) {
        self.submitted.fetch_add(1, Ordering::Relaxed);
    }

    /// How many invocations were submitted.
    pub(super) fn submitted(&self) -> u64 {
        self.submitted.load(Ordering::Relaxed)
    }

    /// Takes note of a receipt whose invocation was answered.
    pub(super) fn add(&self, receipt: BlockId) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = file.lock().map_err(|_| "another thread failed while it wrote the receipts' file")?;
        // One write for each line. So every line in the file is complete, and its invocation was answered.
        file.write_all(format!("{receipt}\n").as_bytes())
            .map_err(|e| format!("writing the receipts' file: {e}"))
    }
}
