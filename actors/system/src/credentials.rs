//! The credentials' actor: owns the rolls of members, and judges which policies are valid.
//!
//! A running host puts a policy in force here and nowhere else. Others get an immutable snapshot of it. Rolls that are
//! equal in several scopes are kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::{Actor, Context, Handler};
use icn_core::block::{PolicyError, Roll};
use icn_core::name::BlockId;
use icn_core::rules::PolicyInForce;

use crate::message::credentials::PutInForce;

/// The actor.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    rolls: BTreeMap<BlockId, Arc<Roll>>,
}

impl Actor for Credentials {
    type Context = Context<Self>;
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
