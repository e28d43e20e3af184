//! What a running guest has, and the one way into its memory.
//!
//! A [`Call`] comes in; the store's data is a [`Context`]; every host function works on it through a [`Guest`].
//! What the guest asks for is kept in a `Stage`; it happens when the run is committed, and not here. Only the
//! ledger is asked at once, through a [`LedgerPort`].

mod argument;
mod call;
mod context;
mod fuel_count;
mod limiter;
mod memory;
mod port;
mod recorder;
mod stage;
mod stop;

pub use call::Call;
pub use fuel_count::FunctionFuel;
pub use port::{LedgerPort, PortAnswer, PortError, counterpart_consent};
pub use recorder::{LogLine, Recorded, Recorder};

pub(crate) use argument::{Arg, BoundedArg, arg, fixed_arg};
pub(crate) use context::Context;
pub(crate) use fuel_count::FuelCount;
pub(crate) use memory::{Guest, HostCall};
pub(crate) use stop::{Answer, GuestTrap, HostFault, NeedsCounterpart, Stop, reply, stop};
