//! Units: what is left, what is owed, and who pays whom.

use icn_core::name::Hash;
use icn_core::{costs, limits};

use super::call::{Call, Meter, Said, Stop, does, says};
use super::code;
use super::effect::{Effect, Move, Party};
use super::spelling::{Account, did, owner};
use super::world::World;

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
            pay(world, from, to, world.token.clone(), amount)
        }
        _ => Err(code::INVALID_ARGUMENT.into()),
    }
}

/// Whether the invocation may do one thing more with units.
fn one_more(world: &World) -> Result<(), Stop> {
    if world.done.moves >= limits::TRANSFERS_MAX { Err(code::LIMIT.into()) } else { Ok(()) }
}

/// Whether a party has so many units.
fn covers(world: &World, party: &Party, unit: &[u8], amount: u64) -> Result<(), Stop> {
    let Party::Account(account) = party else { return Ok(()) };
    if balance(world, unit, Some(account.clone())) < i128::from(amount) {
        return Err(code::EXHAUSTED.into());
    }
    Ok(())
}

/// A transfer, when the invocation may make one more and the account covers it.
fn pay(world: &World, from: Party, to: Party, unit: Vec<u8>, amount: u64) -> Result<Said, Stop> {
    one_more(world)?;
    if from == to {
        return Err(code::INVALID_ARGUMENT.into());
    }
    covers(world, &from, &unit, amount)?;
    Ok(does(Effect::Moved(Move::Transfer { from, to, unit, amount })))
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
    let (unit, amount) = (call.bytes("unit").to_vec(), call.number("amount"));
    if name != "host_hold" {
        let from = if name == "host_mint" { Party::Issuance } else { Party::Account(purse()) };
        let to = payee.map_or(Party::Issuance, Party::Account);
        return pay(world, from, to, unit, amount);
    }
    let (from, to) = (purse(), payee.ok_or(code::INVALID_ARGUMENT)?);
    one_more(world)?;
    if from == to {
        return Err(code::INVALID_ARGUMENT.into());
    }
    if world.holds.len() >= limits::HOLDS_OPEN_MAX {
        return Err(code::LIMIT.into());
    }
    covers(world, &Party::Account(from.clone()), &unit, amount)?;
    let number = world.done.holds.to_be_bytes();
    let digest = Hash::digest(&[&b"icn-runtime/v1/hold"[..], &world.seed, &number].concat()).0;
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let mut said = does(Effect::Moved(Move::Hold { id, from, to, unit, amount }));
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
    let end = match call.function.name {
        "host_settle_hold" => Move::Settle { id, amount: call.number("amount") },
        _ => Move::Void { id },
    };
    if matches!(end, Move::Settle { amount, .. } if amount > hold.amount) {
        return Err(code::EXHAUSTED.into());
    }
    one_more(call.world)?;
    Ok(does(Effect::Moved(end)))
}
