//! What a witness answers to a checkpoint that it is shown (C2SP tlog-witness, "add-checkpoint").
//!
//! A machine without clock and disk. [`Watched::judge`] gives a [`Pending`]: the note that must be durable before anybody
//! learns of it. [`Watched::advance`] takes it, and only that gives the answer. What is judged in between, by this state,
//! must not be advanced to after it: one request of a log after the other, or an older one would roll it back.

#[cfg(test)]
mod tests;

use super::request::Request;
use crate::encode::SecretKey;
use crate::log::fork::Fork;
use crate::log::note::{KeyKind, Note, NoteError, Verdict, VerifierKey, sign_line};
use crate::log::proof::{ProofError, verify_consistency};
use crate::log::tree_head::{TreeHead, TreeHeadError};
use crate::name::Hash;

/// A witness's name and key.
#[derive(Debug)]
pub struct Cosigner {
    key: VerifierKey,
    secret: SecretKey,
}

impl Cosigner {
    /// A witness of this name; nothing when no note can carry the name.
    #[must_use]
    pub fn new(name: &str, secret: SecretKey) -> Option<Self> {
        Some(Self { key: VerifierKey::new(name, KeyKind::Witness, secret.did())?, secret })
    }
    /// The key that verifies its cosignatures.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }
}

/// Why a log is not one to watch, or a witness's memory of it is not one to go on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Not a log's key.
    #[error("{0}: expected the key of a log (type 1), found one of a witness")]
    Kind(VerifierKey),
    /// Named twice.
    #[error("{0}: it is named twice")]
    Twice(VerifierKey),
    /// What was kept is no note.
    #[error("the checkpoint that was cosigned last: {0}")]
    Note(#[from] NoteError),
    /// Nor a checkpoint.
    #[error("the checkpoint that was cosigned last: {0}")]
    Head(#[from] TreeHeadError),
    /// It is of another log.
    #[error("the checkpoint that was cosigned last is of {found}, expected one of {expected}")]
    Origin {
        /// Whose it should be.
        expected: String,
        /// Whose it is.
        found: String,
    },
    /// This witness did not cosign it.
    #[error(
        "the checkpoint that was cosigned last has no cosignature of {0}: it is another witness's, or was changed"
    )]
    NotOurs(VerifierKey),
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature of the log, or one that does not hold.
    #[error("no valid signature of the log {0}")]
    Unsigned(String),
    /// The older tree is the larger one.
    #[error("the old size {old} is larger than the checkpoint's, {size}")]
    OldSize {
        /// The old size in the request.
        old: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The request begins elsewhere than at what was cosigned last.
    #[error("the checkpoint that was cosigned last has the size {0}")]
    Conflict(u64),
    /// Of nothing there is one root.
    #[error("a tree of size 0 has the root of nothing, this one has {0}")]
    Nothing(Hash),
    /// A proof from nothing.
    #[error("expected no proof from the size 0, found {0} hashes")]
    FromNothing(usize),
    /// Another tree of the same size.
    #[error(
        "the tree of size {size} has the root {cosigned}, this checkpoint says {found}: the log has forked"
    )]
    Forked {
        /// The size of both.
        size: u64,
        /// What was cosigned.
        cosigned: Hash,
        /// What is asked for.
        found: Hash,
    },
    /// It does not follow from what was cosigned.
    #[error("the checkpoint is not shown to follow from the one that was cosigned last: {0}")]
    Proof(#[from] ProofError),
}

impl Refused {
    /// The status of the answer (C2SP tlog-witness, "add-checkpoint").
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::OldSize { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::Conflict(_) => 409,
            Self::Nothing(_) | Self::FromNothing(_) | Self::Forked { .. } | Self::Proof(_) => 422,
        }
    }
}

/// What a witness cosigned last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Latest {
    head: TreeHead,
    time_s: u64,
    note: String,
}

/// A log that is watched.
#[derive(Debug)]
pub struct Watched {
    keys: Vec<VerifierKey>,
    latest: Option<Latest>,
}

/// A cosignature that nobody may learn of before its note is durable.
#[derive(Debug)]
#[must_use = "what is not made durable must be forgotten"]
pub struct Pending {
    latest: Latest,
    line: String,
}

impl Pending {
    /// What must be durable: the checkpoint with the log's signatures and the cosignature, a note of its own.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.latest.note
    }
}

impl Watched {
    /// A log with this key, whose name is its origin, of which nothing was cosigned.
    pub fn new(key: VerifierKey) -> Result<Self, WatchError> {
        let mut watched = Self { keys: Vec::new(), latest: None };
        watched.trust(key)?;
        Ok(watched)
    }

    /// Another key of the same log, as while it changes its own.
    pub fn trust(&mut self, key: VerifierKey) -> Result<(), WatchError> {
        if key.kind() != KeyKind::Log {
            return Err(WatchError::Kind(key));
        }
        if self.keys.contains(&key) {
            return Err(WatchError::Twice(key));
        }
        if let Some(first) = self.keys.first().filter(|first| first.name() != key.name()) {
            let (expected, found) = (first.name().to_owned(), key.name().to_owned());
            return Err(WatchError::Origin { expected, found });
        }
        self.keys.push(key);
        Ok(())
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.keys.first().map_or("", VerifierKey::name)
    }

    /// Goes on from what was made durable.
    pub fn restore(&mut self, note: &str, witness: &VerifierKey) -> Result<(), WatchError> {
        let parsed = Note::parse(note)?;
        let Verdict::Signed(Some(time_s)) = parsed.by(witness) else {
            return Err(WatchError::NotOurs(witness.clone()));
        };
        let head = TreeHead::parse(parsed.text())?;
        if head.origin != self.origin() {
            let expected = self.origin().to_owned();
            return Err(WatchError::Origin { expected, found: head.origin });
        }
        self.latest = Some(Latest { head, time_s, note: note.to_owned() });
        Ok(())
    }

    /// The size of the checkpoint that was cosigned last; 0 when none was.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.latest.as_ref().map_or(0, |latest| latest.head.size)
    }

    /// The checkpoint that was cosigned last, with the log's signature and the cosignature.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.latest.as_ref().map(|latest| latest.note.as_str())
    }

    /// The log's signature lines in a note, one a key that is trusted; nothing when there is none, or when one does not
    /// hold.
    fn signed(&self, note: &Note) -> Option<String> {
        let mut lines = String::new();
        for key in &self.keys {
            match note.by(key) {
                Verdict::Wrong => return None,
                Verdict::Absent => {}
                Verdict::Signed(_) => {
                    lines += &note.signatures().iter().find(|line| line.is_of(key))?.to_line();
                }
            }
        }
        (!lines.is_empty()).then_some(lines)
    }

    /// Whether a checkpoint of this log is one to cosign, at this time in seconds since the Unix epoch. The cosignature's
    /// time never goes back: it says what was the largest tree then.
    ///
    /// Format: docs/formats.md, "Cosigned checkpoints".
    pub fn judge(&self, request: &Request, cosigner: &Cosigner, now_s: u64) -> Result<Pending, Refused> {
        let signed =
            self.signed(request.note()).ok_or_else(|| Refused::Unsigned(self.origin().to_owned()))?;
        let (old, head) = (request.old(), request.head());
        if old > head.size {
            return Err(Refused::OldSize { old, size: head.size });
        }
        if old != self.size() {
            return Err(Refused::Conflict(self.size()));
        }
        if head.size == 0 && head.root != Hash::digest(b"") {
            return Err(Refused::Nothing(head.root));
        }
        self.follows(old, head, request.proof())?;
        // A time of 0 would say nothing, and one above 2^63 - 1 is none (C2SP tlog-cosignature, "Format").
        let before = self.latest.as_ref().map_or(1, |latest| latest.time_s);
        let time_s = now_s.max(before).min(i64::MAX.unsigned_abs());
        let text = request.note().text();
        let line = sign_line(&cosigner.key, &cosigner.secret, text, time_s);
        let note = format!("{text}\n{signed}{line}");
        Ok(Pending { latest: Latest { head: head.clone(), time_s, note }, line })
    }

    /// That a tree follows from the one that was cosigned last, which has the size `old`.
    fn follows(&self, old: u64, head: &TreeHead, proof: &[Hash]) -> Result<(), Refused> {
        let latest = match &self.latest {
            Some(latest) if old > 0 => &latest.head,
            // Everything follows from nothing.
            _ if proof.is_empty() => return Ok(()),
            _ => return Err(Refused::FromNothing(proof.len())),
        };
        if old == head.size && latest.root != head.root {
            return Err(Refused::Forked { size: old, cosigned: latest.root, found: head.root });
        }
        Ok(verify_consistency((old, &latest.root), (head.size, &head.root), proof)?)
    }

    /// Takes a cosignature whose note is durable, and gives the answer: its signature line.
    #[must_use]
    pub fn advance(&mut self, pending: Pending) -> String {
        assert!(pending.latest.head.size >= self.size(), "a witness never goes back");
        self.latest = Some(pending.latest);
        pending.line
    }

    /// What a refused request proves of the log: that it signed two trees of one size.
    #[must_use]
    pub fn evidence(&self, request: &Request) -> Option<Fork> {
        let latest = self.latest.as_ref()?;
        let (head, note) = (request.head(), request.note());
        if head.size != latest.head.size || head.root == latest.head.root {
            return None;
        }
        let earlier = Note::parse(&latest.note).ok()?;
        let log = self
            .keys
            .iter()
            .find(|key| [&earlier, note].iter().all(|note| matches!(note.by(key), Verdict::Signed(_))))?;
        let whole = |note: &Note| Some(format!("{}\n{}", note.text(), self.signed(note)?));
        let fork = Fork {
            log: log.clone(),
            root: head.root,
            proof: Vec::new(),
            earlier: whole(&earlier)?,
            later: whole(note)?,
        };
        fork.verify(log).ok()?;
        Some(fork)
    }
}
