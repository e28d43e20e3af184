//! What a call finds, and what the next call of the same invocation finds.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{Effect, KnownNode, Move, Party};
use super::spelling::Account;

/// An open hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who has back what is not paid.
    pub payer: Account,
    /// Whom it may be paid to.
    pub payee: Account,
    /// The unit.
    pub unit: Vec<u8>,
    /// Units that are held.
    pub amount: u64,
    /// Whether the module that calls placed it.
    pub ours: bool,
}

/// What an invocation has done so far, as far as that is bounded or named by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Lines of the log.
    pub lines: usize,
    /// New nodes.
    pub nodes: usize,
    /// Anchors.
    pub anchors: usize,
    /// Transfers, holds, and ends of holds.
    pub moves: usize,
    /// Keys that it set or deleted, each with the bytes of the key and of the value that it has now.
    pub changed: BTreeMap<Vec<u8>, usize>,
    /// Blocks of random bytes that it was given.
    pub random_blocks: u64,
    /// Holds that it placed.
    pub holds: u64,
}

/// What a call finds: one invocation, and what it has done until then ([`World::after`]).
#[derive(Debug, Clone)]
pub struct World {
    /// The module that calls.
    pub module: icn_core::name::BlockId,
    /// Whose signature authorised it.
    pub caller: icn_core::name::Did,
    /// The scope.
    pub scope: icn_core::name::Did,
    /// The invocation's input.
    pub input: Vec<u8>,
    /// The invocation's time, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The seed of its random bytes and of its holds' names.
    pub seed: [u8; 32],
    /// The module's values.
    pub values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The scope's nodes by the bytes of their CIDs.
    pub nodes: BTreeMap<Vec<u8>, KnownNode>,
    /// The scope's default token; a text.
    pub token: Vec<u8>,
    /// Balances, by account and unit.
    pub balances: BTreeMap<(Account, Vec<u8>), i128>,
    /// Open holds of the scope, by name.
    pub holds: BTreeMap<[u8; 16], Hold>,
    /// Signatures that were made: of whom, of what, and the signature. No other verifies.
    pub signatures: BTreeSet<([u8; 32], Vec<u8>, Vec<u8>)>,
    /// Bytes that the scope may still keep.
    pub storage_left: i64,
    /// Bytes that may still leave the scope.
    pub network_left: u64,
    /// Pages that the memory may still grow by.
    pub pages_left: u64,
    /// The names of the module's capabilities.
    pub capabilities: BTreeSet<String>,
    /// What the invocation has done so far.
    pub done: Done,
}

impl World {
    /// Takes a call's effect.
    pub fn after(&mut self, effect: &Effect) {
        match effect {
            Effect::Nothing | Effect::Output(_) => {}
            Effect::Line(..) => self.done.lines += 1,
            Effect::Value(key, value) => self.change(key, value.as_deref()),
            Effect::Node(cid, node) => {
                self.nodes.insert(cid.clone(), node.clone());
                self.done.nodes += 1;
            }
            Effect::Anchor(..) => self.done.anchors += 1,
            Effect::Moved(moved) => self.moved(moved),
            Effect::Random(blocks) => self.done.random_blocks += blocks,
            Effect::Network(bytes) => self.network_left -= bytes,
        }
    }

    fn change(&mut self, key: &[u8], value: Option<&[u8]>) {
        let kept = |value: usize| (key.len() + value) as i64;
        let before = self.values.remove(key).map_or(0, |value| kept(value.len()));
        self.storage_left -= value.map_or(0, |value| kept(value.len())) - before;
        self.done.changed.insert(key.to_vec(), key.len() + value.map_or(0, <[u8]>::len));
        self.values.extend(value.map(|value| (key.to_vec(), value.to_vec())));
    }

    fn add(&mut self, account: &Account, unit: &[u8], amount: i128) {
        *self.balances.entry((account.clone(), unit.to_vec())).or_default() += amount;
    }

    fn moved(&mut self, moved: &Move) {
        self.done.moves += 1;
        match moved {
            Move::Transfer { from, to, unit, amount } => {
                for (party, amount) in [(from, -i128::from(*amount)), (to, i128::from(*amount))] {
                    if let Party::Account(account) = party {
                        self.add(account, unit, amount);
                    }
                }
            }
            Move::Hold { id, from, to, unit, amount } => {
                self.add(from, unit, -i128::from(*amount));
                let (payer, payee, unit) = (from.clone(), to.clone(), unit.clone());
                self.holds.insert(*id, Hold { payer, payee, unit, amount: *amount, ours: true });
                self.done.holds += 1;
            }
            Move::Settle { id, amount } => self.end(id, *amount),
            Move::Void { id } => self.end(id, 0),
        }
    }

    fn end(&mut self, id: &[u8; 16], paid: u64) {
        if let Some(Hold { payer, payee, unit, amount, .. }) = self.holds.remove(id) {
            self.add(&payee, &unit, i128::from(paid));
            self.add(&payer, &unit, i128::from(amount - paid));
        }
    }
}
