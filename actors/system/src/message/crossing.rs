//! What the crossings' actor may be told, and what it answers: scopes that are paused for another one's invocation.
//!
//! [`Cross`] asks for scopes to be paused. Each of them answers [`Pause`](super::scope::Pause) with a [`PausedScope`] and
//! waits for its [`Resume`]. All of them together are the answer, [`Paused`].

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::Message;
use futures::channel::oneshot;
use icn_core::block::Leg;
use icn_core::fold::crossing::LegBasis;
use icn_core::name::{BlockId, Did};
use icn_core::rules::Refusal;
use icn_core::rules::keys::Keys;
use icn_sync::{Generation, Stamp};

use crate::keyring::{Keyring, Signing};

/// Asks for other scopes to be paused, so that an invocation of `scope` can run.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cross {
    pub(crate) scope: Did,
    pub(crate) needs: BTreeSet<Did>,
    pub(crate) answer: oneshot::Sender<Result<Paused, Refusal>>,
}

/// The scopes that a crossing needs. All of them are paused.
#[derive(Debug)]
pub(crate) struct Paused {
    pub(crate) scopes: Vec<PausedScope>,
    /// Dropping it ends the crossing.
    pub(crate) over: oneshot::Sender<()>,
}

/// What a paused scope is told, so that it goes on.
#[derive(Debug)]
pub(crate) enum Resume {
    /// Nothing was handed over in its name.
    Unchanged,
    /// This leg was handed over, under this envelope.
    WithLeg(Box<Leg>, BlockId),
    /// The scope that had it is gone, and may have handed a leg over: only the log tells.
    Unknown,
}

/// A scope that is paused for another one's invocation. It stays the owner of its chain; dropping this lets it go on.
#[derive(Debug)]
pub(crate) struct PausedScope {
    /// What decides its leg.
    pub(crate) basis: LegBasis,
    keys: Keys,
    keyring: Keyring,
    /// Who signs its leg; known once its time is.
    pub(crate) signing: Option<Signing>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) stamp: Stamp,
    resume: Option<oneshot::Sender<Resume>>,
    /// Whether a leg may have been handed over that the scope was not told of.
    leg_may_be_queued: bool,
}

impl PausedScope {
    /// Made by the scope itself; the receiver tells it when to go on.
    pub(crate) fn new(
        basis: LegBasis,
        (keys, keyring): (Keys, Keyring),
        generation: Arc<Generation>,
        stamp: Stamp,
    ) -> (Self, oneshot::Receiver<Resume>) {
        let (resume, resumed) = oneshot::channel();
        let paused = Self {
            basis,
            keys,
            keyring,
            signing: None,
            generation,
            stamp,
            resume: Some(resume),
            leg_may_be_queued: false,
        };
        (paused, resumed)
    }

    /// Chooses the key that signs a leg of this time. False when none that is on the host may.
    pub(crate) fn choose_key(&mut self, time: u64) -> bool {
        self.signing = self.keyring.signing(&self.keys, time);
        self.signing.is_some()
    }

    /// Notes whether a leg may be in the log's queue: if this is dropped meanwhile, the scope must look into the log.
    pub(crate) const fn leg_may_be_queued(&mut self, may_be: bool) {
        self.leg_may_be_queued = may_be;
    }

    /// Lets the scope go on with the leg that was handed over.
    pub(crate) fn resume_with(mut self, leg: Leg, envelope: BlockId) {
        self.tell(Resume::WithLeg(Box::new(leg), envelope));
    }

    fn tell(&mut self, resume: Resume) {
        if let Some(to) = self.resume.take() {
            // A scope that is gone meanwhile is recovered from the log.
            let _ = to.send(resume);
        }
    }
}

impl Drop for PausedScope {
    fn drop(&mut self) {
        self.tell(if self.leg_may_be_queued { Resume::Unknown } else { Resume::Unchanged });
    }
}
