//! Of a scope's actor: which key signs, and blocks of keys.
//!
//! A block of keys takes its turn in the mailbox like an invocation, so it stands between two receipts: the one before is
//! signed by the key of before, the one behind by the key of now, and nobody waits for more than his turn.

use actix::{ActorContext as _, Context, Handler, Message, MessageResult};
use futures::channel::oneshot;
use icn_core::block::Entry;
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::limits;
use icn_core::log::Link;
use icn_core::name::BlockId;
use icn_core::rules::keys::Brought;
use icn_core::rules::{Refusal, RefusalCode};

use super::{Arc, Scope};
use crate::dag::{HandOver, Reply};
use crate::events::Event;
use crate::keyring::{NO_KEY, Signing};
use crate::shared::now_ms;
use crate::supervisor::Down;

/// Asks for a block of keys: what it brings, and a key to have from then on.
#[derive(Message)]
#[rtype(result = "Result<Handed, PutKeysError>")]
pub(crate) struct PutKeys {
    pub(crate) delegations: Vec<Block>,
    pub(crate) revocations: Vec<Block>,
    pub(crate) brought: Brought,
    pub(crate) key: Option<Arc<SecretKey>>,
}

/// A block of keys that was handed over: its name, and its position once it is durable.
pub(crate) type Handed = (BlockId, oneshot::Receiver<Result<u64, Refusal>>);

/// Why there is no block of keys.
#[derive(Debug)]
pub(crate) enum PutKeysError {
    /// It would not hold.
    Invalid(String),
    /// Not now.
    Refused(Refusal),
}

impl Scope {
    /// Who signs a block of this time.
    pub(super) fn signing_at(&mut self, time: u64) -> Result<Signing, Refusal> {
        self.warn(time);
        let holds = |signing: &&Signing| self.keys.judge(signing.signer.as_ref(), time).is_ok();
        if let Some(signing) = self.signing.as_ref().filter(holds) {
            return Ok(signing.clone());
        }
        let before = std::mem::replace(&mut self.signing, self.keyring.signing(&self.keys, time));
        if let Some(signing) = &self.signing {
            return Ok(signing.clone());
        }
        if before.is_some() {
            self.shared.tell(Event::Notice { what: format!("{}: {NO_KEY}", self.scope) });
        }
        Err(Refusal::new(RefusalCode::Unavailable, NO_KEY))
    }

    /// Shows when the keys that are here end, and warns of it when that is soon.
    pub(super) fn watch_end(&mut self, time: u64) {
        let until = self.keyring.signs_until(&self.keys, time);
        if self.keys.newest().is_some() {
            crate::events::show_key_end(&self.scope, until);
        }
        self.warn_from = until.map(|until| until.saturating_sub(limits::KEY_END_WARNING_MS));
        self.warn(time);
    }

    fn warn(&mut self, time: u64) {
        if self.warn_from.is_none_or(|from| time < from) {
            return;
        }
        self.warn_from = None;
        let Some(until_ms) = self.keyring.signs_until(&self.keys, time) else { return };
        let left_ms = until_ms - time;
        self.shared.tell(Event::KeyEnds { scope: self.scope, until_ms, left_ms });
    }

    fn put_keys(&mut self, put: PutKeys, ctx: &mut Context<Self>) -> Result<Handed, PutKeysError> {
        let PutKeys { delegations, revocations, brought, key } = put;
        if let Some(key) = key {
            self.keyring.add(key);
        }
        let invalid = |(_, error): icn_core::block::Flaw| PutKeysError::Invalid(error.to_string());
        let names = |blocks: &[Block]| blocks.iter().map(Block::id).collect();
        let mut keys = self.chain.draft_keys(now_ms(), None, names(&delegations), names(&revocations));
        // The key that signs already; when there is none, one that this very block delegates to.
        let signing = self.signing_at(keys.time).or_else(|refusal| {
            let mut with = self.keys.clone();
            with.delegate(&brought.delegations).map_err(invalid)?;
            self.keyring.signing(&with, keys.time).ok_or(PutKeysError::Refused(refusal))
        })?;
        keys.signer = signing.signer;
        let payload = Block::encode(&keys);
        let envelope = signing.key.seal(Domain::Keys, &payload).to_block();
        let id = envelope.id();
        let mut after = self.keys.clone();
        after.take(id, &keys, &brought).map_err(invalid)?;
        if let Some(useless) = keys.delegations.iter().find(|delegation| after.is_revoked(delegation)) {
            let what = format!("expected a delegation that is not revoked, found {useless}, which is");
            return Err(PutKeysError::Invalid(what));
        }
        let link = Link { author: self.scope, seq: keys.seq, prev: Some(keys.prev) };
        let blocks = [vec![payload, envelope], delegations, revocations].concat();
        let (answer, durable) = oneshot::channel();
        let entry = Entry { leaves: vec![id], blocks };
        let hand_over = HandOver { entry, links: vec![link], reply: Reply::Position(answer), slot: None };
        let unavailable = |what: &str| {
            PutKeysError::Refused(Refusal::new(RefusalCode::Unavailable, what).retry_after_ms(100))
        };
        // From here to the hand-over no newer generation can start.
        let Some(inside) = self.generation.enter(self.stamp) else {
            return Err(unavailable("the scope is restarting"));
        };
        if self.shared.dag.try_send(hand_over).is_err() {
            return Err(unavailable("the log takes nothing more at present"));
        }
        if let Err(error) = self.chain.apply_keys(&keys, id) {
            // What was drafted from the chain fits it; if it did not, the log's word counts.
            let what = format!("a block of keys that the chain does not take: {error}");
            self.shared.supervisor.do_send(Down { scope: self.scope, stamp: self.stamp, what });
            ctx.stop();
        }
        self.keys = after;
        self.signing = self.keyring.signing(&self.keys, keys.time);
        drop(inside);
        self.watch_end(keys.time);
        Ok((id, durable))
    }
}

impl Handler<PutKeys> for Scope {
    type Result = MessageResult<PutKeys>;
    fn handle(&mut self, put: PutKeys, ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.put_keys(put, ctx))
    }
}
