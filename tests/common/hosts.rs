//! Hosts on a directory, and what a host has at one moment.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use icn_runtime::{Account, AccountId, Did, Faults, Host, HostOptions};

/// Opens a host.
pub(crate) fn open(data: &Path) -> Host {
    Host::open(HostOptions::new(data)).unwrap()
}

/// Opens a host with so many arbiters for scopes.
pub(crate) fn open_on(data: &Path, arbiters: usize) -> Host {
    let mut options = HostOptions::new(data);
    options.arbiters = Some(arbiters);
    Host::open(options).unwrap()
}

/// Opens a host with one arbiter for scopes and these faults.
pub(crate) fn open_with(data: &Path, faults: Arc<dyn Faults>) -> Host {
    let mut options = HostOptions::new(data);
    options.arbiters = Some(1);
    options.faults = faults;
    Host::open(options).unwrap()
}

/// Waits until a host that nobody asks anything has nothing left to write: its checkpoint covers its log.
pub(crate) fn settled(host: &Host, data: &Path) {
    let covered = || {
        let note = std::fs::read_to_string(data.join("checkpoint")).ok()?;
        note.lines().nth(1)?.parse::<u64>().ok()
    };
    for _ in 0..3_000 {
        if covered() == Some(host.head().size) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the checkpoint does not come");
}

/// Everything that a refusal must leave as it is: the log's head, each scope's root and sequence, all balances.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    size: u64,
    root: [u8; 32],
    scopes: Vec<(Did, String, u64, usize)>,
    accounts: Vec<(AccountId, Account)>,
}

pub(crate) fn standing(host: &Host) -> Standing {
    let mut scopes = Vec::new();
    for scope in host.scopes() {
        let view = block_on(host.view(&scope)).expect("the scope answers");
        scopes.push((scope, view.root.to_hex(), view.seq, view.invocations));
    }
    let head = host.head();
    Standing { size: head.size, root: head.root, scopes, accounts: block_on(host.accounts()) }
}
