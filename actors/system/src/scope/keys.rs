//! Which key signs for the scope, and blocks of keys.
//!
//! A block of keys takes its turn in the mailbox like an invocation. So it stands between two receipts: the key that signed
//! before signs the one in front of it, the new key the one after it, and nobody waits for more than his turn. It is handed
//! over in the same order as a receipt: enter the generation, hand over, only then change the chain and the keys.

use actix::{Context, Handler, MessageResult};
use futures::channel::oneshot;
use icn_core::block::{Entry, KeysBlock};
use icn_core::encode::{Block, Domain};
use icn_core::limits;
use icn_core::log::Link;
use icn_core::name::BlockId;
use icn_core::rules::keys::{Brought, Keys};
use icn_core::rules::{Refusal, RefusalCode};

use super::actor::Scope;
use crate::clock::now_ms;
use crate::events::{Event, show_key_end};
use crate::keyring::{NO_KEY, Signing};
use crate::message::log_writer::{HandOver, Reply};
use crate::message::scope::{KeysHandedOver, PutKeys, PutKeysError};

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

    /// Shows when the keys that are on the host end, and warns a person when that is soon.
    pub(super) fn watch_end(&mut self, time: u64) {
        let until = self.keyring.signs_until(&self.keys, time);
        if self.keys.newest().is_some() {
            show_key_end(&self.scope, until);
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

    fn put_keys(&mut self, put: PutKeys, ctx: &mut Context<Self>) -> Result<KeysHandedOver, PutKeysError> {
        let PutKeys { delegations, revocations, brought, key } = put;
        if let Some(key) = key {
            self.keyring.add(key);
        }
        let names = |blocks: &[Block]| blocks.iter().map(Block::id).collect();
        let mut keys = self.chain.draft_keys(now_ms(), None, names(&delegations), names(&revocations));
        let signing = self.signing_of_keys(&keys, &brought)?;
        keys.signer = signing.signer;
        let payload = Block::encode(&keys);
        let envelope = signing.key.seal(Domain::Keys, &payload).to_block();
        let id = envelope.id();
        let after = self.keys_after(&keys, id, &brought)?;
        let link = Link { author: self.scope, seq: keys.seq, prev: Some(keys.prev) };
        let blocks = [vec![payload, envelope], delegations, revocations].concat();
        let (answer, durable) = oneshot::channel();
        let entry = Entry { leaves: vec![id], blocks };
        let hand_over = HandOver { entry, links: vec![link], reply: Reply::Position(answer), slot: None };
        // From here to the hand-over no newer generation can start.
        let generation = self.generation.clone();
        let Some(inside) = generation.enter(self.stamp) else {
            return Err(unavailable("the scope is restarting"));
        };
        if self.shared.log_writer.try_send(hand_over).is_err() {
            return Err(unavailable("the log takes nothing more at present"));
        }
        if let Err(error) = self.chain.apply_keys(&keys, id) {
            // What was drafted from the chain fits it. If it did not, what the log says counts.
            self.go_down(format!("a block of keys that the chain does not take: {error}"), ctx);
        }
        self.keys = after;
        self.signing = self.keyring.signing(&self.keys, keys.time);
        drop(inside);
        self.watch_end(keys.time);
        Ok(KeysHandedOver { id, durable })
    }

    /// Who signs a block of keys: the key that signs already; when there is none, one that this very block delegates to.
    fn signing_of_keys(&mut self, keys: &KeysBlock, brought: &Brought) -> Result<Signing, PutKeysError> {
        self.signing_at(keys.time).or_else(|refusal| {
            let mut with = self.keys.clone();
            with.delegate(&brought.delegations).map_err(invalid)?;
            self.keyring.signing(&with, keys.time).ok_or(PutKeysError::Refused(refusal))
        })
    }

    /// What the log will say of the scope's keys after this block, if the block is valid.
    fn keys_after(&self, keys: &KeysBlock, id: BlockId, brought: &Brought) -> Result<Keys, PutKeysError> {
        let mut after = self.keys.clone();
        after.take(id, keys, brought).map_err(invalid)?;
        if let Some(useless) = keys.delegations.iter().find(|delegation| after.is_revoked(delegation)) {
            let what = format!("expected a delegation that is not revoked, found {useless}, which is");
            return Err(PutKeysError::Invalid(what));
        }
        Ok(after)
    }
}

fn invalid(flaw: icn_core::block::Flaw) -> PutKeysError {
    PutKeysError::Invalid(flaw.broken.to_string())
}

fn unavailable(what: &str) -> PutKeysError {
    PutKeysError::Refused(Refusal::new(RefusalCode::Unavailable, what).retry_after_ms(100))
}

impl Handler<PutKeys> for Scope {
    type Result = MessageResult<PutKeys>;
    fn handle(&mut self, put: PutKeys, ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.put_keys(put, ctx))
    }
}
