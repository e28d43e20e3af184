//! The published head of the log: one writer, many readers, no lock.
//!
//! A sequence lock over atomics. The sequence is even while the head is whole and odd while it is being
//! written:
//!
//! 1. the writer makes the sequence odd, writes five words, makes it even again;
//! 2. a reader takes the sequence, copies the words, takes the sequence again, and starts over unless both
//!    are the same even number.
//!
//! The words are atomics, so a copy that is thrown away is no data race, only stale. A reader never sees half
//! of one head and half of another, and never a head older than one that it saw before.

use crate::shim::{Arc, AtomicU64, Ordering, fence, spin_loop, yield_now};

/// Failed attempts before a reader lets another thread run: a write is six stores, so a reader that fails so
/// often is waiting for a writer that lost its core.
const READ_SPINS_MAX: u32 = 64;

/// How far the log goes, and the root of its Merkle tree there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// How many anchors the log has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: [u8; 32],
}

/// The published head of the log, for any number of readers. Its one [`HeadWriter`] publishes.
///
/// *Promised.* Each read gives a pair that was published, or the first one. A reader's sizes never go back,
/// also not across threads: whoever was told of a head, by a message or by another reader, reads that head or
/// a later one.
///
/// *Not promised.* That the head is still the newest when the reader looks at it. Reading does not stop the
/// writer, and may have to start over while it writes.
#[derive(Debug)]
pub struct HeadCell {
    sequence: AtomicU64,
    size: AtomicU64,
    root: [AtomicU64; 4],
}

/// The one writer of a [`HeadCell`]: it is not `Clone`, and publishing takes it exclusively.
#[derive(Debug)]
pub struct HeadWriter {
    cell: Arc<HeadCell>,
    sequence: u64,
    head: Head,
}

impl HeadCell {
    /// A cell that shows `head`, with its only writer.
    #[must_use]
    pub fn new(head: Head) -> (HeadWriter, Arc<Self>) {
        let cell = Arc::new(Self {
            sequence: AtomicU64::new(0),
            size: AtomicU64::new(head.size),
            root: words(head.root).map(AtomicU64::new),
        });
        (HeadWriter { cell: Arc::clone(&cell), sequence: 0, head }, cell)
    }

    /// The head that was published last.
    ///
    /// Starts over while the writer is at it, and yields its core after a bounded number of attempts.
    #[must_use]
    pub fn read(&self) -> Head {
        loop {
            for _ in 0..READ_SPINS_MAX {
                if let Some(head) = self.try_read() {
                    return head;
                }
                spin_loop();
            }
            yield_now();
        }
    }

    /// One attempt at [`read`](Self::read): `None` when it met the writer.
    #[must_use]
    pub fn try_read(&self) -> Option<Head> {
        // Acquire pairs with the release that ends `publish`: the words are this head's, or later.
        let before = self.sequence.load(Ordering::Acquire);
        if !before.is_multiple_of(2) {
            return None;
        }
        let size = self.size.load(Ordering::Relaxed);
        let root = self.root.each_ref().map(|word| word.load(Ordering::Relaxed));
        // Pairs with the fence in `publish`: had any word been a later head's, the load below would see the
        // sequence that the writer had moved on before it wrote that word.
        fence(Ordering::Acquire);
        let after = self.sequence.load(Ordering::Relaxed);
        (before == after).then(|| Head { size, root: bytes(root) })
    }
}

impl HeadWriter {
    /// Shows `head` to the readers from now on.
    ///
    /// # Panics
    ///
    /// When `head` is smaller than the one before, or has its size but another root: a log only grows. The
    /// check comes before the first store, so the readers keep the head they had.
    pub fn publish(&mut self, head: Head) {
        assert!(head.size >= self.head.size, "the log went back from {} to {}", self.head.size, head.size);
        assert!(head.size > self.head.size || head == self.head, "two roots for one size, {}", head.size);
        if head == self.head {
            return;
        }
        let cell = &*self.cell;
        cell.sequence.store(self.sequence + 1, Ordering::Relaxed);
        // Pairs with the fence in `try_read`: whoever reads a word from below also sees the odd sequence.
        fence(Ordering::Release);
        cell.size.store(head.size, Ordering::Relaxed);
        for (cell, word) in cell.root.iter().zip(words(head.root)) {
            cell.store(word, Ordering::Relaxed);
        }
        // Whoever sees the even sequence sees all the words.
        cell.sequence.store(self.sequence + 2, Ordering::Release);
        self.sequence += 2;
        self.head = head;
    }

    /// The head that this writer published last.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The cell for one more reader.
    #[must_use]
    pub fn cell(&self) -> Arc<HeadCell> {
        Arc::clone(&self.cell)
    }
}

fn words(root: [u8; 32]) -> [u64; 4] {
    let (chunks, _) = root.as_chunks::<8>();
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}

fn bytes(words: [u64; 4]) -> [u8; 32] {
    let mut root = [0; 32];
    let (chunks, _) = root.as_chunks_mut::<8>();
    for (chunk, word) in chunks.iter_mut().zip(words) {
        *chunk = word.to_le_bytes();
    }
    root
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    /// A head whose root follows from its size, so that a torn pair shows.
    fn head(size: u64) -> Head {
        let word = |index: u64| size.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index);
        Head { size, root: bytes([word(0), word(1), word(2), word(3)]) }
    }

    #[test]
    fn a_root_survives_the_way_through_the_words() {
        let root: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 7).unwrap());
        assert_eq!(bytes(words(root)), root);
    }

    #[test]
    fn readers_see_what_was_published_last() {
        let (mut writer, cell) = HeadCell::new(head(0));
        assert_eq!(cell.read(), head(0));
        writer.publish(head(3));
        writer.publish(head(3));
        assert_eq!((cell.read(), writer.head(), writer.cell().read()), (head(3), head(3), head(3)));
    }

    #[test]
    fn a_log_that_goes_back_is_refused_and_never_shown() {
        let (mut writer, cell) = HeadCell::new(head(0));
        writer.publish(head(5));
        let fork = Head { size: 5, root: [1; 32] };
        for wrong in [head(4), fork] {
            assert!(catch_unwind(AssertUnwindSafe(|| writer.publish(wrong))).is_err());
            assert_eq!(cell.read(), head(5));
        }
        writer.publish(head(6));
        assert_eq!(cell.read(), head(6));
    }

    #[test]
    fn readers_never_see_a_torn_head_or_one_that_goes_back() {
        const LAST: u64 = 20_000;
        let (mut writer, cell) = HeadCell::new(head(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut seen = 0;
                    while seen < LAST {
                        let now = cell.read();
                        assert_eq!(now, head(now.size));
                        assert!(now.size >= seen);
                        seen = now.size;
                    }
                });
            }
            (1..=LAST).for_each(|size| writer.publish(head(size)));
        });
    }
}
