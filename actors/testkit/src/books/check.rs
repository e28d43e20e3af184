//! Asks the machine and the naive books the same, and compares all that both say.

use super::ask;

use std::collections::BTreeMap;

use icn_core::block::{CapKey, Command};
use icn_core::encode;
use icn_core::ledger::{Books, Context, Group, Ledger, LedgerCode};

use super::ask::Ask;
use super::naive::NaiveBooks;
use crate::generate::ByteSource;

/// Groups that one input asks for, at most.
const GROUPS_MAX: usize = 400;

/// What a check has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Groups that were asked for.
    pub groups: u64,
    /// Commands in them.
    pub commands: u64,
    /// How often each code was given; none for what was applied.
    pub codes: BTreeMap<Option<LedgerCode>, u64>,
}

/// Random groups: machine and naive books answer the same, are the same after each, and sum to zero, posted and held
/// apart; a refusal changes no byte.
pub fn check_books(bytes: &[u8]) -> Seen {
    let mut source = ByteSource::new(bytes);
    let (mut ledger, mut naive) = (Ledger::default(), NaiveBooks::default());
    let (mut before, mut seen) = (encode::to_bytes(&ledger.books()), Seen::default());
    let mut time = 1000;
    if !source.once_in(8) {
        let (group, context) = ask::opening();
        ask_both(&mut ledger, &mut naive, &group, &context);
        before = encode::to_bytes(&ledger.books());
    }
    while !source.is_empty() && seen.groups < GROUPS_MAX as u64 {
        let asked = ask::ask(&mut source, &mut time, &ledger);
        let code = match &asked {
            Ask::Group(asked) => {
                let (group, context) = &**asked;
                seen.commands += group.commands.len() as u64;
                ask_both(&mut ledger, &mut naive, group, context)
            }
            Ask::Legs(scope, legs, time) => {
                seen.commands += legs.len() as u64;
                let found = ledger.transfers(legs, *time).map_err(|refusal| (refusal.code, refusal.at));
                let commands = legs.iter().map(|leg| Command::Transfer {
                    from: ledger.account_id(leg.from),
                    to: ledger.account_id(leg.to),
                    amount: leg.amount,
                });
                let group = Group { id: None, scope: *scope, commands: commands.collect() };
                let expected = naive.apply(&group, &Context::runtime(*time)).map(|_| ());
                assert_eq!(found, expected, "{asked:?}");
                found.err().map(|(code, _)| code)
            }
            Ask::Reload => {
                ledger = Ledger::from_books(ledger.books(), ledger.remembered());
                None
            }
        };
        seen.groups += 1;
        *seen.codes.entry(code).or_default() += 1;
        let books = ledger.books();
        let after = encode::to_bytes(&books);
        if code.is_some() {
            assert_eq!(after, before, "a refusal changed the books: {asked:?}");
        }
        before = after;
        compare(&books, &naive, time, &asked);
        assert_eq!(ledger.imbalances(), [], "every unit sums to zero: {asked:?}");
    }
    let again: Result<Books, _> = encode::from_bytes("books", &before, usize::MAX);
    assert_eq!(again, Ok(ledger.books()), "books are read as they were written");
    seen
}

fn ask_both(
    ledger: &mut Ledger,
    naive: &mut NaiveBooks,
    group: &Group,
    context: &Context,
) -> Option<LedgerCode> {
    let found = ledger.apply(group, context);
    let told = ledger.audit(group, context, &found);
    let repeated = found.as_ref().is_ok_and(|applied| applied.repeated);
    assert!(found.is_ok() || told.len() == 1, "each refusal is told once");
    assert!(!repeated || told.is_empty(), "nothing happened");
    let short = found.map(|applied| applied.moved).map_err(|refusal| (refusal.code, refusal.at));
    assert_eq!(short, naive.apply(group, context), "{group:?} {context:?}");
    short.err().map(|(code, _)| code)
}

fn compare(books: &Books, naive: &NaiveBooks, time: u64, asked: &Ask) {
    let mut books = books.clone();
    let used = |key: &CapKey, window: u64, used: u64| {
        let now = key.window_ms.map_or(0, |ms| time / ms);
        if window == now { used } else { 0 }
    };
    let caps: Vec<_> = std::mem::take(&mut books.caps)
        .into_iter()
        .map(|(key, cap)| (cap.max, cap.soft, used(&key, cap.window, cap.used), key))
        .collect();
    for (_, _, hold) in &mut books.holds {
        hold.caps.clear();
    }
    assert_eq!(books, naive.books(), "after {asked:?}");
    assert_eq!(caps, naive.caps(time), "caps after {asked:?}");
    for (id, account) in &books.accounts {
        let credit = u128::from(account.limits.credit);
        let bounded = id.owner != icn_core::name::Owner::Issuance;
        let least = account.credits + credit;
        assert!(
            !bounded || account.debits + account.debits_held <= least,
            "{id} is under its limit: {asked:?}"
        );
        if let Some(max) = account.limits.balance_max {
            let most = account.debits + u128::from(max);
            assert!(account.credits + account.credits_held <= most, "{id} is over its limit: {asked:?}");
        }
    }
}
