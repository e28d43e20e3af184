//! What a log asks of a witness, and what it makes of the answer (C2SP tlog-witness, "add-checkpoint"). Whoever asks keeps
//! only what was verified.

use data_encoding::BASE64;

use super::note::{Note, NoteError, Verdict, VerifierKey};
use crate::limits::{self};
use crate::name::{Hash, decimal};

/// Why an answer is not a cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// Its lines are not signature lines.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed by others.
    #[error("no cosignature of {0}: is that the witness's key?")]
    Absent(String),
    /// It does not hold.
    #[error("a cosignature of {0} does not hold")]
    Wrong(String),
    /// A time is what a cosignature is about.
    #[error("a cosignature of {0} without a time")]
    Time(String),
}

/// The body of a request.
#[must_use]
pub fn request(old: u64, proof: &[Hash], note: &str) -> String {
    let hashes = proof.iter().map(|hash| BASE64.encode(&hash.0) + "\n");
    format!("old {old}\n{}\n{note}", hashes.collect::<String>())
}

/// A witness's signature line in its answer to this note, and the time in it, in seconds since the Unix epoch. Lines of
/// other keys are left alone.
pub fn cosignature(note: &str, answer: &str, witness: &VerifierKey) -> Result<(String, u64), CosignError> {
    let signed = Note::parse(&format!("{}{answer}", text_of(note)))?;
    let name = || witness.name().to_owned();
    let time = match signed.by(witness) {
        Verdict::Absent | Verdict::Signed(None) => return Err(CosignError::Absent(name())),
        Verdict::Wrong => return Err(CosignError::Wrong(name())),
        Verdict::Signed(Some(0)) => return Err(CosignError::Time(name())),
        Verdict::Signed(Some(time)) => time,
    };
    let line = signed.signatures().iter().rfind(|line| line.is_of(witness));
    Ok((line.ok_or_else(|| CosignError::Absent(name()))?.to_line(), time))
}

/// A note's text and the empty line behind it.
fn text_of(note: &str) -> &str {
    note.rfind("\n\n").map_or(note, |at| &note[..at + 2])
}

/// The size in a witness's answer that says where to go on from.
#[must_use]
pub fn size(answer: &str) -> Option<u64> {
    answer.strip_suffix('\n').and_then(decimal)
}

const _: () = assert!(
    limits::PROOF_HASHES_MAX >= limits::WITNESS_PROOF_HASHES_MAX,
    "a proof that a witness takes is one"
);

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
        assert_eq!(cosignature(&note, &of_another, &witness(2)), Err(CosignError::Wrong("w".into())));
        let timeless = sign_line(&witness(2), &secret(2), &body, 0);
        assert_eq!(cosignature(&note, &timeless, &witness(2)), Err(CosignError::Time("w".into())));
        for junk in ["", "\n", "200 OK", "<html>\n\n", &ours[..ours.len() - 1], &format!("x\n\n{ours}")] {
            assert!(cosignature(&note, junk, &witness(2)).is_err(), "{junk:?}");
        }
        assert_eq!([size("7\n"), size("7"), size("07\n"), size("\n")], [Some(7), None, None, None]);
    }
}
