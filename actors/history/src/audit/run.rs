//! `Audit::run`: picks the re-runner of the level, then the audit of the subject.

use icn_core::fold::Rerunner;

#[cfg(feature = "replay")]
use super::ask::Level;
use super::ask::{Audit, Subject};
use super::asked::Asked;
use super::listener::Listener;
use super::{data, export};
use crate::error::StoreError;
use crate::report::AuditReport;

impl Audit {
    /// Audits the log. Of a data directory that is all of it, or, while a host has it open, the part that the
    /// host's newest checkpoint covers.
    ///
    /// # Errors
    /// The log cannot be read, or there is none. Damage is no error: it is in the report.
    pub fn run(&self, listener: &mut dyn Listener) -> Result<AuditReport, StoreError> {
        #[cfg(feature = "replay")]
        if self.level == Level::Replay {
            return match engine() {
                Ok(mut reruns) => self.run_asked(&mut Asked::rerun_by(self, &mut reruns), listener),
                Err(why) => self.run_asked(&mut Asked::without_engine(self, why), listener),
            };
        }
        self.run_asked(&mut Asked::of(self), listener)
    }

    /// Audits the log as [`Self::run`] does, at the level `replay`, whatever level was asked: `rerunner` runs
    /// every invocation again.
    pub fn run_with(
        &self,
        rerunner: &mut dyn Rerunner,
        listener: &mut dyn Listener,
    ) -> Result<AuditReport, StoreError> {
        self.run_asked(&mut Asked::rerun_by(self, rerunner), listener)
    }

    fn run_asked(
        &self,
        asked: &mut Asked<'_>,
        listener: &mut dyn Listener,
    ) -> Result<AuditReport, StoreError> {
        match &self.subject {
            Subject::Data(dir) => data::audit(dir, asked, listener),
            Subject::Export(dir) => export::audit(dir, asked, listener),
        }
    }
}

/// A re-runner on this program's own engine. An error says why there is no engine.
#[cfg(feature = "replay")]
fn engine() -> Result<icn_sandbox::Reruns, String> {
    icn_sandbox::Engine::new(&icn_sandbox::EngineOptions::default()).map(icn_sandbox::Reruns::new)
}
