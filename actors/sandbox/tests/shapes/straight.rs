//! Shapes without control flow: rows of one operator, or of a few that the optimiser likes to rewrite.

use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

use super::{Shape, Spec, module};

/// A row: `n` times what the closure adds, between a push of a local and the pop of a result.
macro_rules! row {
    ($spec:expr, |$f:ident, $i:ident| $body:expr) => {
        |n, k| {
            module(&$spec, k, |$f: &mut InstructionSink<'_>| {
                for $i in 0..n {
                    let _ = $i;
                    $body;
                }
                consume($f);
            })
        }
    };
}

const ARG: MemArg = MemArg { offset: 0, align: 0, memory_index: 0 };

/// Goes on with the pure work in a local: times a constant, and a sum.
fn work(f: &mut InstructionSink<'_>, i: u32) {
    f.local_get(4).i64_const(i64::from(i)).i64_mul().local_get(5).i64_add().local_set(4);
}

/// Uses a local in an `if`, which comes before no other.
fn use_late(f: &mut InstructionSink<'_>, condition: u32, local: u32) {
    f.local_get(condition).if_(BlockType::Empty).local_get(local).global_set(0).end();
}

/// Uses what the row computed, or the optimiser would drop it.
fn consume(f: &mut InstructionSink<'_>) {
    f.i32_const(0);
    for local in 0..4 {
        f.local_get(local).i32_add();
    }
    f.i64_extend_i32_u();
    for local in 4..8 {
        f.local_get(local).i64_add();
    }
    f.f32_const(0.0.into());
    for local in 8..12 {
        f.local_get(local).f32_add();
    }
    f.i32_reinterpret_f32().i64_extend_i32_u().i64_add().f64_const(0.0.into());
    for local in 12..16 {
        f.local_get(local).f64_add();
    }
    f.i64_reinterpret_f64().i64_add().global_set(0);
}

fn spec() -> Spec {
    Spec {
        params: [[ValType::I32; 4], [ValType::I64; 4], [ValType::F32; 4], [ValType::F64; 4]].concat(),
        globals: 8,
        types: vec![(vec![], vec![])],
        ..Spec::default()
    }
}

pub(crate) const SHAPES: &[Shape] = &[
    ("i32.add of one constant", row!(spec(), |f, i| f.local_get(0).i32_const(1).i32_add().local_set(0))),
    ("i64.mul of a constant", row!(spec(), |f, i| f.local_get(4).i64_const(12).i64_mul().local_set(4))),
    (
        "i64.add of constants by turns",
        row!(spec(), |f, i| f
            .local_get(4)
            .i64_const(i64::from(i))
            .i64_add()
            .local_get(5)
            .i64_add()
            .local_tee(4)
            .local_set(5)),
    ),
    (
        "i64 shifts and masks",
        row!(spec(), |f, i| f
            .local_get(4)
            .i64_const(i64::from(i % 63))
            .i64_shl()
            .i64_const(i64::from(i % 61))
            .i64_shr_u()
            .i64_const(255)
            .i64_and()
            .local_get(5)
            .i64_or()
            .local_set(4)),
    ),
    (
        "i32 rotations",
        row!(spec(), |f, i| f.local_get(0).local_get(1).i32_rotl().local_get(2).i32_rotr().local_set(0)),
    ),
    (
        "xor with itself, doubled",
        row!(spec(), |f, i| f.local_get(4).local_get(4).i64_add().local_get(5).i64_xor().local_set(4)),
    ),
    (
        "subtractions and negations",
        row!(spec(), |f, i| f
            .i64_const(0)
            .local_get(4)
            .i64_sub()
            .local_get(5)
            .i64_sub()
            .i64_const(-1)
            .i64_xor()
            .local_set(4)),
    ),
    (
        "comparisons of comparisons",
        row!(spec(), |f, i| f
            .local_get(0)
            .local_get(1)
            .i32_lt_s()
            .i32_eqz()
            .i32_eqz()
            .i32_const(1)
            .i32_and()
            .local_set(0)),
    ),
    (
        "comparisons and or",
        row!(spec(), |f, i| f
            .local_get(0)
            .local_get(1)
            .i32_lt_s()
            .local_get(0)
            .local_get(1)
            .i32_eq()
            .i32_or()
            .local_get(0)
            .local_get(1)
            .i32_gt_u()
            .i32_and()
            .local_set(1)),
    ),
    ("selects", row!(spec(), |f, i| f.local_get(4).local_get(5).local_get(0).select().local_set(4))),
    (
        "selects of comparisons",
        row!(spec(), |f, i| f
            .local_get(4)
            .local_get(5)
            .local_get(4)
            .local_get(5)
            .i64_lt_s()
            .select()
            .local_tee(4)
            .local_set(5)),
    ),
    (
        "selects of floats",
        row!(spec(), |f, i| f
            .local_get(12)
            .local_get(13)
            .local_get(12)
            .local_get(13)
            .f64_lt()
            .select()
            .local_set(12)),
    ),
    ("f64.add", row!(spec(), |f, i| f.local_get(12).local_get(13).f64_add().local_set(12))),
    (
        "f64.min, f64.sqrt",
        row!(spec(), |f, i| f.local_get(12).local_get(13).f64_min().f64_sqrt().local_set(12)),
    ),
    (
        "f64.copysign, f64.nearest",
        row!(spec(), |f, i| f.local_get(12).local_get(13).f64_copysign().f64_nearest().local_set(12)),
    ),
    (
        "f32.demote, f64.promote",
        row!(spec(), |f, i| f.local_get(12).f32_demote_f64().f64_promote_f32().local_set(12)),
    ),
    ("i64.trunc_f64_u", row!(spec(), |f, i| f.local_get(12).i64_trunc_f64_u().local_set(4))),
    (
        "i64.trunc_sat_f64_u",
        row!(spec(), |f, i| f.local_get(12).i64_trunc_sat_f64_u().f64_convert_i64_u().local_set(12)),
    ),
    ("f64.convert_i64_u", row!(spec(), |f, i| f.local_get(4).f64_convert_i64_u().local_set(12))),
    ("i64.div_s", row!(spec(), |f, i| f.local_get(4).local_get(5).i64_div_s().local_set(4))),
    (
        "i64.div_u of a constant",
        row!(spec(), |f, i| f.local_get(4).i64_const(i64::from(i) * 2 + 7).i64_div_u().local_set(4)),
    ),
    (
        "i64.rem_s of a constant",
        row!(spec(), |f, i| f.local_get(4).i64_const(i64::from(i) * 2 + 7).i64_rem_s().local_set(4)),
    ),
    ("i64.rem_s", row!(spec(), |f, i| f.local_get(4).local_get(5).i64_rem_s().local_set(4))),
    (
        "i64.popcnt, clz, ctz",
        row!(spec(), |f, i| f.local_get(4).i64_popcnt().i64_clz().i64_ctz().local_set(4)),
    ),
    (
        "sign extensions",
        row!(spec(), |f, i| f
            .local_get(4)
            .i64_extend8_s()
            .i64_extend16_s()
            .i32_wrap_i64()
            .i64_extend_i32_u()
            .local_set(4)),
    ),
    ("i32.load", row!(spec(), |f, i| f.local_get(0).i32_load(ARG).local_set(0))),
    (
        "i32.load far",
        row!(spec(), |f, i| f.local_get(0).i32_load(MemArg { offset: 0xffff_0000, ..ARG }).local_set(0)),
    ),
    ("i32.load of constants", row!(spec(), |f, i| f.i32_const(i.cast_signed()).i32_load8_u(ARG).drop())),
    ("i64.store", row!(spec(), |f, i| f.local_get(0).local_get(4).i64_store(ARG))),
    (
        "i64.store and load by turns",
        row!(spec(), |f, i| f
            .local_get(0)
            .local_get(4)
            .i64_store(ARG)
            .local_get(0)
            .i64_load(ARG)
            .local_set(4)),
    ),
    (
        "i64.store of constants",
        row!(spec(), |f, i| f.i32_const(0).i64_const(i64::from(i) << 32).i64_store(ARG)),
    ),
    ("memory.copy", row!(spec(), |f, i| f.local_get(0).local_get(1).local_get(2).memory_copy(0, 0))),
    ("memory.fill", row!(spec(), |f, i| f.local_get(0).local_get(1).local_get(2).memory_fill(0))),
    ("memory.init", row!(spec(), |f, i| f.local_get(0).local_get(1).local_get(2).memory_init(0, 0))),
    ("data.drop", row!(spec(), |f, i| f.data_drop(0))),
    ("memory.grow", row!(spec(), |f, i| f.local_get(0).memory_grow(0).local_set(0))),
    ("memory.size", row!(spec(), |f, i| f.memory_size(0).local_set(0))),
    (
        "i32.load of memory.size",
        row!(spec(), |f, i| f.memory_size(0).i32_load(MemArg { offset: 60_000, ..ARG }).local_set(0)),
    ),
    ("table.copy", row!(spec(), |f, i| f.local_get(0).local_get(1).local_get(2).table_copy(0, 0))),
    ("table.init", row!(spec(), |f, i| f.local_get(0).local_get(1).local_get(2).table_init(0, 0))),
    ("globals", row!(spec(), |f, i| f.global_get(i % 8).global_set((i + 1) % 8))),
    ("global.get dropped", row!(spec(), |f, i| f.global_get(0).drop())),
    ("constants dropped", row!(spec(), |f, i| f.i32_const(i.cast_signed()).drop())),
    ("nop", row!(spec(), |f, i| f.nop())),
    ("call_indirect", row!(spec(), |f, i| f.local_get(0).call_indirect(0, 1))),
    (
        "f64 constants",
        row!(spec(), |f, i| f.local_get(12).f64_const(f64::from(i).into()).f64_add().local_set(12)),
    ),
    (
        "pure work repeated in ifs",
        row!(spec(), |f, i| f
            .local_get(0)
            .if_(BlockType::Empty)
            .local_get(4)
            .local_get(5)
            .i64_mul()
            .local_get(6)
            .i64_xor()
            .local_set(7)
            .end()),
    ),
    (
        "pure work used late",
        row!(spec(), |f, i| {
            work(f, i);
            use_late(f, 0, 4);
        }),
    ),
    (
        "pure floats used late",
        row!(spec(), |f, i| f
            .local_get(12)
            .f64_const((f64::from(i) + 0.5).into())
            .f64_mul()
            .local_get(13)
            .f64_add()
            .local_set(12)
            .local_get(0)
            .if_(BlockType::Empty)
            .local_get(12)
            .i64_reinterpret_f64()
            .global_set(0)
            .end()),
    ),
    (
        "pure rotations used late",
        row!(spec(), |f, i| {
            f.local_get(4).local_get(5).i64_rotl().local_set(4);
            use_late(f, 0, 4);
        }),
    ),
    (
        "pure work used late, behind branches that bring the same",
        row!(spec(), |f, i| {
            work(f, i);
            f.local_get(0).if_(BlockType::Empty).local_get(4).local_set(6);
            f.else_().local_get(4).local_set(6).end();
            use_late(f, 1, 6);
        }),
    ),
    (
        "pure work used late, as what a block brings",
        row!(spec(), |f, i| {
            work(f, i);
            f.block(BlockType::Result(ValType::I64)).local_get(4).local_get(0).br_if(0);
            f.drop().local_get(4).end().local_set(6);
            use_late(f, 1, 6);
        }),
    ),
    ("pure work used late, out of a block", |n, k| {
        module(&spec(), k, |f| {
            for i in 0..n {
                work(f, i);
                f.block(BlockType::Empty).local_get(0).br_if(0).local_get(4).global_set(0).end();
            }
        })
    }),
    ("pure work used late, brought where nobody reads it", |n, k| {
        module(&spec(), k, |f| {
            for i in 0..n {
                work(f, i);
                f.block(BlockType::Empty).local_get(4).local_set(6).local_get(0).br_if(0);
                f.i64_const(1).local_set(6).end();
                use_late(f, 0, 4);
            }
        })
    }),
    ("blocks in a row, each left at its end", row!(spec(), |f, i| f.block(BlockType::Empty).br(0).end())),
    (
        "blocks in a row, each left by a table",
        row!(spec(), |f, i| f.block(BlockType::Empty).local_get(0).br_table([0, 0], 0).end()),
    ),
    ("branches out of the function in a row", row!(spec(), |f, i| f.local_get(0).br_if(0))),
    ("pure work used late, after a use that is none", |n, k| {
        module(&spec(), k, |f| {
            for _ in 0..n {
                f.local_get(4).local_get(5).i64_mul().local_get(6).i64_xor().local_set(4);
                f.local_get(4).local_get(4).i64_xor().global_set(0);
                f.global_get(1).i32_wrap_i64().if_(BlockType::Empty).local_get(4).global_set(2).end();
            }
        })
    }),
    ("pure work used by memory.fill", |n, k| {
        module(&spec(), k, |f| {
            for _ in 0..n {
                for _ in 0..10 {
                    f.local_get(0).local_get(1).i32_mul().local_get(2).i32_xor().local_set(0);
                }
                f.local_get(0).local_get(1).local_get(2).memory_fill(0);
            }
        })
    }),
    ("memory.fill among 900 locals", |n, k| {
        module(&Spec::locals(900), k, |f| {
            for local in 0..900 {
                f.global_get(0).local_set(local);
            }
            for _ in 0..n {
                f.global_get(0).i32_wrap_i64().i32_const(1).global_get(0).i32_wrap_i64().memory_fill(0);
            }
            for local in 0..900 {
                f.local_get(local).global_set(0);
            }
        })
    }),
];
