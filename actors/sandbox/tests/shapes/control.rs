//! Shapes of control flow: what merges, and how many values meet there.

use wasm_encoder::{BlockType, InstructionSink, ValType};

use super::{Shape, Spec, module};

pub(crate) const SHAPES: &[Shape] = &[
    ("blocks nested, a branch out of each", nested_blocks),
    ("ifs nested, 64 locals", nested_ifs),
    ("ifs in a row, n locals set by turns", diamonds),
    ("ifs in a row, 1000 locals all set once", diamonds_wide),
    ("branches to one merge, 1000 locals", branches_to_one),
    ("branches to one merge, 100 locals", branches_to_one_narrow),
    ("branches to one merge, 16 locals", |n, k| branches(16, n, k)),
    ("branches to one merge, 32 locals", |n, k| branches(32, n, k)),
    ("ifs in a row, 16 locals all set", |n, k| ifs_all(16, n, k)),
    ("ifs in a row, 32 locals all set", |n, k| ifs_all(32, n, k)),
    ("ifs in a row, 64 locals all set", |n, k| ifs_all(64, n, k)),
    ("loops nested, 100 locals", loops_nested),
    ("loops in a row, 1000 locals", loops_row),
    ("loops in a row, 100 locals", loops_row_narrow),
    ("loops empty in a row", loops_empty),
    ("br_table to one block, 500 locals", table_one),
    ("br_table, many of 4 targets", table_small),
    ("br_table to 200 blocks", table_many),
    ("br_table with 4 results", table_results),
    ("blocks of 32 parameters", block_params),
    ("loops of 32 parameters", loop_params),
    ("branches with 4 results", branch_results),
    ("br_if out of a block", br_if_row),
    ("code that cannot be reached", unreachable),
    ("blocks empty in a row", blocks_empty),
    ("returns from ifs", returns),
    ("loops nested with invariants", invariants),
];

/// Sets a local to something that no other place sets it to.
pub(crate) fn set(f: &mut InstructionSink<'_>, local: u32, value: u32) {
    f.i64_const(i64::from(value)).local_set(local);
}

/// Uses every local, so that it is alive up to here.
pub(crate) fn read_all(f: &mut InstructionSink<'_>, locals: u32) {
    f.i64_const(0);
    for local in 0..locals {
        f.local_get(local).i64_xor();
    }
    f.global_set(0);
}

fn condition(f: &mut InstructionSink<'_>) {
    f.i32_const(0).i32_load(wasm_encoder::MemArg { offset: 0, align: 2, memory_index: 0 });
}

fn nested_blocks(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(64), k, |f| {
        let depth = n.min(200);
        for row in 0..n.div_ceil(200) {
            for _ in 0..depth {
                f.block(BlockType::Empty);
            }
            for i in 0..depth {
                set(f, (i + row) % 64, i + row);
                condition(f);
                f.br_if(i % (depth - i)).end();
            }
        }
        read_all(f, 64);
    })
}

fn nested_ifs(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(64), k, |f| {
        let depth = n.min(200);
        for row in 0..n.div_ceil(200) {
            for i in 0..depth {
                condition(f);
                f.if_(BlockType::Empty);
                set(f, (i + row) % 64, i + row);
            }
            for i in 0..depth {
                f.else_();
                set(f, (i * 7 + row) % 64, i);
                f.end();
            }
        }
        read_all(f, 64);
    })
}

fn diamonds(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(n), k, |f| {
        for i in 0..n {
            condition(f);
            f.if_(BlockType::Empty);
            set(f, i, i);
            f.end();
        }
        read_all(f, n);
    })
}

fn diamonds_wide(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(1000), k, |f| {
        for i in 0..n {
            condition(f);
            f.if_(BlockType::Empty);
            set(f, i * 7 % 1000, i);
            f.end();
        }
        read_all(f, 1000);
    })
}

fn branches(locals: u32, n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(locals), k, |f| {
        f.block(BlockType::Empty);
        for i in 0..n {
            set(f, i * 7 % locals, i);
            condition(f);
            f.br_if(0);
        }
        f.end();
        read_all(f, locals);
    })
}

fn ifs_all(locals: u32, n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(locals), k, |f| {
        for i in 0..n {
            condition(f);
            f.if_(BlockType::Empty);
            for local in 0..locals {
                f.local_get((local + 1) % locals).i64_const(i64::from(i)).i64_xor().local_set(local);
            }
            f.end();
        }
        read_all(f, locals);
    })
}

fn branches_to_one(n: u32, k: u32) -> Vec<u8> {
    branches(1000, n, k)
}

fn branches_to_one_narrow(n: u32, k: u32) -> Vec<u8> {
    branches(100, n, k)
}

fn loops_nested(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(100), k, |f| {
        let depth = n.min(200);
        for _ in 0..n.div_ceil(200) {
            for i in 0..depth {
                f.loop_(BlockType::Empty);
                f.local_get(i % 100).i64_const(3).i64_add().local_set(i * 7 % 100);
            }
            for i in 0..depth {
                f.local_get(i % 100).i64_const(5).i64_xor().local_set(i * 3 % 100);
                condition(f);
                f.br_if(0).end();
            }
        }
        read_all(f, 100);
    })
}

fn loops(locals: u32, n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(locals), k, |f| {
        for i in 0..n {
            f.loop_(BlockType::Empty);
            f.local_get(i % locals).i64_const(3).i64_add().local_set(i * 7 % locals);
            condition(f);
            f.br_if(0).end();
        }
        read_all(f, locals);
    })
}

fn loops_row(n: u32, k: u32) -> Vec<u8> {
    loops(1000, n, k)
}

fn loops_row_narrow(n: u32, k: u32) -> Vec<u8> {
    loops(100, n, k)
}

fn loops_empty(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        for _ in 0..n {
            f.loop_(BlockType::Empty).end();
        }
    })
}

fn table_one(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(500), k, |f| {
        for local in 0..500 {
            set(f, local, local);
        }
        f.block(BlockType::Empty).block(BlockType::Empty);
        condition(f);
        f.br_table(vec![0; n as usize], 1);
        f.end();
        for local in 0..500 {
            set(f, local, local + 1);
        }
        f.end();
        read_all(f, 500);
    })
}

fn table_small(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(100), k, |f| {
        for i in 0..n {
            f.block(BlockType::Empty).block(BlockType::Empty).block(BlockType::Empty);
            condition(f);
            f.br_table([0, 1, 2, 1], 0);
            f.end();
            set(f, i % 100, i);
            f.end();
            set(f, (i + 50) % 100, i);
            f.end();
        }
        read_all(f, 100);
    })
}

fn table_many(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(64), k, |f| {
        for _ in 0..200 {
            f.block(BlockType::Empty);
        }
        condition(f);
        f.br_table((0..n).map(|i| i % 200), 0);
        for i in 0..200 {
            f.end();
            set(f, i % 64, i);
        }
        read_all(f, 64);
    })
}

fn table_results(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { types: vec![(vec![], vec![ValType::I64; 4])], ..Spec::default() };
    module(&spec, k, |f| {
        for _ in 0..100 {
            f.block(BlockType::FunctionType(1));
        }
        for i in 0..4 {
            f.i64_const(i);
        }
        condition(f);
        f.br_table((0..n).map(|i| i % 100), 0);
        for _ in 0..100 {
            f.end();
            f.global_get(0).i64_add();
        }
        f.drop().drop().drop().drop();
    })
}

fn block_params(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { types: vec![(vec![ValType::I64; 32], vec![ValType::I64; 4])], ..Spec::default() };
    module(&spec, k, |f| {
        for i in 0..n {
            for j in 0..32 {
                f.i64_const(i64::from(i * 32 + j));
            }
            f.block(BlockType::FunctionType(1));
            for _ in 0..28 {
                f.i64_add();
            }
            condition(f);
            f.br_if(0).end().drop().drop().drop().drop();
        }
    })
}

fn loop_params(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { types: vec![(vec![ValType::I64; 32], vec![ValType::I64; 4])], ..Spec::default() };
    module(&spec, k, |f| {
        for i in 0..n {
            for j in 0..32 {
                f.i64_const(i64::from(i * 32 + j));
            }
            f.loop_(BlockType::FunctionType(1));
            f.global_get(0).i64_add();
            condition(f);
            f.br_if(0);
            for _ in 0..28 {
                f.i64_xor();
            }
            f.end().drop().drop().drop().drop();
        }
    })
}

fn branch_results(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { types: vec![(vec![], vec![ValType::I64; 4])], ..Spec::default() };
    module(&spec, k, |f| {
        f.block(BlockType::FunctionType(1));
        for i in 0..4 {
            f.i64_const(i);
        }
        for _ in 0..n {
            f.global_get(0).i64_add();
            condition(f);
            f.br_if(0);
        }
        f.end().drop().drop().drop().drop();
    })
}

fn br_if_row(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(1), k, |f| {
        f.block(BlockType::Empty);
        for _ in 0..n {
            f.local_get(0).i32_wrap_i64().br_if(0);
        }
        f.end();
    })
}

fn unreachable(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(1), k, |f| {
        f.unreachable();
        for _ in 0..n {
            f.local_get(0).i32_wrap_i64().if_(BlockType::Empty).unreachable().end();
        }
    })
}

fn blocks_empty(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        for _ in 0..n {
            f.block(BlockType::Empty).end();
        }
    })
}

fn returns(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { params: vec![ValType::I64; 16], results: vec![ValType::I64; 4], ..Spec::default() };
    module(&spec, k, |f| {
        for i in 0..n {
            condition(f);
            f.if_(BlockType::Empty);
            for j in 0..4 {
                f.local_get((i + j) % 16);
            }
            f.return_().end();
        }
        f.unreachable();
    })
}

fn invariants(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(64), k, |f| {
        for _ in 0..n.div_ceil(500) {
            for _ in 0..100 {
                f.loop_(BlockType::Empty);
            }
            for i in 0..500 {
                f.local_get(i % 64).i64_const(i64::from(i)).i64_mul().local_get((i + 1) % 64).i64_xor();
                f.global_set(0);
            }
            for _ in 0..100 {
                condition(f);
                f.br_if(0).end();
            }
        }
    })
}
