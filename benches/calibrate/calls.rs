//! The host calls' variants, small and at their maxima.

use super::Variant;

pub(super) fn call(name: &'static str, imports: &'static str, unit: &str, rounds_max: u32) -> Variant {
    Variant {
        class: if ["transfer", "token", "balance", "hold", "mint", "burn"]
            .iter()
            .any(|part| name.contains(part))
        {
            "host_ledger"
        } else {
            "host"
        },
        name,
        imports,
        unit: format!("(drop {unit})"),
        repeat: 1,
        rounds_max: if rounds_max == 1 { 1 } else { rounds_max / 2 },
        once: rounds_max == 1,
        pages: 8,
        host: true,
        // A short key, `x`, stands at 0; a long one is all of a page.
        setup: "(memory.fill (i32.const 0) (i32.const 0x78) (i32.const 4096))".into(),
        ..Variant::default()
    }
}

/// Every host call that can be made again and again.
pub(super) fn variants() -> Vec<Variant> {
    const MANY: u32 = 1 << 20;
    const OUTPUT: &str = r#"(import "icn" "host_set_output" (func $f (param i32 i32) (result i32)))"#;
    const CALLER: &str = r#"(import "icn" "host_get_caller_did" (func $f (param i32 i32) (result i32)))"#;
    const TIME: &str = r#"(import "icn" "host_get_time" (func $f (result i64)))"#;
    const RANDOM: &str = r#"(import "icn" "host_get_random" (func $f (param i32 i32) (result i32)))"#;
    const LOG: &str = r#"(import "icn" "host_log" (func $f (param i32 i32 i32) (result i32)))"#;
    const LEFT: &str = r#"(import "icn" "host_get_resource_remaining" (func $f (param i32) (result i64)))"#;
    const GET: &str = r#"(import "icn" "host_get_value" (func $f (param i32 i32 i32 i32) (result i32)))"#;
    const SET: &str = r#"(import "icn" "host_set_value" (func $f (param i32 i32 i32 i32) (result i32)))"#;
    const SCAN: &str =
        r#"(import "icn" "host_scan_keys" (func $f (param i32 i32 i32 i32 i32 i32) (result i32)))"#;
    const NODE: &str =
        r#"(import "icn" "host_store_node" (func $f (param i32 i32 i32 i32 i32) (result i32)))"#;
    const PAY: &str =
        r#"(import "icn" "host_transfer" (func $f (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))"#;
    let mut all = vec![
        call("host_get_time", TIME, "(call $f)", MANY),
        call("host_get_caller_did", CALLER, "(call $f (i32.const 64) (i32.const 64))", MANY),
        call("host_set_output of 0", OUTPUT, "(call $f (i32.const 0) (i32.const 0))", MANY),
        call("host_set_output of 262144", OUTPUT, "(call $f (i32.const 0) (i32.const 262144))", 1 << 8),
        // Set once it is hashed with the receipt; set again and again, only the last one is.
        call("host_set_output of 262144 once", OUTPUT, "(call $f (i32.const 0) (i32.const 262144))", 1),
        call("host_get_random of 1", RANDOM, "(call $f (i32.const 64) (i32.const 1))", MANY),
        call("host_get_random of 1024", RANDOM, "(call $f (i32.const 64) (i32.const 1024))", MANY),
        call("host_log of 0", LOG, "(call $f (i32.const 0) (i32.const 0) (i32.const 0))", 256),
        call("host_log of 1024", LOG, "(call $f (i32.const 0) (i32.const 0) (i32.const 1024))", 256),
        call("host_get_resource_remaining of fuel", LEFT, "(call $f (i32.const 0))", MANY),
        call("host_get_resource_remaining of token", LEFT, "(call $f (i32.const 3))", MANY),
        call(
            "host_get_value absent",
            GET,
            "(call $f (i32.const 0) (i32.const 256) (i32.const 4096) (i32.const 0))",
            MANY,
        ),
        call(
            "host_get_value of 262144",
            GET,
            "(call $f (i32.const 0) (i32.const 1) (i32.const 4096) (i32.const 262144))",
            1 << 10,
        ),
        call(
            "host_scan_keys",
            SCAN,
            "(call $f (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096) (i32.const 256))",
            MANY,
        ),
    ];
    // A key of its own for each call: four bytes.
    let key = "(i32.store (i32.const 64) (local.tee $k (i32.add (local.get $k) (i32.const 1))))";
    let own = |name, imports, unit: &str, max| {
        let mut variant = call(name, imports, unit, max);
        variant.unit = format!("{key} {}", variant.unit);
        variant
    };
    all.extend([
        own(
            "host_set_value of 4",
            SET,
            "(call $f (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4))",
            4096,
        ),
        own(
            "host_set_value of 4096",
            SET,
            "(call $f (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4096))",
            120,
        ),
        own(
            "host_store_node of 4",
            NODE,
            "(call $f (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 4096))",
            64,
        ),
        own(
            "host_store_node of 65536",
            NODE,
            "(call $f (i32.const 64) (i32.const 65536) (i32.const 0) (i32.const 0) (i32.const 4096))",
            64,
        ),
    ]);
    let mut pay = call(
        "host_transfer",
        PAY,
        "(call $f (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 110) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0))",
        4096,
    );
    pay.setup = "(i64.store (i32.const 100) (i64.const 0x7972757361657274)) (i32.store8 (i32.const 110) (i32.const 0x48))".into();
    all.push(pay);
    all.extend(super::more_calls::variants());
    all
}
