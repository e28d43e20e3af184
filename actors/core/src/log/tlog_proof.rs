//! A proof that a block is in a log, as a file (C2SP tlog-proof) and as JSON: the place of the leaf, the
//! hashes, and the signed checkpoint to which they lead (docs/formats.md, "Proofs, tiles, cosignatures,
//! CAR").
//!
//! A file comes from anybody. [`TlogProof::parse`] bounds the number of hashes; [`TlogProof::verify`] takes
//! size and root from the checkpoint alone, after it verified who signed that.

use data_encoding::BASE64;

use super::proof::{ProofError, verify_inclusion};
use super::quorum::{TrustError, TrustPolicy, Trusted};
use super::tree::leaf_hash;
use crate::limits;
use crate::name::{BlockId, Bytes, Hash, decimal};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A proof, as it was read. Nothing in it may be believed before [`TlogProof::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Extra data in the file. Nobody signed it.
    pub extra: Option<Vec<u8>>,
    /// The place of the leaf in the log, from 0.
    pub index: u64,
    /// The roots of the subtrees beside the path from the leaf to the root.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, as the log issued it.
    pub checkpoint: String,
}

/// Why a text is not a proof, or proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The text does not have the form of a proof.
    #[error("not a tlog-proof, line {line}: {why}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The checkpoint may not be relied on.
    #[error(transparent)]
    Checkpoint(#[from] TrustError),
    /// The hashes do not lead to the root of the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// The same proof as JSON. Hashes are base64, as in the text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProofJson {
    /// The name of the block, in its text form.
    pub block: String,
    /// The place of the block in the log, from 0.
    pub index: u64,
    /// The number of leaves of the tree.
    pub size: u64,
    /// The roots of the subtrees beside the path from the leaf to the root.
    pub hashes: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl TlogProof {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", BASE64.encode(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.hashes {
            text += &format!("{}\n", BASE64.encode(&hash.0));
        }
        text + "\n" + &self.checkpoint
    }

    /// Reads the text of a file. It verifies nothing.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofError::Form {
            line: 1,
            why: "expected an empty line and a checkpoint after the proof",
        })?;
        let mut lines = head.split('\n').enumerate().map(|(at, line)| (at + 1, line)).peekable();
        let form = |line, why| TlogProofError::Form { line, why };
        if lines.next() != Some((1, FIRST_LINE)) {
            return Err(form(1, "expected c2sp.org/tlog-proof@v1"));
        }
        let mut extra = None;
        if let Some((line, encoded)) =
            lines.peek().and_then(|(line, text)| text.strip_prefix("extra ").map(|rest| (*line, rest)))
        {
            let read = BASE64.decode(encoded.as_bytes());
            extra = Some(read.map_err(|_| form(line, "the extra data is not base64"))?);
            lines.next();
        }
        let (line, index) = lines.next().ok_or(form(2, "expected the index"))?;
        let index = index.strip_prefix("index ").and_then(decimal);
        let index = index.ok_or(form(line, "expected `index` and a number in decimal"))?;
        let mut hashes = Vec::new();
        for (line, encoded) in lines {
            if hashes.len() == limits::PROOF_HASHES_MAX {
                return Err(form(line, "it has more hashes than any tree is high"));
            }
            let hash = BASE64.decode(encoded.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
            hashes.push(Bytes(hash.ok_or(form(line, "expected a hash of 32 bytes in base64"))?));
        }
        let proof = Self { extra, index, hashes, checkpoint: checkpoint.to_owned() };
        assert!(proof.hashes.len() <= limits::PROOF_HASHES_MAX, "a proof is no longer than a tree is high");
        debug_assert_eq!(proof.to_text(), text, "a proof has one spelling");
        Ok(proof)
    }

    /// Verifies that the block is in the log. The size and the root come from the checkpoint alone, and the
    /// checkpoint is signed by those whom the policy trusts.
    pub fn verify(&self, block: &BlockId, policy: &TrustPolicy) -> Result<Trusted, TlogProofError> {
        let trusted = policy.open(&self.checkpoint)?;
        let leaf = leaf_hash(block.as_bytes());
        let checkpoint = &trusted.checkpoint;
        verify_inclusion(&leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        assert!(self.index < checkpoint.size, "a leaf that was proven is in the tree");
        Ok(trusted)
    }

    /// The same proof as JSON, for this block in a tree of this size.
    #[must_use]
    pub fn to_json(&self, block: &BlockId, size: u64) -> ProofJson {
        ProofJson {
            block: block.to_string(),
            index: self.index,
            size,
            hashes: self.hashes.iter().map(|hash| BASE64.encode(&hash.0)).collect(),
            checkpoint: self.checkpoint.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::SecretKey;
    use crate::log::checkpoint::Checkpoint;
    use crate::log::note::{KeyKind, VerifierKey};
    use crate::log::proof::{Prover, inclusion_ranges};
    use crate::log::tree::Frontier;
    use crate::name::{Codec, Origin};

    fn block(n: u64) -> BlockId {
        BlockId::of(Codec::DagCbor, &n.to_le_bytes())
    }

    fn proof(index: u64, size: u64) -> (TlogProof, TrustPolicy) {
        let (mut frontier, mut prover) =
            (Frontier::default(), Prover::new(inclusion_ranges(index, size).unwrap()));
        for n in 0..size {
            frontier.append(&block(n));
            prover.push(leaf_hash(block(n).as_bytes()));
        }
        let secret = SecretKey::from_bytes(&[1; 32]);
        let origin = Origin::parse("icn.example/log").unwrap();
        let checkpoint = Checkpoint { origin, size, root: frontier.root() }.sign(&secret);
        let hashes = prover.finish().unwrap();
        let log = VerifierKey::new("icn.example/log", KeyKind::Log, secret.did()).unwrap();
        (TlogProof { extra: None, index, hashes, checkpoint }, TrustPolicy::log_alone(log))
    }

    #[test]
    fn a_proof_is_read_as_it_is_written_and_proves_its_block() {
        for (index, size) in [(0, 1), (0, 2), (5, 13), (12, 13)] {
            let (mut whole, policy) = proof(index, size);
            for extra in [None, Some(vec![]), Some(vec![1, 2, 3])] {
                whole.extra = extra;
                let read = TlogProof::parse(&whole.to_text()).unwrap();
                assert_eq!(read, whole);
                assert!(read.verify(&block(index), &policy).is_ok());
                assert!(read.verify(&block(index + 1), &policy).is_err());
            }
        }
    }

    #[test]
    fn no_changed_byte_of_a_proof_passes() {
        let (whole, policy) = proof(5, 13);
        let text = whole.to_text();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let verdict = TlogProof::parse(&changed).map(|proof| proof.verify(&block(5), &policy).is_ok());
            assert!(!matches!(verdict, Ok(true)), "offset {at}: {changed}");
        }
    }

    #[test]
    fn a_proof_beside_the_checkpoint_of_another_size_proves_nothing() {
        let ((mut small, policy), (large, _)) = (proof(5, 13), proof(5, 14));
        small.checkpoint = large.checkpoint;
        assert!(matches!(small.verify(&block(5), &policy), Err(TlogProofError::Proof(_))));
    }

    #[test]
    fn what_has_another_form_is_refused_by_its_line() {
        let (whole, _) = proof(5, 13);
        let text = whole.to_text();
        for (from, to, line) in [
            ("c2sp.org", "C2sp.org", 1),
            ("index 5", "index 05", 2),
            ("index 5", "index +5", 2),
            ("index 5", "indx 5", 2),
            ("index 5\n", "extra =\nindex 5\n", 2),
            ("=\n", "\n", 3),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            match TlogProof::parse(&changed) {
                Err(TlogProofError::Form { line: found, .. }) => assert_eq!(found, line, "{changed}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
