//! Whether books are sound: from what is posted and the open holds alone, without the machine's own sums.

use std::collections::BTreeMap;

use icn_core::name::{Did, Owner};

use crate::world::{AccountId, Books, Command, Context, Group, Ledger};

/// That books are within every limit and sum to zero, posted and held apart: from what is posted and the open holds
/// alone, not from the machine's own sums.
pub(crate) fn sound(books: &Books) -> Result<(), String> {
    let mut held: BTreeMap<AccountId, [i128; 2]> = BTreeMap::new();
    for (scope, _, hold) in &books.holds {
        for (side, owner) in [&hold.from, &hold.to].into_iter().enumerate() {
            let id = AccountId { scope: *scope, owner: owner.clone(), unit: hold.unit.clone() };
            held.entry(id).or_default()[side] += i128::from(hold.amount);
        }
    }
    let (mut sums, mut between) = (BTreeMap::<_, [i128; 2]>::new(), BTreeMap::<_, i128>::new());
    for (id, account) in &books.accounts {
        let [debits, credits] = [account.debits, account.credits].map(u128::cast_signed);
        let [debits_held, credits_held] = held.remove(id).unwrap_or_default();
        let counted = [account.debits_held, account.credits_held].map(u128::cast_signed);
        if counted != [debits_held, credits_held] {
            return Err(format!("{id} counts {counted:?} held where {debits_held}, {credits_held} are"));
        }
        let (least, most) = (credits - debits - debits_held, credits - debits + credits_held);
        if id.owner != Owner::Issuance && least < -i128::from(account.limits.credit) {
            return Err(format!("{id} is at {least} with what is held, under its limit"));
        }
        if account.limits.balance_max.is_some_and(|max| most > i128::from(max)) {
            return Err(format!("{id} is at {most} with what is held for it, over its limit"));
        }
        let sum = sums.entry((id.scope, id.unit.clone())).or_default();
        sum[0] += credits - debits;
        sum[1] += credits_held - debits_held;
        let pair = match id.owner {
            Owner::Owed(other) => Some((id.scope, other)),
            Owner::Claim(other) => Some((other, id.scope)),
            _ => None,
        };
        if let Some(pair) = pair {
            *between.entry(pair).or_default() += credits - debits;
        }
    }
    if let Some((id, _)) = held.first_key_value() {
        return Err(format!("something is held on {id}, which is not open"));
    }
    if let Some((of, sum)) = sums.iter().find(|(_, sum)| **sum != [0, 0]) {
        return Err(format!("{of:?} sums to {sum:?}, posted and held"));
    }
    if let Some((pair, sum)) = between.iter().find(|(_, sum)| **sum != 0) {
        return Err(format!("what {pair:?} owe and claim differs by {sum}"));
    }
    match books.caps.iter().find(|(_, cap)| cap.used > cap.max) {
        Some((key, cap)) => Err(format!("{} of a cap of {} is used: {key:?}", cap.used, cap.max)),
        None => Ok(()),
    }
}

/// That all open holds could be settled now, whole, in both orders; but for those of a frozen account, and unless one is
/// past its deadline.
pub(crate) fn what_is_held_can_be_settled(ledger: &Ledger, books: &Books, time: u64) -> Result<(), String> {
    let is_frozen = |scope: Did, owner: &Owner| {
        let of = |id: &AccountId| id.scope == scope && id.owner == *owner;
        books.accounts.iter().any(|(id, account)| of(id) && account.frozen)
    };
    let mut open: Vec<_> = books.holds.iter().collect();
    open.retain(|(scope, _, hold)| !is_frozen(*scope, &hold.from) && !is_frozen(*scope, &hold.to));
    if open.iter().any(|(_, _, hold)| hold.deadline <= time) {
        return Ok(());
    }
    let backwards: Vec<_> = open.iter().rev().copied().collect();
    for order in [open, backwards] {
        let mut ledger = ledger.clone();
        for (scope, id, hold) in order {
            let settle = Command::Settle { scope: *scope, id: *id, amount: None, by: hold.by.clone() };
            let group = Group { id: None, scope: *scope, commands: vec![settle] };
            ledger.apply(&group, &Context::runtime(time)).map_err(|refusal| refusal.to_string())?;
        }
        sound(&ledger.books())?;
    }
    Ok(())
}
