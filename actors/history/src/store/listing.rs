//! The segment files of a log directory. They are numbered from zero without a gap.
//!
//! Nothing else in the directory may look like a segment: nobody would read such a file, so nobody would miss
//! the history in it. It is reported as a stray.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::format;
use crate::disk;
use crate::error::StoreError;

/// The segment files of a directory at one moment.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    numbers: BTreeSet<u64>,
    /// Files whose names look like a segment's and are not, in the order of their names.
    strays: BTreeSet<PathBuf>,
}

impl Listing {
    /// Lists a directory. A directory that does not exist has no segments.
    pub(crate) fn read(dir: &Path) -> Result<Self, StoreError> {
        let mut listing = Self::default();
        for path in disk::list(dir)? {
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

    /// Whether the directory has no segment and no stray.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.strays.is_empty()
    }

    /// The number of the first segment after this one.
    pub(crate) fn after(&self, number: u64) -> Option<u64> {
        self.numbers.range(number.checked_add(1)?..).next().copied()
    }

    /// The number of the last segment.
    pub(crate) fn last(&self) -> Option<u64> {
        self.numbers.last().copied()
    }

    /// Files whose names look like a segment's and are not.
    pub(crate) fn strays(&self) -> impl Iterator<Item = &Path> {
        self.strays.iter().map(PathBuf::as_path)
    }
}
