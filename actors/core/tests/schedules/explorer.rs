//! The explorer itself: that it finds all there is, and what is wrong.

use std::collections::BTreeMap;

use icn_testkit::schedules::{Explored, Scene, explore, interleavings, walk};

use crate::nothing_is_short;
use crate::world::*;

#[test]
fn remembering_states_finds_what_going_along_each_schedule_finds() {
    let mut world = nothing_is_short();
    world.actors.iter_mut().for_each(|steps| drop(steps.drain(2..)));
    world.opening.push(limits(pool(Q), 0, Some(150)));
    world.actors[0].push(Step::Time(2000));
    let (remembered, walked) = (explore(&world).unwrap(), walk(&world).unwrap());
    assert_eq!((remembered.schedules, walked.schedules), (210, 210));
    assert!(remembered.ends.len() > 3 && remembered.states < walked.states / 2, "{}", remembered.states);
    let ends = |explored: &Explored<State>| {
        let of = explored.ends.iter().map(|end| (world.key(&end.state), end.schedules));
        of.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(ends(&remembered), ends(&walked), "the same ends, by as many schedules each");
}

/// Two who each read a number and write back one more.
struct LostUpdate;

impl Scene for LostUpdate {
    type State = (u8, [u8; 2]);
    fn start(&self) -> Self::State {
        (0, [0; 2])
    }
    fn lengths(&self) -> Vec<usize> {
        vec![2, 2]
    }
    fn step(&self, (shared, read): &mut Self::State, actor: usize, at: usize) -> Result<(), String> {
        match at {
            0 => read[actor] = *shared,
            _ if read[actor] < *shared => return Err("an update is lost".to_owned()),
            _ => *shared = read[actor] + 1,
        }
        Ok(())
    }
    fn key(&self, (shared, read): &Self::State) -> Vec<u8> {
        vec![*shared, read[0], read[1]]
    }
}

#[test]
fn a_schedule_that_goes_wrong_is_found_and_named() {
    let broken = explore(&LostUpdate).map(|explored| explored.ends.len()).unwrap_err();
    assert_eq!(broken.schedule, [1, 0, 1, 0]);
    assert_eq!(interleavings(&[2, 2]), Some(6));
    assert_eq!(interleavings(&[6, 6, 6]), Some(17_153_136));
    assert_eq!(interleavings(&[40, 40, 40, 40]), None);
}
