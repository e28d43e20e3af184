//! Which checkpoints may be relied on: those that the log and enough witnesses signed.
//!
//! A verifier has a [`TrustPolicy`] from a source that it trusts. [`TrustPolicy::open`] checks the policy,
//! reads the note, verifies the log's signature, then reads the checkpoint, then counts the witnesses. A
//! [`Trusted`] checkpoint is made nowhere else. A witness counts once, however often it signed.

use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::note::{KeyKind, Note, NoteError, Verdict, VerifierKey};

/// What a verifier demands of a checkpoint. As JSON it is the file `policy.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustPolicy {
    /// The log's key, whose name is the log's origin.
    pub log: VerifierKey,
    /// The witnesses whose cosignatures count, each once.
    pub witnesses: Vec<VerifierKey>,
    /// How many of them must have cosigned. 0 demands none.
    pub quorum: usize,
}

/// Why a checkpoint may not be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// No checkpoint can meet the policy, or the policy counts something twice.
    #[error("the policy is invalid: {0}")]
    Policy(&'static str),
    /// The text is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log signed the text, and it is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log did not sign it.
    #[error("no signature of {0}")]
    Unsigned(String),
    /// The note has an invalid signature of a key that the policy names.
    #[error("an invalid signature of {0}")]
    Invalid(String),
    /// The checkpoint is of a log with another name than the key.
    #[error("a checkpoint of {found}, expected one of {expected}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// The first line of the checkpoint.
        found: String,
    },
    /// Too few witnesses cosigned.
    #[error("cosigned by {found} witnesses, the policy demands {expected}")]
    Quorum {
        /// How many witnesses must have cosigned.
        expected: usize,
        /// How many did.
        found: usize,
    },
}

/// A checkpoint that may be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The size and the root.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, with the time in seconds since the Unix epoch.
    pub cosigned: Vec<(String, u64)>,
}

impl TrustPolicy {
    /// A policy that trusts the log alone.
    #[must_use]
    pub const fn log_alone(log: VerifierKey) -> Self {
        Self { log, witnesses: Vec::new(), quorum: 0 }
    }

    /// Checks that a checkpoint can meet the policy: the log's key is of a log, the witnesses' keys are of
    /// witnesses, no witness stands twice, and the quorum is not larger than the number of witnesses.
    pub fn check(&self) -> Result<(), TrustError> {
        if self.log.kind() != KeyKind::Log {
            return Err(TrustError::Policy("the log's key is not one of a log (type 1)"));
        }
        if self.witnesses.iter().any(|witness| witness.kind() != KeyKind::Witness) {
            return Err(TrustError::Policy("a witness's key is not one of a witness (type 4)"));
        }
        for (at, witness) in self.witnesses.iter().enumerate() {
            let same = |other: &VerifierKey| other.key() == witness.key() || other.name() == witness.name();
            if self.witnesses[..at].iter().any(same) {
                return Err(TrustError::Policy("a witness is named twice"));
            }
        }
        if self.quorum > self.witnesses.len() {
            return Err(TrustError::Policy("the quorum is larger than the number of witnesses"));
        }
        Ok(())
    }

    /// Reads a signed checkpoint, verifies its signatures, and says who signed it.
    pub fn open(&self, note: &str) -> Result<Trusted, TrustError> {
        self.check()?;
        let note = Note::parse(note)?;
        match note.by(&self.log) {
            Verdict::Absent => return Err(TrustError::Unsigned(self.log.name().to_owned())),
            Verdict::Invalid => return Err(TrustError::Invalid(self.log.name().to_owned())),
            Verdict::Signed(_) => {}
        }
        let checkpoint = Checkpoint::from_body(note.text())?;
        if checkpoint.origin.as_str() != self.log.name() {
            return Err(TrustError::Origin {
                expected: self.log.name().to_owned(),
                found: checkpoint.origin.to_string(),
            });
        }
        let mut cosigned = Vec::new();
        for witness in &self.witnesses {
            match note.by(witness) {
                Verdict::Invalid => return Err(TrustError::Invalid(witness.name().to_owned())),
                Verdict::Signed(Some(time)) => cosigned.push((witness.name().to_owned(), time)),
                Verdict::Absent | Verdict::Signed(None) => {}
            }
        }
        if cosigned.len() < self.quorum {
            return Err(TrustError::Quorum { expected: self.quorum, found: cosigned.len() });
        }
        assert!(cosigned.len() <= self.witnesses.len(), "a witness counts once");
        assert_eq!(checkpoint.body(), note.text(), "the checkpoint is what was signed");
        debug_assert!(
            (1..cosigned.len()).all(|at| cosigned[..at].iter().all(|before| before.0 != cosigned[at].0)),
            "no two witnesses have one name"
        );
        Ok(Trusted { checkpoint, cosigned })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::SecretKey;
    use crate::log::note::sign_line;
    use crate::name::{Hash, Origin};

    fn secret(n: u8) -> SecretKey {
        SecretKey::from_bytes(&[n; 32])
    }
    fn witness(n: u8) -> VerifierKey {
        VerifierKey::new(&format!("witness.example/{n}"), KeyKind::Witness, secret(n).did()).unwrap()
    }
    fn policy(quorum: usize) -> TrustPolicy {
        let log = VerifierKey::new("icn.example/log", KeyKind::Log, secret(1).did()).unwrap();
        TrustPolicy { log, witnesses: (2..5).map(witness).collect(), quorum }
    }
    fn note(witnesses: &[u8]) -> String {
        let origin = Origin::parse("icn.example/log").unwrap();
        let checkpoint = Checkpoint { origin, size: 9, root: Hash::digest(b"r") };
        let mut note = checkpoint.sign(&secret(1));
        for n in witnesses {
            note += &sign_line(&witness(*n), &secret(*n), &checkpoint.body(), 100 + u64::from(*n));
        }
        note
    }

    #[test]
    fn as_many_witnesses_as_the_policy_asks_for_and_not_one_less() {
        for quorum in 0..=3 {
            for given in [&[][..], &[2], &[2, 3], &[2, 3, 4], &[4, 2], &[2, 2, 2], &[9, 8, 7]] {
                let counted = (2..5).filter(|n| given.contains(n)).count();
                let opened = policy(quorum).open(&note(given));
                if counted >= quorum {
                    let trusted = opened.unwrap();
                    assert_eq!((trusted.cosigned.len(), trusted.checkpoint.size), (counted, 9));
                } else {
                    assert_eq!(opened, Err(TrustError::Quorum { expected: quorum, found: counted }));
                }
            }
        }
    }

    #[test]
    fn a_policy_that_cannot_be_met_or_counts_twice_is_refused() {
        let mut twice = policy(1);
        twice.witnesses.push(witness(2));
        let mut same_key = policy(1);
        same_key.witnesses.push(VerifierKey::new("other", KeyKind::Witness, secret(2).did()).unwrap());
        let mut kinds = policy(1);
        kinds.witnesses.push(VerifierKey::new("other", KeyKind::Log, secret(7).did()).unwrap());
        for policy in [policy(4), twice, same_key, kinds] {
            assert!(matches!(policy.open(&note(&[2, 3, 4])), Err(TrustError::Policy(_))), "{policy:?}");
        }
    }

    #[test]
    fn a_wrong_signature_of_a_known_key_spoils_the_note_and_another_log_is_no_log() {
        let spoiled = note(&[2]).replace("\n9\n", "\n8\n");
        assert_eq!(policy(0).open(&spoiled), Err(TrustError::Invalid("icn.example/log".into())));
        let mut lines: Vec<String> = note(&[2]).lines().map(str::to_owned).collect();
        let body = "icn.example/log\n8\n";
        lines.truncate(5);
        let wrong = lines.join("\n") + "\n" + &sign_line(&witness(2), &secret(2), body, 5);
        assert_eq!(policy(0).open(&wrong), Err(TrustError::Invalid("witness.example/2".into())));
        let mut other = policy(0);
        other.log = VerifierKey::new("icn.example/other", KeyKind::Log, secret(1).did()).unwrap();
        assert!(matches!(other.open(&note(&[])), Err(TrustError::Unsigned(_))));
        // The same key under another name, and a signature line of that name.
        let origin = Origin::parse("icn.example/log").unwrap();
        let body = Checkpoint { origin, size: 9, root: Hash::digest(b"r") }.body();
        let renamed = format!("{body}\n{}", sign_line(&other.log, &secret(1), &body, 0));
        assert!(matches!(other.open(&renamed), Err(TrustError::Origin { .. })));
    }
}
