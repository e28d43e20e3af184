//! The guest `ballot`: participatory budgeting by the rule `greedy`, as Pabulib's elections were held.
//!
//! | entry | input | what it does |
//! | --- | --- | --- |
//! | `open` | the election, below | keeps it; once |
//! | `vote` | `id,id` or `id,id;points,points` | keeps the caller's ballot; once a member |
//! | `tally` | nothing | counts, pays the funded projects from the treasury, anchors the result, closes |
//!
//! ```text
//! vote_type;cumulative
//! budget;2367122
//! unit;PLN
//! max_sum_points;10
//! PROJECTS
//! 409;1150000
//! 581;1116000
//! ```
//!
//! The keys before `PROJECTS` may come in any order, each once; `vote_type`, `budget` and `unit` must. The
//! rules of a ballot have Pabulib's names, meaning and defaults ([`election::Rule`]). Text is strict: a line
//! ends with `\n` (optional on the last one), fields are separated by `;`, numbers are written plainly. A refusal
//! names the wrong part and its line ([`refusal`] has the numbers).
//!
//! The result, which `tally` answers and anchors under the topic `tally`, has a line for each project, in the
//! order in which they were listed, after five lines of sums:
//!
//! ```text
//! vote_type;cumulative
//! budget;2367122
//! spent;1150000
//! left;1217122
//! ballots;2
//! funded;409;1150000;15;2
//! unfunded;581;1116000;5;1
//! ```
//!
//! where the last fields are cost, score and number of ballots that name the project.
//!
//! State: the election under the key `election` ([`election`]), and each ballot under `b/` and the DID of
//! its member ([`vote`](mod@vote)). There are no running totals, so the cost of a vote does not depend on the
//! votes before it, and no two votes write the same key.
//!
//! The scope's policy decides who may call which entry; this guest does not.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod count;
pub mod election;
pub mod open;
pub mod refusal;
pub mod tally;
pub mod text;
pub mod vote;

use icn_guest::Failure;

icn_guest::guest! {
    entries: [open, vote, tally],
    capabilities: ["state", "dag", "transfer", "treasury"],
}

/// Entry: opens the election that the input describes.
pub fn open() -> Result<(), Failure> {
    open::open()
}

/// Entry: casts the caller's ballot.
pub fn vote() -> Result<(), Failure> {
    vote::vote()
}

/// Entry: counts the ballots, funds projects, publishes the result and closes the election.
pub fn tally() -> Result<(), Failure> {
    tally::tally()
}
