//! What the chain before a block determines of it.

use std::sync::Arc;

use super::machine::Chain;
use crate::block::{BrokenRule, Invocation, Node, Operation, Outcome, Receipt};
use crate::encode::Block;
use crate::name::{BlockId, Hash};

impl Chain {
    pub(super) fn check_place(&self, seq: u64, prev: BlockId, time: u64) -> Result<(), BrokenRule> {
        if seq != self.seq + 1 {
            return Err(BrokenRule::new("sequence", self.seq + 1, seq));
        }
        if prev != self.head {
            return Err(BrokenRule::new("block before", self.head, prev));
        }
        if time < self.time {
            return Err(BrokenRule::new("time", format!("at least {}", self.time), time));
        }
        Ok(())
    }

    pub(super) fn check_root(&self, found: Hash) -> Result<(), BrokenRule> {
        let root = self.tree.root();
        if found == root { Ok(()) } else { Err(BrokenRule::new("state root", root, found)) }
    }

    pub(super) fn check_order(&self, invocation: &Invocation, receipt: &Receipt) -> Result<(), BrokenRule> {
        self.check_place(receipt.seq, receipt.prev, receipt.time)?;
        if invocation.scope != self.scope || receipt.scope != self.scope {
            return Err(BrokenRule::new("scope", self.scope, invocation.scope));
        }
        if let Some(before) = self.applied.get(&invocation.id) {
            return Err(BrokenRule::new(
                "invocation id",
                "one not applied before",
                format!("{}, applied by {before}", invocation.id),
            ));
        }
        if receipt.fuel > invocation.fuel {
            return Err(BrokenRule::new("fuel", format!("at most {}", invocation.fuel), receipt.fuel));
        }
        if matches!(receipt.outcome, Outcome::Trapped(_))
            && (receipt.fuel, receipt.output.len()) != (invocation.fuel, 0)
        {
            return Err(BrokenRule::new(
                "a run that trapped",
                format!("the whole grant of {} fuel and no output", invocation.fuel),
                format!("{} fuel and {} bytes", receipt.fuel, receipt.output.len()),
            ));
        }
        let grant = self.policy.policy().grant;
        if receipt.usage.memory > grant.memory || receipt.usage.network > grant.network {
            return Err(BrokenRule::new(
                "usage",
                format!("at most {grant:?}"),
                format!("{:?}", receipt.usage),
            ));
        }
        Ok(())
    }

    /// That each hold which the block's time ends is recorded as expired, first and in order, and no other.
    pub(super) fn check_expiries(&self, time: u64, journal: &[Operation]) -> Result<(), BrokenRule> {
        let due = self.expiries(time);
        let (recorded, asked) = Operation::parts(journal);
        if recorded != due || asked.iter().any(Operation::is_expiry) {
            let found: Vec<_> = journal.iter().filter(|operation| operation.is_expiry()).collect();
            return Err(BrokenRule::new(
                "expiries",
                format!("a journal that begins with {due:?} and has no others"),
                format!("{found:?}"),
            ));
        }
        Ok(())
    }

    pub(super) fn check_nodes(
        &self,
        module: BlockId,
        receipt: &Receipt,
        nodes: &[Arc<Block>],
    ) -> Result<(), BrokenRule> {
        let named: Vec<BlockId> = nodes.iter().map(|block| block.id()).collect();
        if named != receipt.nodes {
            return Err(BrokenRule::new("nodes", format!("{:?}", receipt.nodes), format!("{named:?}")));
        }
        for (at, block) in nodes.iter().enumerate() {
            let node =
                Node::from_bytes(block.bytes()).map_err(|e| BrokenRule::new("node", "a node's block", e))?;
            if node.scope != self.scope {
                return Err(BrokenRule::new("node's scope", self.scope, node.scope));
            }
            if node.module != module {
                return Err(BrokenRule::new("node's module", module, node.module));
            }
            let known = |id: &BlockId| named[..at].contains(id) || self.state.node(id).is_some();
            if let Some(missing) = node.parents.iter().find(|id| !known(id)) {
                return Err(BrokenRule::new("node's parents", "nodes that came before", missing));
            }
        }
        let known = |id: &BlockId| named.contains(id) || self.state.node(id).is_some();
        if let Some(anchor) = receipt.anchors.iter().find(|anchor| !known(&anchor.0)) {
            return Err(BrokenRule::new("anchor", "a stored node", anchor.0));
        }
        Ok(())
    }
}
