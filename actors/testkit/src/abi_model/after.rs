//! What the next call of the same invocation finds.

use super::{Effect, Hold, Party, Transfer, World};

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
            Effect::Transfers(transfers) => transfers.iter().for_each(|transfer| self.pay(transfer)),
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

    fn pay(&mut self, transfer: &Transfer) {
        let Transfer { from, to, unit, amount, payee } = transfer;
        self.done.transfers += 1;
        match from {
            Party::Account(account) => {
                *self.balances.entry((account.clone(), unit.clone())).or_default() -= i128::from(*amount);
            }
            Party::Issuance => {}
            Party::Hold(id) => {
                if let Some(hold) = self.holds.get_mut(id) {
                    hold.amount -= amount;
                }
                self.holds.retain(|_, hold| hold.amount > 0);
            }
        }
        match (to, from, payee) {
            (Party::Account(account), _, _) => {
                *self.balances.entry((account.clone(), unit.clone())).or_default() += i128::from(*amount);
            }
            (Party::Hold(id), Party::Account(payer), Some(payee)) => {
                let (payer, payee, unit) = (payer.clone(), payee.clone(), unit.clone());
                self.holds.insert(*id, Hold { payer, payee, unit, amount: *amount, ours: true });
                self.done.holds += 1;
            }
            _ => {}
        }
    }
}
