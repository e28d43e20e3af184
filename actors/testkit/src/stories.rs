//! The example guests, each with a story of calls that build on one another: most of them succeed and change what the
//! next one finds. Told on any engine, in a scope without a host, or sent to a host by whoever has one.

use std::collections::BTreeSet;
use std::sync::Arc;

use icn_core::block::{GrantLimits, Outcome, TrapKind};
use icn_core::encode::Block;
use icn_core::name::{Codec, Did, Owner, Unit};
use icn_core::rules::GRANT_DEFAULT;
use icn_sandbox::scratch::{Run, Scratch, ScratchCall, member_key};
use icn_sandbox::{Engine, Module, capabilities};

/// Fuel of every step but for those that must run out of it.
pub const FUEL: u64 = 100_000_000;
/// Fuel with which no call gets far.
const TOO_LITTLE: u64 = 180_000;
/// What the treasury has at the beginning of each story, in this unit.
pub const UNIT: &str = "PLN";
/// See [`UNIT`].
pub const TREASURY: u64 = 5_000;

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

const fn ok(caller: &'static str, entry: &'static str, input: &'static str) -> Step {
    Step { caller, entry, input, fuel: FUEL, end: End::Ok }
}
const fn failed(caller: &'static str, entry: &'static str, input: &'static str, code: i32) -> Step {
    Step { caller, entry, input, fuel: FUEL, end: End::Failed(code) }
}
const fn trapped(caller: &'static str, entry: &'static str, input: &'static str, kind: TrapKind) -> Step {
    let fuel = if matches!(kind, TrapKind::OutOfFuel) { TOO_LITTLE } else { FUEL };
    Step { caller, entry, input, fuel, end: End::Trapped(kind) }
}

/// The example guests and the template, each with its story.
pub const STORIES: [Story; 5] = [
    Story {
        name: "ballot",
        wasm: include_bytes!("../../../guest/prebuilt/ballot.wasm"),
        steps: &[
            failed("ann", "vote", "1", 30),
            ok(
                "chair",
                "open",
                "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n0;900\n1;3000\n2;2500\n3;1800\n4;10\n5;20\n",
            ),
            ok("ann", "vote", "1,3"),
            trapped("bob", "vote", "2", TrapKind::OutOfFuel),
            ok("bob", "vote", "#"),
            failed("bob", "vote", "2", 32),
            failed("eve", "vote", "9", 33),
            ok("eve", "vote", "3,2,0"),
            ok("cyd", "vote", "1,4"),
            ok("dan", "vote", "4,5"),
            ok("chair", "tally", ""),
            failed("ann", "vote", "1", 31),
        ],
    },
    Story {
        name: "timebank",
        wasm: include_bytes!("../../../guest/prebuilt/timebank.wasm"),
        steps: &[
            ok("chair", "open", "MIN;60"),
            ok("ann", "join", ""),
            ok("bob", "join", ""),
            ok("cyd", "join", ""),
            ok("ann", "pay", "@bob;4#;lessons"),
            failed("ann", "pay", "@bob;4#;lessons", 31),
            trapped("bob", "pay", "@ann;30;", TrapKind::OutOfFuel),
            ok("bob", "pay", "@ann;30;garden"),
            ok("chair", "set_limit", "@cyd;9#"),
            ok("cyd", "offer", "@ann;3#;@now0;paint"),
            ok("cyd", "offer", "@bob;20;@now0;the fence"),
            ok("cyd", "accept", "1"),
            ok("bob", "cancel", "2"),
            ok("ann", "statement", ""),
            ok("eve", "audit", ""),
        ],
    },
    Story {
        name: "membership",
        wasm: include_bytes!("../../../guest/prebuilt/membership.wasm"),
        steps: &[
            ok("ann", "found", "2;1000"),
            ok("bob", "request", "I bake bread for #"),
            ok("cyd", "request", ""),
            ok("ann", "approve", "@bob"),
            ok("ann", "grant", "@bob;steward"),
            trapped("ann", "approve", "@cyd", TrapKind::OutOfFuel),
            ok("ann", "approve", "@cyd"),
            ok("bob", "approve", "@cyd"),
            ok("dan", "request", "and I sell it"),
            ok("ann", "refuse", "@dan"),
            ok("bob", "refuse", "@dan"),
            ok("ann", "grant", "@cyd;baker#"),
            ok("bob", "revoke", "@cyd;baker#"),
            ok("ann", "expel", "@cyd"),
            ok("bob", "expel", "@cyd"),
            ok("bob", "leave", ""),
            ok("eve", "roll", ""),
        ],
    },
    Story {
        name: "calls",
        wasm: include_bytes!("../../../guest/prebuilt/calls.wasm"),
        steps: &[
            ok("ann", "all", ""),
            trapped("ann", "abort", "enough of #", TrapKind::Aborted),
            trapped("ann", "panic", "", TrapKind::Aborted),
            ok("bob", "all", ""),
        ],
    },
    Story {
        name: "template",
        wasm: include_bytes!("../../../guest/prebuilt/template.wasm"),
        steps: &[
            ok("ann", "greet", "Ann of #"),
            failed("ann", "greet", "Ann", 1),
            ok("bob", "greet", "Böb"),
            failed("cyd", "greet", "", 2),
        ],
    },
];

/// The grant of a scope that tells stories: bytes may leave it, so that the guest that says so is not refused.
pub const GRANT: GrantLimits = GrantLimits { network: 1_000, ..GRANT_DEFAULT };

/// A story under way, in a scope of its own.
#[derive(Debug)]
pub struct Telling {
    /// The story.
    pub story: &'static Story,
    /// The number of the telling.
    pub number: usize,
    /// The scope.
    pub scratch: Scratch,
    /// The module, compiled for the engine.
    pub module: Arc<Module>,
}

impl Telling {
    /// A scope on this engine in which nothing was told yet; the module is granted all that it asks for.
    pub fn begin(engine: &Engine, story: &'static Story, number: usize) -> Result<Self, String> {
        let block = Block::new(Codec::Raw, story.wasm.to_vec());
        let module = Arc::new(Module::compile(engine, &block).map_err(|e| e.to_string())?);
        let granted: BTreeSet<_> = capabilities(&module, ["all"])?;
        let words = |e: icn_sandbox::scratch::ScratchError| e.to_string();
        let unit = Unit::parse(UNIT).map_err(|e| e.to_string())?;
        let mut scratch = Scratch::open(engine).map_err(words)?;
        scratch.install(module.clone(), &granted).map_err(words)?;
        scratch.set_grant(GRANT).map_err(words)?;
        scratch.set_token(unit.clone()).map_err(words)?;
        scratch.issue(unit, Owner::Treasury, TREASURY).map_err(words)?;
        for member in MEMBERS {
            scratch.member(member);
        }
        Ok(Self { story, number, scratch, module })
    }

    /// A step as the scope is asked for it.
    #[must_use]
    pub fn call(&self, step: &Step) -> ScratchCall {
        let input = step.spelt(self.number, icn_sandbox::scratch::TIME_DEFAULT_MS, member);
        ScratchCall::new(self.module.id(), step.entry, member(step.caller))
            .with_input(input)
            .with_fuel(step.fuel)
    }

    /// Tells a step: runs and commits it. An error says that it could not run, or that it ended otherwise than it
    /// must.
    pub fn tell(&mut self, step: &Step) -> Result<Run, String> {
        let call = self.call(step);
        let run = self.scratch.invoke(&call).map_err(|e| format!("{} {step:?}: {e}", self.story.name))?;
        if step.end.is(&run.receipt.outcome) {
            Ok(run)
        } else {
            Err(format!(
                "{} {step:?}: it ended as {:?}, {}",
                self.story.name,
                run.receipt.outcome,
                run.text()
            ))
        }
    }
}

/// Tells a whole story on an engine, and gives what every step came to.
pub fn tell(engine: &Engine, story: &'static Story, number: usize) -> Result<Vec<Run>, String> {
    let mut telling = Telling::begin(engine, story, number)?;
    story.steps.iter().map(|step| telling.tell(step)).collect()
}
