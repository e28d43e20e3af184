//! What may be: policies in force, the gate, what a module's capabilities allow, who may sign, and what administrators rule.

mod authority;
mod consent;
pub mod gate;
pub mod keys;
mod policy;
mod refusal;
mod ruling;

pub use authority::check_journal;
pub use consent::{consent, names_counterpart};
pub use policy::{GRANT_DEFAULT, PolicyInForce, ROLE_ADMIN, ROLE_ANYONE, resource_needs, resources_default};
pub use refusal::{Refusal, RefusalCode};
pub use ruling::may_rule;
