//! Arguments of a host call that name a range of guest memory.
//!
//! An [`Arg`] is what the guest gave. A [`BoundedArg`] says besides how long it may be and what its bytes cost.
//! Neither is known to be inside the memory: that is `Guest::inspect`'s work (`memory.rs`), and nothing is read
//! before it.

/// A range of guest memory, as the guest gave it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arg {
    /// The name of the parameter that points at it, for a memory fault.
    pub(crate) name: &'static str,
    /// Where it begins.
    pub(crate) ptr: u32,
    /// How many bytes it has.
    pub(crate) len: u32,
}

/// An argument with a pointer and a length, both read as unsigned.
#[expect(clippy::cast_sign_loss, reason = "the ABI reads pointers and lengths as unsigned")]
pub(crate) fn arg(name: &'static str, ptr: i32, len: i32) -> Arg {
    Arg { name, ptr: ptr as u32, len: len as u32 }
}

/// An argument with a pointer alone: the ABI says how many bytes it points at.
pub(crate) fn fixed_arg(name: &'static str, ptr: i32, bytes: usize) -> Arg {
    Arg { len: u32::try_from(bytes).unwrap_or(u32::MAX), ..arg(name, ptr, 0) }
}

/// An argument with its greatest length and the price of its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BoundedArg {
    pub(super) arg: Arg,
    pub(super) bytes_max: usize,
    pub(super) fuel_per_byte: u64,
}

impl Arg {
    /// An input of at most so many bytes, each at this price.
    pub(crate) const fn at_most(self, bytes_max: usize, fuel_per_byte: u64) -> BoundedArg {
        BoundedArg { arg: self, bytes_max, fuel_per_byte }
    }
    /// A buffer of any size. What is written to it is charged when its length is known.
    pub(crate) const fn buffer(self) -> BoundedArg {
        BoundedArg { arg: self, bytes_max: usize::MAX, fuel_per_byte: 0 }
    }
}
