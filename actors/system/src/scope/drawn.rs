//! Resources that a scope drew from the ledger in advance, so that most invocations need not ask.
//!
//! What was drawn and not used is kept for the next invocations. More is drawn only when a grant is not covered, and then
//! for many invocations at once. Never is more spent than was drawn.

use icn_core::block::{GrantLimits, Invocation, Receipt};
use icn_core::name::Unit;
use icn_core::rules::{Refusal, RefusalCode};

use super::program::Failure;
use crate::ledger::RunOf;
use crate::message::ledger::Draw;
use crate::shared::Shared;

/// Resources are drawn for so many invocations at once.
const DRAW_INVOCATIONS: u64 = 64;

/// A unit, how much of it is needed now, and how much would be welcome.
pub(super) type Want = (Unit, u64, u64);

/// Resources drawn and not used yet.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Drawn {
    fuel: u64,
    memory: u64,
    network: u64,
}

impl Drawn {
    /// What must be drawn before this invocation's grant is covered.
    pub(super) fn wants(&self, invocation: &Invocation, grant: GrantLimits) -> Vec<Want> {
        let needs = [
            (Unit::fuel as fn() -> Unit, self.fuel, invocation.fuel),
            (Unit::memory, self.memory, grant.memory),
            (Unit::network, self.network, grant.network),
        ];
        let short = needs.into_iter().filter(|(_, drawn, need)| drawn < need);
        short
            .map(|(unit, drawn, need)| (unit(), need - drawn, need.saturating_mul(DRAW_INVOCATIONS)))
            .collect()
    }

    /// Draws what is wanted. What was drawn is kept also when another resource is refused.
    pub(super) async fn draw(&mut self, shared: &Shared, of: &RunOf, wants: &[Want]) -> Result<(), Failure> {
        if wants.is_empty() {
            return Ok(());
        }
        let RunOf { scope, time, asker } = of.clone();
        let draw = Draw { scope, time, asker, wants: wants.to_vec() };
        let answers = shared.ledger.draw.send(draw).await.map_err(|e| Failure::Fault(e.to_string()))?;
        let mut refusal = None;
        for ((unit, ..), answer) in wants.iter().zip(answers) {
            match (unit.as_str(), answer) {
                (_, Err(error)) => refusal = Some(Refusal::new(RefusalCode::Exhausted, error.to_string())),
                ("fuel", Ok(amount)) => self.fuel += amount,
                ("memory", Ok(amount)) => self.memory += amount,
                (_, Ok(amount)) => self.network += amount,
            }
        }
        refusal.map_or(Ok(()), |refusal| Err(Failure::Refused(refusal)))
    }

    pub(super) fn add(&mut self, other: Self) {
        self.fuel += other.fuel;
        self.memory += other.memory;
        self.network += other.network;
    }

    /// Takes away what a receipt used.
    pub(super) fn spend(&mut self, receipt: &Receipt) {
        let used = Self { fuel: receipt.fuel, memory: receipt.usage.memory, network: receipt.usage.network };
        assert!(
            used.fuel <= self.fuel && used.memory <= self.memory && used.network <= self.network,
            "a receipt uses what was drawn: it uses {used:?} of {self:?}"
        );
        self.fuel -= used.fuel;
        self.memory -= used.memory;
        self.network -= used.network;
    }
}
