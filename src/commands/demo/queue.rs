//! Submits the invocations of one scope, and waits for their answers. Nothing is submitted twice under one
//! id, except after a refusal that says when to come back.

use std::collections::VecDeque;
use std::time::Duration;

use futures::executor::block_on;
use icn_runtime::{
    BlockId, Committed, Did, Host, Invocation, Pending, Refusal, RefusalCode, Request, SecretKey, now_ms,
};

use super::answers::Answers;
use super::step::Step;

/// How long an invocation is valid, in milliseconds.
const EXPIRES_MS: u64 = 24 * 60 * 60 * 1000;

/// Submits the invocations of one scope in order. Some wait for their answers.
pub(super) struct Queue<'a> {
    pub(super) host: &'a Host,
    pub(super) scope: Did,
    pub(super) module: BlockId,
    /// SHA-256 of the file, from which the ids of invocations are made.
    pub(super) digest: &'a str,
    pub(super) answers: &'a Answers,
    /// Whether this run opened the scope. Then the log has none of its invocations.
    pub(super) is_new: bool,
    /// The submissions that are not answered yet, oldest first.
    pub(super) waiting: VecDeque<(Step<'a>, Request, Pending)>,
}

impl<'a> Queue<'a> {
    /// Whether the log has an invocation's receipt.
    pub(super) fn has(&self, step: Step<'_>) -> bool {
        block_on(self.host.receipt_of(&self.scope, step.id(self.digest))).is_some()
    }

    /// Submits an invocation, unless the log has its receipt.
    pub(super) fn push(&mut self, step: Step<'a>, input: &str, key: &SecretKey) -> Result<(), String> {
        if !self.is_new && self.has(step) {
            return Ok(());
        }
        let expires = now_ms() + EXPIRES_MS;
        let invocation = Invocation::new(
            self.host.origin(),
            self.scope,
            self.module,
            step.entry(),
            input,
            step.id(self.digest),
            key.did(),
            expires,
        );
        let request = Request::sign(&invocation.with_fuel(step.fuel()), key);
        let pending = submit(self.host, &request).map_err(|refusal| format!("{step}: {refusal}"))?;
        self.answers.count_submitted();
        self.waiting.push_back((step, request, pending));
        Ok(())
    }

    /// Waits until at most `most` invocations are unanswered. A ballot that the guest refuses is answered
    /// too: its receipt says why.
    pub(super) fn drain(&mut self, most: usize) -> Result<(), String> {
        while self.waiting.len() > most {
            let Some((step, request, pending)) = self.waiting.pop_front() else { break };
            let settled = self.settle(step, &request, pending);
            if let Some(committed) = settled.map_err(|refusal| format!("{step}: {refusal}"))? {
                self.answers.add(committed.id)?;
            }
        }
        Ok(())
    }

    /// Waits for the answer to an invocation, and submits it again when the refusal allows that. `None` when
    /// the log has the receipt already.
    fn settle(
        &self,
        step: Step<'_>,
        request: &Request,
        mut pending: Pending,
    ) -> Result<Option<Committed>, Refusal> {
        loop {
            match block_on(pending) {
                Ok(committed) => return Ok(Some(committed)),
                Err(refusal) if refusal.code == RefusalCode::Replayed => return Ok(None),
                Err(refusal) => {
                    wait(refusal)?;
                    if self.has(step) {
                        return Ok(None);
                    }
                    pending = submit(self.host, request)?;
                }
            }
        }
    }
}

/// Submits a request, again and again as long as the refusal says when to come back.
fn submit(host: &Host, request: &Request) -> Result<Pending, Refusal> {
    loop {
        match host.submit(request.clone()) {
            Ok(pending) => return Ok(pending),
            Err(refusal) => wait(refusal)?,
        }
    }
}

/// Waits as long as a refusal says. A refusal that does not say how long is final, and is returned.
fn wait(refusal: Refusal) -> Result<(), Refusal> {
    let Some(ms) = refusal.retry_after_ms else { return Err(refusal) };
    std::thread::sleep(Duration::from_millis(ms));
    Ok(())
}
