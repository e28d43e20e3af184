//! A log's side of asking a witness for a cosignature (C2SP tlog-witness, "add-checkpoint").
//!
//! [`request`] writes what is asked; [`cosignature`] reads the answer. An answer comes from a peer: only a
//! cosignature that was verified is kept, and everything else in the answer is ignored. [`size`] reads the
//! answer that the request should have begun at another size.

use data_encoding::BASE64;

use super::note::{Note, NoteError, Verdict, VerifierKey};
use crate::limits;
use crate::name::{Hash, decimal};

/// Why an answer is not a cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// The answer does not consist of signature lines.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The answer has no cosignature of the witness.
    #[error("no cosignature of {0}: is that the witness's key?")]
    Absent(String),
    /// The cosignature is invalid.
    #[error("an invalid cosignature of {0}")]
    Invalid(String),
    /// The cosignature has the time 0, so it says nothing about when the tree was the largest.
    #[error("a cosignature of {0} without a time")]
    Time(String),
}

/// The body of a request: the size at which the proof begins, the proof, and the signed checkpoint.
#[must_use]
pub fn request(old: u64, proof: &[Hash], note: &str) -> String {
    let hashes = proof.iter().map(|hash| BASE64.encode(&hash.0) + "\n");
    format!("old {old}\n{}\n{note}", hashes.collect::<String>())
}

/// The signature line of a witness in its answer to this note, and the signed time, in seconds since the Unix
/// epoch. Lines of other keys are ignored.
pub fn cosignature(note: &str, answer: &str, witness: &VerifierKey) -> Result<(String, u64), CosignError> {
    let signed = Note::parse(&format!("{}{answer}", text_of(note)))?;
    let name = || witness.name().to_owned();
    let time = match signed.by(witness) {
        Verdict::Absent | Verdict::Signed(None) => return Err(CosignError::Absent(name())),
        Verdict::Invalid => return Err(CosignError::Invalid(name())),
        Verdict::Signed(Some(0)) => return Err(CosignError::Time(name())),
        Verdict::Signed(Some(time)) => time,
    };
    let line = signed.signatures().iter().rfind(|line| line.is_of(witness));
    assert!(line.is_some(), "a key that signed has a line");
    assert!(i64::try_from(time).is_ok(), "a time that verified is at most 2^63 - 1");
    Ok((line.ok_or_else(|| CosignError::Absent(name()))?.to_line(), time))
}

/// The text of a note and the empty line after it.
fn text_of(note: &str) -> &str {
    note.rfind("\n\n").map_or(note, |at| &note[..at + 2])
}

/// The size in the answer of a witness: the request should have begun there.
#[must_use]
pub fn size(answer: &str) -> Option<u64> {
    answer.strip_suffix('\n').and_then(decimal)
}

const _: () = {
    assert!(
        limits::WITNESS_PROOF_HASHES_MAX < u64::BITS as usize,
        "a consistency proof has at most 63 hashes"
    );
    assert!(limits::WITNESS_ANSWER_BYTES_MAX <= limits::NOTE_BYTES_MAX, "an answer is no longer than a note");
    assert!(
        limits::WITNESS_REQUEST_BYTES_MAX > limits::NOTE_BYTES_MAX,
        "a request has room for its note and a proof"
    );
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::SecretKey;
    use crate::log::checkpoint::Checkpoint;
    use crate::log::note::{KeyKind, sign_line};
    use crate::name::Origin;

    #[test]
    fn of_an_answer_the_witnesss_own_line_is_kept_if_it_holds() {
        let secret = |n| SecretKey::from_bytes(&[n; 32]);
        let witness = |n| VerifierKey::new("w", KeyKind::Witness, secret(n).did()).unwrap();
        let origin = Origin::parse("icn.example/log").unwrap();
        let checkpoint = Checkpoint { origin, size: 3, root: Hash::digest(b"r") };
        let (note, body) = (checkpoint.sign(&secret(1)), checkpoint.body());
        let (ours, other) =
            (sign_line(&witness(2), &secret(2), &body, 9), sign_line(&witness(3), &secret(3), &body, 8));
        let answer = format!("{other}{ours}");
        assert_eq!(cosignature(&note, &answer, &witness(2)), Ok((ours.clone(), 9)));
        assert_eq!(cosignature(&note, &other, &witness(2)), Err(CosignError::Absent("w".into())));
        let of_another = sign_line(&witness(2), &secret(2), "icn.example/log\n4\n", 9);
        assert_eq!(cosignature(&note, &of_another, &witness(2)), Err(CosignError::Invalid("w".into())));
        let timeless = sign_line(&witness(2), &secret(2), &body, 0);
        assert_eq!(cosignature(&note, &timeless, &witness(2)), Err(CosignError::Time("w".into())));
        for junk in ["", "\n", "200 OK", "<html>\n\n", &ours[..ours.len() - 1], &format!("x\n\n{ours}")] {
            assert!(cosignature(&note, junk, &witness(2)).is_err(), "{junk:?}");
        }
        assert_eq!([size("7\n"), size("7"), size("07\n"), size("\n")], [Some(7), None, None, None]);
    }
}
