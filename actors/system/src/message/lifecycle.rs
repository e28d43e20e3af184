//! Begin and end of an actor that has to know addresses which do not exist yet when it starts.
//!
//! The supervisor and the crossings' actor are started first, without what they work on: that holds their own
//! addresses. [`Begin`] brings it. [`End`] takes it away when the host closes, since an actor and what holds its address
//! would keep each other alive.

use actix::Message;

/// Gives an actor what it works on.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Begin<T>(pub(crate) T);

/// Tells an actor to drop everything that it works on, so that the host can end.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct End;
