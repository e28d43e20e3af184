//! What an audit fetches from a web server: a directory that is audited like an export, and is gone afterwards.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_runtime::AuditReport;
use icn_runtime::mirror::{HttpUrl, mirror};

use super::super::demo::scratch::Scratch;
use super::super::output::tell;
use super::super::{FAILED, misuse, progress_bar};
use super::Arguments;

/// A publication that was fetched.
pub(super) struct Fetched {
    dir: PathBuf,
    url: String,
    notice: Option<String>,
    _scratch: Option<Scratch>,
}

impl Fetched {
    /// Where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The report, with the server's names of files in the place of ours, and a word on the server.
    pub(super) fn name(&self, mut report: AuditReport) -> AuditReport {
        let (ours, theirs) = (self.dir.display().to_string(), &self.url);
        if let Some(place) = report.divergence.as_mut().and_then(|finding| finding.place.as_mut()) {
            *place = place.replacen(&ours, theirs, 1);
        }
        report.notices.extend(self.notice.clone());
        report
    }
}

/// Fetches, or says why not.
pub(super) fn fetch(url: &str, arguments: &Arguments) -> Result<Fetched, ExitCode> {
    let server = HttpUrl::parse(url).map_err(|error| {
        let more = "; or fetch the files with `rsync` or `wget --mirror`, and audit the copy with --export";
        let more = if url.starts_with("https:") { more } else { "" };
        misuse("audit", &format!("{error}{more}"))
    })?;
    let (dir, scratch) = match &arguments.keep {
        Some(dir) => {
            let is_free = match std::fs::read_dir(dir) {
                Ok(mut entries) => entries.next().is_none(),
                Err(error) => error.kind() == std::io::ErrorKind::NotFound,
            };
            if !is_free {
                let why = format!("--keep {}: expected a new or an empty directory", dir.display());
                return Err(misuse("audit", &why));
            }
            (dir.clone(), None)
        }
        None => {
            let scratch = Scratch::new("icn-audit-")
                .map_err(|error| misuse("audit", &format!("making a scratch directory: {error}")))?;
            (scratch.path(), Some(scratch))
        }
    };
    let bar = progress_bar(0, "fetching");
    let done = mirror(&server, &dir, arguments.bytes_max, &mut |_, bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    match done {
        Ok(done) => {
            let last = done.last_bad_answer.unwrap_or_default();
            let notice = (done.bad_answers > 0).then(|| {
                format!(
                    "the server gave {} bad answers and was asked again; the last: {last}",
                    done.bad_answers
                )
            });
            Ok(Fetched { dir, url: server.to_string(), notice, _scratch: scratch })
        }
        Err(error) if error.is_absent() => Err(misuse("audit", &error.to_string())),
        Err(error) => {
            tell("audit", &error);
            Err(ExitCode::from(FAILED))
        }
    }
}
