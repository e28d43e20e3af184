//! What the ledger may be told, and what it answers.
//!
//! Three groups: what a running invocation asks (its units are *staged*: only this run sees them), what changes what is
//! *posted* (receipts that were handed over, issues of a policy, a scope that comes back), and questions about what is
//! posted. [`LedgerMailbox`] is all that a scope needs of the ledger.

use std::sync::Arc;

use actix::{Message, Recipient};
use crossbeam::queue::SegQueue;
use icn_core::block::{Issue, Leg, Operation, Receipt};
use icn_core::ledger::{Account, Asker, Books, CommandId, HoldState, Ledger, LedgerRefusal, Remembered};
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};

/// Draws resources for a scope. One answer for each resource that is wanted: the amount drawn.
#[derive(Message)]
#[rtype(result = "Vec<Result<u64, LedgerRefusal>>")]
pub(crate) struct Draw {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    /// Unit, amount needed now, amount that would be welcome.
    pub(crate) wants: Vec<(Unit, u64, u64)>,
}

/// Asks whether the caps let an invocation run that needs so much. The answer is what they leave it of storage, where one
/// binds.
#[derive(Message)]
#[rtype(result = "Result<Option<u64>, LedgerRefusal>")]
pub(crate) struct AskCaps {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) needs: [(Unit, u64); 3],
}

/// Stages an operation of a scope's running invocation.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct Stage {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) operation: Operation,
}

/// Asks whether a scope's running invocation may spend so much of an account.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct Authorize {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) account: (Owner, Unit),
    pub(crate) amount: u64,
}

/// Asks for a balance as a scope's running invocation sees it.
#[derive(Message)]
#[rtype(result = "i128")]
pub(crate) struct AskStagedBalance {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) owner: Owner,
    pub(crate) unit: Unit,
}

/// Asks for an open hold as a scope's running invocation sees it.
#[derive(Message)]
#[rtype(result = "Option<HoldState>")]
pub(crate) struct AskHold {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) id: HoldId,
}

/// Drops what a scope's run staged: the run came to nothing.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct DropStaged(pub(crate) Did);

/// A receipt that was handed over, for the ledger to book.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub(crate) receipt: Arc<Receipt>,
    /// Whose invocation it was.
    pub(crate) asker: Arc<Asker>,
    /// What other scopes signed along with it.
    pub(crate) legs: Vec<Leg>,
}

/// Receipts of a scope that were handed over and not posted to the ledger yet, in their order. The scope and its running
/// invocation share them: whoever is first to ask the ledger posts them first.
pub(crate) type UnpostedReceipts = Arc<SegQueue<Posting>>;

/// A scope posts after so many receipts, at the latest.
pub(crate) const POSTS_MAX: usize = 64;

/// Books receipts that were handed over, in their order.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Post(pub(crate) Vec<Posting>);

/// Books what a policy issues.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct IssueUnits {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) issues: Vec<Issue>,
}

/// Takes a scope's accounts from a fold of the log, since the scope's actor is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Adopt {
    pub(crate) scope: Did,
    pub(crate) fold: Ledger,
}

/// Asks for an account's posted counters: zeros when it was never used.
#[derive(Message)]
#[rtype(result = "Account")]
pub(crate) struct AskAccount(pub(crate) AccountId);

/// Asks for everything that is posted.
#[derive(Message)]
#[rtype(result = "Books")]
pub(crate) struct AskBooks;

/// Asks for what a snapshot keeps of the ledger: what is posted, and what clients' ids were answered.
#[derive(Message)]
#[rtype(result = "(Books, Vec<(Did, CommandId, Remembered)>)")]
pub(crate) struct AskForSnapshot;

/// What a scope and its runs may send to the ledger.
///
/// A post must come before any question that follows it, so both go into the one queue of the ledger's mailbox. Posts are
/// sent past the mailbox's bound: their number is bounded already, by the hand-overs in flight.
#[derive(Debug)]
pub(crate) struct LedgerMailbox {
    pub(crate) draw: Recipient<Draw>,
    pub(crate) caps: Recipient<AskCaps>,
    pub(crate) stage: Recipient<Stage>,
    pub(crate) authorize: Recipient<Authorize>,
    pub(crate) balance: Recipient<AskStagedBalance>,
    pub(crate) hold: Recipient<AskHold>,
    pub(crate) drop_staged: Recipient<DropStaged>,
    pub(crate) post: Recipient<Post>,
}

impl LedgerMailbox {
    /// Posts receipts that were handed over, in their order: before anything is asked of the ledger.
    pub(crate) fn post_all(&self, unposted: &SegQueue<Posting>) {
        let postings: Vec<Posting> = std::iter::from_fn(|| unposted.pop()).collect();
        if !postings.is_empty() {
            self.post.do_send(Post(postings));
        }
    }
}
