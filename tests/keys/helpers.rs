//! Audits of a log with several keys, and rotations.

use std::path::Path;

use icn_runtime::export::export;
use icn_runtime::{Audit, Did, Host, Level, Subject};

use crate::common::operated::{delegation, operating, root};
use crate::common::{Desk, block_on, scratch, sound};

/// Audits a directory at every level, and an export of it; gives the keys that signed receipts, in the log's order.
pub(crate) fn holds(data: &Path) -> Vec<Did> {
    for level in [Level::Structure, Level::Ledger] {
        let audit = Audit { level, ..Audit::of(Subject::Data(data.to_owned())) };
        let report = audit.run(&mut ()).unwrap();
        assert!(report.ok, "{}: {}", level.as_str(), report.divergence.unwrap());
        assert!(report.notices.is_empty(), "{:?}", report.notices);
    }
    let (_, kept) = sound(data, true);
    let out = scratch();
    let out = out.path().join("export");
    export(data, &out, &mut |_| {}).unwrap();
    let report = Audit { level: Level::Replay, ..Audit::of(Subject::Export(out)) }.run(&mut ()).unwrap();
    assert!(report.ok, "{}", report.divergence.unwrap());
    kept.0.iter().map(|(_, _, receipt)| receipt.signer.map_or(receipt.scope, |signer| signer.key)).collect()
}

pub(crate) fn signs(host: &Host, desk: &Desk) -> Option<Did> {
    block_on(host.view(&desk.scope)).unwrap().key
}

pub(crate) fn rotate(host: &Host, name: &str, number: usize, seconds: i64) -> Vec<u8> {
    let key = operating(name, number);
    let delegation = delegation(&root(name), &key, seconds);
    block_on(host.rotate_key(&root(name).did(), key, &delegation)).unwrap();
    delegation
}

/// The delegation that a scope was opened with, from the log.
pub(crate) fn host_delegation(data: &Path, desk: &Desk) -> Vec<u8> {
    let entries = crate::common::forge::entries(data);
    let delegation = entries[1].blocks.iter().find(|block| {
        icn_runtime::Delegation::read_signed(block.bytes()).is_ok_and(|d| d.subject == Some(desk.scope))
    });
    delegation.unwrap().bytes().to_vec()
}
