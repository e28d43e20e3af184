//! Guests that nobody wrote by hand: random modules that the host ABI accepts, and recursions without an end.

mod collection;
mod random;
mod recursion;
mod text;

pub use collection::{Made, TELLS_ALL, modules};
pub use random::random_module;
pub use recursion::{RECURSION_FUEL, recursions};
pub use text::{assembled, guest};
