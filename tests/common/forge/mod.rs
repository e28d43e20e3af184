//! A log's entries as they are for somebody who rewrites the log: every hash and name is made right, and what is signed is
//! signed with the keys that he has. And exports of such entries, and exports with one thing changed.

mod car;
mod change;
mod entries;
mod forgery;
mod history;
mod table;

pub(crate) use car::{CarParts, car_parts, write_car};
pub(crate) use entries::{entries, forge, moved_signature, receipt_of, signed, write_anew};
pub(crate) use forgery::Forgery;
pub(crate) use history::{FIRST_NODE, FIRST_RECEIPT, History, LAST, history};
pub(crate) use table::forgeries;
