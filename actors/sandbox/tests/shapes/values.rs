//! Shapes of calls and of values that live long: what the register allocator has to place.

use wasm_encoder::{BlockType, InstructionSink, ValType};

use super::control::{read_all, set};
use super::{Shape, Spec, module};

pub(crate) const SHAPES: &[Shape] = &[
    ("calls of 32 parameters, 4 results", calls_wide),
    ("calls through a table, 32 parameters", calls_indirect),
    ("calls without parameters", calls_narrow),
    ("calls of constants, 32 parameters", calls_constants),
    ("n values on the stack across 200 calls", stack_across_calls),
    ("1000 locals across n calls", locals_across_calls),
    ("400 locals alive across n loops", locals_across_loops),
    ("200 values on the stack across n ifs", stack_across_ifs),
    ("values defined early, used late", early_late),
    ("values used again and again across calls", used_across_calls),
    ("1000 locals rotated in a loop", rotate),
    ("locals of 1000, never set", locals_unset),
    ("functions as small as can be", tiny),
    ("expressions deep by n", deep),
    ("stores of n values loaded before", loads_then_stores),
    ("values passed on among 16 locals", passed_on::<16>),
    ("values passed on among 24 locals", passed_on::<24>),
    ("values passed on among 40 locals", passed_on::<40>),
    ("values passed on among 80 locals", passed_on::<80>),
    ("values passed on among 300 locals", passed_on::<300>),
];

/// Each local is read several times before it is given another value: all of them are alive, nearly always.
fn passed_on<const LOCALS: u32>(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(LOCALS), k, |f| {
        for i in 0..n {
            f.local_get((32 + 3 * i) % LOCALS).global_set(0);
            f.local_get((15 + i) % LOCALS)
                .local_get(16 % LOCALS)
                .i64_sub()
                .local_set((LOCALS - 1 + i) % LOCALS);
        }
    })
}

const ARG: wasm_encoder::MemArg = wasm_encoder::MemArg { offset: 0, align: 3, memory_index: 0 };

fn wide() -> Spec {
    Spec { params: vec![ValType::I64; 32], results: vec![ValType::I64; 4], ..Spec::default() }
}

fn calls_wide(n: u32, k: u32) -> Vec<u8> {
    module(&wide(), k, |f| {
        for i in 0..n {
            for j in 0..32 {
                f.local_get((i + j) % 32);
            }
            f.call(0);
            for j in 0..4 {
                f.local_set((i + j) % 32);
            }
        }
        f.unreachable();
    })
}

fn calls_indirect(n: u32, k: u32) -> Vec<u8> {
    module(&wide(), k, |f| {
        for i in 0..n {
            for j in 0..32 {
                f.local_get((i + j) % 32);
            }
            f.i32_const(0).call_indirect(0, 0).drop().drop().drop().local_set(i % 32);
        }
        f.unreachable();
    })
}

fn calls_narrow(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        for _ in 0..n {
            f.call(0);
        }
    })
}

fn calls_constants(n: u32, k: u32) -> Vec<u8> {
    module(&wide(), k, |f| {
        for i in 0..n {
            for j in 0..32 {
                f.i64_const(i64::from(i * 32 + j));
            }
            f.call(0).drop().drop().drop().drop();
        }
        f.unreachable();
    })
}

fn loads(f: &mut InstructionSink<'_>, n: u32) {
    for i in 0..n {
        f.i32_const(i.cast_signed() * 8).i64_load(ARG);
    }
}

fn consume(f: &mut InstructionSink<'_>, n: u32) {
    for _ in 1..n {
        f.i64_xor();
    }
    f.global_set(0);
}

fn stack_across_calls(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        loads(f, n);
        for _ in 0..200 {
            f.call(0);
        }
        consume(f, n);
    })
}

fn locals_across_calls(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(1000), k, |f| {
        for i in 0..1000 {
            f.i32_const(8).i64_load(ARG).local_set(i);
        }
        for i in 0..n {
            f.call(0);
            f.local_get(i % 1000).local_get((i + 500) % 1000).i64_add().global_set(0);
        }
        read_all(f, 1000);
    })
}

fn locals_across_loops(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(400), k, |f| {
        for i in 0..400 {
            set(f, i, i);
        }
        for _ in 0..n {
            f.loop_(BlockType::Empty);
        }
        for i in 0..400 {
            f.local_get(i).i64_const(1).i64_add().local_set((i + 1) % 400);
        }
        for _ in 0..n {
            f.global_get(0).i32_wrap_i64().br_if(0).end();
        }
        read_all(f, 400);
    })
}

fn stack_across_ifs(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        loads(f, 200);
        for _ in 0..n {
            f.global_get(0).i32_wrap_i64().if_(BlockType::Empty).call(0).end();
        }
        consume(f, 200);
    })
}

fn early_late(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(1000), k, |f| {
        for i in 0..1000 {
            f.i32_const(8).i64_load(ARG).local_set(i);
        }
        for i in 0..n {
            f.i32_const(0).local_get(i % 1000).i64_store(ARG);
        }
    })
}

fn used_across_calls(n: u32, k: u32) -> Vec<u8> {
    let spec = Spec { params: vec![ValType::I64; 32], ..Spec::default() };
    module(&spec, k, |f| {
        for _ in 0..n {
            for j in 0..32 {
                f.local_get(j);
            }
            f.call(0);
        }
    })
}

fn rotate(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(n), k, |f| {
        f.loop_(BlockType::Empty);
        for i in 0..n {
            f.local_get(i);
        }
        for i in 0..n {
            f.local_set((i + 1) % n);
        }
        f.global_get(0).i32_wrap_i64().br_if(0).end();
        read_all(f, n);
    })
}

fn locals_unset(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::locals(n), k, |_| {})
}

fn tiny(_: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |_| {})
}

fn deep(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        for _ in 0..n {
            f.global_get(0);
        }
        consume(f, n);
    })
}

fn loads_then_stores(n: u32, k: u32) -> Vec<u8> {
    module(&Spec::default(), k, |f| {
        for i in 0..n {
            f.i32_const(8).i32_const(i.cast_signed()).i64_load(ARG);
        }
        for _ in 0..n {
            f.i64_store(ARG);
        }
    })
}
