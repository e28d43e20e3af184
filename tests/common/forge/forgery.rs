//! One forgery: how it is made, and the code that an audit must give.

use std::path::Path;

use icn_core::block::Entry;
use icn_core::log::{Log, car};
use icn_history::store::LogStore as _;
use icn_runtime::export::ExportLayout;

use super::car::{CarParts, car_parts, write_car};
use super::entries::entries;
use super::history::{History, history};

/// A forgery of an export: what was done, and the code by which it is refused.
pub(crate) struct Forgery {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(super) make: Make,
}

pub(super) enum Make {
    /// The log is written anew with other entries, and exported and signed.
    Log(fn(&mut Vec<Entry>)),
    /// The CAR has other blocks.
    Car(fn(&mut CarParts)),
    /// Files of the export are others.
    Files(fn(&History, &ExportLayout)),
}

impl Forgery {
    /// The log that it writes anew, if it does.
    pub(crate) fn entries(&self, history: &History) -> Option<Vec<Entry>> {
        let Make::Log(change) = self.make else { return None };
        let mut forged = history.entries.clone();
        change(&mut forged);
        Some(forged)
    }

    /// Makes it in a directory that is not there yet.
    pub(crate) fn make(&self, history: &History, out: &Path) {
        let layout = ExportLayout::new(out);
        let forged = self.entries(history);
        history.export(forged.as_ref().unwrap_or(&history.entries), out);
        match self.make {
            Make::Log(_) => {}
            Make::Car(change) => {
                let mut parts = car_parts(&layout.car());
                change(&mut parts);
                write_car(&layout.car(), &parts);
            }
            Make::Files(change) => change(history, &layout),
        }
    }
}
