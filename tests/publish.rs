//! Publications: an export that is kept up to date while its host runs. It audits at every moment, is taken up where it was
//! after a crash, and is not mixed with another log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Desk, Rng, block_on, copy, icn, open, run, scratch, seed, settled, sound, stderr, tree};
use icn_runtime::export::{ExportLayout, Publisher, export, import};
use icn_runtime::repair::Repair;
use icn_runtime::{Audit, Host, Level, Subject};

fn audited(out: &Path) -> icn_runtime::AuditReport {
    let asked = Audit { level: Level::Structure, ..Audit::of(Subject::Export(out.to_owned())) };
    let report = asked.run(&mut ()).unwrap();
    assert!(report.ok, "{}", report.divergence.unwrap());
    report
}

fn grow(host: &Host, desk: &Desk, from: u32, to: u32) {
    let entry = |at: u32| if at.is_multiple_of(9) { "node" } else { "put" };
    let submit = |at: u32| {
        host.submit(desk.request(host, entry(at), &at.to_le_bytes(), &format!("call {at}"))).unwrap()
    };
    let pending: Vec<_> = (from..to).map(submit).collect();
    pending.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
}

#[test]
fn a_publication_audits_at_every_moment_while_it_is_written() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let host = open(&data);
    let desk = Desk::open(&host, "ours");
    settled(&host, &data);
    let (mut publisher, first) = Publisher::open(&data, &out, &mut |_| {}).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let auditor = scope.spawn(|| {
            let mut sizes = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                sizes.push(audited(&out).size);
            }
            sizes
        });
        for at in 0..40 {
            grow(&host, &desk, at * 30, (at + 1) * 30);
            if let Some(said) = publisher.update(&mut |_| {}).unwrap() {
                assert!(said.size > first.size);
            }
        }
        is_over.store(true, Ordering::Relaxed);
        let sizes = auditor.join().unwrap();
        assert!(sizes.is_sorted() && !sizes.is_empty(), "{sizes:?}");
    });
    host.close().unwrap();
    publisher.update(&mut |_| {}).unwrap();
    let (report, _) = sound(&data, false);
    let published = audited(&out);
    assert_eq!((published.size, &published.root), (report.size, &report.root));
    assert!(report.size > 1_024, "full tiles: {}", report.size);
    // Every file is an export's but for the CAR's header and the checkpoint's place in time; no partial tile is left of a full one.
    let whole = dir.path().join("whole");
    export(&data, &whole, &mut |_| {}).unwrap();
    for (name, bytes) in tree(&whole) {
        if !name.ends_with("log.car") {
            assert!(fs::read(out.join(&name)).unwrap() == bytes, "{}", name.display());
        }
    }
    assert!(!out.join("tiles/tile/entries/000.p").exists());
    // Proven, imported and repaired from, as from any export.
    let leaf = common::forge::entries(&data)[1].leaves[0];
    assert_eq!(icn_runtime::prove(&Subject::Export(out.clone()), &leaf).unwrap().index, 1);
    let again = dir.path().join("again");
    assert_eq!(import(&out, &again, &mut |_| {}).unwrap().root, report.root);
    let log = common::segment(&again);
    let mut bytes = fs::read(&log).unwrap();
    bytes[2_000] ^= 1;
    fs::write(&log, bytes).unwrap();
    let asked = Repair { data: again, from: vec![out], is_dry: false, cuts_unsigned: false };
    assert!(asked.run(&mut ()).unwrap().ok);
}

#[test]
fn what_a_crash_left_is_taken_up_and_what_was_published_is_never_another() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let host = open(&data);
    let desk = Desk::open(&host, "ours");
    grow(&host, &desk, 0, 200);
    settled(&host, &data);
    let layout = ExportLayout::new(&out);
    drop(Publisher::open(&data, &out, &mut |_| {}).unwrap());
    let (small, note) = (tree(&out), fs::read(layout.checkpoint()).unwrap());
    let signed = fs::metadata(layout.car()).unwrap().len();
    grow(&host, &desk, 200, 420);
    host.close().unwrap();
    drop(Publisher::open(&data, &out, &mut |_| {}).unwrap());
    let large = tree(&out);
    // Nothing that was published before is another now.
    for (name, bytes) in &small {
        let now = large.get(name);
        let is_prefix = now.is_none_or(|now| now.starts_with(bytes)) || name.ends_with("checkpoint");
        assert!(is_prefix, "{}", name.display());
    }
    // Begun anew it changes nothing.
    drop(Publisher::open(&data, &out, &mut |_| {}).unwrap());
    assert!(tree(&out) == large);
    // Killed anywhere behind the first checkpoint: the CAR cut, tiles missing or not yet renamed, the old checkpoint.
    let mut rng = Rng::new(seed());
    let car = &large[Path::new("log.car")];
    for nth in 0..12 {
        let torn = dir.path().join(format!("torn {nth}"));
        copy(&out, &torn);
        let layout = ExportLayout::new(&torn);
        fs::write(layout.checkpoint(), &note).unwrap();
        let length = signed + rng.below(car.len() as u64 - signed);
        let mut cut = car[..usize::try_from(length).unwrap()].to_vec();
        cut.extend_from_slice(&[0, 255, 3][..usize::try_from(rng.below(4)).unwrap()]);
        fs::write(layout.car(), cut).unwrap();
        for (name, bytes) in &large {
            if name.starts_with("tiles/tile") && !small.contains_key(name) && rng.below(3) == 0 {
                fs::remove_file(torn.join(name)).unwrap();
                fs::write(torn.join(name).with_extension("new"), &bytes[..bytes.len() / 2]).unwrap();
            }
        }
        // Partial tiles are there until the checkpoint is replaced.
        for (name, bytes) in small.iter().filter(|(name, _)| !large.contains_key(*name)) {
            fs::create_dir_all(torn.join(name).parent().unwrap()).unwrap();
            fs::write(torn.join(name), bytes).unwrap();
        }
        // As it is it holds, as far as its checkpoint says.
        let report = audited(&torn);
        assert!(report.size < 421, "{}", report.size);
        drop(Publisher::open(&data, &torn, &mut |_| {}).unwrap());
        let now = tree(&torn);
        let different: Vec<_> = large.keys().filter(|name| now.get(*name) != large.get(*name)).collect();
        assert!(different.is_empty(), "{different:?}");
        audited(&torn);
    }
    // A byte of what was published is another: it is said, and nothing is written.
    for (name, place) in
        [("log.car", 900), ("log.car", 3), ("tiles/checkpoint", 20), ("tiles/tile/entries/000", 77)]
    {
        let broken = dir.path().join("broken");
        let _ = fs::remove_dir_all(&broken);
        copy(&out, &broken);
        let mut bytes = large[Path::new(name)].clone();
        bytes[place] ^= 1;
        fs::write(broken.join(name), bytes).unwrap();
        let before = tree(&broken);
        let error = Publisher::open(&data, &broken, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("is not what this log gives") && error.contains(name), "{error}");
        assert!(tree(&broken) == before, "{name}");
        assert!(!Audit::of(Subject::Export(broken)).run(&mut ()).unwrap().ok, "{name}");
    }
}

#[test]
fn the_program_publishes_and_follows_and_mixes_no_logs() {
    let dir = scratch();
    let (data, out, other) = (dir.path().join("data"), dir.path().join("out"), dir.path().join("other"));
    let host = open(&data);
    let desk = Desk::open(&host, "ours");
    settled(&host, &data);
    let mut follower = icn();
    follower.args(["publish", "--follow", "--json", "--data"]).arg(&data).arg("--out").arg(&out);
    let mut follower = follower.stdout(std::process::Stdio::null()).spawn().unwrap();
    grow(&host, &desk, 0, 50);
    settled(&host, &data);
    let size = host.head().size;
    let published =
        || fs::read_to_string(out.join("tiles/checkpoint")).ok()?.lines().nth(1)?.parse::<u64>().ok();
    let mut tries = 0;
    while published() != Some(size) {
        tries += 1;
        assert!(tries < 6_000, "the publication does not come");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    follower.kill().unwrap();
    follower.wait().unwrap();
    host.close().unwrap();
    assert_eq!(audited(&out).size, size);
    let publish = |data: &Path, out: &Path| {
        run([Path::new("publish"), Path::new("--data"), data, Path::new("--out"), out])
    };
    assert_eq!(publish(&data, &out).status.code(), Some(0));
    let host = open(&other);
    Desk::open(&host, "ours").ask(&host, "nothing", b"", "nothing");
    host.close().unwrap();
    let output = publish(&other, &out);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("is not what this log gives"), "{}", stderr(&output));
    // A directory with something else in it, and no log.
    let output = publish(&data, &other);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(publish(&dir.path().join("nothing"), &dir.path().join("new")).status.code(), Some(2));
}
