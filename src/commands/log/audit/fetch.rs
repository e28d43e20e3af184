//! Fetches a publication from a web server into a directory. The audit then reads it like an export. The
//! directory is removed at the end, unless the user wants to keep it.
//!
//! The server is not trusted. Its bytes are bounded here and checked by the audit.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_runtime::AuditReport;
use icn_runtime::mirror::{HttpUrl, mirror};

use crate::commands::common::exit::{misuse, stopped};
use crate::commands::common::progress::progress_bar;
use crate::commands::common::scratch::Scratch;

/// A publication that was fetched. Dropping it removes the directory, unless the user keeps it.
pub(super) struct Fetched {
    dir: PathBuf,
    url: String,
    notice: Option<String>,
    _scratch: Option<Scratch>,
}

impl Fetched {
    /// The directory that has the files.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The report with the server's addresses in place of our file names, and with a notice when the server
    /// gave bad answers.
    pub(super) fn name(&self, mut report: AuditReport) -> AuditReport {
        let (ours, theirs) = (self.dir.display().to_string(), &self.url);
        if let Some(place) = report.divergence.as_mut().and_then(|finding| finding.place.as_mut()) {
            *place = place.replacen(&ours, theirs, 1);
        }
        report.notices.extend(self.notice.clone());
        report
    }
}

/// Fetches the publication at `url`, at most `bytes_max` bytes, into `keep` or into a scratch directory. On
/// failure it prints why and returns the exit code.
pub(super) fn fetch(url: &str, keep: Option<&Path>, bytes_max: u64) -> Result<Fetched, ExitCode> {
    let server = HttpUrl::parse(url).map_err(|error| {
        let more = "; or fetch the files with `rsync` or `wget --mirror`, and audit the copy with --export";
        let more = if url.starts_with("https:") { more } else { "" };
        misuse("audit", &format!("{error}{more}"))
    })?;
    let (dir, scratch) = match keep {
        Some(dir) if is_free(dir) => (dir.to_owned(), None),
        Some(dir) => {
            let why = format!("--keep {}: expected a new or an empty directory", dir.display());
            return Err(misuse("audit", &why));
        }
        None => {
            let scratch = Scratch::new("icn-audit-")
                .map_err(|error| misuse("audit", &format!("making a scratch directory: {error}")))?;
            (scratch.path(), Some(scratch))
        }
    };
    let bar = progress_bar(0, "fetching");
    let done = mirror(&server, &dir, bytes_max, &mut |_, bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let done = done.map_err(|error| stopped("audit", &error, error.is_absent()))?;
    let last = done.last_bad_answer.unwrap_or_default();
    let notice = (done.bad_answers > 0).then(|| {
        format!("the server gave {} bad answers and was asked again; the last: {last}", done.bad_answers)
    });
    Ok(Fetched { dir, url: server.to_string(), notice, _scratch: scratch })
}

/// Whether a directory is missing or empty.
fn is_free(dir: &Path) -> bool {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
