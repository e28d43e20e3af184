//! What an author's tool wants to see of a run beside what it staged: log lines, and how often each function of
//! the host was called. A production run has no recorder, and pays one comparison a host call for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A line that a guest logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its level, 0 (trace) to 4 (error).
    pub level: u8,
    /// Its text.
    pub text: String,
}

impl LogLine {
    /// The names of the levels, in their order.
    pub const LEVELS: [&'static str; 5] = ["trace", "debug", "info", "warn", "error"];

    /// The level's name.
    #[must_use]
    pub fn level_name(&self) -> &'static str {
        Self::LEVELS.get(usize::from(self.level)).copied().unwrap_or("error")
    }
}

/// What was recorded of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Lines that the guest logged, in their order; also those of a run that trapped.
    pub log: Vec<LogLine>,
    /// How often each function of the host was called, refused calls included.
    pub host_calls: BTreeMap<&'static str, u64>,
}

/// Listens to one run: one half goes into its [`Call`](crate::Call), the other is asked afterwards.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Recorded>>);

impl Recorder {
    /// What was recorded until now; the recorder begins anew.
    #[must_use]
    pub fn take(&self) -> Recorded {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn call(&self, function: &'static str) {
        *self.recorded().host_calls.entry(function).or_default() += 1;
    }

    pub(crate) fn line(&self, level: u8, text: &str) {
        self.recorded().log.push(LogLine { level, text: text.to_owned() });
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
