//! `Plan`: puts a repair in place, so that a crash does no harm.
//!
//! In this order: the new files are made beside the old ones, durably; the plan is written to `repair.json`;
//! the old files are kept under `damaged/`, the new ones are renamed; the plan is removed. A crash leaves the
//! old directory, or one that the next repair finishes (`docs/formats.md`, "The data directory", "Repairs").

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::RepairError;
use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;

/// The renames of a repair. Paths are relative to the data directory.
///
/// Format: docs/formats.md, "The data directory".
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// The directory where old files are kept.
    pub(super) aside: PathBuf,
    /// New files, each with the old file whose place it takes.
    pub(super) replaced: Vec<(PathBuf, PathBuf)>,
    /// Old files that go away.
    pub(super) removed: Vec<PathBuf>,
}

fn plan_path(layout: &Layout) -> PathBuf {
    layout.dir().join("repair.json")
}

impl Plan {
    /// An empty plan, which keeps old files in a directory that does not exist yet.
    pub(super) fn new(layout: &Layout) -> Self {
        let numbered = (1u32..).map(|number| PathBuf::from(format!("damaged/{number}")));
        let aside = numbered.into_iter().find(|aside| !layout.dir().join(aside).exists());
        Self { aside: aside.unwrap_or_default(), ..Self::default() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.removed.is_empty()
    }

    fn relative(layout: &Layout, path: &Path) -> PathBuf {
        path.strip_prefix(layout.dir()).unwrap_or(path).to_owned()
    }

    /// Adds a new file that takes the place of an old one.
    pub(super) fn replace(&mut self, layout: &Layout, new: &Path, old: &Path) {
        self.replaced.push((Self::relative(layout, new), Self::relative(layout, old)));
    }

    /// Adds an old file that goes away.
    pub(super) fn remove(&mut self, layout: &Layout, old: &Path) {
        self.removed.push(Self::relative(layout, old));
    }

    /// Writes the plan and carries it out.
    pub(super) fn apply(&self, layout: &Layout) -> Result<(), RepairError> {
        if self.is_empty() {
            return Ok(());
        }
        disk::replace(&plan_path(layout), serde_json::to_string(self).unwrap_or_default().as_bytes())?;
        self.carry_out(layout)
    }

    /// Carries the plan out, from where an earlier attempt ended.
    fn carry_out(&self, layout: &Layout) -> Result<(), RepairError> {
        let dir = layout.dir();
        for (new, old) in &self.replaced {
            let (new, path) = (dir.join(new), dir.join(old));
            // Without the new file this rename was done before.
            if new.exists() {
                self.keep_old(dir, old, false)?;
                fs::rename(&new, &path).map_err(StoreError::io("renaming", &new))?;
            }
        }
        for old in &self.removed {
            self.keep_old(dir, old, true)?;
        }
        for dir in [layout.log(), layout.snapshots(), dir.to_owned()] {
            if dir.is_dir() {
                disk::sync_dir(&dir)?;
            }
        }
        let plan = plan_path(layout);
        fs::remove_file(&plan).map_err(StoreError::io("removing", &plan))?;
        Ok(disk::sync_dir(dir)?)
    }

    /// Keeps an old file under its own path in the directory for old files. It is moved there; or it also stays
    /// at its place, until the new file takes that.
    fn keep_old(&self, dir: &Path, old: &Path, is_moved: bool) -> Result<(), StoreError> {
        let (from, to) = (dir.join(old), dir.join(&self.aside).join(old));
        if from.symlink_metadata().is_err() {
            return Ok(());
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(StoreError::io("creating", parent))?;
        }
        let kept = if is_moved {
            fs::rename(&from, &to)
        } else {
            match fs::hard_link(&from, &to) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
                // A file system without hard links; or a directory, which has none.
                Err(_) if from.is_file() => fs::copy(&from, &to).map(drop),
                Err(_) => fs::rename(&from, &to),
                Ok(()) => Ok(()),
            }
        };
        kept.map_err(StoreError::io("keeping", &from))?;
        to.parent().map_or(Ok(()), disk::sync_dir)
    }
}

/// Finishes a repair that was interrupted while it renamed files. Says whether there was one.
pub(super) fn finish_interrupted(layout: &Layout) -> Result<bool, RepairError> {
    let path = plan_path(layout);
    let Some(text) = disk::read(&path)? else { return Ok(false) };
    let plan: Plan =
        serde_json::from_slice(&text).map_err(|error| RepairError::Plan { path, why: error.to_string() })?;
    plan.carry_out(layout)?;
    Ok(true)
}
