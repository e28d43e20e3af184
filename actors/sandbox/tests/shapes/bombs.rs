//! Modules that must be refused, and quickly: each is far over a limit or a weight.

use wasm_encoder::BlockType;

use super::{Spec, all as shapes, module};

/// Shapes by name, with sizes at which they are too much; their bytes alone are not.
const TOO_MUCH: &[(&str, u32, u32)] = &[
    ("blocks nested, a branch out of each", 6_000, 1),
    ("blocks nested, a branch out of each", 1_000, 60),
    ("ifs nested, 64 locals", 5_000, 1),
    ("ifs nested, 64 locals", 1_000, 80),
    ("ifs in a row, 1000 locals all set once", 5_000, 1),
    ("branches to one merge, 1000 locals", 5_000, 1),
    ("branches to one merge, 100 locals", 5_000, 1),
    ("loops in a row, 1000 locals", 4_000, 1),
    ("loops empty in a row", 30_000, 1),
    ("br_table to one block, 500 locals", 100_000, 1),
    ("br_table to 200 blocks", 100_000, 1),
    ("br_table with 4 results", 100_000, 1),
    ("loops of 32 parameters", 700, 1),
    ("blocks of 32 parameters", 700, 20),
    ("calls of constants, 32 parameters", 900, 15),
    ("calls without parameters", 40_000, 1),
    ("400 locals alive across n loops", 250, 1),
    ("expressions deep by n", 30_000, 1),
    ("memory.grow", 15_000, 1),
    ("table.copy", 12_000, 1),
    ("call_indirect", 20_000, 1),
    ("locals of 1000, never set", 50_000, 1),
    ("functions as small as can be", 1, 100_000),
    ("nop", 3_000_000, 1),
];

/// Each bomb by its name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let shapes = shapes();
    let mut bombs: Vec<(String, Vec<u8>)> = TOO_MUCH
        .iter()
        .map(|(name, n, k)| {
            let (_, build) = shapes.iter().find(|(found, _)| found == name).unwrap();
            (format!("{name}: {n}, {k} times"), build(*n, *k))
        })
        .collect();
    let nested = |open: &dyn Fn(&mut wasm_encoder::InstructionSink<'_>)| {
        module(&Spec::default(), 1, |f| {
            (0..20_000).for_each(|_| open(f));
            (0..20_000).for_each(|_| {
                f.end();
            });
        })
    };
    bombs.push((
        "20,000 blocks nested".into(),
        nested(&|f| {
            f.block(BlockType::Empty);
        }),
    ));
    bombs.push((
        "20,000 ifs nested".into(),
        nested(&|f| {
            f.i32_const(1).if_(BlockType::Empty);
        }),
    ));
    bombs
}
