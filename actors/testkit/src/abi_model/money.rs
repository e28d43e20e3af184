//! Units: what is left, what is owed, and who pays whom.

use icn_core::id::Hash;
use icn_core::{costs, limits};

use super::decide::{does, says};
use super::order::{Call, Meter, Said, Stop};
use super::spelling::{Account, did, owner};
use super::{Effect, Party, Transfer, World, code};

/// What is left of a kind of resource.
pub(super) fn left(call: &Call<'_>, meter: &mut Meter) -> Result<i128, Stop> {
    let world = call.world;
    Ok(match call.number("kind") {
        0 => i128::from(meter.left()),
        1 => i128::from(world.storage_left),
        2 => i128::from(world.network_left),
        3 => {
            meter.charge(costs::LEDGER_FUEL)?;
            balance(world, &world.token, Some(caller(world)))
        }
        _ => i128::from(world.pages_left),
    })
}

fn caller(world: &World) -> Account {
    Account::Member(did(world.caller.as_str().as_bytes()).unwrap_or_default())
}

/// What an account has.
pub(super) fn balance(world: &World, unit: &[u8], account: Option<Account>) -> i128 {
    let account = account.map(|account| (account, unit.to_vec()));
    account.and_then(|account| world.balances.get(&account).copied()).unwrap_or(0)
}

/// Consumes a resource by saying so.
pub(super) fn record(call: &Call<'_>, meter: &mut Meter) -> Result<Said, Stop> {
    let (world, amount) = (call.world, call.number("amount"));
    match call.number("kind") {
        0 if meter.left() < amount => Err(code::EXHAUSTED.into()),
        0 => meter.charge(amount).map(|()| says(0)),
        2 if world.network_left < amount => Err(code::EXHAUSTED.into()),
        2 => Ok(does(Effect::Network(amount))),
        3 => {
            meter.charge(costs::LEDGER_FUEL)?;
            let (from, to) = (Party::Account(caller(world)), Party::Account(Account::Treasury));
            pay(world, vec![Transfer { from, to, unit: world.token.clone(), amount, payee: None }])
        }
        _ => Err(code::INVALID_ARGUMENT.into()),
    }
}

/// Transfers, when the invocation may make so many more and the accounts cover them.
fn pay(world: &World, transfers: Vec<Transfer>) -> Result<Said, Stop> {
    if world.done.transfers + transfers.len() > limits::TRANSFERS_MAX {
        return Err(code::LIMIT.into());
    }
    for transfer in &transfers {
        let payee = transfer.payee.clone().map_or(transfer.to.clone(), Party::Account);
        if payee == transfer.from {
            return Err(code::INVALID_ARGUMENT.into());
        }
        if transfer.payee.is_some() && world.holds.len() >= limits::HOLDS_OPEN_MAX {
            return Err(code::LIMIT.into());
        }
        if let Party::Account(from) = &transfer.from
            && balance(world, &transfer.unit, Some(from.clone())) < i128::from(transfer.amount)
        {
            return Err(code::EXHAUSTED.into());
        }
    }
    Ok(does(Effect::Transfers(transfers)))
}

/// Whatever moves units from an account, or makes them: who pays and who is paid.
pub(super) fn transfer(call: &Call<'_>) -> Result<Said, Stop> {
    let (world, name) = (call.world, call.function.name);
    let payee = if name == "host_burn" { None } else { owner(call.bytes("to")) };
    if payee == Some(Account::Reserved) {
        return Err(code::DENIED.into());
    }
    let purse = || match call.number("from") {
        0 => caller(world),
        1 => Account::Module(world.module.as_bytes().to_vec()),
        _ => Account::Treasury,
    };
    let from = if name == "host_mint" { Party::Issuance } else { Party::Account(purse()) };
    let (unit, amount) = (call.bytes("unit").to_vec(), call.number("amount"));
    if name != "host_hold" {
        let to = payee.map_or(Party::Issuance, Party::Account);
        return pay(world, vec![Transfer { from, to, unit, amount, payee: None }]);
    }
    let number = world.done.holds.to_be_bytes();
    let digest = Hash::digest(&[&b"icn-runtime/v1/hold"[..], &world.seed, &number].concat()).0;
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let mut said = pay(world, vec![Transfer { from, to: Party::Hold(id), unit, amount, payee }])?;
    said.written = Some((call.place("out").0, id.to_vec()));
    Ok(said)
}

/// The end of a hold: what is paid, and what goes back.
pub(super) fn close(call: &Call<'_>) -> Result<Said, Stop> {
    let mut id = [0; 16];
    id.copy_from_slice(call.bytes("id"));
    let hold = call.world.holds.get(&id).ok_or(code::NOT_FOUND)?;
    if !hold.ours {
        return Err(code::DENIED.into());
    }
    let paid = if call.function.name == "host_settle_hold" { call.number("amount") } else { 0 };
    if paid > hold.amount {
        return Err(code::EXHAUSTED.into());
    }
    let part = |to: &Account, amount: u64| Transfer {
        from: Party::Hold(id),
        to: Party::Account(to.clone()),
        unit: hold.unit.clone(),
        amount,
        payee: None,
    };
    let both = [part(&hold.payee, paid), part(&hold.payer, hold.amount - paid)];
    pay(call.world, both.into_iter().filter(|part| part.amount > 0).collect())
}
