//! Which segment files a log directory has. They are numbered from zero without a gap, and nothing else in the
//! directory may look like one: a segment that nobody reads would be history that nobody misses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::format;
use crate::error::StoreError;

/// The segment files of a directory at one moment.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    numbers: BTreeSet<u64>,
    /// Files that look like segments by their names and are none; the first by name is the one to report.
    strays: BTreeSet<PathBuf>,
}

impl Listing {
    /// Lists a directory; one that is not there has no segments.
    pub(crate) fn read(dir: &Path) -> Result<Self, StoreError> {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(StoreError::io("listing", dir)(error)),
        };
        let mut listing = Self::default();
        for entry in entries {
            let path = entry.map_err(StoreError::io("listing", dir))?.path();
            let looks_like_one =
                path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("seg"));
            if !looks_like_one {
                continue;
            }
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            match number.filter(|number| format::segment_path(dir, *number) == path && path.is_file()) {
                Some(number) => drop(listing.numbers.insert(number)),
                None => drop(listing.strays.insert(path)),
            }
        }
        Ok(listing)
    }

    /// Whether the directory has nothing that looks like a segment.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.strays.is_empty()
    }

    /// The first segment behind this one.
    pub(crate) fn behind(&self, number: u64) -> Option<u64> {
        self.numbers.range(number.checked_add(1)?..).next().copied()
    }

    /// The number of the last segment.
    pub(crate) fn last(&self) -> Option<u64> {
        self.numbers.last().copied()
    }

    /// Files that look like segments and are none.
    pub(crate) fn strays(&self) -> impl Iterator<Item = &Path> {
        self.strays.iter().map(PathBuf::as_path)
    }

    /// A file that looks like a segment and is none.
    pub(super) fn stray(&self) -> Option<&Path> {
        self.strays.first().map(PathBuf::as_path)
    }
}
