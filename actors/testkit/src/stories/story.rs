//! What a story is: steps, each a call and how it must end.

use icn_core::block::{GrantLimits, Outcome, TrapKind};
use icn_core::name::Did;
use icn_core::rules::GRANT_DEFAULT;
use icn_sandbox::scratch::member_key;

/// Fuel of every step but for those that must run out of it.
pub const FUEL: u64 = 100_000_000;

/// Fuel with which no call gets far.
const TOO_LITTLE: u64 = 180_000;

/// What the treasury has at the beginning of each story, in this unit.
pub const UNIT: &str = "PLN";

/// See [`UNIT`].
pub const TREASURY: u64 = 5_000;

/// The grant of a scope that tells stories: bytes may leave it, so that the guest that says so is not refused.
pub const GRANT: GrantLimits = GrantLimits { network: 1_000, ..GRANT_DEFAULT };

/// Who may take part in a story.
pub const MEMBERS: [&str; 6] = ["ann", "bob", "cyd", "dan", "eve", "chair"];

/// The DID of a member.
#[must_use]
pub fn member(name: &str) -> Did {
    member_key(name).did()
}

/// How a step must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Ok,
    /// By the guest's own word, with this number.
    Failed(i32),
    /// By a trap.
    Trapped(TrapKind),
}

impl End {
    /// Whether an invocation ended so.
    #[must_use]
    pub fn is(self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Ok, Outcome::Ok) => true,
            (Self::Failed(code), Outcome::Failed(found)) => code == *found,
            (Self::Trapped(kind), Outcome::Trapped(trap)) => kind == trap.kind,
            _ => false,
        }
    }
}

/// A call of a story.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Who calls, by name.
    pub caller: &'static str,
    /// The entry.
    pub entry: &'static str,
    /// The input: `@name` is a member's DID, `@now` the time, `#` the number of the telling.
    pub input: &'static str,
    /// The fuel limit.
    pub fuel: u64,
    /// How it must end.
    pub end: End,
}

impl Step {
    /// The input as the guest gets it.
    #[must_use]
    pub fn spelt(&self, number: usize, now_ms: u64, did: impl Fn(&str) -> Did) -> Vec<u8> {
        let mut input = self.input.replace('#', &number.to_string()).replace("@now", &now_ms.to_string());
        for name in MEMBERS {
            input = input.replace(&format!("@{name}"), did(name).as_str());
        }
        input.into_bytes()
    }
}

/// An example guest and its story.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// The guest's name.
    pub name: &'static str,
    /// The committed module.
    pub wasm: &'static [u8],
    /// What is called, in this order.
    pub steps: &'static [Step],
}

pub(super) const fn ok(caller: &'static str, entry: &'static str, input: &'static str) -> Step {
    Step { caller, entry, input, fuel: FUEL, end: End::Ok }
}

pub(super) const fn failed(
    caller: &'static str,
    entry: &'static str,
    input: &'static str,
    code: i32,
) -> Step {
    Step { caller, entry, input, fuel: FUEL, end: End::Failed(code) }
}

pub(super) const fn trapped(
    caller: &'static str,
    entry: &'static str,
    input: &'static str,
    kind: TrapKind,
) -> Step {
    let fuel = if matches!(kind, TrapKind::OutOfFuel) { TOO_LITTLE } else { FUEL };
    Step { caller, entry, input, fuel, end: End::Trapped(kind) }
}
