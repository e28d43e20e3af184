//! Evidence of a fork: two checkpoints that one log signed and that do not agree (docs/formats.md, "Evidence
//! of a fork").
//!
//! Everybody who has the log's key can verify the file. A consistency proof shows which root the later tree
//! had at the earlier size (RFC 6962, section 2.1.2). If the log signed another root for that size, no
//! history fits both checkpoints. Nothing else is needed: neither who made the file, nor what the log says
//! today. A log that never forked cannot be accused, whatever a file says.

use data_encoding::BASE64;

use crate::limits;
use crate::log::note::{KeyKind, Note, NoteError, Verdict, VerifierKey};
use crate::log::proof::{ProofError, verify_consistency};
use crate::log::tree_head::{TreeHead, TreeHeadError};
use crate::name::{Bytes, Hash};

const FIRST_LINE: &str = "icn-runtime/fork/v1";

/// Two signed checkpoints, as they were read. Nothing in them may be believed before [`Fork::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The log's key.
    pub log: VerifierKey,
    /// The root that the later tree had at the earlier size.
    pub root: Hash,
    /// The consistency proof from that root to the later checkpoint's.
    pub proof: Vec<Hash>,
    /// The signed checkpoint of the smaller size.
    pub earlier: String,
    /// The signed checkpoint of the larger size.
    pub later: String,
}

/// Why a text is not evidence of a fork.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// The text does not have the form of such a file.
    #[error("not evidence of a fork: {0}")]
    Form(&'static str),
    /// The key in the file is not a verifier key.
    #[error(transparent)]
    Key(NoteError),
    /// A checkpoint is not a signed note.
    #[error("the {0} checkpoint: {1}")]
    Note(&'static str, NoteError),
    /// The text of a checkpoint is not that of a checkpoint.
    #[error("the {0} checkpoint: {1}")]
    Head(&'static str, TreeHeadError),
    /// The log did not sign a checkpoint.
    #[error("the {0} checkpoint is not signed by {1}")]
    Unsigned(&'static str, String),
    /// A checkpoint is of another log.
    #[error("a checkpoint of {found}, expected one of {expected}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// The first line of the checkpoint.
        found: String,
    },
    /// The proof does not show the root that the later tree had at the earlier size.
    #[error("the proof does not show what the later tree begins with: {0}")]
    Proof(#[from] ProofError),
    /// The two checkpoints agree, so there is no fork.
    #[error("the two checkpoints agree: this is no fork")]
    Agree,
}

/// A fork that was proven: the log signed both checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forked {
    /// The checkpoint of the smaller size.
    pub earlier: TreeHead,
    /// The checkpoint of the larger size.
    pub later: TreeHead,
    /// The root that the later tree had at the earlier size. The log signed another one for that size.
    pub root: Hash,
}

impl Fork {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let hashes = std::iter::once(&self.root).chain(&self.proof).map(|hash| BASE64.encode(&hash.0) + "\n");
        let hashes: String = hashes.collect();
        format!("{FIRST_LINE}\n{}\n{hashes}\n{}\n{}", self.log, self.earlier, self.later)
    }

    /// Reads the text of a file. The text of a checkpoint has no empty line, so empty lines separate the parts.
    pub fn parse(text: &str) -> Result<Self, ForkError> {
        let parts: Vec<&str> = text.split("\n\n").collect();
        let [head, earlier, earlier_signed, later, later_signed] = parts[..] else {
            return Err(ForkError::Form(
                "expected its head and two signed checkpoints, with empty lines between",
            ));
        };
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(ForkError::Form("expected icn-runtime/fork/v1 on line 1"));
        }
        let log = VerifierKey::parse(lines.next().unwrap_or_default()).map_err(ForkError::Key)?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() > limits::PROOF_HASHES_MAX {
                return Err(ForkError::Form("it has more hashes than any tree is high"));
            }
            let hash = BASE64.decode(line.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
            hashes.push(Bytes(hash.ok_or(ForkError::Form("a hash is not 32 bytes in base64"))?));
        }
        let (root, proof) = hashes.split_first().ok_or(ForkError::Form("expected a root on line 3"))?;
        let fork = Self {
            log,
            root: *root,
            proof: proof.to_vec(),
            earlier: format!("{earlier}\n\n{earlier_signed}\n"),
            later: format!("{later}\n\n{later_signed}"),
        };
        assert!(fork.proof.len() <= limits::PROOF_HASHES_MAX, "a proof is no longer than a tree is high");
        if fork.to_text() != text {
            return Err(ForkError::Form("expected the spelling in which such files are written"));
        }
        Ok(fork)
    }

    /// Verifies that the log with this key signed both checkpoints, and that no history fits both. The caller
    /// knows the key from another source: the key in the file only says which log the file is about.
    pub fn verify(&self, log: &VerifierKey) -> Result<Forked, ForkError> {
        let earlier = head_of("earlier", &self.earlier, log)?;
        let later = head_of("later", &self.later, log)?;
        if earlier.size == 0 {
            // Every history begins with the empty tree, which has one root: only another root is a fork.
            return if earlier.root == Hash::digest(b"") {
                Err(ForkError::Agree)
            } else {
                Ok(Forked { earlier, later, root: Hash::digest(b"") })
            };
        }
        verify_consistency((earlier.size, &self.root), (later.size, &later.root), &self.proof)?;
        if self.root == earlier.root {
            return Err(ForkError::Agree);
        }
        assert!(earlier.size <= later.size, "a consistency proof leads from a size to a larger one");
        assert_eq!(earlier.origin, later.origin, "both checkpoints are of the log that signed them");
        Ok(Forked { earlier, later, root: self.root })
    }
}

/// Reads a checkpoint and verifies that the log signed it.
pub(crate) fn head_of(which: &'static str, note: &str, log: &VerifierKey) -> Result<TreeHead, ForkError> {
    let note = Note::parse(note).map_err(|error| ForkError::Note(which, error))?;
    if log.kind() != KeyKind::Log || !matches!(note.by(log), Verdict::Signed(_)) {
        return Err(ForkError::Unsigned(which, log.to_string()));
    }
    let head = TreeHead::parse(note.text()).map_err(|error| ForkError::Head(which, error))?;
    if head.origin != log.name() {
        return Err(ForkError::Origin { expected: log.name().to_owned(), found: head.origin });
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::SecretKey;
    use crate::log::note::sign_line;
    use crate::log::proof::{Prover, consistency_ranges};
    use crate::log::tree::{Frontier, leaf_hash};

    /// A history: leaves up to `shared` are those of every history, later ones its own.
    fn leaf(history: u8, shared: u64, at: u64) -> Hash {
        leaf_hash(&[&[if at < shared { 0 } else { history }][..], &at.to_le_bytes()].concat())
    }
    fn root(history: u8, shared: u64, size: u64) -> Hash {
        let mut frontier = Frontier::default();
        (0..size).for_each(|at| frontier.push(leaf(history, shared, at)));
        frontier.root()
    }
    fn proof(history: u8, shared: u64, old: u64, new: u64) -> Vec<Hash> {
        let mut prover = Prover::new(consistency_ranges(old, new).unwrap());
        (0..new).for_each(|at| prover.push(leaf(history, shared, at)));
        prover.finish().unwrap()
    }
    fn secret() -> SecretKey {
        SecretKey::from_bytes(&[1; 32])
    }
    fn log() -> VerifierKey {
        VerifierKey::new("icn.example/log", KeyKind::Log, secret().did()).unwrap()
    }
    fn note(size: u64, root: &Hash) -> String {
        let text = format!("icn.example/log\n{size}\n{}\n", BASE64.encode(&root.0));
        format!("{text}\n{}", sign_line(&log(), &secret(), &text, 0))
    }
    /// What history 1 signed at `old`, against history 2 at `new`.
    fn fork(shared: u64, old: u64, new: u64) -> Fork {
        Fork {
            log: log(),
            root: root(2, shared, old),
            proof: proof(2, shared, old, new),
            earlier: note(old, &root(1, shared, old)),
            later: note(new, &root(2, shared, new)),
        }
    }

    #[test]
    fn two_histories_are_a_fork_exactly_when_they_differ_before_the_earlier_size() {
        for (shared, old, new) in
            (0..9).flat_map(|shared| (1..9).flat_map(move |old| (old..9).map(move |new| (shared, old, new))))
        {
            let fork = fork(shared, old, new);
            let verdict = fork.verify(&log());
            if old > shared {
                assert_eq!(verdict.unwrap().earlier.size, old, "{shared} {old} {new}");
            } else {
                assert_eq!(verdict, Err(ForkError::Agree), "{shared} {old} {new}");
            }
            assert_eq!(Fork::parse(&fork.to_text()), Ok(fork));
        }
    }

    #[test]
    fn an_honest_log_cannot_be_accused() {
        // Whatever root and proof the file claims, an honest log's checkpoints agree.
        let honest = |old, new| (note(old, &root(1, 9, old)), note(new, &root(1, 9, new)));
        for (old, new) in (1..9).flat_map(|old| (old..9).map(move |new| (old, new))) {
            let (earlier, later) = honest(old, new);
            for claimed in [root(1, 9, old), root(2, 0, old), Hash::digest(b"x")] {
                for proof in [proof(1, 9, old, new), proof(2, 0, old, new), Vec::new()] {
                    let fork = Fork {
                        log: log(),
                        root: claimed,
                        proof,
                        earlier: earlier.clone(),
                        later: later.clone(),
                    };
                    assert!(fork.verify(&log()).is_err(), "{old} {new}");
                    let swapped = Fork { earlier: fork.later.clone(), later: fork.earlier.clone(), ..fork };
                    assert!(swapped.verify(&log()).is_err(), "{old} {new}");
                }
            }
        }
        // The empty tree has one root, and no proof.
        let nothing = |root: &Hash| Fork { earlier: note(0, root), ..fork(0, 1, 3) };
        assert_eq!(nothing(&Hash::digest(b"")).verify(&log()), Err(ForkError::Agree));
        assert!(nothing(&Hash::digest(b"x")).verify(&log()).is_ok());
    }

    #[test]
    fn a_changed_byte_is_no_evidence() {
        let text = fork(2, 3, 7).to_text();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let verdict = Fork::parse(&changed).and_then(|fork| fork.verify(&log()));
            // The key in the file says only whom it is about.
            assert!(verdict.is_err(), "offset {at}: {changed}");
        }
        let other =
            VerifierKey::new("icn.example/log", KeyKind::Log, SecretKey::from_bytes(&[2; 32]).did()).unwrap();
        assert!(matches!(fork(2, 3, 7).verify(&other), Err(ForkError::Unsigned("earlier", _))));
    }
}
