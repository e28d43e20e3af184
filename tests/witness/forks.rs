//! Evidence of a fork, which others can verify.

use std::fs;
use std::path::Path;

use icn_core::log::{Fork, KeyKind, VerifierKey};
use icn_runtime::export::export;

use crate::common::{copy, icn, json, run, scratch, stderr};
use crate::helpers::{begun, code, grow, log_key, note_of, size_of};

#[test]
fn what_an_audit_finds_forked_others_can_verify() {
    let dir = scratch();
    let (data, fork) = (dir.path().join("data"), dir.path().join("fork"));
    begun(&data);
    copy(&data, &fork);
    let common_size = size_of(&note_of(&data));
    let shared = dir.path().join("shared");
    fs::write(&shared, note_of(&data)).unwrap();
    grow(&data, "ours", 3);
    grow(&fork, "another history", 7);
    let seen = dir.path().join("seen");
    fs::write(&seen, note_of(&data)).unwrap();
    let out = dir.path().join("out");
    export(&fork, &out, &mut |_| {}).unwrap();
    let vkey = data.join("log.vkey");
    for (what, subject) in [("--data", &fork), ("--export", &out)] {
        let evidence = dir.path().join(format!("evidence{what}"));
        let run_audit = |seen: &Path| {
            icn()
                .args(["audit", "--json", what])
                .arg(subject)
                .arg("--seen")
                .arg(seen)
                .arg("--evidence")
                .arg(&evidence)
                .output()
                .unwrap()
        };
        let said = run_audit(&shared);
        assert!(code(&said) == Some(0) && !evidence.exists(), "what both histories share is no fork");
        let said = run_audit(&seen);
        assert_eq!(
            (code(&said), json(&said)["divergence"]["code"].as_str()),
            (Some(1), Some("root-of-a-seen-checkpoint"))
        );
        assert!(stderr(&said).contains("icn fork"), "{}", stderr(&said));
        let text = fs::read_to_string(&evidence).unwrap();
        assert_eq!(json(&said)["fork"].as_str(), Some(text.as_str()));
        let forked = Fork::parse(&text).unwrap().verify(&log_key(&data)).unwrap();
        assert_eq!(
            (forked.earlier.size, forked.later.size),
            (size_of(&note_of(&data)), size_of(&note_of(&fork)))
        );
        assert!(forked.earlier.size > common_size);
        // Again: it is there already.
        assert!(stderr(&run_audit(&seen)).contains("icn fork"));
        // A third party has the file and the key alone.
        let check = |more: &[&std::ffi::OsStr]| {
            let mut command = icn();
            command.args(["fork", "--json"]).arg(&evidence).args(more).output().unwrap()
        };
        let said = check(&["--vkey".as_ref(), vkey.as_os_str()]);
        assert_eq!((code(&said), json(&said)["is_own_key"].as_bool()), (Some(0), Some(false)));
        let said = check(&[]);
        assert_eq!(
            (code(&said), json(&said)["is_own_key"].as_bool()),
            (Some(0), Some(true)),
            "the file's own key, and it is said"
        );
        let stranger =
            VerifierKey::new(log_key(&data).name(), KeyKind::Log, crate::common::key("stranger").did())
                .unwrap();
        assert_eq!(code(&check(&["--vkey".as_ref(), stranger.to_string().as_ref()])), Some(1));
        // An honest log is not accused with it: the same checkpoint twice.
        let own = note_of(&fork);
        fs::write(&evidence, text.replacen(&note_of(&data), &own, 1)).unwrap();
        assert_eq!(code(&check(&["--vkey".as_ref(), vkey.as_os_str()])), Some(1));
        fs::write(&evidence, text.replacen("\n\n", "\n", 1)).unwrap();
        assert_eq!(code(&check(&[])), Some(1));
        assert_eq!(code(&run(["fork".as_ref(), dir.path().join("none").as_os_str()])), Some(2));
    }
}
