//! A policy in force: the signed block, checked, with its rolls at hand. Deny is the default.

mod built_in;
mod check;
mod in_force;

pub use built_in::{GRANT_DEFAULT, ROLE_ADMIN, ROLE_ANYONE, resources_default};
pub use in_force::{PolicyInForce, resource_needs};
