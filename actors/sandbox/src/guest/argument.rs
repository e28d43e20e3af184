//! Arguments of a host call that name a range of guest memory, before anything is read.

/// A range of guest memory that an argument names, as the ABI gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    pub(crate) ptr: u32,
    pub(crate) len: u32,
}

/// An argument's pointer and length, read as unsigned.
#[expect(clippy::cast_sign_loss, reason = "the ABI reads pointers and lengths as unsigned")]
pub(crate) fn arg(name: &'static str, ptr: i32, len: i32) -> Arg {
    Arg { name, ptr: ptr as u32, len: len as u32 }
}

/// An argument that points at so many bytes, whatever the guest says.
pub(crate) fn fixed_arg(name: &'static str, ptr: i32, bytes: usize) -> Arg {
    Arg { len: u32::try_from(bytes).unwrap_or(u32::MAX), ..arg(name, ptr, 0) }
}

/// A range and what is asked of it before it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(super) arg: Arg,
    pub(super) bytes_max: usize,
    pub(super) fuel_per_byte: u64,
}

impl Arg {
    /// An input of at most so many bytes, each of which costs so much fuel.
    pub(crate) const fn at_most(self, bytes_max: usize, fuel_per_byte: u64) -> Part {
        Part { arg: self, bytes_max, fuel_per_byte }
    }
    /// A buffer as large as the guest likes; what is written to it is charged when that is known.
    pub(crate) const fn buffer(self) -> Part {
        Part { arg: self, bytes_max: usize::MAX, fuel_per_byte: 0 }
    }
}
