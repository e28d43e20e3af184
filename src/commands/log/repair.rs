//! `icn repair`: repairs a damaged data directory. The library repairs; this file reads the arguments and
//! prints what was done.

use std::path::PathBuf;
use std::process::ExitCode;

use icn_runtime::repair::{Damage, Lost, Repair, RepairError, Repaired};

use crate::commands::common::absent::is_absent;
use crate::commands::common::exit::{FAILED, OK, stopped};
use crate::commands::common::progress::AuditBar;
use crate::commands::common::report::print_report;

/// The exit code when something could not be restored.
const LOST: u8 = 3;

/// Repair a damaged data directory from an export, a CAR file or another data directory of the same log.
///
/// Finds every damaged place of the log and what is missing there. It restores the places with bytes whose
/// hashes fit, and with the original bytes wherever it can be known which those were. It restores a missing
/// or damaged checkpoint and verifier key. It moves damaged snapshots away; the host makes new ones. New
/// files are complete before they replace the old ones, and the old ones are kept in `damaged/`. A crash in
/// between loses nothing: run the command again. At the end the directory is audited.
///
/// Anything that no source has is left as it is and reported: the positions, and the blocks where their names
/// are known. No host may have the directory open. No secret is read or written; restore keys from a backup.
///
/// Exit code: 0 nothing is damaged, or everything is repaired and the audit passes; 1 nothing was done, or
/// the audit does not pass; 2 there is no such directory or source, a host has it open, or the arguments are
/// wrong; 3 something could not be restored.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The damaged data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What to restore from: an export, the log.car of an export, or another data directory, as `icn backup`
    /// makes one. May be given several times
    #[arg(long, value_name = "PATH", required = true)]
    from: Vec<PathBuf>,
    /// Report what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Cut off damaged entries after the newest checkpoint that no source has. Callers may have received
    /// answers for them
    #[arg(long)]
    cut_unsigned: bool,
    /// Print the result as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Report(Repaired);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let would = if self.0.dry_run { "would be " } else { "" };
        for notice in &self.0.notices {
            writeln!(f, "note: {notice}")?;
        }
        for Damage { file, offset, position, block, what, restored } in &self.0.damage {
            write!(f, "{}", file.display())?;
            offset.map_or(Ok(()), |offset| write!(f, " at byte {offset}"))?;
            position.map_or(Ok(()), |position| write!(f, " (log position {position})"))?;
            let done = if *restored { format!("{would}repaired") } else { "NOT REPAIRED".into() };
            writeln!(f, ": {what}: {done}")?;
            block.as_ref().map_or(Ok(()), |block| writeln!(f, "  block {block}"))?;
        }
        for Lost { from, to, blocks, why } in &self.0.lost {
            let to = to.map_or_else(
                || "on; how many is not known".to_owned(),
                |to| format!("up to, but not including, {to}"),
            );
            writeln!(f, "LOST: log positions from {from} {to} ({why})")?;
            blocks.iter().try_for_each(|block| writeln!(f, "  block {block}"))?;
        }
        for file in &self.0.rewritten {
            writeln!(f, "{would}rewritten: {}", file.display())?;
        }
        for file in &self.0.removed {
            writeln!(f, "{would}removed: {}", file.display())?;
        }
        if let Some(kept) = &self.0.kept {
            writeln!(
                f,
                "the old files {} kept in {}",
                if self.0.dry_run { "would be" } else { "are" },
                kept.display()
            )?;
        }
        match (&self.0.audit, self.0.damage.is_empty()) {
            (Some(audit), _) => {
                writeln!(f, "log {}: {} entries hold, root {}", self.0.origin, audit.size, audit.root)?;
                match &audit.divergence {
                    None => writeln!(f, "audit passed"),
                    Some(finding) => writeln!(f, "AUDIT FAILED at {finding}"),
                }
            }
            (None, true) => writeln!(f, "log {}: nothing is damaged", self.0.origin),
            (None, false) => Ok(()),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let asked = Repair {
        data: arguments.data.clone(),
        from: arguments.from.clone(),
        is_dry: arguments.dry_run,
        cuts_unsigned: arguments.cut_unsigned,
    };
    let mut bar = AuditBar::new(0, false);
    let done = asked.run(&mut bar);
    bar.finish();
    match done {
        Ok(done) => {
            let code = if done.lost.is_empty() && done.damage.iter().all(|damage| damage.restored) {
                if done.ok { OK } else { ExitCode::from(FAILED) }
            } else {
                ExitCode::from(LOST)
            };
            print_report("repair", &Report(done), arguments.json, code)
        }
        Err(error) => {
            let is_misuse = match &error {
                RepairError::NoDirectory(_) | RepairError::NoSource(_) | RepairError::Lock(_) => true,
                RepairError::Store(error) => is_absent(error),
                _ => false,
            };
            stopped("repair", &error, is_misuse)
        }
    }
}
