//! Tells an actor's messages from those of the one that it replaced.
//!
//! An actor that panicked is replaced, but what it had sent may still be on its way. A message from before
//! the restart must be dropped, never applied, or a sequence that the successor gave out again would be used
//! twice. A counter alone cannot promise that: a message that is checked just before the counter moves would
//! be applied just after. So the check and the application are one section, and the successor starts only
//! when nobody is in such a section any more:
//!
//! 1. the actor starts with a [`Stamp`] and puts it on all that it sends;
//! 2. whoever applies a message first takes [`Generation::enter`], and holds the [`Entered`] while it applies;
//! 3. supervision calls [`Generation::advance`]: from that moment nobody enters with the old stamp. The new
//!    stamp is given out only when the last one inside has left. Until then the answer is `None`, and
//!    supervision asks again.
//!
//! One word holds it all, the number of the generation above and how many are inside below, so each step is
//! one compare-and-swap, and there is no moment between the check and the entry. The number is odd while a
//! stamp is valid and even while none is.

use crate::shim::{AtomicU64, Ordering};

/// Where the generation's number starts in the word.
const NUMBER_SHIFT: u32 = 32;
/// The part of the word that counts who is inside.
const INSIDE_MASK: u64 = (1 << NUMBER_SHIFT) - 1;

/// Which actor, in a row of actors that replace each other, is the one that counts.
///
/// *Promised.* At most one stamp is admitted at any time, no stamp is given out twice, and once refused it is
/// refused for ever. When [`advance`](Self::advance) returns a stamp, every section that was entered with an
/// earlier one has ended, what was done in it is seen by the caller, and no further one can begin. The same
/// holds when [`retire`](Self::retire) counts nobody inside. Whoever is refused with a stamp sees what its
/// retirer had done before.
///
/// *Not promised.* [`admits`](Self::admits) is a look and no more: what is done after it may come too late.
/// And what was done inside and sent on, without a stamp of its own, is beyond this type's reach.
///
/// Hold an [`Entered`] for a short synchronous step, never across an `.await`, and never while calling
/// `advance` in a loop from the same thread: that would wait for itself.
#[derive(Debug)]
pub struct Generation {
    state: AtomicU64,
}

/// What an actor got at its start and puts on all that it sends. Means nothing to another [`Generation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    number: u64,
}

/// Proof that a stamp was admitted, and that no successor starts while this lives.
///
/// Dropping it leaves, in a panic as well.
#[derive(Debug)]
#[must_use = "the section ends where this is dropped"]
pub struct Entered<'a> {
    generation: &'a Generation,
}

/// The word, taken apart.
#[derive(Clone, Copy)]
struct State {
    number: u64,
    inside: u64,
}

impl State {
    fn of(word: u64) -> Self {
        Self { number: word >> NUMBER_SHIFT, inside: word & INSIDE_MASK }
    }

    fn word(self) -> u64 {
        assert!(self.number <= u64::MAX >> NUMBER_SHIFT, "the generations are used up");
        assert!(self.inside <= INSIDE_MASK, "too many are inside");
        self.number << NUMBER_SHIFT | self.inside
    }

    /// Whether a stamp is valid now.
    fn is_live(self) -> bool {
        !self.number.is_multiple_of(2)
    }

    fn admits(self, stamp: Stamp) -> bool {
        self.is_live() && self.number == stamp.number
    }

    fn is_drained(self) -> bool {
        !self.is_live() && self.inside == 0
    }
}

impl Generation {
    /// A generation that admits nobody yet: the first [`advance`](Self::advance) gives the first stamp.
    #[must_use]
    pub fn new() -> Self {
        Self { state: AtomicU64::new(0) }
    }

    /// Retires the stamp that is valid, if one is, and gives the next one as soon as nobody is inside.
    ///
    /// `None` means that somebody still is: the old stamp is refused from now on, and the caller asks again.
    /// Asking again retires nothing further.
    ///
    /// # Panics
    ///
    /// After two thousand million restarts, rather than give a stamp out twice.
    #[must_use = "without the stamp the successor is refused"]
    pub fn advance(&self) -> Option<Stamp> {
        self.retire();
        // Fails while somebody is inside. Nobody can enter now, so once nobody is, only another `advance` can
        // get here first: it wins, and the next call of this one retires its stamp.
        let next =
            self.update(|now| now.is_drained().then_some(State { number: now.number + 1, inside: 0 }))?;
        Some(Stamp { number: next.number })
    }

    /// Retires the stamp that is valid, if one is, without a successor. How many are still inside.
    ///
    /// Nobody enters from now on, until [`advance`](Self::advance) gives a new stamp.
    pub fn retire(&self) -> usize {
        let retired = self.update(|now| now.is_live().then_some(State { number: now.number + 1, ..now }));
        let inside = retired.unwrap_or_else(|| self.load()).inside;
        usize::try_from(inside).unwrap_or(usize::MAX)
    }

    /// Whether the stamp was retired and the last one inside has left.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.load().is_drained()
    }

    /// Whether `stamp` is the valid one at this moment. To apply something, [`enter`](Self::enter).
    #[must_use]
    pub fn admits(&self, stamp: Stamp) -> bool {
        self.load().admits(stamp)
    }

    /// Begins a section that no successor overlaps, or `None` when `stamp` was retired.
    ///
    /// # Panics
    ///
    /// When four thousand million are inside, rather than lose count.
    pub fn enter(&self, stamp: Stamp) -> Option<Entered<'_>> {
        self.update(|now| now.admits(stamp).then_some(State { inside: now.inside + 1, ..now }))?;
        Some(Entered { generation: self })
    }

    fn load(&self) -> State {
        State::of(self.state.load(Ordering::Acquire))
    }

    /// Moves on to what `next` makes of the state, or `None` when it makes nothing of it.
    ///
    /// Acquire: what was done by those who left, and by supervision, is seen by whoever comes after. Release:
    /// so is what was done before this step.
    fn update(&self, next: impl Fn(State) -> Option<State>) -> Option<State> {
        let mut word = self.state.load(Ordering::Acquire);
        loop {
            let state = next(State::of(word))?;
            match self.state.compare_exchange_weak(word, state.word(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(state),
                Err(now) => word = now,
            }
        }
    }
}

impl Default for Generation {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Release pairs with the acquire of whoever finds nobody inside.
        let before = self.generation.state.fetch_sub(1, Ordering::Release);
        debug_assert!(before & INSIDE_MASK > 0, "a section ended twice");
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;
    use std::thread;

    #[test]
    fn nobody_is_admitted_before_the_first_stamp_is_given() {
        let generation = Generation::default();
        assert!(generation.is_drained());
        assert!(!generation.admits(Stamp { number: 0 }));
        assert!(generation.enter(Stamp { number: 0 }).is_none());
    }

    #[test]
    fn a_stamp_is_admitted_until_its_successor_is_given() {
        let generation = Generation::new();
        let old = generation.advance().unwrap();
        assert!(generation.admits(old));
        assert!(!generation.is_drained());
        let new = generation.advance().unwrap();
        assert_ne!(old, new);
        assert!(!generation.admits(old) && generation.enter(old).is_none());
        assert!(generation.admits(new) && generation.enter(new).is_some());
    }

    #[test]
    fn no_successor_starts_while_somebody_is_inside() {
        let generation = Generation::new();
        let old = generation.advance().unwrap();
        let first = generation.enter(old).unwrap();
        let second = generation.enter(old).unwrap();
        assert_eq!(generation.advance(), None);
        assert!(!generation.admits(old) && generation.enter(old).is_none());
        drop(first);
        assert_eq!(generation.retire(), 1);
        assert_eq!(generation.advance(), None);
        assert!(!generation.is_drained());
        drop(second);
        assert!(generation.is_drained());
        assert_eq!(generation.retire(), 0);
        let new = generation.advance().unwrap();
        assert_eq!(new.number, old.number + 2, "asking again retires nothing further");
    }

    #[test]
    fn retiring_admits_nobody_until_the_next_stamp() {
        let generation = Generation::new();
        let old = generation.advance().unwrap();
        assert_eq!(generation.retire(), 0);
        assert!(generation.is_drained());
        assert!(!generation.admits(old));
        assert!(generation.admits(generation.advance().unwrap()));
    }

    #[test]
    fn a_panic_inside_leaves() {
        let generation = Generation::new();
        let stamp = generation.advance().unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _inside = generation.enter(stamp);
            panic!("on purpose");
        }));
        assert!(outcome.is_err());
        assert!(generation.advance().is_some());
    }

    #[test]
    fn the_last_generation_is_refused_instead_of_wrapping_around() {
        let last = State { number: u64::MAX >> NUMBER_SHIFT, inside: 0 };
        let generation = Generation { state: AtomicU64::new(last.word()) };
        assert!(generation.admits(Stamp { number: last.number }));
        assert!(catch_unwind(AssertUnwindSafe(|| generation.retire())).is_err());
        assert!(generation.admits(Stamp { number: last.number }));
    }

    #[test]
    fn no_section_overlaps_that_of_a_successor() {
        let generation = Generation::new();
        let applied = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..20 {
                let stamp = loop {
                    match generation.advance() {
                        Some(stamp) => break stamp,
                        None => thread::yield_now(),
                    }
                };
                for _ in 0..2 {
                    let (generation, applied) = (&generation, &applied);
                    scope.spawn(move || {
                        while let Some(_inside) = generation.enter(stamp) {
                            applied.lock().unwrap().push(stamp.number);
                            if stamp.number == 39 {
                                break;
                            }
                        }
                    });
                }
                thread::yield_now();
            }
        });
        assert!(applied.into_inner().unwrap().is_sorted());
    }
}
