//! Whose turn it is: crossings that share no scope go on side by side, the others one after the other.
//!
//! First come, first served: a crossing begins once no earlier unfinished crossing shares a scope with it. So none waits
//! for ever, and none passes an earlier one that it would have to wait for.

use std::collections::{BTreeSet, VecDeque};

use icn_core::name::Did;

/// Crossings that wait, and the scopes of those that go on.
#[derive(Debug)]
pub(super) struct Turns<T> {
    /// The scopes of all crossings that go on.
    active: BTreeSet<Did>,
    /// In the order in which they were asked for.
    waiting: VecDeque<(BTreeSet<Did>, T)>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { active: BTreeSet::new(), waiting: VecDeque::new() }
    }
}

impl<T> Turns<T> {
    /// One more crossing, with all of its scopes.
    pub(super) fn ask(&mut self, scopes: BTreeSet<Did>, what: T) {
        self.waiting.push_back((scopes, what));
    }

    /// Everything that begins now. Its scopes are taken until it [ends](Self::end).
    pub(super) fn begin(&mut self) -> Vec<(BTreeSet<Did>, T)> {
        let (mut taken, mut rest, mut begins) = (self.active.clone(), VecDeque::new(), Vec::new());
        for (scopes, what) in std::mem::take(&mut self.waiting) {
            let is_free = taken.is_disjoint(&scopes);
            taken.extend(&scopes);
            if is_free {
                self.active.extend(&scopes);
                begins.push((scopes, what));
            } else {
                rest.push_back((scopes, what));
            }
        }
        self.waiting = rest;
        begins
    }

    /// Ends a crossing that went on: its scopes are free.
    pub(super) fn end(&mut self, scopes: &BTreeSet<Did>) {
        self.active.retain(|scope| !scopes.contains(scope));
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(of: u32) -> BTreeSet<Did> {
        (0..4u8).filter(|n| of >> n & 1 == 1).map(|n| Did::from_key([n; 32])).collect()
    }

    /// Goes on in every way: any crossing that goes on may end next, until all that was asked for has had its turn.
    fn every_end(
        turns: &Turns<usize>,
        going: &[(BTreeSet<Did>, usize)],
        asked: &[u32],
        begun: usize,
    ) -> usize {
        if going.is_empty() {
            assert!(turns.waiting.is_empty() && begun == asked.len(), "what was asked for has its turn");
            return 1;
        }
        let mut ways = 0;
        for ends in 0..going.len() {
            let mut turns = Turns { active: turns.active.clone(), waiting: turns.waiting.clone() };
            let mut going = going.to_vec();
            let (over, _) = going.swap_remove(ends);
            turns.end(&over);
            let begins = turns.begin();
            for (scopes, at) in &begins {
                let before = turns.waiting.iter().filter(|(_, earlier)| earlier < at);
                assert!(
                    before.clone().all(|(others, _)| others.is_disjoint(scopes)),
                    "{at} has passed another"
                );
                assert!(going.iter().all(|(others, _)| others.is_disjoint(scopes)), "{at} shares a scope");
            }
            let now = begun + begins.len();
            going.extend(begins);
            ways += every_end(&turns, &going, asked, now);
        }
        ways
    }

    #[test]
    fn crossings_share_no_scope_pass_no_earlier_one_and_all_have_their_turn() {
        // Every five crossings of two or three of four scopes, in every order in which they may end.
        let sets: Vec<u32> = (0..16).filter(|of: &u32| matches!(of.count_ones(), 2 | 3)).collect();
        let mut ways = 0;
        for n in 0..sets.len().pow(5) {
            let asked: Vec<u32> = (0..5).map(|at| sets[n / sets.len().pow(at) % sets.len()]).collect();
            let mut turns = Turns::default();
            asked.iter().enumerate().for_each(|(at, of)| turns.ask(scopes(*of), at));
            let going = turns.begin();
            let begun = going.len();
            ways += every_end(&turns, &going, &asked, begun);
        }
        assert!(ways >= sets.len().pow(5), "{ways}");
    }
}
