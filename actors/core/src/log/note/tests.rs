//! Notes, signatures and keys: what is written is read, and nothing that was changed verifies.

use super::*;
use crate::encode::SecretKey;
use crate::limits;

/// The example of the specification of cosignatures, whose keys are not given: its form is what is read here.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn keys() -> (SecretKey, VerifierKey, SecretKey, VerifierKey) {
    let (log, witness) = (SecretKey::from_bytes(&[1; 32]), SecretKey::from_bytes(&[2; 32]));
    let of = |name: &str, kind, secret: &SecretKey| VerifierKey::new(name, kind, secret.did()).unwrap();
    let log_key = of("example.org/log", KeyKind::Log, &log);
    let witness_key = of("witness.example/w", KeyKind::Witness, &witness);
    (log, log_key, witness, witness_key)
}

#[test]
fn the_specifications_example_is_read_with_its_time() {
    let note = Note::parse(EXAMPLE).unwrap();
    assert!(note.text().ends_with("q2I=\n") && note.text().lines().count() == 3);
    let [log, witness] = note.signatures() else { panic!("two signatures") };
    assert_eq!((log.name.as_str(), log.bytes.len()), ("example.com/behind-the-sofa", 64));
    assert_eq!((witness.name.as_str(), witness.bytes.len()), ("witness.example.com/w1", 72));
    assert_eq!(u64::from_be_bytes(witness.bytes[..8].try_into().unwrap()), 1_679_315_147);
}

#[test]
fn several_signatures_hold_each_for_its_key() {
    let (log, log_key, witness, witness_key) = keys();
    let text = "a\n\nb\n";
    let lines = sign_line(&log_key, &log, text, 0) + &sign_line(&witness_key, &witness, text, 7);
    let note = Note::parse(&format!("{text}\n{lines}")).unwrap();
    assert_eq!(note.text(), text, "the last empty line divides");
    assert_eq!(note.by(&log_key), Verdict::Signed(None));
    assert_eq!(note.by(&witness_key), Verdict::Signed(Some(7)));
    let other = VerifierKey::new("example.org/log", KeyKind::Log, witness.did()).unwrap();
    assert_eq!(note.by(&other), Verdict::Absent, "the same name, another key");
    // A cosignature is no signature of the log, and the other way round.
    let swapped = VerifierKey::new("witness.example/w", KeyKind::Log, witness.did()).unwrap();
    assert_eq!(note.by(&swapped), Verdict::Absent);
}

#[test]
fn a_changed_note_holds_for_nobody() {
    let (log, log_key, witness, witness_key) = keys();
    let text = "example.org/log\n1\nx\n";
    let lines = sign_line(&log_key, &log, text, 0) + &sign_line(&witness_key, &witness, text, 7);
    let whole = format!("{text}\n{lines}");
    for at in 0..whole.len() {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let Ok(note) = Note::parse(&changed) else { continue };
        let both = [note.by(&log_key), note.by(&witness_key)];
        assert_ne!(both, [Verdict::Signed(None), Verdict::Signed(Some(7))], "offset {at}: {changed}");
        if at < text.len() {
            assert_eq!(both, [Verdict::Invalid, Verdict::Invalid], "offset {at}");
        }
    }
}

#[test]
fn a_verifier_key_is_read_as_it_is_written_and_no_changed_one_is() {
    let (_, log_key, _, witness_key) = keys();
    for key in [log_key, witness_key] {
        let text = key.to_string();
        assert_eq!(VerifierKey::parse(&text), Ok(key));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(VerifierKey::parse(&String::from_utf8(bytes).unwrap()).is_err(), "offset {at}");
        }
    }
}

#[test]
fn what_is_no_note_is_refused() {
    for note in [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\u{2014} name\n",
        "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} na+me AAAAAAA=\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n\u{2014} name AAAAAAA=",
        "te\tt\n\n\u{2014} name AAAAAAA=\n",
    ] {
        assert!(Note::parse(note).is_err(), "{note:?}");
    }
    let lines = "\u{2014} name AAAAAAA=\n";
    assert!(Note::parse(&format!("text\n\n{}", lines.repeat(limits::NOTE_SIGNATURES_MAX))).is_ok());
    assert!(Note::parse(&format!("text\n\n{}", lines.repeat(limits::NOTE_SIGNATURES_MAX + 1))).is_err());
}
