//! The policy of the scope of every history.

use std::collections::BTreeMap;

use icn_core::block::{Capability, GrantLimits, Install, Issue, Policy, PolicyTag};
use icn_core::name::{Did, Owner, Unit};

use super::constants::{FUEL, SCOPE, START_MS};
use crate::generate::{did, origin, raw_id, token};

pub(super) fn policy() -> Policy {
    let issue = |unit, to, amount| Issue { unit, to, amount };
    Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(SCOPE),
        seq: 0,
        prev: None,
        time: START_MS,
        name: "a city".to_owned(),
        admins: vec![did(0)],
        roles: BTreeMap::new(),
        modules: vec![Install {
            module: raw_id(0),
            capabilities: Capability::ALL.into_iter().collect(),
            entries: BTreeMap::from([
                ("run".to_owned(), "anyone".to_owned()),
                ("rule".to_owned(), "admin".to_owned()),
            ]),
        }],
        token: Some(token(0)),
        grant: GrantLimits { fuel: FUEL, memory: 16, network: 64 },
        issue: vec![
            issue(Unit::fuel(), Owner::Treasury, 12 * FUEL),
            issue(Unit::memory(), Owner::Treasury, 200),
            issue(Unit::network(), Owner::Treasury, 400),
            issue(Unit::storage(), Owner::Treasury, 40),
            issue(token(0), Owner::Treasury, 100),
            issue(token(0), Owner::Member(did(0)), 100),
            issue(token(1), Owner::Member(did(1)), i64::MAX.cast_unsigned()),
        ],
        counterparts: Vec::new(),
    }
}

/// The scope of every history here.
#[must_use]
pub fn scope() -> Did {
    did(SCOPE)
}
