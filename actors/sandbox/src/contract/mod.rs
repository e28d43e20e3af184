//! What host and guest agree on: functions, codes, limits, features, and the prices of operators.
//!
//! These files are tables. They know nothing of the engine's state, of a running guest or of a module's bytes, and
//! every other folder of the crate may read them. A change here is a change of the ABI: `docs/host-abi.md` says the
//! same, and most of it is hashed into the engine's description.

mod codes;
mod features;
mod fuel;
mod functions;
mod limits;

pub use codes::{CODES, Code};
pub use functions::{ABI_VERSION, FUNCTIONS, FunctionType, PARAMETERS};
pub use limits::LIMITS;

pub(crate) use codes::Soft;
pub(crate) use features::features;
pub(crate) use fuel::{FUEL_MARGIN, operator_costs};
pub(crate) use functions::host_functions;
pub(crate) use limits::limits_text;
