//! The example guests, each with a story of calls that build on one another: most of them succeed and change what the
//! next one finds. A story is told on any engine in a scope without a host, or its calls are sent to a host.

mod story;
mod telling;
mod told;

pub use story::{End, FUEL, GRANT, MEMBERS, Step, Story, TREASURY, UNIT, member};
pub use telling::{Telling, tell};
pub use told::STORIES;
