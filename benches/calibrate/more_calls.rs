//! Variants of the calls that read or anchor nodes, delete values, scan past deletions, move units, verify signatures and
//! look at credentials.

use icn_core::limits;

use super::Variant;
use super::calls::call;
use super::calls_world;

const MANY: u32 = 1 << 20;
/// Where texts stand: behind the page of `x`.
const TEXT_AT: u32 = 4096;

/// Text that puts bytes at a place.
fn put(at: u32, bytes: &[u8]) -> String {
    let words = bytes.iter().enumerate();
    words
        .map(|(index, byte)| format!("(i32.store8 (i32.const {}) (i32.const {byte}))", at as usize + index))
        .collect()
}

/// A variant whose texts are put in place before.
fn with(
    name: &'static str,
    imports: &'static str,
    unit: &str,
    rounds_max: u32,
    texts: &[(u32, &[u8])],
) -> Variant {
    let mut variant = call(name, imports, unit, rounds_max);
    variant.setup += &texts.iter().map(|(at, bytes)| put(*at, bytes)).collect::<String>();
    variant
}

/// Text that counts in `$k` and keeps the number at 64, its greatest byte first, as the state's keys are.
const NEXT_KEY: &str = "(local.set $k (i32.add (local.get $k) (i32.const 1)))
    (i32.store (i32.const 64) (i32.or (i32.shl (local.get $k) (i32.const 24))
        (i32.shl (i32.shr_u (local.get $k) (i32.const 8)) (i32.const 16))))";

/// All of them.
pub(super) fn variants() -> Vec<Variant> {
    [nodes(), state(), money(), credentials()].concat()
}

fn nodes() -> Vec<Variant> {
    const GET: &str = r#"(import "icn" "host_get_node" (func $f (param i32 i32 i32) (result i32)))"#;
    const CONTAINS: &str = r#"(import "icn" "host_contains_node" (func $f (param i32) (result i32)))"#;
    const ANCHOR: &str = r#"(import "icn" "host_anchor_to_dag" (func $f (param i32 i32 i32) (result i32)))"#;
    let small = calls_world::node(4);
    let large = calls_world::node(calls_world::LARGE_NODE_BYTES);
    let (small, large) = (small.id(), large.id());
    let at = TEXT_AT;
    vec![
        with(
            "host_get_node of 4",
            GET,
            "(call $f (i32.const 4096) (i32.const 8192) (i32.const 64))",
            MANY,
            &[(at, small.as_bytes())],
        ),
        with(
            "host_get_node of 262144",
            GET,
            "(call $f (i32.const 4096) (i32.const 8192) (i32.const 262144))",
            1 << 10,
            &[(at, large.as_bytes())],
        ),
        with(
            "host_get_node of 262144, no room",
            GET,
            "(call $f (i32.const 4096) (i32.const 8192) (i32.const 0))",
            1 << 10,
            &[(at, large.as_bytes())],
        ),
        with(
            "host_get_node of 64 parents",
            GET,
            "(call $f (i32.const 4096) (i32.const 8192) (i32.const 64))",
            MANY,
            &[(at, calls_world::node_of(4, limits::NODE_PARENTS_MAX).id().as_bytes())],
        ),
        with("host_contains_node", CONTAINS, "(call $f (i32.const 4096))", MANY, &[(at, small.as_bytes())]),
        with(
            "host_anchor_to_dag",
            ANCHOR,
            "(call $f (i32.const 4096) (i32.const 0) (i32.const 64))",
            16,
            &[(at, small.as_bytes())],
        ),
        // The rounds are its whole input: it is short.
        with("host_get_input of 4", "", "(call $input (i32.const 4096) (i32.const 64))", MANY, &[]),
    ]
}

fn state() -> Vec<Variant> {
    const DELETE: &str = r#"(import "icn" "host_delete_value" (func $f (param i32 i32) (result i32)))"#;
    const SCAN: &str = r#"(import "icn" "host_scan_keys" (func $f (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "icn" "host_delete_value" (func $delete (param i32 i32) (result i32)))"#;
    let mut delete = call("host_delete_value", DELETE, "(call $f (i32.const 64) (i32.const 4))", 4096);
    delete.unit = format!("{NEXT_KEY} {}", delete.unit);
    let absent = call("host_delete_value absent", DELETE, "(call $f (i32.const 0) (i32.const 256))", MANY);
    // A thousand deletions from the start of the keys, each of which every scan passes over.
    let mut scan = call(
        "host_scan_keys past 1000 deletions",
        SCAN,
        "(call $f (i32.const 64) (i32.const 0) (i32.const 64) (i32.const 0) (i32.const 4096) (i32.const 256))",
        1 << 10,
    );
    scan.setup += &format!(
        "(loop $delete {NEXT_KEY} (drop (call $delete (i32.const 64) (i32.const 4)))
            (br_if $delete (i32.lt_u (local.get $k) (i32.const 1000))))"
    );
    vec![delete, absent, scan]
}

fn money() -> Vec<Variant> {
    const BALANCE: &str =
        r#"(import "icn" "host_get_balance" (func $f (param i32 i32 i32 i32) (result i64)))"#;
    const MINT: &str = r#"(import "icn" "host_mint" (func $f (param i32 i32 i64 i32 i32) (result i32)))"#;
    const BURN: &str = r#"(import "icn" "host_burn" (func $f (param i32 i32 i64 i32) (result i32)))"#;
    const HOLD: &str =
        r#"(import "icn" "host_hold" (func $f (param i32 i32 i32 i32 i32 i64 i64 i32) (result i32)))"#;
    const CLOSE: &str = r#"(import "icn" "host_hold" (func $f (param i32 i32 i32 i32 i32 i64 i64 i32) (result i32)))
        (import "icn" "host_settle_hold" (func $settle (param i32 i64) (result i32)))
        (import "icn" "host_void_hold" (func $void (param i32) (result i32)))"#;
    let texts: &[(u32, &[u8])] = &[(TEXT_AT, b"treasury"), (TEXT_AT + 8, b"H")];
    let hold =
        "(call $f (i32.const 0) (i32.const 4096) (i32.const 8) (i32.const 4104) (i32.const 1) (i64.const 2)
        (i64.const 1700000000001) (i32.const 4200))";
    let both = |close: &str| format!("{hold}) (drop {close}");
    vec![
        with(
            "host_get_balance",
            BALANCE,
            "(call $f (i32.const 4096) (i32.const 8) (i32.const 4104) (i32.const 1))",
            MANY,
            texts,
        ),
        with(
            "host_mint",
            MINT,
            "(call $f (i32.const 4104) (i32.const 1) (i64.const 1) (i32.const 4096) (i32.const 8))",
            4096,
            texts,
        ),
        with(
            "host_burn",
            BURN,
            "(call $f (i32.const 4104) (i32.const 1) (i64.const 1) (i32.const 0))",
            4096,
            texts,
        ),
        with("host_hold", HOLD, hold, 4096, texts),
        with("host_settle_hold absent", CLOSE, "(call $settle (i32.const 4300) (i64.const 1))", MANY, texts),
        with("host_void_hold absent", CLOSE, "(call $void (i32.const 4300))", MANY, texts),
        // With a hold each: settled by half, it makes three transfers, and voided two.
        with(
            "host_settle_hold and a hold",
            CLOSE,
            &both("(call $settle (i32.const 4200) (i64.const 1))"),
            1365,
            texts,
        ),
        with("host_void_hold and a hold", CLOSE, &both("(call $void (i32.const 4200))"), 2048, texts),
    ]
}

fn credentials() -> Vec<Variant> {
    const VERIFY: &str =
        r#"(import "icn" "host_verify_signature" (func $f (param i32 i32 i32 i32 i32) (result i32)))"#;
    const ISSUE: &str = r#"(import "icn" "host_issue_credential"
        (func $f (param i32 i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))"#;
    const REVOKE: &str =
        r#"(import "icn" "host_revoke_credential" (func $f (param i32 i32 i32 i32) (result i32)))"#;
    const STATUS: &str = r#"(import "icn" "host_credential_status" (func $f (param i32 i32) (result i32)))"#;
    const JSON: &str = r#"(import "icn" "host_verify_credential" (func $f (param i32 i32) (result i32)))"#;
    let key = icn_core::encode::SecretKey::from_bytes(&[5; 32]);
    let did = key.did().to_string();
    let message = |bytes: usize| vec![b'x'; bytes];
    let (short, long) = (key.sign_raw(&message(32)), key.sign_raw(&message(65_536)));
    let fill = "(memory.fill (i32.const 131072) (i32.const 0x78) (i32.const 131072))";
    let verify = |name: &'static str, bytes: u32, signature: &[u8]| {
        let unit = format!(
            "(call $f (i32.const 4096) (i32.const {}) (i32.const 131072) (i32.const {bytes}) (i32.const 5000))",
            did.len()
        );
        let mut variant = with(name, VERIFY, &unit, 1 << 12, &[(TEXT_AT, did.as_bytes()), (5000, signature)]);
        variant.setup += fill;
        variant
    };
    // `{"`, a name, `":1}`: of the greatest length, and with an escape that has it copied.
    let json = |name: &'static str, begins: &[u8]| {
        let ends: &[u8] = b"\":1}";
        let at = 262_144 - ends.len() as u32;
        let mut variant = call(name, JSON, "(call $f (i32.const 131072) (i32.const 131072))", 1 << 12);
        variant.setup += fill;
        variant.setup += &[put(131_072, begins), put(at, ends)].concat();
        variant
    };
    // A list of as many of these as there is room for.
    let list = |name: &'static str, item: [u8; 8], bytes: u32| {
        let count = (131_072 - 16) / bytes;
        let mut variant = call(name, JSON, "(call $f (i32.const 131072) (i32.const 131072))", 1 << 12);
        variant.setup += &format!(
            "(memory.fill (i32.const 131072) (i32.const 0x20) (i32.const 131072)) (local.set $p (i32.const 131077))
            (loop $item (i64.store (local.get $p) (i64.const {}))
              (local.set $p (i32.add (local.get $p) (i32.const {bytes})))
              (br_if $item (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const {count}))))
            (i64.store (local.get $p) (i64.const 0x20202020207d5d30))",
            i64::from_le_bytes(item)
        );
        variant.setup += &put(131_072, b"{\"\":[");
        variant
    };
    // As many names as there is room for: each is compared with those before it.
    let mut names = call(
        "host_verify_credential of 13107 names",
        JSON,
        "(call $f (i32.const 131072) (i32.const 131072))",
        1 << 12,
    );
    // `"abcd":1,` is nine bytes; the names are the letters of a number, and `"":1}` and spaces end it.
    names.setup += "(memory.fill (i32.const 131072) (i32.const 0x20) (i32.const 131072))
        (i32.store8 (i32.const 131072) (i32.const 0x7b)) (local.set $p (i32.const 131073))
        (loop $name
          (i32.store8 (local.get $p) (i32.const 0x22))
          (i32.store8 (i32.add (local.get $p) (i32.const 1)) (i32.add (i32.const 0x61) (i32.and (local.get $k) (i32.const 15))))
          (i32.store8 (i32.add (local.get $p) (i32.const 2)) (i32.add (i32.const 0x61) (i32.and (i32.shr_u (local.get $k) (i32.const 4)) (i32.const 15))))
          (i32.store8 (i32.add (local.get $p) (i32.const 3)) (i32.add (i32.const 0x61) (i32.and (i32.shr_u (local.get $k) (i32.const 8)) (i32.const 15))))
          (i32.store8 (i32.add (local.get $p) (i32.const 4)) (i32.add (i32.const 0x61) (i32.shr_u (local.get $k) (i32.const 12))))
          (i32.store (i32.add (local.get $p) (i32.const 5)) (i32.const 0x2c313a22))
          (local.set $p (i32.add (local.get $p) (i32.const 9)))
          (br_if $name (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 13107))))
        (i32.store (local.get $p) (i32.const 0x313a2222)) (i32.store8 (i32.add (local.get $p) (i32.const 4)) (i32.const 0x7d))";
    let issue = format!(
        "(call $f (i32.const 4096) (i32.const {}) (i32.const 4200) (i32.const 10) (i32.const 4210) (i32.const 7)
          (i64.const 0) (i32.const 8192) (i32.const 64))",
        did.len()
    );
    vec![
        verify("host_verify_signature of 32", 32, &short),
        verify("host_verify_signature of 65536", 65_536, &long),
        with(
            "host_issue_credential",
            ISSUE,
            &issue,
            MANY,
            &[(TEXT_AT, did.as_bytes()), (4200, b"Membership"), (4210, b"{\"a\":1}")],
        ),
        call(
            "host_revoke_credential",
            REVOKE,
            "(call $f (i32.const 0) (i32.const 256) (i32.const 0) (i32.const 256))",
            MANY,
        ),
        call("host_credential_status", STATUS, "(call $f (i32.const 0) (i32.const 256))", MANY),
        with(
            "host_verify_credential of 2",
            JSON,
            "(call $f (i32.const 4096) (i32.const 2))",
            MANY,
            &[(TEXT_AT, b"{}")],
        ),
        json("host_verify_credential of 131072", b"{\""),
        json("host_verify_credential of 131072, escaped", b"{\"\\n"),
        names,
        list("host_verify_credential of numbers", *b"0,      ", 2),
        list("host_verify_credential of empty lists", *b"[],     ", 3),
        list("host_verify_credential of objects", *b"{\"\":0}, ", 8),
        list("host_verify_credential of fractions", *b"0.1e-9, ", 7),
    ]
}
