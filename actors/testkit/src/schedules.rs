//! Every schedule of a few actors, each with its own sequence of steps: an exhaustive exploration that remembers the
//! states it has been in.
//!
//! A schedule is an order in which the actors' steps are done, one at a time, that keeps each actor's own order.
//! Schedules that have done the same steps and are in the same state ([`Scene::key`]) go on alike, so they are gone
//! on with once, and counted. So the number of schedules is the number of paths, as large as it may be, while the work
//! is that of the states. [`walk`] goes along each schedule by itself and remembers nothing: slow, and the check of
//! [`explore`].
//!
//! This is for machines that answer one question after the other, where all that concurrency can change is the order.
//! What threads do within a step is loom's, in `loom-tests`.

use std::collections::BTreeMap;

/// What is explored.
pub trait Scene {
    /// Where a schedule has come to.
    type State: Clone;

    /// Where every schedule begins.
    fn start(&self) -> Self::State;
    /// How many steps each actor takes.
    fn lengths(&self) -> Vec<usize>;
    /// Does an actor's step, counted from 0.
    ///
    /// # Errors
    /// What is wrong with what came of it.
    fn step(&self, state: &mut Self::State, actor: usize, at: usize) -> Result<(), String>;
    /// Everything on which later steps and the end depend, as bytes: two states with one key are one state.
    fn key(&self, state: &Self::State) -> Vec<u8>;
}

/// Where schedules end.
#[derive(Debug, Clone)]
pub struct End<S> {
    /// The state.
    pub state: S,
    /// How many schedules come to it.
    pub schedules: u128,
    /// One of them: whose step each was.
    pub example: Vec<usize>,
}

/// All states after so many steps, by how far each actor is and by their keys.
type Level<S> = BTreeMap<(Vec<usize>, Vec<u8>), End<S>>;

/// What an exploration has seen.
#[derive(Debug, Clone)]
pub struct Explored<S> {
    /// How many schedules there are.
    pub schedules: u128,
    /// Different states along them, the first and the ends included.
    pub states: usize,
    /// Steps that were done and looked at.
    pub steps: usize,
    /// Where they end, each state once, in the order of the keys.
    pub ends: Vec<End<S>>,
}

/// A schedule that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Whose step each was, the last the one that went wrong.
    pub schedule: Vec<usize>,
    /// What was wrong.
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "after the steps of {:?}: {}", self.schedule, self.what)
    }
}

/// How many orders keep the order of each of these sequences: the multinomial coefficient. None above 2^128.
#[must_use]
pub fn interleavings(lengths: &[usize]) -> Option<u128> {
    let (mut product, mut above) = (1u128, 0u128);
    for length in lengths {
        for below in 1..=*length as u128 {
            above += 1;
            // What stands there before is a binomial coefficient times whole numbers, so this divides without a rest.
            product = product.checked_mul(above)? / below;
        }
    }
    Some(product)
}

/// Goes along every schedule, states that were there already once.
///
/// # Errors
/// The first schedule, among the shortest, of which a step is wrong.
///
/// # Panics
/// When the schedules that came to an end are not all there are: a mistake of the explorer.
pub fn explore<S: Scene>(scene: &S) -> Result<Explored<S::State>, Broken> {
    let lengths = scene.lengths();
    let first = End { state: scene.start(), schedules: 1, example: Vec::new() };
    let mut level = Level::from([((vec![0; lengths.len()], scene.key(&first.state)), first)]);
    let (mut states, mut steps) = (level.len(), 0);
    for _ in 0..lengths.iter().sum() {
        let mut next = Level::new();
        for ((done, _), from) in &level {
            for actor in (0..lengths.len()).filter(|actor| done[*actor] < lengths[*actor]) {
                let to = follow(scene, from, actor, done[actor])?;
                let mut done = done.clone();
                done[actor] += 1;
                steps += 1;
                let there = next.entry((done, scene.key(&to.state)));
                there.and_modify(|known| known.schedules += to.schedules).or_insert(to);
            }
        }
        states += next.len();
        level = next;
    }
    let ends: Vec<_> = level.into_values().collect();
    let schedules = ends.iter().map(|end| end.schedules).sum();
    assert_eq!(Some(schedules), interleavings(&lengths), "every schedule comes to an end");
    Ok(Explored { schedules, states, steps, ends })
}

/// Goes along every schedule by itself.
///
/// # Errors
/// The first schedule of which a step is wrong.
pub fn walk<S: Scene>(scene: &S) -> Result<Explored<S::State>, Broken> {
    let lengths = scene.lengths();
    let mut ends: BTreeMap<Vec<u8>, End<S::State>> = BTreeMap::new();
    let mut open =
        vec![(vec![0; lengths.len()], End { state: scene.start(), schedules: 1, example: Vec::new() })];
    let (mut schedules, mut states, mut steps) = (0, 0, 0);
    while let Some((done, from)) = open.pop() {
        states += 1;
        if done == lengths {
            schedules += 1;
            let there = ends.entry(scene.key(&from.state));
            there.and_modify(|known| known.schedules += 1).or_insert(from);
            continue;
        }
        for actor in (0..lengths.len()).filter(|actor| done[*actor] < lengths[*actor]) {
            let to = follow(scene, &from, actor, done[actor])?;
            let mut done = done.clone();
            done[actor] += 1;
            steps += 1;
            open.push((done, to));
        }
    }
    Ok(Explored { schedules, states, steps, ends: ends.into_values().collect() })
}

fn follow<S: Scene>(
    scene: &S,
    from: &End<S::State>,
    actor: usize,
    at: usize,
) -> Result<End<S::State>, Broken> {
    let mut to = from.clone();
    to.example.push(actor);
    match scene.step(&mut to.state, actor, at) {
        Ok(()) => Ok(to),
        Err(what) => Err(Broken { schedule: to.example, what }),
    }
}
