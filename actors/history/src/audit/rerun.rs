//! An audit as it was asked for, with who runs the invocations again, if they are run again at all.
//!
//! The re-runner is handed in. The one of this project, which is the only thing here that needs an engine, stands behind the
//! feature `replay`.

use icn_core::fold::{Fold, Rerunner};
use icn_core::name::{Hash, Origin};

use super::walk::{Source, Stop, walk};
use super::{Audit, Level, Listener};
use crate::error::StoreError;
use crate::report::{AuditReport, Finding};

/// The name of the level at which every invocation is run again.
pub(super) const LEVEL: &str = "replay";

/// Who runs the invocations again.
enum Runs<'a> {
    Nobody,
    By(&'a mut dyn Rerunner),
    /// There is no engine, and why.
    #[cfg(feature = "replay")]
    NoEngine(String),
}

/// What was asked, and what it is done with.
pub(super) struct Asked<'a> {
    pub(super) audit: &'a Audit,
    runs: Runs<'a>,
}

impl<'a> Asked<'a> {
    pub(super) const fn of(audit: &'a Audit) -> Self {
        Self { audit, runs: Runs::Nobody }
    }
    pub(super) fn rerun_by(audit: &'a Audit, rerunner: &'a mut dyn Rerunner) -> Self {
        Self { audit, runs: Runs::By(rerunner) }
    }
    #[cfg(feature = "replay")]
    pub(super) const fn without_engine(audit: &'a Audit, why: String) -> Self {
        Self { audit, runs: Runs::NoEngine(why) }
    }

    const fn is_rerun(&self) -> bool {
        !matches!(self.runs, Runs::Nobody)
    }

    /// Whether neither states nor balances are looked at.
    pub(super) fn is_of_structure(&self) -> bool {
        self.audit.level == Level::Structure && !self.is_rerun()
    }

    pub(super) fn fold(&self) -> Fold {
        if self.is_of_structure() { Fold::of_structure() } else { Fold::default() }
    }

    /// Goes through the entries; the first thing that does not hold.
    pub(super) fn walk(
        &mut self,
        source: &mut dyn Source,
        fold: &mut Fold,
        listener: &mut dyn Listener,
    ) -> Result<Option<Finding>, StoreError> {
        let walked = match &mut self.runs {
            Runs::Nobody => walk(source, fold, None, listener),
            Runs::By(rerunner) => walk(source, fold, Some(&mut **rerunner), listener),
            #[cfg(feature = "replay")]
            Runs::NoEngine(why) => Err(Stop::Diverged(Finding::of("replay", "an engine", why))),
        };
        match walked {
            Ok(()) => Ok(None),
            Err(Stop::Diverged(finding)) => Ok(Some(finding)),
            Err(Stop::Unreadable(error)) => Err(error),
        }
    }

    /// The report, and a word to the listener when everything holds.
    pub(super) fn report(
        &self,
        fold: &Fold,
        finding: Option<Finding>,
        listener: &mut dyn Listener,
    ) -> AuditReport {
        if finding.is_none() {
            listener.folded(fold);
        }
        let (size, root): (u64, Hash) = (fold.log().size(), fold.log().frontier().root());
        AuditReport {
            ok: finding.is_none(),
            origin: fold.host().map(|host| Origin::to_string(&host.log)),
            size,
            root: root.to_hex(),
            // Every author but the host is a scope.
            scopes: fold.log().heads().len().saturating_sub(1) as u64,
            invocations: fold.invocations(),
            level: if self.is_rerun() { LEVEL } else { self.audit.level.as_str() },
            replayed: self.is_rerun(),
            divergence: finding,
            in_use: false,
            notices: Vec::new(),
            cosigned: None,
            fork: None,
        }
    }
}

/// A re-runner on this program's own engine; an error says why there is none.
#[cfg(feature = "replay")]
pub(super) fn engine() -> Result<icn_sandbox::Reruns, String> {
    icn_sandbox::Engine::new(&icn_sandbox::EngineOptions::default()).map(icn_sandbox::Reruns::new)
}
