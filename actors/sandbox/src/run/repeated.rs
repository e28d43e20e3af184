//! A call made twice: the second run hears from the ledger what the first one heard, and the ledger is asked once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use icn_core::block::Operation;
use icn_core::ledger::{HoldState, LedgerRefusal};
use icn_core::name::{HoldId, Owner, Unit};

use crate::guest::{Call, LedgerPort, PortAnswer, PortError};

/// What the ledger said, once.
enum Answer {
    Stage(Result<(), LedgerRefusal>),
    Authorize(Result<(), LedgerRefusal>),
    Balance(i128),
    OpenHold(Box<Option<HoldState>>),
}

type Heard = Arc<Mutex<VecDeque<Answer>>>;

/// The same call twice. The first asks the ledger and has the recorder; the second is to be run after it, and finds
/// the ledger closed where the first asked no more.
pub(super) fn repeated(call: Call) -> (Call, Call) {
    let heard = Heard::default();
    let second = Call {
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
        ledger: Box::new(Repeating(heard.clone())),
        recorder: None,
    };
    let first = Call { ledger: Box::new(Listening { ledger: call.ledger, heard }), ..call };
    (first, second)
}

/// Asks the ledger and remembers what it says.
struct Listening {
    ledger: Box<dyn LedgerPort>,
    heard: Heard,
}

impl Listening {
    fn keep(heard: &Heard, answer: Answer) {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }
}

impl LedgerPort for Listening {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let Self { ledger, heard } = self;
        let said = ledger.stage(operation);
        said.inspect(|said| said.iter().for_each(|said| Self::keep(heard, Answer::Stage(said.clone()))))
            .boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let Self { ledger, heard } = self;
        let said = ledger.authorize(owner, unit, amount);
        said.inspect(|said| {
            said.iter().for_each(|said| Self::keep(heard, Answer::Authorize(said.clone())));
        })
        .boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        let Self { ledger, heard } = self;
        let said = ledger.balance(owner, unit);
        said.inspect(|said| said.iter().for_each(|said| Self::keep(heard, Answer::Balance(*said)))).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        let Self { ledger, heard } = self;
        let said = ledger.open_hold(id);
        said.inspect(|said| {
            said.iter().for_each(|said| Self::keep(heard, Answer::OpenHold(Box::new(said.clone()))))
        })
        .boxed()
    }
}

/// Says it again, in the same order.
struct Repeating(Heard);

impl Repeating {
    fn next<T: Send + 'static>(&self, of: impl FnOnce(Answer) -> Option<T>) -> PortAnswer<'static, T> {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        futures::future::ready(answer.and_then(of).ok_or(PortError::Closed)).boxed()
    }
}

impl LedgerPort for Repeating {
    fn stage(&mut self, _: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.next(|answer| if let Answer::Stage(said) = answer { Some(said) } else { None })
    }
    fn authorize(&mut self, _: Owner, _: Unit, _: u64) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.next(|answer| if let Answer::Authorize(said) = answer { Some(said) } else { None })
    }
    fn balance(&mut self, _: Owner, _: Unit) -> PortAnswer<'_, i128> {
        self.next(|answer| if let Answer::Balance(said) = answer { Some(said) } else { None })
    }
    fn open_hold(&mut self, _: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        self.next(|answer| if let Answer::OpenHold(said) = answer { Some(*said) } else { None })
    }
}
