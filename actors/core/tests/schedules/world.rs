//! Three scopes, what their actors ask in turn, and what must hold after every step of every schedule.

use std::collections::BTreeSet;

pub(crate) use icn_core::block::{CapKey, Command, Level, Limits};
use icn_core::encode;
pub(crate) use icn_core::ledger::{
    Actor, Books, CommandId, Context, Group, Ledger, LedgerCode as Code, Remembered, Right,
};
pub(crate) use icn_core::name::AccountId;
use icn_core::name::{Bytes, Did, HoldId, Owner, Unit};
use icn_testkit::books::NaiveBooks;
use icn_testkit::generate::{did, token};
use icn_testkit::schedules::{Explored, Scene, explore};

use crate::sound::{sound, what_is_held_can_be_settled};

/// The scopes.
pub(crate) const P: usize = 0;
pub(crate) const Q: usize = 1;
pub(crate) const R: usize = 2;
/// The recorded time at which every schedule begins, and a deadline that none reaches.
pub(crate) const START: u64 = 1000;
pub(crate) const FAR: u64 = 100_000;

/// What an actor does in one step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A member asks for a group of commands.
    Ask { who: usize, id: Option<CommandId>, commands: Vec<Command> },
    /// The same, as a host brings it: what is past its deadline in the scopes that it touches is recorded first.
    Hosted { who: usize, commands: Vec<Command> },
    /// The recorded time is now this.
    Time(u64),
}

/// What a step was answered: how much each command moved, or which was refused, and why.
pub(crate) type Answer = Result<Vec<u64>, (Code, u64)>;

/// What is explored.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    /// Done by the runtime before anything else.
    pub(crate) opening: Vec<Command>,
    /// Each actor's steps.
    pub(crate) actors: Vec<Vec<Step>>,
}

/// Where a schedule has come to.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    naive: NaiveBooks,
    time: u64,
    /// Each actor's answers.
    pub(crate) answers: Vec<Vec<Answer>>,
    /// What hosts recorded as expired.
    pub(crate) expired: BTreeSet<(Did, HoldId)>,
}

pub(crate) fn unit() -> Unit {
    token(0)
}
pub(crate) fn account(scope: usize, owner: Owner) -> AccountId {
    AccountId { scope: did(scope), owner, unit: unit() }
}
/// The member who belongs to a scope.
pub(crate) fn member(n: usize) -> Owner {
    Owner::Member(did(3 + n))
}
pub(crate) fn treasury(scope: usize) -> AccountId {
    account(scope, Owner::Treasury)
}
/// An account of a scope that everybody pays into.
pub(crate) fn pool(scope: usize) -> AccountId {
    account(scope, Owner::Name("pool".into()))
}
pub(crate) fn hold_id(n: u8) -> HoldId {
    Bytes([n; 16])
}
pub(crate) fn mint(to: AccountId, amount: u64) -> Command {
    Command::Mint { to, amount }
}
pub(crate) fn pay(from: AccountId, to: AccountId, amount: u64) -> Command {
    Command::Transfer { from, to, amount }
}
pub(crate) fn limits(account: AccountId, credit: u64, balance_max: Option<u64>) -> Command {
    Command::SetLimits { account, limits: Limits { credit, balance_max } }
}
/// How much a scope trusts another.
pub(crate) fn trust(scope: usize, other: usize, credit: u64) -> Command {
    limits(account(scope, Owner::Claim(did(other))), credit, None)
}
/// A member sets aside what a scope's treasury pays to its pool.
pub(crate) fn hold(n: u8, who: usize, scope: usize, amount: u64, deadline: u64) -> Command {
    let (from, to) = (treasury(scope), pool(scope));
    Command::Hold { id: hold_id(n), from, to, amount, deadline, by: member(who) }
}
pub(crate) fn settle(n: u8, who: usize, scope: usize, amount: Option<u64>) -> Command {
    Command::Settle { scope: did(scope), id: hold_id(n), amount, by: member(who) }
}
pub(crate) fn void(n: u8, who: usize, scope: usize) -> Command {
    Command::Void { scope: did(scope), id: hold_id(n), by: member(who) }
}
pub(crate) fn expire(n: u8, scope: usize) -> Command {
    Command::Expire { scope: did(scope), id: hold_id(n) }
}
/// A member asks for these as one group.
pub(crate) fn ask(who: usize, commands: impl IntoIterator<Item = Command>) -> Step {
    Step::Ask { who, id: None, commands: commands.into_iter().collect() }
}
/// A host brings these as one group.
pub(crate) fn hosted(who: usize, commands: impl IntoIterator<Item = Command>) -> Step {
    Step::Hosted { who, commands: commands.into_iter().collect() }
}

/// Each member has every right, in every scope: what stops it is whose account and whose hold it is, and the books.
fn context(who: usize, time: u64) -> Context {
    let scopes = [P, Q, R].map(did);
    let rights = [Right::Transfer, Right::Treasury, Right::Mint, Right::Admin];
    Context {
        time,
        actor: Actor { member: Some(did(3 + who)), module: None, roles: Vec::new() },
        rights: scopes.iter().flat_map(|scope| rights.map(|right| (*scope, right))).collect(),
        consents: consents(),
        ..Context::default()
    }
}
fn consents() -> Vec<(Did, Did)> {
    let scopes = [P, Q, R].map(did);
    scopes.iter().flat_map(|a| scopes.map(|b| (*a, b))).collect()
}

/// The scopes that a command names, as who brings it knows them.
fn scopes(command: &Command) -> Vec<Did> {
    match command {
        Command::Transfer { from, to, .. } | Command::Hold { from, to, .. } => vec![from.scope, to.scope],
        Command::Settle { scope, .. } | Command::Void { scope, .. } | Command::Expire { scope, .. } => {
            vec![*scope]
        }
        Command::Net { a, b, .. } => vec![*a, *b],
        Command::SetLimits { account, .. }
        | Command::Freeze { account }
        | Command::Unfreeze { account }
        | Command::Close { account } => vec![account.scope],
        other => unreachable!("no actor here asks for {}", other.name()),
    }
}

/// Everything that a ledger knows.
fn known(ledger: &Ledger) -> (Books, Vec<(Did, CommandId, Remembered)>) {
    (ledger.books(), ledger.remembered())
}

impl World {
    /// Every schedule, looked at after each step, and what was seen printed.
    pub(crate) fn explore(&self, name: &str) -> Explored<State> {
        let explored = explore(self).unwrap_or_else(|broken| panic!("{name}: {broken}\n{self:#?}"));
        let Explored { schedules, states, steps, ends } = &explored;
        println!("{name}: {schedules} schedules, {states} states, {steps} steps, {} ends", ends.len());
        explored
    }

    /// Applies a group to the machine, to the same machine read again from its books, and to the naive books.
    fn apply(state: &mut State, group: &Group, context: &Context) -> Result<Answer, String> {
        let (books, remembered) = known(&state.ledger);
        let bytes = encode::to_bytes(&books);
        let mut again = Ledger::from_books(books, remembered);
        let found = state.ledger.apply(group, context).map(|applied| applied.moved);
        let found = found.map_err(|refusal| (refusal.code, refusal.at));
        let reread = again.apply(group, context).map(|applied| applied.moved);
        let reread = reread.map_err(|refusal| (refusal.code, refusal.at));
        if reread != found || known(&again) != known(&state.ledger) {
            return Err(format!("{group:?}: {found:?}, and {reread:?} by what its encoding says"));
        }
        let expected = state.naive.apply(group, context);
        if found != expected {
            return Err(format!("{group:?}: {found:?} where the naive books say {expected:?}"));
        }
        if found.is_err() && encode::to_bytes(&state.ledger.books()) != bytes {
            return Err(format!("{group:?}: refused, and the books are others"));
        }
        Ok(found)
    }

    fn check(state: &State) -> Result<(), String> {
        let books = state.ledger.books();
        let mut plain = books.clone();
        plain.caps.clear();
        plain.holds.iter_mut().for_each(|(_, _, hold)| hold.caps.clear());
        let naive = state.naive.books();
        if plain != naive {
            let other = plain.accounts.iter().zip(&naive.accounts).find(|(ours, theirs)| ours != theirs);
            return Err(format!("the books are not the naive ones, first {other:?}"));
        }
        sound(&books)?;
        what_is_held_can_be_settled(&state.ledger, &books, state.time)
    }
}

impl Scene for World {
    type State = State;

    fn start(&self) -> State {
        let (mut ledger, mut naive) = (Ledger::default(), NaiveBooks::default());
        let group = Group { id: None, scope: did(P), commands: self.opening.clone() };
        let context = Context { consents: consents(), ..Context::runtime(START) };
        ledger.apply(&group, &context).expect("the opening is applied");
        naive.apply(&group, &context).expect("the opening is applied");
        let answers = vec![Vec::new(); self.actors.len()];
        State { ledger, naive, time: START, answers, expired: BTreeSet::new() }
    }

    fn lengths(&self) -> Vec<usize> {
        self.actors.iter().map(Vec::len).collect()
    }

    fn step(&self, state: &mut State, actor: usize, at: usize) -> Result<(), String> {
        let answer = match &self.actors[actor][at] {
            Step::Time(time) => {
                state.time = *time;
                Ok(Vec::new())
            }
            Step::Ask { who, id, commands } => {
                // Who asks takes a name for its group in its own scope.
                let group = Group { id: *id, scope: did(*who % 3), commands: commands.clone() };
                Self::apply(state, &group, &context(*who, state.time))?
            }
            Step::Hosted { who, commands } => {
                let mut touched: Vec<Did> = commands.iter().flat_map(scopes).collect();
                touched.sort_unstable();
                touched.dedup();
                for scope in touched.iter().copied() {
                    let due = state.ledger.due(&scope, state.time);
                    if due.is_empty() {
                        continue;
                    }
                    state.expired.extend(due.iter().map(|id| (scope, *id)));
                    let commands = due.into_iter().map(|id| Command::Expire { scope, id }).collect();
                    let group = Group { id: None, scope, commands };
                    Self::apply(state, &group, &Context::runtime(state.time))?
                        .map_err(|refusal| format!("{group:?}: {refusal:?}, and it is due"))?;
                }
                let group = Group { id: None, scope: touched[0], commands: commands.clone() };
                Self::apply(state, &group, &context(*who, state.time))?
            }
        };
        state.answers[actor].push(answer);
        Self::check(state)
    }

    fn key(&self, state: &State) -> Vec<u8> {
        let (books, remembered) = known(&state.ledger);
        encode::to_bytes(&(books, remembered, state.time, &state.answers, &state.expired))
    }
}

impl State {
    /// What the actors were told, and some balances: `60 60 | insufficient unknown_hold | 40 = 0 100`.
    pub(crate) fn told(&self, balances: &[AccountId]) -> String {
        let one = |answer: &Answer| match answer {
            Ok(moved) => moved.iter().map(u64::to_string).collect::<Vec<_>>().join("+"),
            Err((code, _)) => code.as_str().to_owned(),
        };
        let asked = self.answers.iter().map(|all| all.iter().map(one).collect::<Vec<_>>().join(" "));
        let asked = asked.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
        let balance = |id: &AccountId| self.ledger.account(id).unwrap_or_default().balance().to_string();
        let balances: Vec<String> = balances.iter().map(balance).collect();
        format!("{} = {}", asked.collect::<Vec<_>>().join(" | "), balances.join(" "))
    }

    /// The books but for when: each scope's time, when holds that are open were placed, and, where holds have expired,
    /// in how many groups that was recorded.
    pub(crate) fn timeless(&self) -> Books {
        let mut books = self.ledger.books();
        books.clocks.iter_mut().for_each(|(_, clock)| clock.time = 0);
        if !self.expired.is_empty() {
            books.clocks.clear();
        }
        books.holds.iter_mut().for_each(|(_, _, hold)| hold.placed = 0);
        books
    }
}
