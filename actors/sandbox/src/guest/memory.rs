//! The one place where guest memory is read and written, and where fuel is taken for host calls.
//!
//! Every call follows the order of the host ABI: charge the base; check the capability; check each length against
//! its maximum and charge for the bytes; check bounds with 64-bit arithmetic; decode; decide; stage. So each
//! function begins with [`HostCall::enter`], then [`Guest::require`], then one [`Guest::inspect`] of all its ranges
//! in the order of its arguments, and decodes them in that order.

use std::ops::Range;

use icn_core::block::{Capability, TrapKind};
use icn_core::costs;
use wasmtime::Caller;

use super::argument::{Arg, BoundedArg};
use super::context::Context;
use super::stop::{Answer, HostFault, Stop, stop};
use crate::contract::Soft;

/// The range inside a memory of that many bytes, if all of it is inside. An empty range may be at the very end.
pub(crate) fn range(memory_bytes: usize, ptr: u32, len: u32) -> Option<Range<usize>> {
    let end = u64::from(ptr) + u64::from(len);
    if end > memory_bytes as u64 {
        return None;
    }
    Some(usize::try_from(ptr).ok()?..usize::try_from(end).ok()?)
}

/// A host call that a guest made. Nothing was charged for it yet.
pub(crate) struct HostCall<'a> {
    caller: Caller<'a, Context>,
    function: &'static str,
}

impl<'a> HostCall<'a> {
    /// A call of this function.
    pub(crate) const fn new(caller: Caller<'a, Context>, function: &'static str) -> Self {
        Self { caller, function }
    }

    /// Begins the call: its base cost, and so much more fuel, is charged before anything else.
    pub(crate) fn enter(self, fuel: u64) -> Answer<Guest<'a>> {
        let Self { caller, function } = self;
        let mut guest = Guest { caller, function };
        if let Some(recorder) = &guest.caller.data().call.recorder {
            recorder.call(function);
        }
        guest.charge(costs::CALL_FUEL + fuel)?;
        Ok(guest)
    }
}

/// A guest in a host call whose base cost was paid.
pub(crate) struct Guest<'a> {
    caller: Caller<'a, Context>,
    function: &'static str,
}

impl Guest<'_> {
    /// The store's data.
    pub(crate) fn context(&mut self) -> &mut Context {
        self.caller.data_mut()
    }

    /// Takes fuel. The run ends when there is not enough.
    pub(crate) fn charge(&mut self, fuel: u64) -> Answer<()> {
        let counter = self.caller.get_fuel().map_err(Stop::Hard)?;
        let margin = self.caller.data().fuel_margin;
        let left = counter.saturating_sub(margin);
        if counter >= margin && left >= fuel {
            return self.caller.set_fuel(counter - fuel).map_err(Stop::Hard);
        }
        self.caller.set_fuel(0).map_err(Stop::Hard)?;
        Err(Stop::Hard(stop(
            TrapKind::OutOfFuel,
            format!("{} costs {fuel} fuel, {left} were left", self.function),
        )))
    }

    /// Fuel that is left to the guest.
    pub(crate) fn fuel_left(&self) -> Answer<u64> {
        let counter = self.caller.get_fuel().map_err(Stop::Hard)?;
        Ok(counter.saturating_sub(self.caller.data().fuel_margin))
    }

    /// Refuses the call unless the module has the capability.
    pub(crate) fn require(&mut self, capability: Capability) -> Answer<()> {
        if self.context().has(capability) { Ok(()) } else { Err(Soft::Denied.into()) }
    }

    /// Refuses the call unless the module has a capability of this kind.
    pub(crate) fn require_some(&mut self, kind: impl Fn(&Capability) -> bool) -> Answer<()> {
        if self.context().has_some(kind) { Ok(()) } else { Err(Soft::Denied.into()) }
    }

    /// Checks a length against its maximum and charges for the bytes.
    pub(crate) fn length(&mut self, arg: Arg, bytes_max: usize, fuel_per_byte: u64) -> Answer<()> {
        if u64::from(arg.len) > bytes_max as u64 {
            return Err(Soft::TooLarge.into());
        }
        self.charge(u64::from(arg.len) * fuel_per_byte)
    }

    fn memory(&mut self) -> Answer<wasmtime::Memory> {
        self.caller
            .data()
            .memory
            .ok_or_else(|| Stop::Hard(wasmtime::Error::new(HostFault("a guest without a memory".into()))))
    }

    /// The argument's range, or the trap when it is not inside the memory.
    pub(crate) fn bounds(&mut self, arg: Arg) -> Answer<Range<usize>> {
        let memory_bytes = self.memory()?.data_size(&self.caller);
        range(memory_bytes, arg.ptr, arg.len).ok_or_else(|| {
            let detail = format!(
                "{}: argument {} at {} of {} bytes is not inside the memory of {memory_bytes} bytes",
                self.function, arg.name, arg.ptr, arg.len
            );
            tracing::warn!(target: "icn::security", function = self.function, argument = arg.name, pointer = arg.ptr,
                length = arg.len, memory_bytes, "memory fault");
            Stop::Hard(stop(TrapKind::MemoryFault, detail))
        })
    }

    /// The bytes of a range that was checked, and the context.
    pub(crate) fn view(&mut self, range: Range<usize>) -> Answer<(&mut [u8], &mut Context)> {
        let memory = self.memory()?;
        let (bytes, context) = memory.data_and_store_mut(&mut self.caller);
        let slice = bytes
            .get_mut(range)
            .ok_or_else(|| Stop::Hard(wasmtime::Error::new(HostFault("an unchecked range".into()))))?;
        Ok((slice, context))
    }

    /// Checks all ranges of a call, in the order of its arguments: first each length, with its charge; then, for
    /// each, that it is inside the memory.
    pub(crate) fn inspect<const N: usize>(&mut self, parts: [BoundedArg; N]) -> Answer<[Range<usize>; N]> {
        for part in &parts {
            self.length(part.arg, part.bytes_max, part.fuel_per_byte)?;
        }
        let mut ranges = std::array::from_fn(|_| 0..0);
        for (range, part) in ranges.iter_mut().zip(&parts) {
            *range = self.bounds(part.arg)?;
        }
        Ok(ranges)
    }

    /// Copies a range that was checked out of the guest.
    pub(crate) fn bytes(&mut self, range: Range<usize>) -> Answer<Vec<u8>> {
        Ok(self.view(range)?.0.to_vec())
    }

    /// Copies text out of a range that was checked.
    pub(crate) fn text(&mut self, range: Range<usize>) -> Answer<String> {
        String::from_utf8(self.bytes(range)?).map_err(|_| Soft::InvalidUtf8.into())
    }

    /// Copies bytes out of a range that was checked and has just this length.
    pub(crate) fn fixed<const N: usize>(&mut self, range: Range<usize>) -> Answer<[u8; N]> {
        let bytes: &[u8] = self.view(range)?.0;
        bytes
            .try_into()
            .map_err(|_| Stop::Hard(wasmtime::Error::new(HostFault("a range of another length".into()))))
    }

    /// Gives bytes to the guest by the ABI's convention: the full length is the answer, and nothing is written when
    /// the buffer is smaller. The range was checked. `find` gets the bytes from the context, twice: for their
    /// length, and after they are paid for.
    pub(crate) fn give(
        &mut self,
        range: Range<usize>,
        find: impl Fn(&Context) -> Answer<&[u8]>,
    ) -> Answer<u32> {
        let bytes = find(self.caller.data())?.len();
        let length = u32::try_from(bytes).map_err(|_| Soft::TooLarge)?;
        if bytes > range.len() {
            return Ok(length);
        }
        self.charge(u64::from(length) * costs::BYTE_FUEL)?;
        let (guest, context) = self.view(range.start..range.start + bytes)?;
        let found = find(context)?;
        assert_eq!(found.len(), guest.len(), "the same bytes are found twice");
        guest.copy_from_slice(found);
        Ok(length)
    }

    /// Gives bytes that the call made, by the same convention.
    pub(crate) fn give_bytes(&mut self, range: Range<usize>, bytes: &[u8]) -> Answer<u32> {
        let length = u32::try_from(bytes.len()).map_err(|_| Soft::TooLarge)?;
        if bytes.len() <= range.len() {
            self.charge(u64::from(length) * costs::BYTE_FUEL)?;
            self.put(range, bytes)?;
        }
        Ok(length)
    }

    /// Writes into a range that was checked before the call had any effect.
    pub(crate) fn put(&mut self, range: Range<usize>, bytes: &[u8]) -> Answer<()> {
        let (guest, _) = self.view(range.start..range.start + bytes.len())?;
        guest.copy_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::range;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_is_inside_or_refused(pages in 0usize..4, ptr in any::<u32>(), len in any::<u32>()) {
            let bytes = pages * 65_536;
            // The model: every byte of it has an index below the memory's size, in integers without end.
            let inside = i128::from(ptr) + i128::from(len) <= bytes as i128;
            prop_assert_eq!(range(bytes, ptr, len).is_some(), inside);
        }
    }

    #[test]
    fn the_edges_of_a_memory() {
        let page = 65_536;
        assert_eq!(range(page, 0, 65_536), Some(0..page));
        assert_eq!(range(page, 65_536, 0), Some(page..page));
        assert_eq!(range(page, 65_536, 1), None);
        assert_eq!(range(page, 65_537, 0), None);
        assert_eq!(range(page, u32::MAX, 2), None);
        assert_eq!(range(page, 1, u32::MAX), None);
        assert_eq!(range(0, 0, 0), Some(0..0));
    }
}
