//! The bound on a guest's memory and tables. The engine asks it before either grows.
//!
//! Past the module's own maximum `memory.grow` answers -1 and the guest goes on. Past the grant the run ends.

use icn_core::block::TrapKind;
use icn_core::limits;

use super::stop::stop;

/// Bounds the guest's memory by the grant, and remembers the most pages that it had.
pub(crate) struct Limiter {
    pages_max: u64,
    /// The most pages that the memory has had so far.
    pub(crate) pages_peak: u64,
}

impl Limiter {
    /// A bound of so many pages.
    pub(super) const fn new(pages_max: u64) -> Self {
        Self { pages_max, pages_peak: 0 }
    }

    /// Pages that the memory may still grow by.
    pub(crate) fn pages_remaining(&self) -> u64 {
        self.pages_max - self.pages_peak
    }
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let pages = (desired as u64).div_ceil(limits::PAGE_BYTES);
        if pages > self.pages_max {
            return Err(stop(
                TrapKind::MemoryLimit,
                format!("{pages} pages of memory where {} are granted", self.pages_max),
            ));
        }
        self.pages_peak = self.pages_peak.max(pages);
        assert!(self.pages_peak <= self.pages_max, "no more pages than are granted");
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= limits::TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        1
    }
    fn tables(&self) -> usize {
        1
    }
    fn memories(&self) -> usize {
        1
    }
}
