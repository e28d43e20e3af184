//! `Asked`: one audit while it runs, and who runs the invocations again.
//!
//! The re-runner is handed in as a [`Rerunner`]. The project's own re-runner is the only thing in this crate
//! that needs an engine; it stands behind the feature `replay`.

use icn_core::fold::{Fold, Rerunner};
use icn_core::name::{Hash, Origin};

use super::ask::{Audit, Level, REPLAY};
use super::listener::Listener;
use super::walk::{Source, Stop, walk};
use crate::error::StoreError;
use crate::finding::Finding;
use crate::report::AuditReport;

/// The one that runs the invocations again, if they are run again.
enum Runs<'a> {
    Nobody,
    By(&'a mut dyn Rerunner),
    /// They should be run again, and there is no engine.
    #[cfg(feature = "replay")]
    NoEngine(String),
}

/// One audit.
pub(super) struct Asked<'a> {
    pub(super) audit: &'a Audit,
    runs: Runs<'a>,
}

impl<'a> Asked<'a> {
    /// An audit that runs nothing again.
    pub(super) const fn of(audit: &'a Audit) -> Self {
        Self { audit, runs: Runs::Nobody }
    }

    /// An audit in which `rerunner` runs every invocation again.
    pub(super) fn rerun_by(audit: &'a Audit, rerunner: &'a mut dyn Rerunner) -> Self {
        Self { audit, runs: Runs::By(rerunner) }
    }

    /// An audit that should run everything again, and has no engine to do it.
    #[cfg(feature = "replay")]
    pub(super) const fn without_engine(audit: &'a Audit, why: String) -> Self {
        Self { audit, runs: Runs::NoEngine(why) }
    }

    const fn is_rerun(&self) -> bool {
        !matches!(self.runs, Runs::Nobody)
    }

    /// Whether the audit stops at the level `structure`.
    pub(super) fn is_of_structure(&self) -> bool {
        self.audit.level == Level::Structure && !self.is_rerun()
    }

    /// An empty fold for this level.
    pub(super) fn fold(&self) -> Fold {
        if self.is_of_structure() { Fold::of_structure() } else { Fold::default() }
    }

    /// Reads and folds the entries. Gives the first thing that does not hold.
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

    /// Makes the report. When everything holds, the listener hears of the fold.
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
            // The authors of a log are its host and its scopes.
            scopes: fold.log().heads().len().saturating_sub(1) as u64,
            invocations: fold.invocations(),
            level: if self.is_rerun() { REPLAY } else { self.audit.level.as_str() },
            replayed: self.is_rerun(),
            divergence: finding,
            in_use: false,
            notices: Vec::new(),
            cosigned: None,
            fork: None,
        }
    }
}

/// The finding for a unit whose accounts do not sum to zero.
pub(super) fn imbalance(fold: &Fold) -> Option<Finding> {
    let (scope, unit, posted, held) = fold.ledger().imbalances().into_iter().next()?;
    let found = format!("{unit} of {scope} sums to {posted}, and {held} held");
    Some(Finding::of("ledger", "debits equal to credits", &found))
}
