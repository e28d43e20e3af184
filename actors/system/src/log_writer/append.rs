//! Appending a group: check, write, sync; then publish the head and answer.

use std::time::{Duration, Instant};

use actix::{ActorContext as _, Context};
use icn_core::block::Entry;
use icn_core::limits;
use icn_sync::Head;

use super::actor::LogWriter;
use crate::events;
use crate::fail_stop::host_stopped;
use crate::faults::FaultPoint;
use crate::message::log_writer::{Committed, HandOver, Reply};

/// Under load, how long a group is given to form: it costs a caller that long and saves a sync for each receipt that
/// arrives meanwhile.
const GROUP_WINDOW: Duration = Duration::from_micros(1000);

/// A group that was not appended: the hand-overs that nobody was answered yet, and why.
type NotAppended = (Vec<HandOver>, String);

impl LogWriter {
    /// Appends everything that waits, group by group; then tells those who wait at a barrier.
    pub(super) fn flush(&mut self, ctx: &mut Context<Self>) {
        self.flush_is_due = false;
        while !self.group.is_empty() {
            let rest = self.group.split_off(self.group.len().min(limits::GROUP_ENTRIES_MAX));
            let group = std::mem::replace(&mut self.group, rest);
            let entries = group.len();
            if let Err((group, what)) = self.append(group) {
                // The gate first: whoever is told is not let in again.
                self.parts.fail_stop.stop(what);
                for hand_over in group.into_iter().chain(self.group.drain(..)) {
                    hand_over.reply.refuse(host_stopped());
                }
                ctx.stop();
                return;
            }
            if entries > 1 {
                std::thread::sleep(GROUP_WINDOW);
            }
        }
        for barrier in self.barriers.drain(..) {
            let _ = barrier.send(());
        }
        self.checkpoint_when_due(ctx);
    }

    fn append(&mut self, group: Vec<HandOver>) -> Result<(), NotAppended> {
        let began = Instant::now();
        let positions = match self.make_durable(&group) {
            Ok(positions) => positions,
            Err(what) => return Err((group, what)),
        };
        let parts = &mut self.parts;
        parts.head.publish(Head { size: parts.log.size(), root: parts.log.frontier().root().0 });
        parts.groups.add(0);
        events::count_group(group.len(), began.elapsed().as_secs_f64());
        for (hand_over, position) in group.into_iter().zip(positions) {
            answer(hand_over, position);
        }
        self.fault(FaultPoint::Answered).map_err(|what| (Vec::new(), what))
    }

    /// Checks that each entry comes next, writes the group and syncs it. Gives the position of each entry.
    fn make_durable(&mut self, group: &[HandOver]) -> Result<Vec<u64>, String> {
        let before = self.parts.log.size();
        // An error stops the actor for good, so the machine may be ahead of the store then.
        let mut positions = Vec::with_capacity(group.len());
        for hand_over in group {
            let position = self.parts.log.append(&hand_over.entry, &hand_over.links);
            positions.push(position.map_err(|e| format!("a hand-over that does not come next: {e}"))?);
        }
        let leaves: usize = group.iter().map(|hand_over| hand_over.entry.leaves.len()).sum();
        let after = self.parts.log.size();
        if after != before + leaves as u64 {
            // Our own mistake: stopping answers everybody who waits, a panic would not.
            return Err(format!("the log grew from {before} to {after} by a group of {leaves} leaves"));
        }
        let entries: Vec<&Entry> = group.iter().map(|hand_over| &hand_over.entry).collect();
        self.fault(FaultPoint::Append)?;
        self.parts.store.append(before, &entries).map_err(|error| error.to_string())?;
        self.fault(FaultPoint::Appended)?;
        Ok(positions)
    }
}

/// Answers the sender of an entry that is durable, and frees its place in the queue.
fn answer(hand_over: HandOver, position: u64) {
    let HandOver { entry, reply, slot, .. } = hand_over;
    let id = entry.leaves[0];
    // Nobody waits for a caller that went away.
    match reply {
        Reply::Receipt { answer, receipt } => {
            events::count_commit(&receipt);
            let _ = answer.send(Ok(Committed { receipt, id, position }));
        }
        Reply::Position(answer) => drop(answer.send(Ok(position))),
    }
    drop(slot);
}
