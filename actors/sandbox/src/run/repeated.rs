//! A call that runs twice: the second run gets from the ledger the answers that the first run got.
//!
//! The ledger itself is asked once. The second run must come after the first; where the first run asked no more,
//! the second finds the ledger closed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use icn_core::block::Operation;
use icn_core::ledger::{HoldState, LedgerRefusal};
use icn_core::name::{HoldId, Owner, Unit};

use crate::guest::{Call, LedgerPort, PortAnswer, PortError};

/// An answer of the ledger.
enum Answer {
    Stage(Result<(), LedgerRefusal>),
    Authorize(Result<(), LedgerRefusal>),
    Balance(i128),
    OpenHold(Box<Option<HoldState>>),
}

/// The answers that the first run got and the second has not, in their order.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<VecDeque<Answer>>>);

impl Answers {
    fn push(&self, answer: Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }
    fn pop(&self) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// The call for the first run and the same for the second. The first one asks the ledger and has the recorder.
pub(super) fn first_and_repeated(call: Call) -> (Call, Call) {
    let answers = Answers::default();
    let repeated = Call {
        module: call.module,
        entry: call.entry.clone(),
        input: call.input.clone(),
        caller: call.caller,
        policy: call.policy.clone(),
        fuel: call.fuel,
        time: call.time,
        seed: call.seed,
        state: call.state.clone(),
        storage_left: call.storage_left,
        ledger: Box::new(RepeatingLedger(answers.clone())),
        recorder: None,
    };
    let first = Call { ledger: Box::new(RememberingLedger { ledger: call.ledger, answers }), ..call };
    (first, repeated)
}

/// Asks the ledger, and remembers its answers. An error is no answer.
struct RememberingLedger {
    ledger: Box<dyn LedgerPort>,
    answers: Answers,
}

/// The answer of the ledger, remembered as `kind` when it comes.
fn remembered<'a, T: Clone + Send + 'a>(
    asked: PortAnswer<'a, T>,
    answers: &Answers,
    kind: fn(T) -> Answer,
) -> PortAnswer<'a, T> {
    let answers = answers.clone();
    asked
        .inspect(move |answer| {
            if let Ok(answer) = answer {
                answers.push(kind(answer.clone()));
            }
        })
        .boxed()
}

impl LedgerPort for RememberingLedger {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        remembered(self.ledger.stage(operation), &self.answers, Answer::Stage)
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        remembered(self.ledger.authorize(owner, unit, amount), &self.answers, Answer::Authorize)
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        remembered(self.ledger.balance(owner, unit), &self.answers, Answer::Balance)
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        remembered(self.ledger.open_hold(id), &self.answers, |hold| Answer::OpenHold(Box::new(hold)))
    }
}

/// Gives the remembered answers, in the same order.
struct RepeatingLedger(Answers);

impl RepeatingLedger {
    /// The next answer, if it is of the kind that was asked for.
    fn next<T: Send + 'static>(&self, of: impl FnOnce(Answer) -> Option<T>) -> PortAnswer<'static, T> {
        futures::future::ready(self.0.pop().and_then(of).ok_or(PortError::Closed)).boxed()
    }
}

impl LedgerPort for RepeatingLedger {
    fn stage(&mut self, _: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.next(|answer| if let Answer::Stage(answer) = answer { Some(answer) } else { None })
    }
    fn authorize(&mut self, _: Owner, _: Unit, _: u64) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.next(|answer| if let Answer::Authorize(answer) = answer { Some(answer) } else { None })
    }
    fn balance(&mut self, _: Owner, _: Unit) -> PortAnswer<'_, i128> {
        self.next(|answer| if let Answer::Balance(answer) = answer { Some(answer) } else { None })
    }
    fn open_hold(&mut self, _: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        self.next(|answer| if let Answer::OpenHold(answer) = answer { Some(*answer) } else { None })
    }
}
