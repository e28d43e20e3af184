//! Tells a story on an engine, in a scope without a host.

use std::collections::BTreeSet;
use std::sync::Arc;

use icn_core::encode::Block;
use icn_core::name::{Codec, Owner, Unit};
use icn_sandbox::scratch::{Run, Scratch, ScratchCall};
use icn_sandbox::{Engine, Module, capabilities};

use super::story::{GRANT, MEMBERS, Step, Story, TREASURY, UNIT, member};

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
