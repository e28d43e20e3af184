//! What the next call of the same invocation finds.

use super::{Account, Effect, Hold, Move, Party, World};

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
