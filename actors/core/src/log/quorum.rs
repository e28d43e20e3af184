//! Which signatures make a checkpoint one to rely on: the log's own, and those of enough witnesses.

use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::note::{KeyKind, Note, NoteError, Verdict, VerifierKey};

/// What a verifier asks of a checkpoint. As JSON it is the file `policy.json`.
///
/// Format: docs/formats.md, "Proofs, tiles, cosignatures, CAR".
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustPolicy {
    /// The log's key, whose name is the log's origin.
    pub log: VerifierKey,
    /// Witnesses whose cosignatures count, each once.
    pub witnesses: Vec<VerifierKey>,
    /// How many of them must have cosigned; 0 asks for none.
    pub quorum: usize,
}

/// Why a checkpoint is not one to rely on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The policy itself cannot be met, or says nothing.
    #[error("the policy is not sound: {0}")]
    Policy(&'static str),
    /// Not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed, and no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log did not sign it.
    #[error("no signature of {0}")]
    Unsigned(String),
    /// A key that is known signed something else.
    #[error("a signature of {0} does not hold")]
    Wrong(String),
    /// The log has another name than its key.
    #[error("a checkpoint of {found}, expected one of {expected}")]
    Origin {
        /// The key's name.
        expected: String,
        /// The checkpoint's first line.
        found: String,
    },
    /// Too few witnesses.
    #[error("cosigned by {found} of the witnesses, the policy asks for {expected}")]
    Quorum {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// A checkpoint that may be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, with the time in seconds since the Unix epoch.
    pub cosigned: Vec<(String, u64)>,
}

impl TrustPolicy {
    /// A policy that takes the log's own word.
    #[must_use]
    pub const fn log_alone(log: VerifierKey) -> Self {
        Self { log, witnesses: Vec::new(), quorum: 0 }
    }

    /// Whether it can be met: a log's key, witnesses' keys, no key twice, and not more asked for than there are.
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

    /// Reads a signed checkpoint, and says who vouches for it.
    pub fn open(&self, note: &str) -> Result<Trusted, TrustError> {
        self.check()?;
        let note = Note::parse(note)?;
        match note.by(&self.log) {
            Verdict::Absent => return Err(TrustError::Unsigned(self.log.name().to_owned())),
            Verdict::Wrong => return Err(TrustError::Wrong(self.log.name().to_owned())),
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
                Verdict::Wrong => return Err(TrustError::Wrong(witness.name().to_owned())),
                Verdict::Signed(Some(time)) => cosigned.push((witness.name().to_owned(), time)),
                Verdict::Absent | Verdict::Signed(None) => {}
            }
        }
        if cosigned.len() < self.quorum {
            return Err(TrustError::Quorum { expected: self.quorum, found: cosigned.len() });
        }
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
        assert_eq!(policy(0).open(&spoiled), Err(TrustError::Wrong("icn.example/log".into())));
        let mut lines: Vec<String> = note(&[2]).lines().map(str::to_owned).collect();
        let body = "icn.example/log\n8\n";
        lines.truncate(5);
        let wrong = lines.join("\n") + "\n" + &sign_line(&witness(2), &secret(2), body, 5);
        assert_eq!(policy(0).open(&wrong), Err(TrustError::Wrong("witness.example/2".into())));
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
