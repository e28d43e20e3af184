//! What an author's tool sees of a run besides its effects: log lines, and how often each host function was called.
//!
//! A production run has no recorder; each host call then pays one comparison. A recorder never changes a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A line that a guest logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The level, from 0 (trace) to 4 (error).
    pub level: u8,
    /// The text of the line.
    pub text: String,
}

impl LogLine {
    /// The names of the levels, from 0 on.
    pub const LEVELS: [&'static str; 5] = ["trace", "debug", "info", "warn", "error"];

    /// The level's name.
    #[must_use]
    pub fn level_name(&self) -> &'static str {
        Self::LEVELS.get(usize::from(self.level)).copied().unwrap_or("error")
    }
}

/// What was recorded of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Lines that the guest logged, in their order; a run that trapped has its lines too.
    pub log: Vec<LogLine>,
    /// How often each host function was called; refused calls count too.
    pub host_calls: BTreeMap<&'static str, u64>,
}

/// Listens to a run. One clone goes into the [`Call`](crate::Call); the other is asked afterwards.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Recorded>>);

impl Recorder {
    /// Takes what was recorded until now; the recorder is empty afterwards.
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
