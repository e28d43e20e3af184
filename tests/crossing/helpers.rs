//! Three scopes that deal with one another.

use icn_runtime::{Host, Outcome};

use crate::common::union::Town;

pub(crate) const EXHAUSTED: Outcome = Outcome::Failed(-6);

pub(crate) const DENIED: Outcome = Outcome::Failed(-5);

pub(crate) const NAMES: [&str; 3] = ["east", "north", "west"];

/// Three scopes, each of which deals with the other two and trusts them with so much.
pub(crate) fn union(host: &Host, credit: u64) -> [Town; 3] {
    let towns = NAMES.map(|name| {
        let others: Vec<&str> = NAMES.into_iter().filter(|other| *other != name).collect();
        Town::open(host, name, &others)
    });
    for a in &towns {
        for b in towns.iter().filter(|b| b.scope != a.scope) {
            a.trust(host, b.scope, credit);
        }
    }
    towns
}
