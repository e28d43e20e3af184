//! What the credentials' actor may be told: to put a policy in force.

use std::sync::Arc;

use actix::Message;
use icn_core::block::{Policy, PolicyError};
use icn_core::encode::Block;
use icn_core::name::BlockId;
use icn_core::rules::PolicyInForce;

/// Asks for a policy to be put in force.
#[derive(Message)]
#[rtype(result = "Result<Arc<PolicyInForce>, PolicyError>")]
pub(crate) struct PutInForce {
    /// The name of the policy's envelope.
    pub(crate) id: BlockId,
    pub(crate) policy: Policy,
    /// The rolls that the policy brings along.
    pub(crate) rolls: Vec<Block>,
}
