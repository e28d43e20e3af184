//! The guests: one that works, and one that does everything that a neighbour would not like.

/// Entries of the hostile guest.
pub(crate) const HOSTILE_ENTRIES: [&str; 10] =
    ["spin", "grow", "trap", "fault", "recurse", "calls", "logs", "fill", "divide", "abort"];

/// A guest whose entry `work` does a little arithmetic and answers.
pub(crate) fn work() -> Vec<u8> {
    wat::parse_str(
        r#"(module (import "icn" "host_set_output" (func $out (param i32 i32) (result i32)))
             (memory (export "memory") 1)
             (func (export "work") (local $n i32)
               (loop $again
                 (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get $n)))
                 (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
               (drop (call $out (i32.const 0) (i32.const 4)))))"#,
    )
    .expect("a guest")
}

/// The hostile guest.
pub(crate) fn hostile() -> Vec<u8> {
    wat::parse_str(
        r#"(module
             (import "icn" "host_get_time" (func $time (result i64)))
             (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
             (import "icn" "host_get_random" (func $random (param i32 i32) (result i32)))
             (import "icn" "host_abort" (func $abort (param i32 i32)))
             (memory (export "memory") 1)
             (func (export "spin") (loop $for_ever (br $for_ever)))
             (func (export "grow")
               (loop $more
                 (memory.fill (i32.const 0) (i32.const 0xee) (i32.mul (memory.size) (i32.const 65536)))
                 (br_if $more (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))))
             (func (export "trap") unreachable)
             (func (export "fault") (i32.store (i32.const -4) (i32.const 1)))
             (func $recurse (export "recurse") (call $recurse))
             (func (export "calls") (loop $again (drop (call $time)) (br $again)))
             (func (export "logs") (loop $again
               (drop (call $log (i32.const 4) (i32.const 0) (i32.const 1024)))
               (drop (call $random (i32.const 0) (i32.const 1024))) (br $again)))
             (func (export "fill") (loop $again
               (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $again)))
             (func (export "divide") (drop (i32.div_s (i32.const 1) (i32.const 0))))
             (func (export "abort") (call $abort (i32.const 0) (i32.const 1024))))"#,
    )
    .expect("a guest")
}

/// A module that is refused: a large one, whose last function nests too deep.
pub(crate) fn refused() -> Vec<u8> {
    let deep = "(block ".repeat(2_000) + &")".repeat(2_000);
    let filler = "(func (param i64) (result i64) (i64.mul (local.get 0) (i64.const 12345)))".repeat(200);
    wat::parse_str(format!("(module (memory (export \"memory\") 1) {filler} (func (export \"run\") {deep}))"))
        .expect("a module")
}

/// Functions of the module that is dear to compile: nearly as many as a module of them may weigh.
const DEAR_FUNCTIONS: usize = 115;

/// A module that is accepted, takes long to compile, and has no entry `run`.
pub(crate) fn dear() -> Vec<u8> {
    let line = "(local.set 0 (i64.rotl (local.get 0) (i64.mul (local.get 0) (i64.const 12345))))".repeat(400);
    let function = format!("(func (param i64) (result i64) {line} (local.get 0))");
    let text = format!("(module (memory (export \"memory\") 1) {})", function.repeat(DEAR_FUNCTIONS));
    wat::parse_str(text).expect("a module")
}

/// The same module under another name: with a custom section `n` that holds a number.
pub(crate) fn numbered(module: &[u8], n: usize) -> Vec<u8> {
    let mut wasm = module.to_vec();
    wasm.extend([0, 10, 1, b'n']);
    wasm.extend((n as u64).to_le_bytes());
    wasm
}
