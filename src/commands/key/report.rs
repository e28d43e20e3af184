//! The results of `icn key`, as text and as JSON.

use icn_core::block::ucan::{Delegation, Revocation};

use super::list::Listed;
use super::when;

/// A result. Its fields are those of the JSON document.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// The public half of a key.
    Key { did: String },
    /// How many key files were rewritten. Files that were right already are not counted.
    Rewritten { files: usize, encrypted: bool },
    /// The delegations in a log.
    Delegations(Vec<Listed>),
    /// One delegation.
    Delegation {
        cid: String,
        issuer: String,
        audience: String,
        subject: Option<String>,
        command: String,
        /// The number of conditions that limit it further.
        statements: usize,
        /// Seconds since the Unix epoch.
        from: Option<i64>,
        /// Seconds since the Unix epoch.
        until: Option<i64>,
    },
    /// One revocation.
    Revocation { cid: String, issuer: String, delegation: String },
}

impl Report {
    pub(super) fn of_delegation(delegation: &Delegation) -> Self {
        Self::Delegation {
            cid: delegation.id.to_string(),
            issuer: delegation.issuer.to_string(),
            audience: delegation.audience.to_string(),
            subject: delegation.subject.map(|did| did.to_string()),
            command: delegation.command.clone(),
            statements: delegation.statements,
            from: delegation.not_before_s,
            until: delegation.expires_s,
        }
    }

    pub(super) fn of_revocation(revocation: &Revocation) -> Self {
        Self::Revocation {
            cid: revocation.id.to_string(),
            issuer: revocation.issuer.to_string(),
            delegation: revocation.delegation.to_string(),
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rewritten { files, encrypted } => {
                writeln!(
                    f,
                    "{files} key files rewritten, {} a passphrase",
                    if *encrypted { "with" } else { "without" }
                )
            }
            Self::Delegations(all) => {
                for Listed { scope, cid, key, from, until, state, days_left } in all {
                    writeln!(f, "scope      {scope}")?;
                    writeln!(f, "delegation {cid}")?;
                    writeln!(f, "to         {key}")?;
                    writeln!(f, "from       {}", from.map_or_else(|| "at once".to_owned(), when::text))?;
                    let left = days_left.map_or_else(String::new, |days| format!(", {days} days left"));
                    writeln!(f, "until      {}{left}", when::text(*until))?;
                    writeln!(f, "state      {}\n", state.as_str())?;
                }
                writeln!(f, "{} delegations", all.len())
            }
            Self::Key { did } => writeln!(f, "{did}"),
            Self::Delegation { cid, issuer, audience, subject, command, statements, from, until } => {
                let time =
                    |time: &Option<i64>, without: &str| time.map_or_else(|| without.to_owned(), when::text);
                writeln!(f, "delegation {cid}")?;
                writeln!(f, "by         {issuer}")?;
                writeln!(f, "to         {audience}")?;
                writeln!(f, "of         {}", subject.as_deref().unwrap_or("any subject"))?;
                let more =
                    if *statements == 0 { String::new() } else { format!(", {statements} conditions") };
                writeln!(f, "may        {command}{more}")?;
                writeln!(f, "from       {}", time(from, "at once"))?;
                writeln!(f, "until      {}", time(until, "for ever"))
            }
            Self::Revocation { cid, issuer, delegation } => {
                writeln!(f, "revocation {cid}")?;
                writeln!(f, "by         {issuer}")?;
                writeln!(f, "of         {delegation}")
            }
        }
    }
}
