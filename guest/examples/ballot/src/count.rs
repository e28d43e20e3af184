//! Counting ballots, and the rule `greedy`. Pure functions: nothing here calls the host.

use alloc::collections::BinaryHeap;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use icn_guest::Failure;

use crate::election::{Election, Rule, VoteType};
use crate::refusal::unreadable;
use crate::vote::{PLACE_BYTES, POINTS_BYTES};

/// The sum of the ballots for one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// How many ballots name it.
    pub votes: i64,
    /// The number that orders the projects.
    pub score: i64,
}

/// The count so far.
#[derive(Debug)]
pub struct Count {
    vote_type: VoteType,
    default_score: i64,
    ballots: i64,
    /// By place in the list; the score is the points given by name.
    support: Vec<Support>,
}

impl Count {
    /// A count without ballots.
    pub fn new(election: &Election<'_>) -> Count {
        Count {
            vote_type: election.vote_type(),
            default_score: election.rule(Rule::DefaultScore),
            ballots: 0,
            support: vec![Support::default(); election.project_count()],
        }
    }

    /// Adds a ballot as `vote` kept it.
    ///
    /// No sum can overflow before 2^32 ballots: points have 32 bits.
    pub fn add(&mut self, ballot: &[u8]) -> Result<(), Failure> {
        let points_bytes = if self.vote_type.has_points() { POINTS_BYTES } else { 0 };
        let entries = ballot.chunks_exact(PLACE_BYTES + points_bytes);
        if !entries.remainder().is_empty() {
            return Err(unreadable("ballot"));
        }
        for entry in entries {
            let (place, score) = match *entry {
                [low, high] => ([low, high], 1),
                [low, high, a, b, c, d] => ([low, high], i64::from(i32::from_le_bytes([a, b, c, d]))),
                _ => return Err(unreadable("ballot")),
            };
            let place = usize::from(u16::from_le_bytes(place));
            let support = self.support.get_mut(place).ok_or_else(|| unreadable("ballot"))?;
            support.votes += 1;
            support.score += score;
        }
        self.ballots += 1;
        Ok(())
    }

    /// How many ballots were added.
    pub fn ballots(&self) -> i64 {
        self.ballots
    }

    /// The support of each project, by place in the list. Scoring: a ballot gives `default_score` to each
    /// project that it does not name.
    pub fn finish(mut self) -> Vec<Support> {
        for support in &mut self.support {
            support.score += self.default_score * (self.ballots - support.votes);
        }
        self.support
    }
}

/// The rule `greedy`: projects in order of score, ties in the order of the list. Each is funded when the rest of
/// the budget covers its cost. A project that no ballot names is not funded.
///
/// `costs`, `support` and the answer are indexed by place in the list.
pub fn greedy(budget: i64, costs: &[i64], support: &[Support]) -> Vec<bool> {
    // A heap: the code of a general sort would be a fifth of the module.
    let named = (0..costs.len()).filter(|place| support[*place].votes > 0);
    let mut order: BinaryHeap<_> = named.map(|place| (support[place].score, Reverse(place))).collect();
    let mut funded = vec![false; costs.len()];
    let mut left = budget;
    while let Some((_, Reverse(place))) = order.pop() {
        if costs[place] <= left {
            left -= costs[place];
            funded[place] = true;
        }
    }
    funded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn support(pairs: &[(i64, i64)]) -> Vec<Support> {
        pairs.iter().map(|&(votes, score)| Support { votes, score }).collect()
    }

    #[test]
    fn the_highest_score_is_taken_first_and_what_does_not_fit_is_passed_over() {
        let support = support(&[(1, 5), (1, 9), (1, 7), (1, 1)]);
        assert_eq!(greedy(10, &[4, 6, 5, 1], &support), [true, true, false, false]);
    }

    #[test]
    fn a_tie_goes_to_who_was_listed_first() {
        assert_eq!(greedy(4, &[4, 4, 4], &support(&[(1, 3), (1, 3), (2, 3)])), [true, false, false]);
    }

    #[test]
    fn without_a_vote_nothing_is_funded_and_with_one_even_a_low_score_is() {
        assert_eq!(greedy(9, &[4, 4], &support(&[(0, 8), (1, -8)])), [false, true]);
    }

    #[test]
    fn the_whole_budget_may_be_spent() {
        assert_eq!(greedy(i64::MAX, &[i64::MAX - 1, 1], &support(&[(1, 2), (1, 1)])), [true, true]);
    }
}
