//! The signed checkpoint's file: renewed while the log grows, so that what was answered is soon covered.

use std::time::{Duration, Instant};

use actix::{ActorContext as _, AsyncContext as _, Context};
use icn_history::disk;

use super::actor::{Checkpointed, LogWriter};
use crate::faults::FaultPoint;

/// How often the file is renewed while the log grows, at most.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(250);

impl LogWriter {
    /// Renews the file now, or once its interval is over.
    pub(super) fn checkpoint_when_due(&mut self, ctx: &mut Context<Self>) {
        if self.checkpointed.size == self.parts.log.size() || self.parts.fail_stop.is_stopped() {
            return;
        }
        let since = self.checkpointed.at.elapsed();
        if since >= CHECKPOINT_INTERVAL {
            if let Err(what) = self.write_checkpoint() {
                self.parts.fail_stop.stop(what);
                ctx.stop();
            }
        } else if !std::mem::replace(&mut self.checkpoint_is_due, true) {
            ctx.run_later(CHECKPOINT_INTERVAL.saturating_sub(since), |actor, ctx| {
                actor.checkpoint_is_due = false;
                actor.checkpoint_when_due(ctx);
            });
        }
    }

    /// Signs a checkpoint of the log as it is and writes the file. Gives the signed note.
    pub(super) fn write_checkpoint(&mut self) -> Result<String, String> {
        self.fault(FaultPoint::Checkpoint)?;
        let parts = &self.parts;
        let note = parts.log.checkpoint(&parts.origin).sign(&parts.key);
        disk::replace(&parts.layout.checkpoint(), note.as_bytes()).map_err(|error| error.to_string())?;
        self.checkpointed = Checkpointed { size: self.parts.log.size(), at: Instant::now() };
        self.fault(FaultPoint::Checkpointed)?;
        Ok(note)
    }
}
