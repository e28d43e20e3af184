//! Where modules are made: validated, then loaded from an artefact or compiled, then linked.

use icn_core::encode::Block;

use super::artefact_directory::{Artefacts, Found};
use super::maker::{Maker, Outcome};
use crate::engine::Engine;
use crate::instrument::Mode;
use crate::run::Module;
use crate::validate;

/// Where modules are made: validated, then loaded or compiled.
pub(super) struct Workshop {
    pub(super) engine: Engine,
    pub(super) artefacts: Option<Artefacts>,
}

impl Maker for Workshop {
    type Made = Module;

    fn make(&self, block: &Block) -> Outcome<Module> {
        let shape = match validate::validate(block.bytes()) {
            Ok(shape) => shape,
            Err(why) => return Outcome { made: Err(why), loaded: false, discarded: false },
        };
        let found = self.artefacts.as_ref().map_or(Found::Nothing, |a| a.load(&self.engine, block.id()));
        let discarded = matches!(found, Found::Discarded);
        let (made, loaded) = match found {
            Found::Module(compiled) => {
                (Module::link(&self.engine, block, shape, &compiled, Mode::Plain), true)
            }
            Found::Nothing | Found::Discarded => {
                let compiled = Module::build(&self.engine, block, Mode::Plain);
                (
                    compiled.and_then(|compiled| {
                        Module::link(&self.engine, block, shape, &compiled, Mode::Plain)
                    }),
                    false,
                )
            }
        };
        let counted = |module: Module| {
            let bytes = module.compiled_bytes() + block.bytes().len();
            (module, bytes)
        };
        Outcome { made: made.map(counted), loaded, discarded }
    }
    fn keep(&self, module: &Module) {
        if let Some(artefacts) = &self.artefacts {
            artefacts.store(module.id(), module.compiled());
        }
    }
}
