//! Quorums of cosignatures in a directory, an export and a backup.

use std::fs;
use std::path::Path;

use icn_runtime::export::{Publisher, export, import};

use crate::common::{copy, json, run, scratch, stderr, stdout};
use crate::helpers::{
    Running, audit, back_up, begun, code, cosign, cosign_at, grow, note_of, policy, size_of,
};

#[test]
fn a_quorum_of_witnesses_is_met_or_not_in_a_directory_and_in_an_export() {
    let dir = scratch();
    let data = dir.path().join("data");
    begun(&data);
    let start = |name: &str| {
        Running::start(&dir.path().join(name), &format!("witness.example/{name}"), &[&data], &[])
    };
    let (a, b, c) = (start("a"), start("b"), start("c"));
    let (two, three) =
        (policy(dir.path(), &data, &[&a, &b, &c], 2), policy(dir.path(), &data, &[&a, &b, &c], 3));
    // Nothing is cosigned yet.
    let said = audit("--data", &data, &two);
    assert_eq!(
        (code(&said), json(&said)["divergence"]["code"].as_str()),
        (Some(1), Some("quorum-of-the-checkpoint"))
    );
    // One of the two that are asked is gone.
    let gone = c.at();
    assert_eq!(c.end("-TERM"), Some(0), "a witness that is told to end has done nothing wrong");
    let said = cosign_at(&data, &[a.at(), b.at(), gone.clone()], &[]);
    assert_eq!((code(&said), json(&said)["ok"].as_bool()), (Some(1), Some(false)));
    assert!(!data.join("cosigned").exists(), "{}", stdout(&said));
    let said = cosign_at(&data, &[a.at(), b.at(), gone], &["--quorum", "2"]);
    assert_eq!(
        (code(&said), json(&said)["cosigned"].as_array().unwrap().len()),
        (Some(0), 2),
        "{}",
        stderr(&said)
    );
    // The newest checkpoint is the cosigned one.
    let first = size_of(&note_of(&data));
    assert_eq!(size_of(&fs::read_to_string(data.join("cosigned")).unwrap()), first);
    let holds = |what: &str, dir: &Path, size: u64, notices: usize| {
        let said = audit(what, dir, &two);
        assert_eq!(code(&said), Some(0), "{}", stdout(&said));
        let report = json(&said);
        assert_eq!(report["cosigned"]["size"].as_u64(), Some(size));
        assert_eq!(report["cosigned"]["witnesses"].as_array().unwrap().len(), 2);
        assert_eq!(report["notices"].as_array().unwrap().len(), notices, "{report}");
        let said = audit(what, dir, &three);
        assert_eq!(
            (code(&said), json(&said)["divergence"]["code"].as_str()),
            (Some(1), Some("quorum-of-the-checkpoint"))
        );
    };
    holds("--data", &data, first, 0);
    // The log goes on: what was cosigned is held against it, and what is not is said.
    grow(&data, "more", 4);
    holds("--data", &data, first, 1);
    let (out, again) = (dir.path().join("out"), dir.path().join("again"));
    export(&data, &out, &mut |_| {}).unwrap();
    holds("--export", &out, first, 1);
    import(&out, &again, &mut |_| {}).unwrap();
    holds("--data", &again, first, 1);
    // So do a backup, and a publication that is kept up to date.
    let (www, backup) = (dir.path().join("www"), dir.path().join("backup"));
    back_up(&data, &backup).unwrap();
    holds("--data", &backup, first, 1);
    let mut publisher = Publisher::open(&data, &www, &mut |_| {}).unwrap().0;
    holds("--export", &www, first, 1);
    // The next checkpoint, with a proof from the one before; and then there is nothing to do.
    for round in 0..2 {
        let said = cosign(&data, &[&a, &b], &[]);
        assert_eq!(code(&said), Some(0), "round {round}: {}", stderr(&said));
        assert_eq!(json(&said)["size"].as_u64(), Some(size_of(&note_of(&data))));
    }
    holds("--data", &data, size_of(&note_of(&data)), 0);
    // What is cosigned after it was published, and what is cosigned while more is published already.
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    holds("--export", &www, size_of(&note_of(&data)), 0);
    assert_eq!(publisher.update(&mut |_| {}).unwrap(), None);
    grow(&data, "meanwhile", 1);
    let (cosigned, behind) = (data.join("cosigned"), size_of(&note_of(&data)));
    let late = dir.path().join("late");
    copy(&data, &late);
    assert_eq!(code(&cosign(&late, &[&a, &b], &[])), Some(0));
    grow(&data, "more meanwhile", 1);
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    fs::copy(late.join("cosigned"), &cosigned).unwrap();
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    holds("--export", &www, behind, 1);
    // A log that does not reach the cosigned checkpoint does not hold, policy or not.
    grow(&data, "yet more", 2);
    assert_eq!(code(&cosign(&data, &[&a, &b], &[])), Some(0));
    fs::copy(data.join("cosigned"), again.join("cosigned")).unwrap();
    let said = run(["audit".as_ref(), "--json".as_ref(), "--data".as_ref(), again.as_os_str()]);
    assert_eq!(
        json(&said)["divergence"]["code"].as_str(),
        Some("size-of-a-cosigned-checkpoint"),
        "{}",
        stdout(&said)
    );
}

/// A cosigned checkpoint that is not of the log goes along with no copy of it, and nothing is left behind.
#[test]
fn a_cosigned_checkpoint_of_another_log_is_not_copied() {
    let dir = scratch();
    let (data, other) = (dir.path().join("data"), dir.path().join("other"));
    begun(&data);
    let before = note_of(&data);
    begun(&other);
    // Another history under the same key, of the same size.
    let fork = dir.path().join("fork");
    copy(&data, &fork);
    grow(&data, "one", 1);
    grow(&fork, "another", 1);
    let longer = dir.path().join("longer");
    copy(&data, &longer);
    grow(&longer, "longer", 1);
    for (what, note, holds) in [
        ("an older one", before.clone(), true),
        ("the newest one", note_of(&data), true),
        ("another log's", note_of(&other), false),
        ("of another history", note_of(&fork), false),
        ("of a longer log", note_of(&longer), false),
        ("changed", before.replacen('\n', "\n1", 1), false),
        ("no note", "none".to_owned(), false),
    ] {
        fs::write(data.join("cosigned"), &note).unwrap();
        let name = what.replace(' ', "-");
        let path = |copy: &str| dir.path().join(format!("{copy}-{name}"));
        let made = [
            (path("backup").join("cosigned"), back_up(&data, &path("backup"))),
            (
                path("export").join("tiles/checkpoint.cosigned"),
                export(&data, &path("export"), &mut |_| {}).map(|done| done.size).map_err(|e| e.to_string()),
            ),
            (
                path("www").join("tiles/checkpoint.cosigned"),
                Publisher::open(&data, &path("www"), &mut |_| {})
                    .map(|(_, done)| done.size)
                    .map_err(|error| error.to_string()),
            ),
        ];
        for (file, made) in made {
            match made {
                Ok(_) if holds => assert_eq!(fs::read_to_string(&file).unwrap(), note, "{what}"),
                Err(why) if !holds => {
                    assert!(
                        why.contains("cosigned") && why.contains("expected a checkpoint of"),
                        "{what}: {why}"
                    );
                    assert!(!file.exists() && !file.with_file_name("checkpoint").exists(), "{what}");
                }
                made => panic!("{what}, {}: {made:?}", file.display()),
            }
        }
    }
}
