//! Reads bytes as a list of small choices.
//!
//! A [`ByteSource`] never fails: when its bytes are used up, every further choice is the first one. Numbers lean towards
//! the edges at which code breaks.

/// Reads bytes as choices.
#[derive(Debug, Clone)]
pub struct ByteSource<'a> {
    rest: &'a [u8],
}

/// Numbers at which encodings, signs and counters change.
const EDGES: [u64; 20] = [
    0,
    1,
    2,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    0xffff_ffff,
    0x1_0000_0000,
    (1 << 53) - 1,
    1 << 53,
    (1 << 62) + 1,
    i64::MAX as u64 - 1,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX - 255,
    u64::MAX - 1,
    u64::MAX,
];

impl<'a> ByteSource<'a> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all bytes are used up.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// Up to so many bytes as they are.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// A number below `bound` (at most 256).
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// A place in something of that length, of two bytes; 0 in nothing.
    pub fn index(&mut self, len: usize) -> usize {
        let at = usize::from(self.byte()) << 8 | usize::from(self.byte());
        at.checked_rem(len).unwrap_or(0)
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Once in `n` times, by the byte.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Any number, often a small one or an edge.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::from(self.byte()),
            1 => self.pick(&EDGES),
            2 => u64::from(self.byte()) << 8 | u64::from(self.byte()),
            _ => {
                let mut bytes = [0; 8];
                let taken = self.take(8);
                bytes[..taken.len()].copy_from_slice(taken);
                u64::from_be_bytes(bytes)
            }
        }
    }

    /// An amount: mostly small, sometimes an edge.
    pub fn amount(&mut self) -> u64 {
        if self.once_in(4) { self.number() } else { u64::from(self.byte()) }
    }

    /// A short byte string.
    pub fn short(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max + 1);
        self.take(len).to_vec()
    }

    /// A short text, sometimes beyond ASCII.
    pub fn text(&mut self, chars_max: usize) -> String {
        let chars = self.below(chars_max + 1);
        let alphabet =
            ['a', 'b', 'z', 'A', 'Z', '0', '9', '/', '.', '-', ' ', 'é', '字', '🗳', '\0', '\u{7f}'];
        (0..chars).map(|_| self.pick(&alphabet)).collect()
    }

    /// So many of them, at most.
    pub fn list<T>(&mut self, len_max: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let len = self.below(len_max + 1);
        (0..len).map(|_| one(self)).collect()
    }
}
