//! The credentials' actor: owns the rolls of members, and says which policies are sound.
//!
//! A policy is put in force here and nowhere else; what others get is an immutable snapshot. Equal rolls of
//! several scopes are kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use icn_core::block::{Policy, PolicyError, Roll};
use icn_core::encode::Block;
use icn_core::name::BlockId;
use icn_core::rules::PolicyInForce;

/// The actor.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    rolls: BTreeMap<BlockId, Arc<Roll>>,
}

impl Actor for Credentials {
    type Context = Context<Self>;
}

/// Asks for a policy to be in force: its envelope's name, the policy, and the rolls that it brings.
#[derive(Message)]
#[rtype(result = "Result<Arc<PolicyInForce>, PolicyError>")]
pub(crate) struct PutInForce {
    pub(crate) id: BlockId,
    pub(crate) policy: Policy,
    pub(crate) rolls: Vec<Block>,
}

impl Handler<PutInForce> for Credentials {
    type Result = Result<Arc<PolicyInForce>, PolicyError>;
    fn handle(&mut self, put: PutInForce, _: &mut Self::Context) -> Self::Result {
        let mut linked = BTreeMap::new();
        for block in put.rolls {
            let id = block.id();
            let known = self.rolls.get(&id).cloned();
            linked.insert(id, known.map_or_else(|| Roll::from_block(block).map(Arc::new), Ok)?);
        }
        let in_force = Arc::new(PolicyInForce::new(put.id, put.policy, linked.clone())?);
        self.rolls.extend(linked);
        Ok(in_force)
    }
}
