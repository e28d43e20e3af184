//! Random code: what a function's body repeats, made by chance and changed by chance, always valid.
//!
//! A genome is a row of statements. A body is that row again and again, each time with other constants and, where the
//! genome says so, other locals; or it is one statement nested in itself.

use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

use crate::shapes::{Spec, module};

/// A source of chance that is the same for the same seed (SplitMix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n.max(1))).unwrap()
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(u32::try_from(all.len()).unwrap()) as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    I32,
    I64,
    F32,
    F64,
}

const TYPES: [Type; 4] = [Type::I32, Type::I64, Type::F32, Type::F64];

impl Type {
    const fn value(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
}

/// A local: by its type and number, which moves on by `stride` in each repetition.
#[derive(Debug, Clone, Copy)]
struct Local {
    typ: Type,
    first: u32,
    stride: u32,
}

#[derive(Debug, Clone)]
enum Expr {
    Const(Type, i64, bool),
    Get(Local),
    Tee(Local, Box<Expr>),
    Global,
    Load(Type, u8, u64, Box<Expr>),
    Unary(Type, u8, Box<Expr>),
    Binary(Type, u8, Box<[Expr; 2]>),
    Compare(Type, u8, Box<[Expr; 2]>),
    Convert(Type, u8, Box<Expr>),
    Select(Type, Box<[Expr; 3]>),
    If(Type, Box<[Expr; 3]>),
    /// A block that a branch may leave with the first value.
    Block(Type, Box<[Expr; 3]>),
    Size,
    Grow(Box<Expr>),
}

#[derive(Debug, Clone)]
enum Stmt {
    Set(Local, Expr),
    SetGlobal(Expr),
    Store(Type, u8, u64, Box<[Expr; 2]>),
    Drop(Expr),
    Call(bool, Vec<Expr>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    Block(Vec<Stmt>),
    Loop(Vec<Stmt>, Option<Expr>),
    /// To one of the blocks around it.
    Branch(u32, Expr),
    Return(Expr),
    /// Blocks around a table, and what stands between their ends.
    Table(u32, Expr, Vec<Stmt>),
    Bulk(u8, Box<[Expr; 3]>),
    Nop,
}

/// What one function repeats.
#[derive(Debug, Clone)]
pub(crate) struct Genome {
    params: [u32; 4],
    locals: [u32; 4],
    unit: Vec<Stmt>,
    /// Nest the row in blocks of its own kind: 0 not at all, 1 in blocks, 2 in ifs, 3 in loops.
    nest: u32,
    /// Read all locals at the end, so that they are alive.
    read: bool,
    /// Functions are so many times smaller than they might be.
    pub(crate) smaller: u32,
}

const COUNTS: [u32; 8] = [1, 1, 1, 2, 3, 8, 40, 200];
const OFFSETS: [u64; 6] = [0, 0, 4, 8, 60_000, 4_000_000_000];

impl Genome {
    pub(crate) fn random(chance: &mut Chance) -> Self {
        let mut genome = Self {
            params: [0; 4].map(|_| chance.of(&[0, 0, 1, 2, 4])),
            locals: [0; 4].map(|_| chance.of(&COUNTS)),
            unit: Vec::new(),
            nest: chance.of(&[0, 0, 0, 0, 0, 1, 2, 3]),
            read: chance.one_in(2),
            smaller: chance.of(&[1, 1, 1, 8, 64]),
        };
        for _ in 0..=chance.below(5) {
            let stmt = genome.stmt(chance, 2, 0);
            genome.unit.push(stmt);
        }
        genome
    }

    /// Another one, much like this.
    pub(crate) fn mutated(&self, chance: &mut Chance) -> Self {
        let mut genome = self.clone();
        for _ in 0..=chance.below(2) {
            match chance.below(8) {
                0 => {
                    let at = chance.below(4) as usize;
                    genome.locals[at] = chance.of(&COUNTS);
                }
                1 => {
                    let at = chance.below(4) as usize;
                    genome.params[at] = chance.of(&[0, 1, 2, 4]);
                }
                2 => genome.smaller = chance.of(&[1, 1, 8, 64]),
                3 => genome.nest = chance.below(4),
                4 if genome.unit.len() > 1 => {
                    let at = chance.below(u32::try_from(genome.unit.len()).unwrap()) as usize;
                    genome.unit.remove(at);
                }
                5 if genome.unit.len() < 12 => {
                    let at = chance.below(u32::try_from(genome.unit.len()).unwrap() + 1) as usize;
                    let stmt = genome.stmt(chance, 2, 0);
                    genome.unit.insert(at, stmt);
                }
                6 => genome.read = !genome.read,
                _ => {
                    let at = chance.below(u32::try_from(genome.unit.len()).unwrap()) as usize;
                    genome.unit[at] = genome.stmt(chance, 2, 0);
                }
            }
        }
        genome
    }

    fn local(&self, chance: &mut Chance, typ: Type) -> Local {
        let most = self.locals[typ as usize] + self.params[typ as usize];
        Local { typ, first: chance.below(most), stride: chance.of(&[0, 0, 0, 1, 3]) }
    }

    fn expr(&self, chance: &mut Chance, typ: Type, depth: u32) -> Expr {
        if depth == 0 || chance.one_in(4) {
            return match chance.below(5) {
                0 => Expr::Const(
                    typ,
                    i64::from(chance.of(&[0, 1, -1, 2, 7, 31, 255, 65_536])),
                    chance.one_in(2),
                ),
                1 if typ == Type::I64 => Expr::Global,
                2 if typ == Type::I32 => Expr::Size,
                _ => Expr::Get(self.local(chance, typ)),
            };
        }
        let op = u8::try_from(chance.below(64)).unwrap();
        let mut some = |typ| Box::new(self.expr(chance, typ, depth - 1));
        match op % 16 {
            0 => Expr::Load(typ, op, 0, some(Type::I32)).with_offset(chance),
            1 | 2 => Expr::Unary(typ, op / 16, some(typ)),
            3 => {
                let value = some(typ);
                Expr::Tee(self.local(chance, typ), value)
            }
            4 if typ == Type::I32 => {
                let of = chance.of(&TYPES);
                let [a, b] = [0; 2].map(|_| self.expr(chance, of, depth - 1));
                Expr::Compare(of, u8::try_from(chance.below(10)).unwrap(), Box::new([a, b]))
            }
            5 => Expr::Convert(typ, op / 16, {
                let from = convertible(typ, op / 16);
                some(from)
            }),
            6 | 7 => Expr::Select(typ, self.three(chance, typ, depth)),
            8 => Expr::If(typ, self.three(chance, typ, depth)),
            9 => Expr::Block(typ, self.three(chance, typ, depth)),
            10 if typ == Type::I32 && op == 10 => Expr::Grow(some(Type::I32)),
            _ => {
                let [a, b] = [0; 2].map(|_| self.expr(chance, typ, depth - 1));
                Expr::Binary(typ, u8::try_from(chance.below(16)).unwrap(), Box::new([a, b]))
            }
        }
    }

    fn three(&self, chance: &mut Chance, typ: Type, depth: u32) -> Box<[Expr; 3]> {
        let [a, b] = [0; 2].map(|_| self.expr(chance, typ, depth - 1));
        Box::new([a, b, self.expr(chance, Type::I32, depth - 1)])
    }

    fn stmts(&self, chance: &mut Chance, depth: u32, inside: u32) -> Vec<Stmt> {
        (0..chance.below(3)).map(|_| self.stmt(chance, depth, inside)).collect()
    }

    fn stmt(&self, chance: &mut Chance, depth: u32, inside: u32) -> Stmt {
        let typ = chance.of(&TYPES);
        let deep = chance.of(&[1, 2, 2, 3, 4]);
        let kind = chance.below(if depth == 0 { 12 } else { 18 });
        match kind {
            0..=5 => Stmt::Set(self.local(chance, typ), self.expr(chance, typ, deep)),
            6 => Stmt::SetGlobal(self.expr(chance, Type::I64, deep)),
            7 => {
                let at = self.expr(chance, Type::I32, deep);
                let value = self.expr(chance, typ, deep);
                let op = u8::try_from(chance.below(8)).unwrap();
                Stmt::Store(typ, op, chance.of(&OFFSETS), Box::new([at, value]))
            }
            8 if inside > 0 => Stmt::Branch(chance.below(inside), self.expr(chance, Type::I32, deep)),
            9 if chance.one_in(3) => Stmt::Return(self.expr(chance, Type::I32, deep)),
            10 if chance.one_in(3) => {
                let mut args = Vec::new();
                for typ in TYPES {
                    for _ in 0..self.params[typ as usize] {
                        args.push(self.expr(chance, typ, 1));
                    }
                }
                Stmt::Call(chance.one_in(3), args)
            }
            11 => match chance.below(4) {
                0 => Stmt::Nop,
                1 => {
                    let [a, b, c] = [0; 3].map(|_| self.expr(chance, Type::I32, 1));
                    Stmt::Bulk(u8::try_from(chance.below(7)).unwrap(), Box::new([a, b, c]))
                }
                _ => Stmt::Drop(self.expr(chance, typ, deep)),
            },
            12..=14 => Stmt::If(
                self.expr(chance, Type::I32, deep),
                self.stmts(chance, depth - 1, inside + 1),
                self.stmts(chance, depth - 1, inside + 1),
            ),
            15 => {
                let mut stmts = self.stmts(chance, depth - 1, inside + 1);
                stmts.push(Stmt::Branch(0, self.expr(chance, Type::I32, deep)));
                stmts.extend(self.stmts(chance, depth - 1, inside + 1));
                Stmt::Block(stmts)
            }
            16 => {
                let again = chance.one_in(2).then(|| self.expr(chance, Type::I32, deep));
                Stmt::Loop(self.stmts(chance, depth - 1, inside + 1), again)
            }
            17 => {
                let blocks = chance.of(&[1, 2, 4, 8]);
                let on = self.expr(chance, Type::I32, deep);
                Stmt::Table(blocks, on, self.stmts(chance, 0, 0))
            }
            _ => Stmt::Set(self.local(chance, typ), self.expr(chance, typ, deep)),
        }
    }

    /// A module of `k` functions, each of which repeats the row `n` times.
    pub(crate) fn build(&self, n: u32, k: u32) -> Vec<u8> {
        let list = |counts: &[u32; 4]| -> Vec<(u32, ValType)> {
            TYPES
                .iter()
                .map(|typ| (counts[*typ as usize], typ.value()))
                .filter(|(count, _)| *count > 0)
                .collect()
        };
        let params = list(&self.params);
        let spec = Spec {
            params: params.iter().flat_map(|(count, typ)| vec![*typ; *count as usize]).collect(),
            locals: list(&self.locals),
            ..Spec::default()
        };
        module(&spec, k, |f| self.body(f, n))
    }

    fn body(&self, f: &mut InstructionSink<'_>, n: u32) {
        const DEEP: u32 = 200;
        let mut open = 0;
        for i in 0..n {
            if self.nest > 0 {
                match self.nest {
                    1 => f.block(BlockType::Empty),
                    2 => f.i32_const(0).i32_load(mem(0)).if_(BlockType::Empty),
                    _ => f.loop_(BlockType::Empty),
                };
                open += 1;
            }
            for stmt in &self.unit {
                self.put(f, stmt, i);
            }
            if open == DEEP || i + 1 == n {
                for depth in 0..open {
                    if self.nest == 1 {
                        f.i32_const(0).i32_load(mem(0)).br_if(depth % (open - depth));
                    }
                    f.end();
                }
                open = 0;
            }
        }
        if self.read {
            for typ in TYPES {
                for number in 0..self.locals[typ as usize] + self.params[typ as usize] {
                    f.i32_const(8);
                    self.get(f, Local { typ, first: number, stride: 0 }, 0);
                    store(f, typ, 0, 0);
                }
            }
        }
    }

    fn index(&self, local: Local, i: u32) -> u32 {
        let typ = local.typ as usize;
        let (params, locals) = (self.params[typ], self.locals[typ]);
        let number = (local.first + i * local.stride) % (params + locals);
        let before = |counts: &[u32; 4]| counts[..typ].iter().sum::<u32>();
        if number < params {
            before(&self.params) + number
        } else {
            self.params.iter().sum::<u32>() + before(&self.locals) + number - params
        }
    }

    fn get(&self, f: &mut InstructionSink<'_>, local: Local, i: u32) {
        f.local_get(self.index(local, i));
    }

    fn put_all(&self, f: &mut InstructionSink<'_>, stmts: &[Stmt], i: u32) {
        for stmt in stmts {
            self.put(f, stmt, i);
        }
    }

    fn put(&self, f: &mut InstructionSink<'_>, stmt: &Stmt, i: u32) {
        match stmt {
            Stmt::Set(local, value) => {
                self.value(f, value, i);
                f.local_set(self.index(*local, i));
            }
            Stmt::SetGlobal(value) => {
                self.value(f, value, i);
                f.global_set(0);
            }
            Stmt::Store(typ, op, offset, parts) => {
                parts.iter().for_each(|part| self.value(f, part, i));
                store(f, *typ, *op, *offset);
            }
            Stmt::Drop(value) => {
                self.value(f, value, i);
                f.drop();
            }
            Stmt::Call(through_table, args) => {
                // The parameters may have changed in number since; what is missing is a constant.
                let mut given = args.iter();
                for typ in TYPES {
                    for _ in 0..self.params[typ as usize] {
                        match given.next() {
                            Some(arg) if type_of(arg) == typ => self.value(f, arg, i),
                            _ => constant(f, typ, i64::from(i)),
                        }
                    }
                }
                if *through_table {
                    f.i32_const(0).call_indirect(0, 0);
                } else {
                    f.call(0);
                }
            }
            Stmt::If(on, then, other) => {
                self.value(f, on, i);
                f.if_(BlockType::Empty);
                self.put_all(f, then, i);
                if !other.is_empty() {
                    f.else_();
                    self.put_all(f, other, i);
                }
                f.end();
            }
            Stmt::Block(stmts) => {
                f.block(BlockType::Empty);
                self.put_all(f, stmts, i);
                f.end();
            }
            Stmt::Loop(stmts, again) => {
                f.loop_(BlockType::Empty);
                self.put_all(f, stmts, i);
                if let Some(again) = again {
                    self.value(f, again, i);
                    f.br_if(0);
                }
                f.end();
            }
            Stmt::Branch(depth, on) => {
                self.value(f, on, i);
                f.br_if(*depth);
            }
            Stmt::Return(on) => {
                self.value(f, on, i);
                f.if_(BlockType::Empty).return_().end();
            }
            Stmt::Table(blocks, on, between) => {
                for _ in 0..*blocks {
                    f.block(BlockType::Empty);
                }
                self.value(f, on, i);
                f.br_table(0..*blocks, 0);
                for _ in 0..*blocks {
                    f.end();
                    self.put_all(f, between, i);
                }
            }
            Stmt::Bulk(op, parts) => self.bulk(f, *op, parts, i),
            Stmt::Nop => {
                f.nop();
            }
        }
    }

    fn bulk(&self, f: &mut InstructionSink<'_>, op: u8, parts: &[Expr; 3], i: u32) {
        match op {
            5 => f.data_drop(0),
            6 => f.elem_drop(0),
            _ => {
                parts.iter().for_each(|part| self.value(f, part, i));
                match op {
                    0 => f.memory_fill(0),
                    1 => f.memory_copy(0, 0),
                    2 => f.memory_init(0, 0),
                    3 => f.table_copy(0, 0),
                    _ => f.table_init(0, 0),
                }
            }
        };
    }

    fn value(&self, f: &mut InstructionSink<'_>, value: &Expr, i: u32) {
        match value {
            Expr::Const(typ, number, moves) => {
                constant(f, *typ, if *moves { number + i64::from(i) } else { *number });
            }
            Expr::Get(local) => self.get(f, *local, i),
            Expr::Tee(local, of) => {
                self.value(f, of, i);
                f.local_tee(self.index(*local, i));
            }
            Expr::Global => {
                f.global_get(0);
            }
            Expr::Load(typ, op, offset, at) => {
                self.value(f, at, i);
                load(f, *typ, *op, *offset);
            }
            Expr::Unary(typ, op, of) => {
                self.value(f, of, i);
                unary(f, *typ, *op);
            }
            Expr::Binary(typ, op, of) => {
                of.iter().for_each(|of| self.value(f, of, i));
                binary(f, *typ, *op);
            }
            Expr::Compare(typ, op, of) => {
                of.iter().for_each(|of| self.value(f, of, i));
                compare(f, *typ, *op);
            }
            Expr::Convert(typ, op, of) => {
                self.value(f, of, i);
                convert(f, *typ, *op);
            }
            Expr::Select(_, of) => {
                of.iter().for_each(|of| self.value(f, of, i));
                f.select();
            }
            Expr::If(typ, of) => {
                self.value(f, &of[2], i);
                f.if_(BlockType::Result(typ.value()));
                self.value(f, &of[0], i);
                f.else_();
                self.value(f, &of[1], i);
                f.end();
            }
            Expr::Block(typ, of) => {
                f.block(BlockType::Result(typ.value()));
                self.value(f, &of[0], i);
                self.value(f, &of[2], i);
                f.br_if(0).drop();
                self.value(f, &of[1], i);
                f.end();
            }
            Expr::Size => {
                f.memory_size(0);
            }
            Expr::Grow(by) => {
                self.value(f, by, i);
                f.memory_grow(0);
            }
        }
    }
}

impl Expr {
    fn with_offset(self, chance: &mut Chance) -> Self {
        match self {
            Self::Load(typ, op, _, at) => Self::Load(typ, op, chance.of(&OFFSETS), at),
            other => other,
        }
    }
}

fn type_of(value: &Expr) -> Type {
    match value {
        Expr::Const(typ, ..)
        | Expr::Load(typ, ..)
        | Expr::Unary(typ, ..)
        | Expr::Binary(typ, ..)
        | Expr::Convert(typ, ..)
        | Expr::Select(typ, _)
        | Expr::If(typ, _)
        | Expr::Block(typ, _) => *typ,
        Expr::Get(local) | Expr::Tee(local, _) => local.typ,
        Expr::Global => Type::I64,
        Expr::Compare(..) | Expr::Size | Expr::Grow(_) => Type::I32,
    }
}

const fn mem(offset: u64) -> MemArg {
    MemArg { offset, align: 0, memory_index: 0 }
}

fn constant(f: &mut InstructionSink<'_>, typ: Type, number: i64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any constant will do")]
    match typ {
        Type::I32 => f.i32_const(number as i32),
        Type::I64 => f.i64_const(number),
        Type::F32 => f.f32_const((number as f32).into()),
        Type::F64 => f.f64_const((number as f64).into()),
    };
}

fn load(f: &mut InstructionSink<'_>, typ: Type, op: u8, offset: u64) {
    let at = mem(offset);
    match (typ, op / 16) {
        (Type::I32, 0) => f.i32_load8_s(at),
        (Type::I32, 1) => f.i32_load16_u(at),
        (Type::I32, _) => f.i32_load(at),
        (Type::I64, 0) => f.i64_load8_u(at),
        (Type::I64, 1) => f.i64_load32_s(at),
        (Type::I64, _) => f.i64_load(at),
        (Type::F32, _) => f.f32_load(at),
        (Type::F64, _) => f.f64_load(at),
    };
}

fn store(f: &mut InstructionSink<'_>, typ: Type, op: u8, offset: u64) {
    let at = mem(offset);
    match (typ, op) {
        (Type::I32, 1) => f.i32_store8(at),
        (Type::I32, 2) => f.i32_store16(at),
        (Type::I32, _) => f.i32_store(at),
        (Type::I64, 1) => f.i64_store8(at),
        (Type::I64, 2) => f.i64_store32(at),
        (Type::I64, _) => f.i64_store(at),
        (Type::F32, _) => f.f32_store(at),
        (Type::F64, _) => f.f64_store(at),
    };
}

fn unary(f: &mut InstructionSink<'_>, typ: Type, op: u8) {
    match (typ, op % 5) {
        (Type::I32, 0) => f.i32_clz(),
        (Type::I32, 1) => f.i32_ctz(),
        (Type::I32, 2) => f.i32_popcnt(),
        (Type::I32, 3) => f.i32_extend8_s(),
        (Type::I32, _) => f.i32_eqz(),
        (Type::I64, 0) => f.i64_clz(),
        (Type::I64, 1) => f.i64_ctz(),
        (Type::I64, 2) => f.i64_popcnt(),
        (Type::I64, 3) => f.i64_extend16_s(),
        (Type::I64, _) => f.i64_extend32_s(),
        (Type::F32, 0) => f.f32_sqrt(),
        (Type::F32, 1) => f.f32_neg(),
        (Type::F32, 2) => f.f32_nearest(),
        (Type::F32, 3) => f.f32_abs(),
        (Type::F32, _) => f.f32_floor(),
        (Type::F64, 0) => f.f64_sqrt(),
        (Type::F64, 1) => f.f64_neg(),
        (Type::F64, 2) => f.f64_trunc(),
        (Type::F64, 3) => f.f64_abs(),
        (Type::F64, _) => f.f64_ceil(),
    };
}

fn binary(f: &mut InstructionSink<'_>, typ: Type, op: u8) {
    match typ {
        Type::I32 => match op {
            0 | 1 => f.i32_add(),
            2 => f.i32_sub(),
            3 => f.i32_mul(),
            4 => f.i32_and(),
            5 => f.i32_or(),
            6 => f.i32_xor(),
            7 => f.i32_shl(),
            8 => f.i32_shr_s(),
            9 => f.i32_shr_u(),
            10 => f.i32_rotl(),
            11 => f.i32_rotr(),
            12 => f.i32_div_s(),
            13 => f.i32_div_u(),
            14 => f.i32_rem_s(),
            _ => f.i32_rem_u(),
        },
        Type::I64 => match op {
            0 | 1 => f.i64_add(),
            2 => f.i64_sub(),
            3 => f.i64_mul(),
            4 => f.i64_and(),
            5 => f.i64_or(),
            6 => f.i64_xor(),
            7 => f.i64_shl(),
            8 => f.i64_shr_s(),
            9 => f.i64_shr_u(),
            10 => f.i64_rotl(),
            11 => f.i64_rotr(),
            12 => f.i64_div_s(),
            13 => f.i64_div_u(),
            14 => f.i64_rem_s(),
            _ => f.i64_rem_u(),
        },
        Type::F32 => match op % 7 {
            0 => f.f32_add(),
            1 => f.f32_sub(),
            2 => f.f32_mul(),
            3 => f.f32_div(),
            4 => f.f32_min(),
            5 => f.f32_max(),
            _ => f.f32_copysign(),
        },
        Type::F64 => match op % 7 {
            0 => f.f64_add(),
            1 => f.f64_sub(),
            2 => f.f64_mul(),
            3 => f.f64_div(),
            4 => f.f64_min(),
            5 => f.f64_max(),
            _ => f.f64_copysign(),
        },
    };
}

fn compare(f: &mut InstructionSink<'_>, typ: Type, op: u8) {
    match typ {
        Type::I32 => match op {
            0 => f.i32_eq(),
            1 => f.i32_ne(),
            2 => f.i32_lt_s(),
            3 => f.i32_lt_u(),
            4 => f.i32_gt_s(),
            5 => f.i32_gt_u(),
            6 => f.i32_le_s(),
            7 => f.i32_le_u(),
            8 => f.i32_ge_s(),
            _ => f.i32_ge_u(),
        },
        Type::I64 => match op {
            0 => f.i64_eq(),
            1 => f.i64_ne(),
            2 => f.i64_lt_s(),
            3 => f.i64_lt_u(),
            4 => f.i64_gt_s(),
            5 => f.i64_gt_u(),
            6 => f.i64_le_s(),
            7 => f.i64_le_u(),
            8 => f.i64_ge_s(),
            _ => f.i64_ge_u(),
        },
        Type::F32 => match op % 4 {
            0 => f.f32_eq(),
            1 => f.f32_ne(),
            2 => f.f32_lt(),
            _ => f.f32_ge(),
        },
        Type::F64 => match op % 4 {
            0 => f.f64_eq(),
            1 => f.f64_ne(),
            2 => f.f64_gt(),
            _ => f.f64_le(),
        },
    };
}

/// What this conversion to a type is from.
const fn convertible(to: Type, op: u8) -> Type {
    match (to, op % 4) {
        (Type::I32, 0) => Type::I64,
        (Type::I32, 1) => Type::F32,
        (Type::I32, _) => Type::F64,
        (Type::I64, 0 | 1) => Type::I32,
        (Type::I64, _) => Type::F64,
        (Type::F32, 0) => Type::I32,
        (Type::F32, 1) => Type::I64,
        (Type::F32, _) => Type::F64,
        (Type::F64, 0) => Type::I32,
        (Type::F64, 1) => Type::I64,
        (Type::F64, _) => Type::F32,
    }
}

fn convert(f: &mut InstructionSink<'_>, to: Type, op: u8) {
    match (to, op % 4) {
        (Type::I32, 0) => f.i32_wrap_i64(),
        (Type::I32, 1) => f.i32_trunc_f32_s(),
        (Type::I32, 2) => f.i32_trunc_sat_f64_u(),
        (Type::I32, _) => f.i32_trunc_f64_u(),
        (Type::I64, 0) => f.i64_extend_i32_s(),
        (Type::I64, 1) => f.i64_extend_i32_u(),
        (Type::I64, 2) => f.i64_trunc_sat_f64_u(),
        (Type::I64, _) => f.i64_trunc_f64_s(),
        (Type::F32, 0) => f.f32_convert_i32_s(),
        (Type::F32, 1) => f.f32_convert_i64_u(),
        (Type::F32, _) => f.f32_demote_f64(),
        (Type::F64, 0) => f.f64_convert_i32_u(),
        (Type::F64, 1) => f.f64_convert_i64_u(),
        (Type::F64, _) => f.f64_promote_f32(),
    };
}
