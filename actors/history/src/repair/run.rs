//! `Repair`: one repair, from the lock to the audit of the result.

use std::path::{Path, PathBuf};

use icn_core::block::HostBlock;
use icn_core::log::Checkpoint;

use super::error::RepairError;
use super::new_log::NewLog;
use super::plan::{self, Plan};
use super::report::{Damage, Repaired};
use super::restoration::{Findings, Restoration};
use super::signed::{self, Signed, key_of};
use super::source::Source;
use super::staged_file::staged_path;
use crate::audit::{Audit, Listener, Subject};
use crate::checkpoint::judge_verifier_key;
use crate::directory::{self, Layout, Lock, LockError, Writers};
use crate::disk;
use crate::error::StoreError;
use crate::report::AuditReport;
use crate::snapshot;
use crate::store::format;
use crate::store::listing::Listing;

/// What a repair is asked.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The damaged data directory. No host may have it open.
    pub data: PathBuf,
    /// The sources: exports, CARs, data directories of the same log. The first one that has what is missing is used.
    pub from: Vec<PathBuf>,
    /// Whether this is a dry run: nothing is written.
    pub is_dry: bool,
    /// Whether damage behind all that is signed is cut off when no source has the entries. The host may have answered
    /// somebody because of them.
    pub cuts_unsigned: bool,
}

impl Repair {
    /// Repairs the directory. `listener` hears the audit at the end.
    pub fn run(&self, listener: &mut dyn Listener) -> Result<Repaired, RepairError> {
        let layout = Layout::new(&self.data);
        if !directory::is_a_hosts(&layout)? {
            return Err(RepairError::NoDirectory(self.data.clone()));
        }
        let mut sources = self.from.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
        let lock = self.lock(&layout)?;
        let mut notices = Vec::new();
        if !self.is_dry && plan::finish_interrupted(&layout)? {
            notices.push("a repair that was interrupted was finished first".into());
        }
        let host = signed::host(&layout, &mut sources)?;
        let signed = signed::checkpoints(&layout, &host, &sources)?;
        let (mut findings, numbers) = self.walk(&layout, &mut sources, &signed.checkpoints)?;
        let mut plan = plan_of_log(&layout, &findings, &numbers);
        self.plan_checkpoint(&layout, signed, &mut plan, &mut findings)?;
        let strays = findings.strays.iter();
        let what = "it looks like a segment of the log and is none";
        findings.damage.extend(strays.map(|path| Damage::of_file(path, what)));
        self.plan_derived(&layout, &host, &mut plan, &mut findings)?;
        notices.append(&mut findings.notices);
        if !layout.host_key().is_file() {
            notices.push("host.key is missing: no host can open this directory before it is put back".into());
        }
        if !self.is_dry {
            plan.apply(&layout)?;
        }
        drop(lock);
        let audit = match self.is_dry {
            true => None,
            false => Some(Audit::of(Subject::Data(self.data.clone())).run(listener)?),
        };
        Ok(self.report(&layout, &host, &plan, findings, notices, audit))
    }

    fn report(
        &self,
        layout: &Layout,
        host: &HostBlock,
        plan: &Plan,
        findings: Findings,
        notices: Vec<String>,
        audit: Option<AuditReport>,
    ) -> Repaired {
        let Findings { damage, lost, .. } = findings;
        let path = |path: &PathBuf| layout.dir().join(path);
        let keeps = plan.replaced.iter().any(|(_, old)| path(old).exists()) || !plan.removed.is_empty();
        let is_kept = |kept: &PathBuf| if self.is_dry { keeps } else { kept.exists() };
        Repaired {
            dry_run: self.is_dry,
            ok: lost.is_empty()
                && damage.iter().all(|damage| damage.restored)
                && audit.as_ref().is_none_or(|audit| audit.ok),
            origin: host.log.to_string(),
            damage,
            rewritten: plan.replaced.iter().map(|(_, old)| path(old)).collect(),
            removed: plan.removed.iter().map(path).collect(),
            kept: Some(path(&plan.aside)).filter(is_kept),
            lost,
            notices,
            audit,
        }
    }

    /// Keeps hosts away. A dry run changes nothing, so it makes no lock file.
    fn lock(&self, layout: &Layout) -> Result<Option<Lock>, RepairError> {
        if !self.is_dry {
            return Ok(Some(Lock::take(layout)?));
        }
        match Lock::share(layout)? {
            Writers::Absent(lock) => Ok(lock),
            Writers::Present => Err(LockError::Taken(self.data.clone()).into()),
        }
    }

    /// Goes through the log. Gives what was found, and the numbers of the segments that change.
    ///
    /// The first walk may form groups anew. If something is lost after that, the walk is repeated without: then
    /// only what fits in its old place is restored.
    fn walk(
        &self,
        layout: &Layout,
        sources: &mut [Source],
        signed: &[Checkpoint],
    ) -> Result<(Findings, Vec<u64>), RepairError> {
        let log = layout.log();
        if !self.is_dry {
            disk::create_dir(&log)?;
        }
        for may_regroup in [true, false] {
            let mut walk = Restoration {
                log: &log,
                listing: Listing::read(&log)?,
                sources: &mut *sources,
                signed,
                may_regroup,
                must_repeat: false,
                cuts_unsigned: self.cuts_unsigned,
                new: NewLog::new(&log, signed, self.is_dry),
                findings: Findings::default(),
            };
            let ran = walk.run();
            if ran.is_err() || walk.must_repeat {
                walk.new.give_up();
                ran?;
                continue;
            }
            let mut findings = walk.findings;
            findings.strays = walk.listing.strays().map(Path::to_owned).collect();
            return Ok((findings, walk.new.finish()?));
        }
        unreachable!("a walk that forms no groups anew is not repeated")
    }

    /// Plans the directory's checkpoint. A newer one of a source is of use only to a log that reaches it.
    fn plan_checkpoint(
        &self,
        layout: &Layout,
        signed: Signed,
        plan: &mut Plan,
        findings: &mut Findings,
    ) -> Result<(), RepairError> {
        let is_whole = findings.lost.is_empty();
        let replacement = signed.replacement.filter(|_| is_whole || signed.damage.is_some());
        if let Some(note) = replacement {
            self.plan_text(layout, layout.checkpoint(), &note, plan)?;
        }
        findings.damage.extend(signed.damage);
        Ok(())
    }

    /// Plans the other files that are derived from the log: the verifier key, and the snapshots.
    fn plan_derived(
        &self,
        layout: &Layout,
        host: &HostBlock,
        plan: &mut Plan,
        findings: &mut Findings,
    ) -> Result<(), RepairError> {
        let key = key_of(host);
        if judge_verifier_key(layout, &key)?.is_some() {
            let what = "it is not the key of the log's host";
            findings.damage.push(Damage::of_file(&layout.verifier_key(), what));
            self.plan_text(layout, layout.verifier_key(), &format!("{key}\n"), plan)?;
        }
        for path in snapshot::list(&layout.snapshots())? {
            if let Err(unusable) = snapshot::read(&path) {
                let what = format!("{}; it is derived, and the host makes another", unusable.why);
                findings.damage.push(Damage::of_file(&path, &what));
                plan.remove(layout, &path);
            }
        }
        Ok(())
    }

    /// Makes the new file of a text durable, and plans it.
    fn plan_text(
        &self,
        layout: &Layout,
        path: PathBuf,
        text: &str,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let new = path.with_extension("new");
        if !self.is_dry {
            std::fs::write(&new, text).map_err(StoreError::io("writing", &new))?;
            disk::sync_file(&new)?;
        }
        plan.replace(layout, &new, &path);
        Ok(())
    }
}

/// The plan for the segment files: those with these numbers change, and superfluous and stray files go away.
fn plan_of_log(layout: &Layout, findings: &Findings, numbers: &[u64]) -> Plan {
    let (mut plan, log) = (Plan::new(layout), layout.log());
    for number in numbers {
        plan.replace(layout, &staged_path(&log, *number), &format::segment_path(&log, *number));
    }
    findings.superfluous.iter().chain(&findings.strays).for_each(|path| plan.remove(layout, path));
    plan
}
