//! Undoes what a failed invocation did.
//!
//! What may be short is copied before the invocation. Lists that only grow are cut to their length before. Values are
//! put back one by one, the latest first.

use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

use super::world::{Credential, Hold, Host};

/// The scope before an invocation. Values are not in it: there may be many, and [`Host::undo`] has those that changed.
pub(super) struct Before {
    accounts: BTreeMap<(String, String), i64>,
    issued: BTreeMap<String, i64>,
    holds: Vec<Hold>,
    credentials: Vec<Credential>,
    transfers: usize,
    crossings: usize,
    nodes: usize,
    anchors: usize,
}

impl Before {
    pub(super) fn of(host: &Host) -> Before {
        Before {
            accounts: host.accounts.clone(),
            issued: host.issued.clone(),
            holds: host.holds.clone(),
            credentials: host.credentials.clone(),
            transfers: host.transfers.len(),
            crossings: host.crossings.len(),
            nodes: host.nodes.len(),
            anchors: host.anchors.len(),
        }
    }

    pub(super) fn restore(self, host: &mut Host) {
        while let Some((key, before)) = host.undo.pop() {
            match before {
                Some(value) => host.values.insert(key, value),
                None => host.values.remove(&key),
            };
        }
        host.accounts = self.accounts;
        host.issued = self.issued;
        host.holds = self.holds;
        host.credentials = self.credentials;
        host.transfers.truncate(self.transfers);
        host.crossings.truncate(self.crossings);
        host.nodes.truncate(self.nodes);
        host.anchors.truncate(self.anchors);
    }
}
