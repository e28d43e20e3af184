//! Tells errors apart: was there nothing to read, or is something wrong with what was read? The first is a
//! wrong argument (exit code 2), the second a failure (exit code 1).

use std::io::ErrorKind;

use icn_runtime::{CopyError, SignedLogError, StoreError};

/// Whether a file or directory that the user named is missing, or may not be read.
pub(crate) fn is_absent(error: &StoreError) -> bool {
    let StoreError::Io { source, .. } = error else { return false };
    matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory)
}

/// Whether there is no signed log at the place that the user named.
pub(crate) fn is_log_absent(error: &SignedLogError) -> bool {
    match error {
        SignedLogError::NoCheckpoint(_) => true,
        SignedLogError::Store(StoreError::Io { source, .. }) => {
            matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied)
        }
        _ => false,
    }
}

/// Whether a log is not copied because of a wrong argument: there is no log, or the new directory is not empty.
pub(crate) fn is_wrong_copy(error: &CopyError) -> bool {
    match error {
        CopyError::NotEmpty(_) => true,
        CopyError::Log(error) => is_log_absent(error),
        CopyError::Store(_) => false,
    }
}
