//! `AuditReport`: what an audit found. Its JSON form is in `docs/formats.md`, "The report of an audit".

use icn_core::log::Trusted;

use crate::finding::Finding;

/// What an audit found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuditReport {
    /// Whether everything holds.
    pub ok: bool,
    /// The name of the log, when its first entry could be read.
    pub origin: Option<String>,
    /// Leaves that hold, from the first on.
    pub size: u64,
    /// The root over them, in hexadecimal.
    pub root: String,
    /// Number of scopes.
    pub scopes: u64,
    /// Number of receipts.
    pub invocations: u64,
    /// The level of the audit: `structure`, `ledger` or `replay`.
    pub level: &'static str,
    /// Whether every invocation was run again.
    pub replayed: bool,
    /// The first thing that does not hold.
    pub divergence: Option<Finding>,
    /// Whether a host has the directory open: then only the part that its newest checkpoint covers was audited.
    pub in_use: bool,
    /// Notices for a person, as of a derived file that does not fit the log.
    pub notices: Vec<String>,
    /// The checkpoint that the auditor's policy relies on, if witnesses cosigned it.
    pub cosigned: Option<Cosigned>,
    /// Evidence of a fork that others can verify, as the text of a file (`docs/formats.md`, "Evidence of a
    /// fork"): a signed checkpoint has another root than the log.
    pub fork: Option<String>,
}

/// The report for a person, in lines; the last one says whether the audit passed.
impl std::fmt::Display for AuditReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for notice in &self.notices {
            writeln!(f, "note: {notice}")?;
        }
        let origin = self.origin.as_deref().unwrap_or("(unknown)");
        let again = match self.level {
            "structure" => ", structure alone",
            "replay" => ", every run repeated",
            _ => "",
        };
        writeln!(
            f,
            "log {origin}: {} entries hold, of {} scopes with {} invocations{again}",
            self.size, self.scopes, self.invocations
        )?;
        writeln!(f, "root {}", self.root)?;
        if let Some(cosigned) = &self.cosigned {
            let names: Vec<&str> = cosigned.witnesses.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(f, "size {} is cosigned by {}", cosigned.size, names.join(", "))?;
        }
        match &self.divergence {
            None => f.write_str("audit passed"),
            Some(finding) => write!(f, "AUDIT FAILED at {finding}"),
        }
    }
}

/// A checkpoint that witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cosigned {
    /// Size of the checkpoint, in leaves.
    pub size: u64,
    /// Name of each witness, and the time of its cosignature in seconds since the Unix epoch.
    pub witnesses: Vec<(String, u64)>,
}

impl Cosigned {
    /// The checkpoint that a policy relies on; `None` when none of the policy's witnesses cosigned it.
    pub(crate) fn of(trusted: &Trusted) -> Option<Self> {
        let (size, witnesses) = (trusted.checkpoint.size, trusted.cosigned.clone());
        (!witnesses.is_empty()).then_some(Self { size, witnesses })
    }
}

/// A notice about the part of a log that is not cosigned; `None` when there is none, or when no witness
/// cosigned anything.
pub(crate) fn unwitnessed(trusted: &Trusted, size: u64) -> Option<String> {
    let (cosigned, count) = (trusted.checkpoint.size, trusted.cosigned.len());
    (count > 0 && cosigned < size).then(|| {
        format!("{count} of the policy's witnesses cosigned the log up to size {cosigned}: for what comes after there is only its host's word")
    })
}
