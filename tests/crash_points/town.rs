//! A scope whose callers know what they were answered, and what its log must then say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use icn_runtime::{
    Committed, Did, Host, InvocationId, Outcome, Owner, Pending, Receipt, Refusal, RefusalCode,
    invocation_id, now_ms,
};

use crate::camera::{Camera, Disk, Image};
use crate::common::escrow::Escrow;
use crate::common::{CHIPS, Desk, audit_of, block_on, json, open, open_with, run, scratch};

/// One thing to ask for; settling names the hold by the invocation that placed it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Probe { left: bool, entry: &'static str },
    Hold { lasts_ms: u64 },
    Settle { of: usize },
}

/// What is asked for, in waves: all of a wave at once. Names are places in this list.
pub(crate) const WAVES: [&[Op]; 5] = [
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
pub(crate) fn expected(op: Op, outcome: &Outcome) -> bool {
    match op {
        Op::Probe { entry: "fail", .. } => *outcome == Outcome::Failed(7),
        Op::Probe { entry: "trap", .. } => matches!(outcome, Outcome::Trapped(_)),
        _ => *outcome == Outcome::Ok,
    }
}

/// The three scopes that are asked.
pub(crate) struct Town {
    pub(crate) left: Desk,
    pub(crate) right: Desk,
    pub(crate) escrow: Escrow,
}

impl Town {
    pub(crate) fn open(host: &Host) -> Self {
        Self { left: Desk::open(host, "left"), right: Desk::open(host, "right"), escrow: Escrow::open(host) }
    }

    pub(crate) fn name(at: usize) -> String {
        format!("op {at}")
    }

    pub(crate) fn id(&self, at: usize, op: Op) -> (Did, InvocationId) {
        match op {
            Op::Probe { left, .. } => {
                let desk = if left { &self.left } else { &self.right };
                (desk.scope, desk.id(&Self::name(at)))
            }
            _ => (self.escrow.scope, invocation_id(&[&Self::name(at)])),
        }
    }

    pub(crate) fn submit(
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
    pub(crate) fn ask_all(
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
    pub(crate) fn ends_well(&self, host: &Host) {
        let balance = |scope: Did, owner: &str| {
            block_on(host.account(scope, Owner::parse(owner).unwrap(), crate::common::chip()))
                .unwrap()
                .balance()
        };
        assert_eq!((balance(self.left.scope, "till"), balance(self.right.scope, "till")), (2, 3));
        assert_eq!(balance(self.escrow.scope, "till"), 21);
        assert_eq!(balance(self.escrow.scope, "treasury"), i128::from(CHIPS) - 21);
    }
}

/// Writes a disk's files into a directory.
pub(crate) fn write(disk: &Disk, to: &Path) {
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
pub(crate) fn receipts(data: &Path) -> (u64, BTreeMap<(Did, InvocationId), Receipt>) {
    let (report, kept) = audit_of(data, true);
    assert!(report.ok, "{}", report.divergence.unwrap());
    let of = |(_, invocation, receipt): (_, icn_runtime::Invocation, Receipt)| {
        ((invocation.scope, invocation.id), receipt)
    };
    (report.size, kept.0.into_iter().map(of).collect())
}

/// Opens a crashed directory. Nothing is held of the runs that were under way; the books, the receipts and what was
/// consumed agree; all that was answered is there. Gives the log's size and its receipts.
pub(crate) fn recovered(
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
pub(crate) fn reconciles(data: &Path, what: &str) {
    let verdict = json(&run(["ledger", "verify", "--json", "--data", data.to_str().unwrap()]));
    assert_eq!(verdict["ok"], true, "{what}: {verdict}");
}

/// A host at work, looked at wherever a fault may happen.
pub(crate) fn images() -> Vec<Image> {
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
