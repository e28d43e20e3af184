//! Puts a repair in place. The new files are made first, beside the old ones; then one file says what is to be renamed;
//! then it is done. A crash at any point leaves the old directory, or one that the next repair finishes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RepairError;
use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;

/// What is to be renamed. Paths are relative to the data directory.
///
/// Format: docs/formats.md, "The data directory".
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Where old files go.
    pub(super) aside: PathBuf,
    /// A new file, and the old one that it takes the place of.
    pub(super) replaced: Vec<(PathBuf, PathBuf)>,
    /// Old files without a new one.
    pub(super) removed: Vec<PathBuf>,
}

fn plan_path(layout: &Layout) -> PathBuf {
    layout.dir().join("repair.json")
}

impl Plan {
    /// A plan that keeps old files in a directory that is not there yet.
    pub(super) fn new(layout: &Layout) -> Self {
        let numbered = (1u32..).map(|number| PathBuf::from(format!("damaged/{number}")));
        let aside = numbered.into_iter().find(|aside| !layout.dir().join(aside).exists());
        Self { aside: aside.unwrap_or_default(), ..Self::default() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.removed.is_empty()
    }

    /// A path of the data directory as a plan has it.
    pub(super) fn relative(layout: &Layout, path: &Path) -> PathBuf {
        path.strip_prefix(layout.dir()).unwrap_or(path).to_owned()
    }

    /// A new file that takes an old one's place.
    pub(super) fn replace(&mut self, layout: &Layout, new: &Path, old: &Path) {
        self.replaced.push((Self::relative(layout, new), Self::relative(layout, old)));
    }

    /// An old file that is put aside.
    pub(super) fn remove(&mut self, layout: &Layout, old: &Path) {
        self.removed.push(Self::relative(layout, old));
    }

    /// Does all of it.
    pub(super) fn apply(&self, layout: &Layout) -> Result<(), RepairError> {
        if self.is_empty() {
            return Ok(());
        }
        disk::replace(&plan_path(layout), serde_json::to_string(self).unwrap_or_default().as_bytes())?;
        self.carry_out(layout)
    }

    fn carry_out(&self, layout: &Layout) -> Result<(), RepairError> {
        let dir = layout.dir();
        for (new, old) in &self.replaced {
            let (new, path) = (dir.join(new), dir.join(old));
            // Without the new one it was done before.
            if new.exists() {
                self.put_aside(dir, old, false)?;
                fs::rename(&new, &path).map_err(StoreError::io("renaming", &new))?;
            }
        }
        for old in &self.removed {
            self.put_aside(dir, old, true)?;
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

    /// Keeps an old file under its name in the directory for them: it stays at its place, until another takes that, or
    /// is moved.
    fn put_aside(&self, dir: &Path, old: &Path, is_moved: bool) -> Result<(), StoreError> {
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
                // A file system without links, or something that is no file.
                Err(_) if from.is_file() => fs::copy(&from, &to).map(drop),
                Err(_) => fs::rename(&from, &to),
                Ok(()) => Ok(()),
            }
        };
        kept.map_err(StoreError::io("keeping", &from))?;
        to.parent().map_or(Ok(()), disk::sync_dir)
    }
}

/// Finishes a repair that was interrupted while its files were renamed; says whether there was one.
pub(super) fn finish_interrupted(layout: &Layout) -> Result<bool, RepairError> {
    let path = plan_path(layout);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::io("reading", &path)(error).into()),
    };
    let plan: Plan =
        serde_json::from_slice(&text).map_err(|error| RepairError::Plan { path, why: error.to_string() })?;
    plan.carry_out(layout)?;
    Ok(true)
}
