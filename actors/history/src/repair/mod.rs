//! Repairs a data directory from what somebody else has of the same log: an export, its CAR alone, or another data
//! directory. In this order:
//!
//! 1. the lock is taken, and a repair that was interrupted is finished;
//! 2. whose log it is and what was signed of it is told by the log's first entry and the checkpoints;
//! 3. `walk.rs` goes through the log, `gap.rs` fills it from `source.rs`, and `out.rs` makes new segment files beside the
//!    damaged ones;
//! 4. the new log must have the root of every checkpoint, or nothing is changed;
//! 5. `apply.rs` renames; the damaged files are kept;
//! 6. the result is audited.
//!
//! What could not be restored is left as it is, and named. No secret is read or written.

mod apply;
mod gap;
mod out;
mod report;
mod source;
mod walk;

use std::path::{Path, PathBuf};

use icn_core::block::HostBlock;
use icn_core::log::{Checkpoint, verifier_key};

use crate::audit::{Audit, Listener, Subject};
use crate::checkpoint;
use crate::directory;
use crate::directory::{Layout, Lock, LockError, Writers};
use crate::disk;
use crate::error::StoreError;
use crate::first_entry::host_of;
use crate::snapshot;
use crate::store::Reader;
use crate::store::listing::Listing;
use apply::Plan;
use out::{Out, staged_path};
pub use report::{Damage, Lost, RepairError, Repaired};
use source::Source;
use walk::{Findings, Walk};

/// What a repair is asked.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The damaged data directory. No host has it open.
    pub data: PathBuf,
    /// What it is restored from: exports, CARs, data directories of the same log; the first that has what is missing.
    pub from: Vec<PathBuf>,
    /// Whether nothing is written.
    pub is_dry: bool,
    /// Whether damage behind all that is signed is cut off, when no source has what was there. Its host may have answered
    /// somebody for it.
    pub cuts_unsigned: bool,
}

/// How a host is named in messages.
fn name_of(host: &HostBlock) -> String {
    verifier_key(&host.log, &host.host)
}

impl Repair {
    /// Repairs. `listener` hears of the audit at the end.
    pub fn run(&self, listener: &mut dyn Listener) -> Result<Repaired, RepairError> {
        let layout = Layout::new(&self.data);
        if !directory::is_a_hosts(&layout)? {
            return Err(RepairError::NoDirectory(self.data.clone()));
        }
        let mut sources = self.from.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
        let lock = self.lock(&layout)?;
        let mut notices = Vec::new();
        if !self.is_dry && apply::finish_interrupted(&layout)? {
            notices.push("a repair that was interrupted was finished first".into());
        }
        let host = whose(&layout, &mut sources)?;
        let (signed, of_checkpoint, note) = checkpoints(&layout, &host, &sources)?;
        let mut plan = Plan::new(&layout);

        let (findings, numbers) = self.walk(&layout, &mut sources, &signed)?;
        let is_whole = findings.lost.is_empty();
        for number in numbers {
            let old = crate::store::format::segment_path(&layout.log(), number);
            plan.replace(&layout, &staged_path(&layout.log(), number), &old);
        }
        let Findings { mut damage, lost, notices: more, superfluous, strays } = findings;
        // A newer checkpoint than the directory's own is of use only to a log that reaches it.
        let note = note.filter(|_| is_whole || !of_checkpoint.is_empty());
        damage.extend(of_checkpoint);
        damage
            .extend(strays.iter().map(|path| aside(path, "it looks like a segment of the log and is none")));
        superfluous.iter().chain(&strays).for_each(|path| plan.remove(&layout, path));
        notices.extend(more);
        self.derived(&layout, &host, note, &mut plan, &mut damage)?;
        if !layout.host_key().is_file() {
            notices
                .push("host.key is not there: no host can open this directory before it is put back".into());
        }
        if !self.is_dry {
            plan.apply(&layout)?;
        }
        drop(lock);
        let audit = match self.is_dry {
            true => None,
            false => Some(Audit::of(Subject::Data(self.data.clone())).run(listener)?),
        };
        let path = |path: &PathBuf| layout.dir().join(path);
        let keeps = plan.replaced.iter().any(|(_, old)| path(old).exists()) || !plan.removed.is_empty();
        Ok(Repaired {
            dry_run: self.is_dry,
            ok: is_whole
                && damage.iter().all(|damage| damage.restored)
                && audit.as_ref().is_none_or(|audit| audit.ok),
            origin: host.log.to_string(),
            damage,
            rewritten: plan.replaced.iter().map(|(_, old)| path(old)).collect(),
            removed: plan.removed.iter().map(path).collect(),
            kept: Some(path(&plan.aside)).filter(|kept| if self.is_dry { keeps } else { kept.exists() }),
            lost,
            notices,
            audit,
        })
    }

    /// Keeps hosts away. A dry run changes nothing, not even by making a lock file.
    fn lock(&self, layout: &Layout) -> Result<Option<Lock>, RepairError> {
        if !self.is_dry {
            return Ok(Some(Lock::take(layout)?));
        }
        match Lock::share(layout)? {
            Writers::Absent(lock) => Ok(lock),
            Writers::Present => Err(LockError::Taken(self.data.clone()).into()),
        }
    }

    /// Goes through the log; what was found, and the numbers of the segments that change. Groups are formed anew where
    /// they must be, unless something stays lost: then the log is gone through again, and only what fits in its old place
    /// is restored.
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
            let mut walk = Walk {
                log: &log,
                listing: Listing::read(&log)?,
                sources: &mut *sources,
                signed,
                may_regroup,
                is_in_vain: false,
                cuts_unsigned: self.cuts_unsigned,
                out: Out::new(&log, signed, self.is_dry),
                findings: Findings::default(),
            };
            let ran = walk.run();
            if ran.is_err() || walk.is_in_vain {
                walk.out.give_up();
                ran?;
                continue;
            }
            let mut findings = walk.findings;
            findings.strays = walk.listing.strays().map(Path::to_owned).collect();
            return Ok((findings, walk.out.finish()?));
        }
        unreachable!("without groups that are formed anew, none are in vain")
    }

    /// What is not the log: the checkpoint, its verifier key, snapshots.
    fn derived(
        &self,
        layout: &Layout,
        host: &HostBlock,
        note: Option<String>,
        plan: &mut Plan,
        damage: &mut Vec<Damage>,
    ) -> Result<(), RepairError> {
        let mut write = |path: PathBuf, text: &str| -> Result<(), StoreError> {
            let new = path.with_extension("new");
            if !self.is_dry {
                std::fs::write(&new, text).map_err(StoreError::io("writing", &new))?;
                disk::sync_file(&new)?;
            }
            plan.replace(layout, &new, &path);
            Ok(())
        };
        if let Some(note) = note {
            write(layout.checkpoint(), &note)?;
        }
        let key = name_of(host);
        if checkpoint::judge_verifier_key(layout, &key)?.is_some() {
            damage.push(aside(&layout.verifier_key(), "it is not the key of the log's host"));
            write(layout.verifier_key(), &format!("{key}\n"))?;
        }
        for path in snapshot::list(&layout.snapshots())? {
            if let Err(unusable) = snapshot::read(&path) {
                let what = format!("{}; it is derived, and the host makes another", unusable.why);
                damage.push(aside(&path, &what));
                plan.remove(layout, &path);
            }
        }
        Ok(())
    }
}

fn aside(file: &Path, what: &str) -> Damage {
    Damage {
        file: file.to_owned(),
        offset: None,
        position: None,
        block: None,
        what: what.to_owned(),
        restored: true,
    }
}

/// Whose log it is: by its own first entry, else by a source's; they must agree.
fn whose(layout: &Layout, sources: &mut [Source]) -> Result<HostBlock, RepairError> {
    let first = Reader::new(&layout.log()).next_group().ok().flatten();
    let mut host = first.and_then(|group| host_of(&group.first()?.1).ok());
    for source in sources {
        let Some(theirs) = source.host() else { continue };
        let ours = host.get_or_insert_with(|| theirs.clone());
        if *ours != theirs {
            return Err(RepairError::OtherLog {
                path: source.path().to_owned(),
                expected: name_of(ours),
                found: name_of(&theirs),
            });
        }
    }
    host.ok_or(RepairError::NoHost)
}

/// What was signed of the log, by the directory and by the sources; what is wrong with the directory's own checkpoint; and
/// the one that takes its place.
type Signed = (Vec<Checkpoint>, Vec<Damage>, Option<String>);

fn checkpoints(layout: &Layout, host: &HostBlock, sources: &[Source]) -> Result<Signed, RepairError> {
    let own = checkpoint::read_checkpoint(layout)?;
    let opened = own.as_deref().map(|note| Checkpoint::open(note, &host.log, &host.host));
    let theirs: Vec<_> = sources.iter().filter_map(|source| source.checkpoint(host)).collect();
    let largest = theirs.iter().max_by_key(|(checkpoint, _)| checkpoint.size);
    let (mut signed, mut damage): (Vec<Checkpoint>, _) =
        (theirs.iter().map(|(c, _)| c.clone()).collect(), Vec::new());
    let what = match opened {
        Some(Ok(own)) => {
            let newer = largest.filter(|(theirs, _)| theirs.size > own.size);
            let note = newer.map(|(_, note)| (*note).to_owned());
            signed.push(own);
            return Ok((signed, damage, note));
        }
        Some(Err(error)) => error.to_string(),
        None => "it is missing".to_owned(),
    };
    damage.push(Damage { restored: largest.is_some(), ..aside(&layout.checkpoint(), &what) });
    Ok((signed, damage, largest.map(|(_, note)| (*note).to_owned())))
}
