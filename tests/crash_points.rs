//! A crash at every step of the commit. While a host works, what its disk holds is kept at each step that a fault can
//! meet, together with what had been answered by then; and of each group that is written, also what a cut in the middle
//! of the write leaves. Each of these directories is then opened as after a crash: nothing that was answered is lost,
//! nothing that was not answered remains held, and what was consumed is what the receipts say. Whoever then asks again
//! for everything ends where the host ends that nothing happened to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use common::escrow::Escrow;
use common::{CHIPS, Desk, Rng, audit_of, block_on, json, open, open_with, run, scratch, seed, tree};
use icn_runtime::{
    Committed, Did, FaultPoint, Faults, Host, InvocationId, Outcome, Owner, Pending, Receipt, Refusal,
    RefusalCode, invocation_id, now_ms,
};

/// A sector of the log: what a disk writes whole or not.
const SECTOR: usize = 512;

/// What a directory holds.
type Disk = BTreeMap<PathBuf, Vec<u8>>;

/// What the disk held at a step, and all that had been answered before.
#[derive(Debug)]
struct Image {
    points: BTreeSet<String>,
    disk: Disk,
    answered: BTreeSet<(Did, InvocationId)>,
}

/// Keeps images of a directory, at every point at which a fault may happen. None does.
#[derive(Debug)]
struct Camera {
    data: PathBuf,
    answered: Mutex<BTreeSet<(Did, InvocationId)>>,
    images: Mutex<Vec<Image>>,
    /// Whether the DAG is writing: then another thread's look would see a moment that never was.
    writing: Mutex<bool>,
    written: Condvar,
}

impl Camera {
    fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            answered: Mutex::default(),
            images: Mutex::default(),
            writing: Mutex::new(false),
            written: Condvar::new(),
        }
    }

    fn keep(&self, point: &str) {
        let answered = self.answered.lock().unwrap().clone();
        let mut disk = tree(&self.data);
        // Compiled modules are made again; a kill does not care, and the test is done sooner.
        disk.retain(|name, _| !name.starts_with("artefacts"));
        let mut images = self.images.lock().unwrap();
        match images.last_mut() {
            Some(last) if last.disk == disk => {
                last.points.insert(point.to_owned());
                last.answered.extend(answered);
            }
            _ => images.push(Image { points: BTreeSet::from([point.to_owned()]), disk, answered }),
        }
    }
}

impl Faults for Camera {
    fn at(&self, point: FaultPoint) -> bool {
        let mut writing = self.writing.lock().unwrap();
        let begins = matches!(point, FaultPoint::Append | FaultPoint::Checkpoint);
        let ends = matches!(point, FaultPoint::Appended | FaultPoint::Checkpointed);
        while *writing && !ends {
            writing = self.written.wait(writing).unwrap();
        }
        self.keep(&format!("{point:?}"));
        *writing = begins;
        drop(writing);
        self.written.notify_all();
        false
    }
}

/// One thing to ask for; settling names the hold by the invocation that placed it.
#[derive(Debug, Clone, Copy)]
enum Op {
    Probe { left: bool, entry: &'static str },
    Hold { lasts_ms: u64 },
    Settle { of: usize },
}

/// What is asked for, in waves: all of a wave at once. Names are places in this list.
const WAVES: [&[Op]; 5] = [
    &[
        Op::Probe { left: true, entry: "step" },
        Op::Probe { left: false, entry: "step" },
        Op::Hold { lasts_ms: 3_600_000 },
        Op::Probe { left: true, entry: "fail" },
    ],
    &[
        Op::Probe { left: true, entry: "trap" },
        Op::Probe { left: true, entry: "step" },
        Op::Hold { lasts_ms: 3_600_000 },
        Op::Probe { left: false, entry: "node" },
    ],
    &[Op::Settle { of: 2 }],
    &[
        Op::Probe { left: false, entry: "step" },
        Op::Hold { lasts_ms: 3_600_000 },
        Op::Probe { left: true, entry: "put" },
        Op::Settle { of: 6 },
    ],
    &[Op::Settle { of: 10 }, Op::Probe { left: false, entry: "pay" }],
];

/// What each op ends in: `fail` fails, `trap` traps, and all else goes well.
fn expected(op: Op, outcome: &Outcome) -> bool {
    match op {
        Op::Probe { entry: "fail", .. } => *outcome == Outcome::Failed(7),
        Op::Probe { entry: "trap", .. } => matches!(outcome, Outcome::Trapped(_)),
        _ => *outcome == Outcome::Ok,
    }
}

/// The three scopes that are asked.
struct Town {
    left: Desk,
    right: Desk,
    escrow: Escrow,
}

impl Town {
    fn open(host: &Host) -> Self {
        Self { left: Desk::open(host, "left"), right: Desk::open(host, "right"), escrow: Escrow::open(host) }
    }

    fn name(at: usize) -> String {
        format!("op {at}")
    }

    fn id(&self, at: usize, op: Op) -> (Did, InvocationId) {
        match op {
            Op::Probe { left, .. } => {
                let desk = if left { &self.left } else { &self.right };
                (desk.scope, desk.id(&Self::name(at)))
            }
            _ => (self.escrow.scope, invocation_id(&[&Self::name(at)])),
        }
    }

    fn submit(
        &self,
        host: &Host,
        at: usize,
        op: Op,
        holds: &BTreeMap<usize, Vec<u8>>,
    ) -> Result<Pending, Refusal> {
        let name = Self::name(at);
        host.submit(match op {
            Op::Probe { left, entry } => {
                let desk = if left { &self.left } else { &self.right };
                desk.request(host, entry, name.as_bytes(), &name)
            }
            Op::Hold { lasts_ms } => {
                self.escrow.request(host, "hold", &(now_ms() + lasts_ms).to_le_bytes(), &name)
            }
            Op::Settle { of } => self.escrow.request(host, "settle", &holds[&of], &name),
        })
    }

    /// Asks for everything, in waves; what is in the log already (`known`) is refused as a replay, and only that.
    fn ask_all(
        &self,
        host: &Host,
        known: &BTreeMap<(Did, InvocationId), Receipt>,
        told: impl Fn((Did, InvocationId)),
    ) {
        let mut holds = BTreeMap::new();
        let mut at = 0;
        for wave in WAVES {
            let mut pending = Vec::new();
            for op in wave {
                pending.push((at, *op, self.submit(host, at, *op, &holds)));
                at += 1;
            }
            for (at, op, waits) in pending {
                let id = self.id(at, op);
                let answer: Result<Committed, Refusal> = waits.and_then(block_on);
                let receipt = match (answer, known.get(&id)) {
                    (Ok(committed), None) => (*committed.receipt).clone(),
                    (Err(refusal), Some(receipt)) if refusal.code == RefusalCode::Replayed => receipt.clone(),
                    (answer, known) => panic!("op {at}, in the log {}: {answer:?}", known.is_some()),
                };
                told(id);
                assert!(expected(op, &receipt.outcome), "op {at}: {:?}", receipt.outcome);
                if matches!(op, Op::Hold { .. }) {
                    holds.insert(at, receipt.output);
                }
            }
        }
    }

    /// What the ops add up to.
    fn ends_well(&self, host: &Host) {
        let balance = |scope: Did, owner: &str| {
            block_on(host.account(scope, Owner::parse(owner).unwrap(), common::chip())).unwrap().balance()
        };
        assert_eq!((balance(self.left.scope, "till"), balance(self.right.scope, "till")), (2, 3));
        assert_eq!(balance(self.escrow.scope, "till"), 21);
        assert_eq!(balance(self.escrow.scope, "treasury"), i128::from(CHIPS) - 21);
    }
}

/// Writes a disk's files into a directory.
fn write(disk: &Disk, to: &Path) {
    for (name, bytes) in disk {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        if name.extension().is_some_and(|extension| extension == "key") {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The receipts of a directory that must hold, and its log's size.
fn receipts(data: &Path) -> (u64, BTreeMap<(Did, InvocationId), Receipt>) {
    let (report, kept) = audit_of(data, true);
    assert!(report.ok, "{}", report.divergence.unwrap());
    let of = |(_, invocation, receipt): (_, icn_runtime::Invocation, Receipt)| {
        ((invocation.scope, invocation.id), receipt)
    };
    (report.size, kept.0.into_iter().map(of).collect())
}

/// Opens a crashed directory. Nothing is held of the runs that were under way; the books, the receipts and what was
/// consumed agree; all that was answered is there. Gives the log's size and its receipts.
fn recovered(
    data: &Path,
    answered: &BTreeSet<(Did, InvocationId)>,
    what: &str,
) -> (u64, BTreeMap<(Did, InvocationId), Receipt>) {
    let host = open(data);
    for (id, account) in block_on(host.accounts()) {
        let (owner, unit) = (id.owner.clone(), id.unit.clone());
        let with_draws = block_on(host.account(id.scope, owner, unit)).unwrap();
        assert_eq!(with_draws, account, "{what}: {id:?} has something drawn by a run that is no more");
    }
    host.close().unwrap();
    let (size, kept) = receipts(data);
    for id in answered {
        assert!(kept.contains_key(id), "{what}: {id:?} was answered and is lost");
    }
    (size, kept)
}

/// What the program says of a directory's ledger, receipts and consumption.
fn reconciles(data: &Path, what: &str) {
    let verdict = json(&run(["ledger", "verify", "--json", "--data", data.to_str().unwrap()]));
    assert_eq!(verdict["ok"], true, "{what}: {verdict}");
}

/// A host at work, looked at wherever a fault may happen.
fn images() -> Vec<Image> {
    let dir = scratch();
    let camera = Arc::new(Camera::new(dir.path()));
    let host = open_with(dir.path(), camera.clone());
    let town = Town::open(&host);
    town.ask_all(&host, &BTreeMap::new(), |id| {
        camera.answered.lock().unwrap().insert(id);
    });
    town.ends_well(&host);
    host.close().unwrap();
    camera.keep("closed");
    std::mem::take(&mut *camera.images.lock().unwrap())
}

#[test]
fn a_crash_at_any_step_loses_no_answer_holds_nothing_and_is_gone_on_with() {
    let images = images();
    let seen: BTreeSet<&String> = images.iter().flat_map(|image| &image.points).collect();
    println!("{} disks at {seen:?}", images.len());
    for point in
        ["Run", "HandOver", "HandedOver", "Append", "Appended", "Answered", "Checkpoint", "Checkpointed"]
    {
        assert!(seen.contains(&point.to_owned()), "{point} was not met");
    }
    let opened = images.iter().position(|image| !image.answered.is_empty()).unwrap();
    let mut resumed = 0;
    for (at, image) in images.iter().enumerate() {
        let what = format!("disk {at} of {}, at {:?}", images.len(), image.points);
        let dir = scratch();
        write(&image.disk, dir.path());
        let (_, kept) = recovered(dir.path(), &image.answered, &what);
        reconciles(dir.path(), &what);
        // Whoever opens the scopes starts anew, before that; `recovery` has the beginnings.
        if at < opened {
            continue;
        }
        resumed += 1;
        let host = open(dir.path());
        let town = Town { left: Desk::of("left"), right: Desk::of("right"), escrow: Escrow::of() };
        town.ask_all(&host, &kept, |_| ());
        town.ends_well(&host);
        for (id, account) in block_on(host.accounts()) {
            let held = (account.debits_held, account.credits_held);
            assert_eq!(held, (0, 0), "{what}: of {id:?} something remains held: {account:?}");
        }
        host.close().unwrap();
        let (_, kept) = receipts(dir.path());
        assert_eq!(kept.len(), WAVES.concat().len(), "{what}: each of them once");
        reconciles(dir.path(), &what);
    }
    println!("{resumed} were gone on with");
    assert!(resumed >= 5, "{resumed}");
}

/// The sectors in which two states of the log's file differ; the shorter one ends in zeros.
fn differing(before: &[u8], after: &[u8]) -> Vec<usize> {
    let sector = |bytes: &[u8], at: usize| {
        let mut sector = [0; SECTOR];
        let rest = bytes.get(at * SECTOR..).unwrap_or_default();
        let length = rest.len().min(SECTOR);
        sector[..length].copy_from_slice(&rest[..length]);
        sector
    };
    (0..after.len().div_ceil(SECTOR)).filter(|at| sector(before, *at) != sector(after, *at)).collect()
}

#[test]
fn a_crash_in_the_middle_of_a_write_keeps_the_group_whole_or_not_at_all() {
    let images = images();
    let log = Path::new("log/00000000.seg");
    let mut random = Rng::new(seed());
    let (mut groups, mut cut) = (0, 0);
    for pair in images.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let Some(new) = after.disk.get(log) else { continue };
        let nothing = Vec::new();
        let old = before.disk.get(log).unwrap_or(&nothing);
        let sectors = differing(old, new);
        if sectors.is_empty() || !after.points.contains("Appended") || old.is_empty() {
            continue;
        }
        groups += 1;
        let size = |image: &Image| {
            let dir = scratch();
            write(&image.disk, dir.path());
            recovered(dir.path(), &image.answered, "whole").0
        };
        let (size_before, size_after) = (size(before), size(after));
        // Sectors arrive in any order: every prefix of them, and some of them by chance.
        let mut arrived: Vec<Vec<usize>> = (0..sectors.len()).map(|to| sectors[..to].to_vec()).collect();
        for _ in 0..6 {
            arrived.push(sectors.iter().copied().filter(|_| random.below(2) == 0).collect());
        }
        for arrived in arrived {
            let mut bytes = old.clone();
            bytes.resize(old.len().max(new.len()), 0);
            for at in &arrived {
                let range = at * SECTOR..((at + 1) * SECTOR).min(new.len());
                bytes[range.clone()].copy_from_slice(&new[range]);
            }
            let mut disk = before.disk.clone();
            disk.insert(log.to_owned(), bytes);
            let dir = scratch();
            write(&disk, dir.path());
            let what = format!("{arrived:?} of {sectors:?} arrived");
            let (size, _) = recovered(dir.path(), &before.answered, &what);
            let whole = arrived.len() == sectors.len();
            assert_eq!(size, if whole { size_after } else { size_before }, "{what}");
            cut += 1;
        }
    }
    println!("{groups} groups, {cut} cuts");
    assert!(groups >= 5 && cut >= 30, "{groups} groups, {cut} cuts");
}

/// Faults at one point, once it is armed, and from then on.
#[derive(Debug, Default)]
struct Broken {
    armed: Mutex<Option<FaultPoint>>,
    /// Checkpoints begun and not ended yet.
    writing: AtomicI32,
}

impl Faults for Broken {
    fn at(&self, point: FaultPoint) -> bool {
        let faulty = *self.armed.lock().unwrap() == Some(point);
        match point {
            FaultPoint::Checkpoint if !faulty => drop(self.writing.fetch_add(1, Ordering::SeqCst)),
            FaultPoint::Checkpointed => drop(self.writing.fetch_sub(1, Ordering::SeqCst)),
            _ => {}
        }
        faulty
    }
}

impl Broken {
    /// Arms it when no checkpoint is under way: one that is seen as a file may not have passed its last point yet.
    fn arm(&self, point: FaultPoint) {
        while self.writing.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        *self.armed.lock().unwrap() = Some(point);
    }
}

#[test]
fn a_log_that_ends_at_any_step_tells_the_truth_to_whoever_waits() {
    use FaultPoint::{Answered, Append, Appended, Checkpoint, Checkpointed};
    // Whether the caller is told that it went well, and whether it is in the log.
    let cases = [
        (Append, false, false),
        (Appended, false, true),
        (Answered, true, true),
        (Checkpoint, true, true),
        (Checkpointed, true, true),
    ];
    for (point, told, kept) in cases {
        let dir = scratch();
        let broken = Arc::new(Broken::default());
        let host = open_with(dir.path(), broken.clone());
        let desk = Desk::open(&host, "left");
        desk.ask(&host, "step", b"one", "one");
        common::settled(&host, dir.path());
        broken.arm(point);
        let answer = desk.call(&host, "step", b"two", "two");
        assert_eq!(answer.is_ok(), told, "{point:?}: {answer:?}");
        if let Err(refusal) = answer {
            assert_eq!(refusal.code, RefusalCode::Unavailable, "{point:?}: {refusal}");
        }
        // The checkpoint is renewed within its interval.
        for _ in 0..1_000 {
            if block_on(host.alerts()).iter().any(|alert| alert.contains(&format!("({point:?})"))) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let refusal = host.submit(desk.request(&host, "step", b"three", "three")).err();
        assert_eq!(
            refusal.map(|refusal| refusal.code),
            Some(RefusalCode::Unavailable),
            "{point:?}: a gate is open"
        );
        assert!(host.close().is_err(), "{point:?}: a log that stopped cannot be closed well");

        let host = open(dir.path());
        let again = desk.call(&host, "step", b"two", "two");
        match again {
            Ok(_) => assert!(!kept, "{point:?}: it counts twice"),
            Err(refusal) => assert!(kept && refusal.code == RefusalCode::Replayed, "{point:?}: {refusal}"),
        }
        let till = block_on(host.account(desk.scope, Owner::parse("till").unwrap(), common::chip())).unwrap();
        assert_eq!(till.balance(), 2, "{point:?}");
        host.close().unwrap();
        reconciles(dir.path(), &format!("{point:?}"));
    }
}
