//! One log that a witness watches: what it cosigned last, and whether a checkpoint follows from that.
//!
//! It never cosigns a tree that does not begin with the one that it cosigned last, and its time never goes
//! back. Requests are handled one after the other, in this order: [`Watched::judge`] decides and gives a
//! [`Pending`]; the caller makes the note of the `Pending` durable; [`Watched::advance`] takes the `Pending`
//! and gives the answer. Two pending cosignatures of one log must not exist at once: the older one would roll
//! the log back.

#[cfg(test)]
mod tests;

use super::cosigner::Cosigner;
use super::error::{Refused, WatchError};
use super::request::Request;
use crate::log::fork::Fork;
use crate::log::note::{KeyKind, Note, Verdict, VerifierKey};
use crate::log::proof::verify_consistency;
use crate::log::tree_head::TreeHead;
use crate::name::Hash;

/// The checkpoint that a witness cosigned last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Latest {
    head: TreeHead,
    /// The time that the cosignature states, in seconds since the Unix epoch.
    time_s: u64,
    /// The checkpoint with the log's signatures and the cosignature.
    note: String,
}

/// A log that is watched.
#[derive(Debug)]
pub struct Watched {
    /// The log's keys, at least one. All have the same name, which is the log's origin.
    keys: Vec<VerifierKey>,
    latest: Option<Latest>,
}

/// A cosignature that nobody may see before its note is durable.
#[derive(Debug)]
#[must_use = "a cosignature is given only after its note is durable"]
pub struct Pending {
    latest: Latest,
    line: String,
}

impl Pending {
    /// The note that must be durable: the checkpoint with the log's signatures and the cosignature.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.latest.note
    }
}

impl Watched {
    /// A log of which nothing was cosigned. The name of its key is its origin.
    pub fn new(key: VerifierKey) -> Result<Self, WatchError> {
        let mut watched = Self { keys: Vec::new(), latest: None };
        watched.trust(key)?;
        assert!(!watched.origin().is_empty(), "a log that is watched has a name");
        Ok(watched)
    }

    /// Adds another key of the same log, for the time in which the log changes its key.
    pub fn trust(&mut self, key: VerifierKey) -> Result<(), WatchError> {
        if key.kind() != KeyKind::Log {
            return Err(WatchError::Kind(key));
        }
        if self.keys.contains(&key) {
            return Err(WatchError::RepeatedKey(key));
        }
        if let Some(first) = self.keys.first().filter(|first| first.name() != key.name()) {
            let (expected, found) = (first.name().to_owned(), key.name().to_owned());
            return Err(WatchError::Origin { expected, found });
        }
        self.keys.push(key);
        assert!(self.keys.iter().all(|key| key.name() == self.origin()), "all keys of a log have its name");
        Ok(())
    }

    /// The origin of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.keys.first().map_or("", VerifierKey::name)
    }

    /// Continues from the note that was made durable last. A note that this witness did not cosign is refused.
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
        assert!(i64::try_from(time_s).is_ok(), "a time that verified is at most 2^63 - 1");
        self.latest = Some(Latest { head, time_s, note: note.to_owned() });
        Ok(())
    }

    /// The size of the checkpoint that was cosigned last, or 0 if none was.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.latest.as_ref().map_or(0, |latest| latest.head.size)
    }

    /// The checkpoint that was cosigned last, with the log's signature and the cosignature.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.latest.as_ref().map(|latest| latest.note.as_str())
    }

    /// The log's signature lines in a note, one for each of its keys that signed. `None` if no key signed, or
    /// if one signature is invalid.
    fn signed(&self, note: &Note) -> Option<String> {
        let mut lines = String::new();
        for key in &self.keys {
            match note.by(key) {
                Verdict::Invalid => return None,
                Verdict::Absent => {}
                Verdict::Signed(_) => {
                    lines += &note.signatures().iter().find(|line| line.is_of(key))?.to_line();
                }
            }
        }
        (!lines.is_empty()).then_some(lines)
    }

    /// Decides whether to cosign a checkpoint of this log, at this time in seconds since the Unix epoch. It
    /// changes nothing. The time of a cosignature never goes back: it says which tree was the largest then.
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
            return Err(Refused::EmptyRoot(head.root));
        }
        self.follows(old, head, request.proof())?;
        // A time of 0 says nothing, and a time above 2^63 - 1 is invalid (C2SP tlog-cosignature, "Format").
        let before = self.latest.as_ref().map_or(1, |latest| latest.time_s);
        let time_s = now_s.max(before).min(i64::MAX.unsigned_abs());
        assert!(time_s >= before.min(i64::MAX.unsigned_abs()), "the time of a witness never goes back");
        assert!(head.size >= self.size(), "a cosigned tree is not smaller than the one before");
        let text = request.note().text();
        let line = cosigner.sign(text, time_s);
        let note = format!("{text}\n{signed}{line}");
        Ok(Pending { latest: Latest { head: head.clone(), time_s, note }, line })
    }

    /// Verifies that a tree begins with the one that was cosigned last, which has the size `old`.
    fn follows(&self, old: u64, head: &TreeHead, proof: &[Hash]) -> Result<(), Refused> {
        assert_eq!(old, self.size(), "a proof begins at the size that was cosigned last");
        let latest = match &self.latest {
            Some(latest) if old > 0 => &latest.head,
            // Every tree begins with the empty tree.
            _ if proof.is_empty() => return Ok(()),
            _ => return Err(Refused::ProofFromEmpty(proof.len())),
        };
        if old == head.size && latest.root != head.root {
            return Err(Refused::Forked { size: old, cosigned: latest.root, found: head.root });
        }
        Ok(verify_consistency((old, &latest.root), (head.size, &head.root), proof)?)
    }

    /// Takes a cosignature whose note is durable, and gives the answer: the signature line.
    #[must_use]
    pub fn advance(&mut self, pending: Pending) -> String {
        assert!(pending.latest.head.size >= self.size(), "a witness never goes back");
        assert!(pending.latest.note.ends_with(&pending.line), "what was made durable has the cosignature");
        self.latest = Some(pending.latest);
        pending.line
    }

    /// The evidence that a refused request gives: the log signed two trees of one size. `None` if the request
    /// gives none.
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
        let with_signatures = |note: &Note| Some(format!("{}\n{}", note.text(), self.signed(note)?));
        let fork = Fork {
            log: log.clone(),
            root: head.root,
            proof: Vec::new(),
            earlier: with_signatures(&earlier)?,
            later: with_signatures(note)?,
        };
        let proven = fork.verify(log).ok()?;
        assert_eq!(proven.earlier.size, proven.later.size, "the evidence of a witness is of one size");
        Some(fork)
    }
}
