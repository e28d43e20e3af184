//! The cost schedule: the fuel that each operator of a guest and each host call burns.
//!
//! Prices are set by measuring (`benches/calibrate.rs`, `docs/design/0004-cost-schedule.md`). The schedule has a
//! version and a hash, which the engine's description names, and that description is linked by every receipt. This
//! file knows no engine: `icn-sandbox` hands the operators' prices to it.

use crate::name::Hash;

/// The version of this schedule.
pub const SCHEDULE_VERSION: u32 = 6;

/// Operators that cost the same because they do the same kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorClass {
    /// What the class is called in the schedule's text and in the bench.
    pub name: &'static str,
    /// Fuel for each execution of one of them. The engine takes a byte.
    pub fuel: u8,
    /// The operators, as the parser names them.
    pub operators: &'static [&'static str],
}

const fn class(name: &'static str, fuel: u8, operators: &'static [&'static str]) -> OperatorClass {
    OperatorClass { name, fuel, operators }
}

/// Every operator of the accepted features, each in one class.
#[rustfmt::skip]
pub const OPERATOR_CLASSES: &[OperatorClass] = &[
    // No instruction of their own, but the compiler's work, and a bound on how much of them there can be.
    class("no_code", 1, &[
        "Nop", "Drop", "Else", "End", "Unreachable", "LocalGet", "LocalSet", "LocalTee",
        "I32Const", "I64Const", "F32Const", "F64Const",
    ]),
    // The compiler does not optimise: each block is a jump to what follows it.
    class("block", 3, &["Block"]),
    class("integer", 6, &[
        "I32Eqz", "I32Eq", "I32Ne", "I32LtS", "I32LtU", "I32GtS", "I32GtU", "I32LeS", "I32LeU", "I32GeS", "I32GeU",
        "I64Eqz", "I64Eq", "I64Ne", "I64LtS", "I64LtU", "I64GtS", "I64GtU", "I64LeS", "I64LeU", "I64GeS", "I64GeU",
        "I32Clz", "I32Ctz", "I32Popcnt", "I64Clz", "I64Ctz", "I64Popcnt",
        "I32Add", "I32Sub", "I32And", "I32Or", "I32Xor", "I32Shl", "I32ShrS", "I32ShrU", "I32Rotl", "I32Rotr",
        "I64Add", "I64Sub", "I64And", "I64Or", "I64Xor", "I64Shl", "I64ShrS", "I64ShrU", "I64Rotl", "I64Rotr",
        "I32WrapI64", "I64ExtendI32S", "I64ExtendI32U", "I32Extend8S", "I32Extend16S", "I64Extend8S",
        "I64Extend16S", "I64Extend32S", "I32Mul", "I64Mul", "Select", "MemorySize",
    ]),
    class("integer_divide", 44, &[
        "I32DivS", "I32DivU", "I32RemS", "I32RemU", "I64DivS", "I64DivU", "I64RemS", "I64RemU",
    ]),
    class("float", 32, &[
        "F32Abs", "F32Neg", "F32Copysign", "F64Abs", "F64Neg", "F64Copysign",
        "F32Eq", "F32Ne", "F32Lt", "F32Gt", "F32Le", "F32Ge", "F64Eq", "F64Ne", "F64Lt", "F64Gt", "F64Le", "F64Ge",
        "F32Add", "F32Sub", "F32Mul", "F64Add", "F64Sub", "F64Mul", "F32Min", "F32Max", "F64Min", "F64Max",
        "F32Ceil", "F32Floor", "F32Trunc", "F32Nearest", "F64Ceil", "F64Floor", "F64Trunc", "F64Nearest",
        "I32ReinterpretF32", "I64ReinterpretF64", "F32ReinterpretI32", "F64ReinterpretI64",
    ]),
    class("float_divide", 72, &["F32Div", "F64Div", "F32Sqrt", "F64Sqrt"]),
    class("convert", 24, &[
        "I32TruncF32S", "I32TruncF32U", "I32TruncF64S", "I32TruncF64U",
        "I64TruncF32S", "I64TruncF32U", "I64TruncF64S", "I64TruncF64U",
        "I32TruncSatF32S", "I32TruncSatF32U", "I32TruncSatF64S", "I32TruncSatF64U",
        "I64TruncSatF32S", "I64TruncSatF32U", "I64TruncSatF64S", "I64TruncSatF64U",
        "F32ConvertI32S", "F32ConvertI32U", "F32ConvertI64S", "F32ConvertI64U",
        "F64ConvertI32S", "F64ConvertI32U", "F64ConvertI64S", "F64ConvertI64U", "F32DemoteF64", "F64PromoteF32",
    ]),
    class("load", 44, &[
        "I32Load", "I64Load", "F32Load", "F64Load", "I32Load8S", "I32Load8U", "I32Load16S", "I32Load16U",
        "I64Load8S", "I64Load8U", "I64Load16S", "I64Load16U", "I64Load32S", "I64Load32U",
    ]),
    class("store", 8, &[
        "I32Store", "I64Store", "F32Store", "F64Store", "I32Store8", "I32Store16", "I64Store8", "I64Store16",
        "I64Store32",
    ]),
    class("global", 9, &["GlobalGet", "GlobalSet"]),
    // A branch may be guessed wrongly by the processor; a loop's head asks for fuel and time. `return` is compiled
    // as a branch out of the body.
    class("branch", 20, &["Br", "BrIf", "If", "Return"]),
    class("branch_table", 50, &["BrTable"]),
    class("loop", 9, &["Loop"]),
    class("call", 100, &["Call"]),
    class("call_indirect", 110, &["CallIndirect"]),
    class("bulk", 110, &["MemoryFill", "MemoryCopy", "MemoryInit"]),
    class("table_init", 255, &["TableInit"]),
    class("table_copy", 100, &["TableCopy"]),
    class("data_drop", 4, &["DataDrop"]),
    class("elem_drop", 110, &["ElemDrop"]),
    class("memory_grow", 255, &["MemoryGrow"]),
];

/// Fuel for each byte of `memory.copy`, on top of the operator.
pub const COPY_BYTE_FUEL: u8 = 1;
/// Fuel for each byte of `memory.fill`, on top of the operator.
pub const FILL_BYTE_FUEL: u8 = 1;
/// Fuel for each byte of `memory.init`, on top of the operator.
pub const INIT_BYTE_FUEL: u8 = 1;
/// Fuel for each 64 KiB page that `memory.grow` asks for, on top of the operator.
pub const GROW_PAGE_FUEL: u8 = 255;
/// Fuel for each element of `table.copy`, on top of the operator.
pub const TABLE_COPY_ELEMENT_FUEL: u8 = 28;
/// Fuel for each element of `table.init`, on top of the operator.
pub const TABLE_INIT_ELEMENT_FUEL: u8 = 16;

/// Fuel for making an instance ready, charged to every run before its first operator.
pub const INSTANCE_FUEL: u64 = 100_000;
/// Fuel for each 64 KiB page of memory that an instance begins with: its first touch is the machine's work.
pub const INSTANCE_PAGE_FUEL: u64 = 20_000;
/// Fuel for each byte of the data segments that an instance begins with.
pub const INSTANCE_DATA_BYTE_FUEL: u64 = 1;
/// Fuel for any host call.
pub const CALL_FUEL: u64 = 1_600;
/// Fuel for a call that reads or changes the state, on top.
pub const STATE_FUEL: u64 = 4_500;
/// Fuel for each key that a scan passes over because this run deleted it.
pub const SCAN_STEP_FUEL: u64 = 4_500;
/// Fuel for a value that is set or deleted: its path in the state's tree is hashed anew, after the run.
pub const WRITE_FUEL: u64 = 45_000;
/// Fuel for a call that asks the ledger, on top.
pub const LEDGER_FUEL: u64 = 30_000;
/// Fuel for each other scope that a run has to do with: a leg is signed, and verified by whoever audits. What the run
/// burned until it first asks for one is taken once more, for its beginning is run again.
pub const CROSSING_FUEL: u64 = 1_000_000;
/// Fuel for a node that is stored, read or anchored, on top.
pub const NODE_FUEL: u64 = 24_000;
/// Fuel for each 32 bytes of randomness that are begun: a hash each.
pub const RANDOM_BLOCK_FUEL: u64 = 1_200;
/// Fuel for verifying a signature, on top.
pub const SIGNATURE_FUEL: u64 = 650_000;
/// Fuel for each byte of a message whose signature is verified: it is hashed with SHA-512.
pub const MESSAGE_BYTE_FUEL: u64 = 28;
/// Fuel for each byte copied between host and guest.
pub const BYTE_FUEL: u64 = 1;
/// Fuel for each byte that is hashed and kept: values, nodes, output, random bytes, log text.
pub const KEPT_BYTE_FUEL: u64 = 16;

/// Fuel for each byte of JSON that is read: names are compared with each other, and each value is a step.
pub const JSON_BYTE_FUEL: u64 = 220;

/// The prices that are no operator's flat price: name, fuel.
pub const PRICES: &[(&str, u64)] = &[
    ("copy_byte", COPY_BYTE_FUEL as u64),
    ("fill_byte", FILL_BYTE_FUEL as u64),
    ("init_byte", INIT_BYTE_FUEL as u64),
    ("grow_page", GROW_PAGE_FUEL as u64),
    ("table_copy_element", TABLE_COPY_ELEMENT_FUEL as u64),
    ("table_init_element", TABLE_INIT_ELEMENT_FUEL as u64),
    ("instance", INSTANCE_FUEL),
    ("instance_page", INSTANCE_PAGE_FUEL),
    ("instance_data_byte", INSTANCE_DATA_BYTE_FUEL),
    ("call", CALL_FUEL),
    ("state", STATE_FUEL),
    ("scan_step", SCAN_STEP_FUEL),
    ("write", WRITE_FUEL),
    ("ledger", LEDGER_FUEL),
    ("crossing", CROSSING_FUEL),
    ("node", NODE_FUEL),
    ("random_block", RANDOM_BLOCK_FUEL),
    ("signature", SIGNATURE_FUEL),
    ("message_byte", MESSAGE_BYTE_FUEL),
    ("byte", BYTE_FUEL),
    ("kept_byte", KEPT_BYTE_FUEL),
    ("json_byte", JSON_BYTE_FUEL),
];

/// Fuel for making an instance ready that begins with so many 64 KiB pages of memory and so many bytes of data
/// segments. Both are bounded by the limits of a module; the sum saturates.
#[must_use]
pub const fn instance_fuel(pages: u64, data_bytes: u64) -> u64 {
    INSTANCE_FUEL
        .saturating_add(pages.saturating_mul(INSTANCE_PAGE_FUEL))
        .saturating_add(data_bytes.saturating_mul(INSTANCE_DATA_BYTE_FUEL))
}

/// What a ruling of so many operations burns.
#[must_use]
pub const fn ruling_fuel(operations: usize) -> u64 {
    LEDGER_FUEL.saturating_mul(operations as u64 + 1)
}

/// The class of an operator, named as the parser names it; nothing for one of a feature that is off.
#[must_use]
pub fn operator_class(operator: &str) -> Option<&'static OperatorClass> {
    OPERATOR_CLASSES.iter().find(|class| class.operators.contains(&operator))
}

/// Fuel for an operator, named as the parser names it; nothing for one of a feature that is off.
#[must_use]
pub fn operator_fuel(operator: &str) -> Option<u8> {
    operator_class(operator).map(|class| class.fuel)
}

/// The schedule's canonical form: a line for each class, `operators.name fuel: operator …`, in the order of
/// [`OPERATOR_CLASSES`], then a line for each other price, `name fuel`.
#[must_use]
pub fn schedule_text() -> String {
    let classes = OPERATOR_CLASSES
        .iter()
        .map(|class| format!("operators.{} {}: {}\n", class.name, class.fuel, class.operators.join(" ")));
    let prices = PRICES.iter().map(|(name, fuel)| format!("{name} {fuel}\n"));
    classes.chain(prices).collect()
}

/// SHA-256 of [`schedule_text`].
#[must_use]
pub fn schedule_hash() -> Hash {
    Hash::digest(schedule_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_stands_in_one_class() {
        let mut names: Vec<&str> =
            OPERATOR_CLASSES.iter().flat_map(|class| class.operators).copied().collect();
        let listed = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), listed, "an operator stands in two classes");
    }

    #[test]
    fn the_text_says_every_price() {
        let text = schedule_text();
        for class in OPERATOR_CLASSES {
            assert!(class.fuel > 0, "{} is free", class.name);
            assert!(text.contains(&format!("operators.{} {}: ", class.name, class.fuel)));
        }
        for (name, fuel) in PRICES {
            assert!(*fuel > 0, "{name} is free");
            assert!(text.contains(&format!("\n{name} {fuel}\n")));
        }
        assert_eq!(text.lines().count(), OPERATOR_CLASSES.len() + PRICES.len());
    }
}
