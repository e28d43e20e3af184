//! How a call of a guest ended, and assertions that print what there is to know when they do not hold.

use std::fmt;

use icn_core::block::{Outcome, TrapKind};
use icn_core::rules::{Refusal, RefusalCode};
use icn_sandbox::scratch::{Run, ScratchError};

/// How a call ended. Drop it, look into it, or assert what it must be.
#[derive(Debug, Clone)]
#[must_use = "say how it must have ended: `ok()`, `failed(code)`, `trapped(kind)` or `refused()`"]
pub struct Ended {
    entry: String,
    result: Result<Run, ScratchError>,
}

impl Ended {
    pub(crate) fn new(entry: &str, result: Result<Run, ScratchError>) -> Self {
        Self { entry: entry.to_owned(), result }
    }

    /// What happened, or why nothing ran.
    pub fn into_result(self) -> Result<Run, ScratchError> {
        self.result
    }

    /// It returned nothing or 0: its effects hold.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn ok(self) -> Run {
        match self.result {
            Ok(run) if run.receipt.outcome == Outcome::Ok => run,
            _ => self.otherwise("to succeed"),
        }
    }

    /// It failed by its own word, with this number: nothing that it did holds.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn failed(self, code: i32) -> Run {
        match self.result {
            Ok(run) if run.receipt.outcome == Outcome::Failed(code) => run,
            _ => self.otherwise(&format!("to fail with {code}")),
        }
    }

    /// It trapped with this kind: nothing that it did holds, and the whole grant is charged.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn trapped(self, kind: TrapKind) -> Run {
        match self.result {
            Ok(run) if run.trap().is_some_and(|trap| trap.kind == kind) => run,
            _ => self.otherwise(&format!("to trap with {}", kind.as_str())),
        }
    }

    /// It was refused before the guest ran: the entry, the role, the size of the input, the fuel limit.
    ///
    /// # Panics
    /// When it ran.
    #[track_caller]
    pub fn refused(self) -> Refusal {
        match self.result {
            Err(ScratchError::Refused(refusal)) => refusal,
            _ => self.otherwise("to be refused"),
        }
    }

    /// It was refused with this code before the guest ran.
    ///
    /// # Panics
    /// When it ran, or was refused for another reason.
    #[track_caller]
    pub fn refused_as(self, code: RefusalCode) -> Refusal {
        match self.result {
            Err(ScratchError::Refused(refusal)) if refusal.code == code => refusal,
            _ => self.otherwise(&format!("to be refused as {}", code.as_str())),
        }
    }

    #[expect(clippy::panic, reason = "an assertion that does not hold ends the test")]
    #[track_caller]
    fn otherwise(&self, expected: &str) -> ! {
        panic!("expected `{}` {expected}, but it {self}", self.entry)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = match &self.result {
            Ok(run) => run,
            Err(ScratchError::Refused(refusal)) => return write!(f, "was refused: {refusal}"),
            Err(error) => return write!(f, "did not run: {error}"),
        };
        match &run.receipt.outcome {
            Outcome::Ok => f.write_str("succeeded")?,
            Outcome::Failed(code) => write!(f, "failed with {code}")?,
            Outcome::Trapped(trap) if trap.detail.is_empty() => write!(f, "trapped: {}", trap.kind.as_str())?,
            Outcome::Trapped(trap) => write!(f, "trapped: {}: {}", trap.kind.as_str(), trap.detail)?,
        }
        write!(f, "\n  fuel    {} of {}", run.receipt.fuel, run.fuel_limit)?;
        if !run.receipt.output.is_empty() {
            write!(f, "\n  output  {:?}", run.text())?;
        }
        for line in &run.log {
            write!(f, "\n  log     {}: {:?}", line.level_name(), line.text)?;
        }
        for (name, count) in &run.host_calls {
            write!(f, "\n  called  {name} {count} times")?;
        }
        Ok(())
    }
}
