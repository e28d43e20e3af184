//! Hostile calls of every host function: each pointer and length at and past its edges, each capability
//! missing, texts that are no texts. What must come of a call is worked out here from the host ABI alone:
//! the capability, then the lengths, then the bounds, then the decoding; and a call that fails has done
//! nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;

use common::{Port, World, caller, compile, has_no_effects, literal, node, scope, trap};
use icn_core::block::{Capability, Operation, Outcome, Staged, TrapKind};
use icn_core::name::{BlockId, Codec, Owner};
use icn_core::{costs, limits};
use icn_sandbox::{FUNCTIONS, FunctionType};

const INVALID: i64 = -1;
const INVALID_UTF8: i64 = -2;
const TOO_LARGE: i64 = -3;
const NOT_FOUND: i64 = -4;
const DENIED: i64 = -5;
const EXHAUSTED: i64 = -6;
const CONFLICT: i64 = -7;
const LIMIT: i64 = -9;

/// Bytes of the guests' one page.
const PAGE: u64 = 65_536;

/// How an argument is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Bytes, up to so many.
    Bytes(usize),
    /// Text, up to so many bytes.
    Text(usize),
    /// A CID of 36 bytes.
    Cid,
    /// So many CIDs, at most; the count is the number beside the pointer.
    Cids(usize),
    /// A buffer for whatever there is.
    Out,
    /// A buffer of 36 bytes.
    OutCid,
    /// So many bytes; the type has no length for them.
    Fixed(u64),
    /// A buffer of so many bytes; the type has no length for it.
    OutFixed(u64),
    /// A buffer that is filled, up to so many bytes.
    OutFilled(usize),
}

/// An argument of a call.
#[derive(Debug, Clone)]
enum Argument {
    /// A number.
    I32(i32),
    /// A long number.
    I64(i64),
    /// A pointer, and where the type has one, its length: what is put there before the call.
    Range { role: Role, ptr: u64, len: u64, bytes: Vec<u8> },
}

impl Argument {
    /// An input, placed out of the way of the others.
    fn input(role: Role, at: u64, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        Self::Range { role, ptr: at, len: bytes.len() as u64, bytes }
    }
    /// A buffer.
    fn out(role: Role, at: u64, cap: u64) -> Self {
        Self::Range { role, ptr: at, len: cap, bytes: Vec::new() }
    }
    /// Bytes of memory that it covers.
    fn extent(&self) -> u64 {
        match self {
            Self::Range { role: Role::Cid | Role::OutCid, .. } => 36,
            Self::Range { role: Role::Fixed(bytes) | Role::OutFixed(bytes), .. } => *bytes,
            Self::Range { role: Role::Cids(_), len, .. } => len * 36,
            Self::Range { len, .. } => *len,
            _ => 0,
        }
    }
}

/// What a call's answer may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// A number, and what is written into the buffer.
    Says(i64, Option<Vec<u8>>),
    /// A trap.
    Traps(TrapKind),
}

/// A call.
#[derive(Debug, Clone)]
struct HostCall {
    function: &'static str,
    arguments: Vec<Argument>,
    /// What it needs.
    capabilities: Vec<Capability>,
    /// What it answers when nothing is wrong.
    sound: (i64, Option<Vec<u8>>),
    /// What it answers when the input argument of that number is empty.
    empty: Vec<(usize, i64)>,
}

/// One sound call of each function that takes a pointer.
fn calls() -> Vec<HostCall> {
    use Argument as A;
    use Capability as C;
    let did = caller().to_string().into_bytes();
    let scope_did = scope().to_string().into_bytes();
    let stored = *node(b"payload").id().as_bytes();
    let call = |function, arguments, capabilities: &[C], sound: (i64, Option<&[u8]>)| HostCall {
        function,
        arguments,
        capabilities: capabilities.to_vec(),
        sound: (sound.0, sound.1.map(<[u8]>::to_vec)),
        empty: Vec::new(),
    };
    let mut all = vec![
        call("host_get_input", vec![A::out(Role::Out, 100, 64)], &[], (9, Some(b"the input"))),
        call(
            "host_set_output",
            vec![A::input(Role::Bytes(limits::OUTPUT_BYTES_MAX), 100, "out")],
            &[],
            (0, None),
        ),
        call("host_get_caller_did", vec![A::out(Role::Out, 100, 64)], &[], (56, Some(&did))),
        call("host_get_scope_did", vec![A::out(Role::Out, 100, 64)], &[], (56, Some(&scope_did))),
        call(
            "host_get_random",
            vec![A::out(Role::OutFilled(limits::RANDOM_BYTES_MAX), 100, 40)],
            &[],
            (40, Some(&random(40))),
        ),
        call(
            "host_log",
            vec![A::I32(2), A::input(Role::Text(limits::LOG_TEXT_BYTES_MAX), 100, "a line")],
            &[],
            (0, None),
        ),
        call(
            "host_get_balance",
            vec![
                A::input(Role::Text(limits::NAME_BYTES_MAX), 100, &did),
                A::input(Role::Text(limits::UNIT_BYTES_MAX), 300, "H"),
            ],
            &[C::Transfer],
            (100, None),
        ),
        call(
            "host_transfer",
            vec![
                A::I32(0),
                A::input(Role::Text(limits::NAME_BYTES_MAX), 100, "project/1"),
                A::input(Role::Text(limits::UNIT_BYTES_MAX), 300, "H"),
                A::I64(7),
                A::input(Role::Text(limits::MEMO_BYTES_MAX), 500, "rent"),
            ],
            &[C::Transfer],
            (0, None),
        ),
        call(
            "host_get_value",
            vec![A::input(Role::Bytes(limits::KEY_BYTES_MAX), 100, "k"), A::out(Role::Out, 300, 64)],
            &[C::State],
            (5, Some(b"value")),
        ),
        call(
            "host_set_value",
            vec![
                A::input(Role::Bytes(limits::KEY_BYTES_MAX), 100, "key"),
                A::input(Role::Bytes(limits::VALUE_BYTES_MAX), 300, "new"),
            ],
            &[C::State],
            (0, None),
        ),
        call(
            "host_delete_value",
            vec![A::input(Role::Bytes(limits::KEY_BYTES_MAX), 100, "k")],
            &[C::State],
            (0, None),
        ),
        call(
            "host_scan_keys",
            vec![
                A::input(Role::Bytes(limits::KEY_BYTES_MAX), 100, "k"),
                A::input(Role::Bytes(limits::KEY_BYTES_MAX), 300, "a"),
                A::out(Role::Out, 500, 64),
            ],
            &[C::State],
            (1, Some(b"k")),
        ),
        call(
            "host_store_node",
            vec![
                A::input(Role::Bytes(limits::NODE_BYTES_MAX), 100, "a node"),
                A::Range {
                    role: Role::Cids(limits::NODE_PARENTS_MAX),
                    ptr: 300,
                    len: 1,
                    bytes: stored.to_vec(),
                },
                A::out(Role::OutCid, 500, 36),
            ],
            &[C::Dag],
            (0, None),
        ),
        call(
            "host_get_node",
            vec![A::input(Role::Cid, 100, stored), A::out(Role::Out, 300, 64)],
            &[C::Dag],
            (7, Some(b"payload")),
        ),
        call("host_contains_node", vec![A::input(Role::Cid, 100, stored)], &[C::Dag], (1, None)),
        call(
            "host_anchor_to_dag",
            vec![
                A::input(Role::Cid, 100, stored),
                A::input(Role::Text(limits::TOPIC_BYTES_MAX), 300, "result"),
            ],
            &[C::Dag],
            (0, None),
        ),
    ];
    all.extend(money_calls());
    all.extend(credential_calls());
    for call in &mut all {
        call.empty = match call.function {
            // An owner or a unit without a name is none; a key without a byte is none that can be set.
            "host_get_balance" => vec![(0, INVALID), (1, INVALID)],
            "host_transfer" => vec![(1, INVALID), (2, INVALID), (4, 0)],
            "host_set_value" => vec![(0, INVALID), (1, 0)],
            "host_get_value" | "host_delete_value" => vec![(0, NOT_FOUND)],
            // No prefix, or nothing before it: the key is still the next one.
            "host_scan_keys" => vec![(0, 1), (1, 1)],
            "host_set_output" => vec![(0, 0)],
            "host_log" | "host_anchor_to_dag" => vec![(1, 0)],
            "host_store_node" => vec![(0, 0), (1, 0)],
            "host_mint" => vec![(0, INVALID), (2, INVALID)],
            "host_burn" | "host_verify_credential" => vec![(0, INVALID)],
            "host_hold" => vec![(1, INVALID), (2, INVALID)],
            "host_transfer_cross" => vec![(0, INVALID), (1, INVALID), (2, INVALID), (4, 0)],
            "host_issue_credential" => vec![(0, INVALID), (1, INVALID), (2, INVALID)],
            "host_revoke_credential" => vec![(0, 0), (1, 0)],
            "host_credential_status" => vec![(0, 0)],
            // Nothing is a message too, and another one.
            "host_verify_signature" => vec![(0, INVALID), (1, 0)],
            _ => Vec::new(),
        };
    }
    all
}

/// Minting, burning, escrow, other scopes.
fn money_calls() -> Vec<HostCall> {
    use Argument as A;
    let call = |function, arguments, capability, sound: (i64, Option<&[u8]>)| HostCall {
        function,
        arguments,
        capabilities: vec![capability],
        sound: (sound.0, sound.1.map(<[u8]>::to_vec)),
        empty: Vec::new(),
    };
    let name = |at| A::input(Role::Text(limits::NAME_BYTES_MAX), at, "project/1");
    let unit = |at| A::input(Role::Text(limits::UNIT_BYTES_MAX), at, "H");
    let id = icn_core::name::hold_id(&[9; 32], 0).0;
    let later = i64::try_from(common::TIME_MS).unwrap() + 1;
    vec![
        call("host_mint", vec![unit(100), A::I64(5), name(300)], Capability::Mint, (0, None)),
        call("host_burn", vec![unit(100), A::I64(5), A::I32(0)], Capability::Mint, (0, None)),
        call(
            "host_hold",
            vec![
                A::I32(0),
                name(100),
                unit(300),
                A::I64(5),
                A::I64(later),
                A::out(Role::OutFixed(16), 500, 16),
            ],
            Capability::Transfer,
            (0, Some(&id)),
        ),
        call(
            "host_settle_hold",
            vec![A::input(Role::Fixed(16), 100, [7; 16]), A::I64(5)],
            Capability::Transfer,
            (NOT_FOUND, None),
        ),
        call(
            "host_void_hold",
            vec![A::input(Role::Fixed(16), 100, [7; 16])],
            Capability::Transfer,
            (NOT_FOUND, None),
        ),
        call(
            "host_transfer_cross",
            vec![
                A::input(Role::Text(limits::NAME_BYTES_MAX), 100, scope().to_string()),
                name(300),
                unit(500),
                A::I64(5),
                A::input(Role::Text(limits::MEMO_BYTES_MAX), 700, "rent"),
            ],
            Capability::Cross,
            (DENIED, None),
        ),
    ]
}

/// Credentials and signatures.
fn credential_calls() -> Vec<HostCall> {
    use Argument as A;
    let call = |function, arguments, capabilities: &[&str], sound| HostCall {
        function,
        arguments,
        capabilities: capabilities.iter().map(|name| Capability::parse(name).unwrap()).collect(),
        sound: (sound, None),
        empty: Vec::new(),
    };
    let id = |at| A::input(Role::Text(limits::CREDENTIAL_ID_BYTES_MAX), at, "urn:uuid:7");
    let key = icn_core::encode::SecretKey::from_bytes(&[3; 32]);
    vec![
        call(
            "host_issue_credential",
            vec![
                A::input(Role::Text(limits::NAME_BYTES_MAX), 100, caller().to_string()),
                A::input(Role::Text(limits::CREDENTIAL_TYPE_BYTES_MAX), 300, "Membership"),
                A::input(Role::Text(limits::CLAIMS_BYTES_MAX), 500, "{\"role\":\"member\"}"),
                A::I64(0),
                A::out(Role::Out, 700, 64),
            ],
            &["issue:Membership"],
            DENIED,
        ),
        call(
            "host_revoke_credential",
            vec![id(100), A::input(Role::Text(limits::REASON_BYTES_MAX), 500, "left")],
            &["revoke:Membership"],
            DENIED,
        ),
        call("host_credential_status", vec![id(100)], &[], NOT_FOUND),
        call(
            "host_verify_credential",
            vec![A::input(Role::Text(limits::CREDENTIAL_BYTES_MAX), 100, "{\"issuer\":\"x\"}")],
            &[],
            DENIED,
        ),
        call(
            "host_verify_signature",
            vec![
                A::input(Role::Text(limits::NAME_BYTES_MAX), 100, key.did().to_string()),
                A::input(Role::Bytes(limits::MESSAGE_BYTES_MAX), 300, "a message"),
                A::input(Role::Fixed(64), 500, key.sign_raw(b"a message")),
            ],
            &[],
            1,
        ),
    ]
}

/// The first bytes that a run is given: SHA-256(seed ‖ block number), block after block.
fn random(len: usize) -> Vec<u8> {
    let blocks = (0u64..).map(|n| icn_core::name::Hash::digest(&[&[9; 32][..], &n.to_be_bytes()].concat()).0);
    blocks.flatten().take(len).collect()
}

/// What the ABI says of a call, from its arguments alone; `None` when nothing is wrong with them.
fn model(call: &HostCall, held: &BTreeSet<Capability>, memory: u64) -> Option<Answer> {
    let says = |code| Some(Answer::Says(code, None));
    if !call.capabilities.iter().all(|capability| held.contains(capability)) {
        return says(DENIED);
    }
    for argument in &call.arguments {
        if let Argument::Range { role, len, .. } = argument {
            let max = match role {
                Role::Bytes(max) | Role::Text(max) | Role::OutFilled(max) | Role::Cids(max) => *max as u64,
                Role::Cid | Role::Out | Role::OutCid | Role::Fixed(_) | Role::OutFixed(_) => u64::MAX,
            };
            if *len > max {
                return says(TOO_LARGE);
            }
        }
    }
    for argument in &call.arguments {
        if let Argument::Range { ptr, .. } = argument
            && ptr + argument.extent() > memory
        {
            return Some(Answer::Traps(TrapKind::MemoryFault));
        }
    }
    for (at, argument) in call.arguments.iter().enumerate() {
        if let Argument::Range { role: Role::Text(_), bytes, len, .. } = argument
            && std::str::from_utf8(&bytes[..bytes.len().min(usize::try_from(*len).unwrap())]).is_err()
        {
            return says(INVALID_UTF8);
        }
        if let Argument::Range { role: Role::Bytes(_) | Role::Text(_) | Role::Cids(_), len: 0, .. } = argument
        {
            let (_, answer) = call.empty.iter().find(|(empty, _)| *empty == at).unwrap();
            if *answer < 0 {
                return says(*answer);
            }
        }
        if let Argument::Range { role: Role::Cid | Role::Cids(_), bytes, .. } = argument
            && bytes.chunks(36).any(|cid| BlockId::from_bytes(cid).is_err())
        {
            return says(INVALID);
        }
    }
    None
}

/// The type of a function's last result.
fn is_long(function: &str) -> bool {
    FUNCTIONS.iter().any(|(name, _, results)| *name == function && **results == [FunctionType::I64])
}

/// Imports of every function, as its table says.
fn imports() -> String {
    let types = |types: &[FunctionType]| -> String {
        types.iter().map(|t| if *t == FunctionType::I32 { " i32" } else { " i64" }).collect()
    };
    let import = |(name, params, results): &(&str, &[FunctionType], &[FunctionType])| {
        format!(
            "(import \"icn\" \"{name}\" (func ${name} (param{}) (result{})))\n",
            types(params),
            types(results)
        )
    };
    FUNCTIONS.iter().map(import).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "the ABI reads the 32 bits as unsigned")]
const fn pointer(number: u64) -> u32 {
    number as u32
}

/// The arguments of a call, as instructions.
fn push(arguments: &[Argument]) -> String {
    let mut text = String::new();
    for argument in arguments {
        text += &match argument {
            Argument::I32(number) => format!("(i32.const {number})"),
            Argument::I64(number) => format!("(i64.const {number})"),
            Argument::Range {
                role: Role::Cid | Role::OutCid | Role::Fixed(_) | Role::OutFixed(_),
                ptr,
                ..
            } => {
                format!("(i32.const {})", pointer(*ptr))
            }
            Argument::Range { ptr, len, .. } => {
                format!("(i32.const {})(i32.const {})", pointer(*ptr), pointer(*len))
            }
        };
    }
    text
}

/// Where the guest puts a call's answer for us to read.
const ANSWER_AT: usize = 0x8000;

/// Guests of many calls: an entry each, which fills its memory, places the inputs, calls, and gives its whole
/// memory as its output.
struct Guests {
    text: String,
    count: usize,
}

impl Guests {
    fn new(pages: u64) -> Self {
        Self { text: format!("{}(memory (export \"memory\") {pages})\n", imports()), count: 0 }
    }
    /// One more call; its entry's name. Calls after the first one that a text names come before it.
    fn add(&mut self, call: &HostCall) -> String {
        let name = format!("call{}", self.count);
        let mut body = format!("(memory.fill (i32.const 0) (i32.const 0xa5) (i32.const {PAGE}))\n");
        for (n, argument) in call.arguments.iter().enumerate() {
            if let Argument::Range { ptr, bytes, .. } = argument
                && !bytes.is_empty()
                && ptr + bytes.len() as u64 <= PAGE
            {
                let data = format!("$d{}_{n}", self.count);
                self.text += &format!("(data {data} \"{}\")\n", literal(bytes));
                body += &format!(
                    "(memory.init {data} (i32.const {ptr}) (i32.const 0) (i32.const {}))\n",
                    bytes.len()
                );
            }
        }
        let widen = if is_long(call.function) { "" } else { "i64.extend_i32_s" };
        body += &format!(
            "(i64.store (i32.const {ANSWER_AT}) ({}))\n",
            format_args!("block (result i64) {} call ${} {widen}", push(&call.arguments), call.function)
        );
        body += &format!("(drop (call $host_set_output (i32.const 0) (i32.const {PAGE})))\n");
        self.text += &format!("(func (export \"{name}\") {body})\n");
        self.count += 1;
        name
    }
    fn module(self) -> icn_sandbox::Module {
        compile(&format!("(module {})", self.text))
    }
}

/// What the guest's memory was before the call.
fn memory_before(call: &HostCall) -> Vec<u8> {
    let mut memory = vec![0xa5; usize::try_from(PAGE).unwrap()];
    for argument in &call.arguments {
        if let Argument::Range { ptr, bytes, .. } = argument
            && ptr + bytes.len() as u64 <= PAGE
        {
            let at = usize::try_from(*ptr).unwrap();
            memory[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
    memory
}

/// Compares a run with what it must be: the answer, the memory, the effects.
fn compare(call: &HostCall, staged: &Staged, expected: &Answer, what: &str) {
    let what = format!("{what}: {call:?}\nended {:?}", staged.outcome);
    match expected {
        Answer::Traps(kind) => {
            assert_eq!(trap(staged), Some(*kind), "{what}");
            assert_eq!(staged.fuel, common::FUEL, "a trap consumes the whole grant; {what}");
            assert!(has_no_effects(staged) && staged.output.is_empty(), "{what}");
        }
        Answer::Says(answer, written) => {
            assert_eq!(staged.outcome, Outcome::Ok, "{what}");
            let mut memory = memory_before(call);
            let found = i64::from_le_bytes(staged.output[ANSWER_AT..ANSWER_AT + 8].try_into().unwrap());
            assert_eq!(found, *answer, "{what}");
            memory[ANSWER_AT..ANSWER_AT + 8].copy_from_slice(&answer.to_le_bytes());
            if let Some(written) = written {
                let out = call.arguments.iter().find_map(|argument| match argument {
                    Argument::Range {
                        role: Role::Out | Role::OutFilled(_) | Role::OutFixed(_), ptr, ..
                    } => Some(*ptr),
                    _ => None,
                });
                let at = usize::try_from(out.unwrap()).unwrap();
                memory[at..at + written.len()].copy_from_slice(written);
            }
            if call.function == "host_store_node" && *answer == 0 {
                let Argument::Range { ptr, .. } = call.arguments[2] else { panic!("{what}") };
                let at = usize::try_from(ptr).unwrap();
                memory[at..at + 36].copy_from_slice(staged.nodes[0].id().as_bytes());
            }
            let differs = memory.iter().zip(&staged.output).position(|(a, b)| a != b);
            assert_eq!(differs, None, "the first byte of memory that differs; {what}");
            if *answer < 0 {
                assert!(
                    has_no_effects(staged) && staged.logged.is_none(),
                    "a failed call did something; {what}"
                );
            } else {
                effect(call, staged, &what);
            }
        }
    }
}

/// What a call that succeeds has staged.
fn effect(call: &HostCall, staged: &Staged, what: &str) {
    let mut counts = (0, 0, 0, 0, false);
    match call.function {
        "host_set_value" | "host_delete_value" => counts.0 = 1,
        "host_transfer" | "host_mint" | "host_burn" | "host_hold" => counts.1 = 1,
        "host_store_node" => counts.2 = 1,
        "host_anchor_to_dag" => counts.3 = 1,
        "host_log" => counts.4 = true,
        _ => {}
    }
    let found = (
        staged.writes.len(),
        staged.journal.len(),
        staged.nodes.len(),
        staged.anchors.len(),
        staged.logged.is_some(),
    );
    assert_eq!(found, counts, "effects; {what}");
}

/// A call and what it is: all variants of one sound call, with one argument or two at an edge.
fn variants(sound: &HostCall) -> Vec<(String, HostCall)> {
    let mut all = vec![("sound".to_owned(), sound.clone())];
    for (at, argument) in sound.arguments.iter().enumerate() {
        let Argument::Range { role, .. } = argument else { continue };
        let mut vary = |what: &str, change: &dyn Fn(&mut u64, &mut u64, &mut Vec<u8>)| {
            let mut call = sound.clone();
            if let Argument::Range { ptr, len, bytes, .. } = &mut call.arguments[at] {
                change(ptr, len, bytes);
            }
            all.push((format!("argument {at} {what}"), call));
        };
        let extent = argument.extent();
        vary("ends at the end", &|ptr, _, _| *ptr = PAGE - extent);
        vary("ends one byte past the end", &|ptr, _, _| *ptr = PAGE - extent + 1);
        vary("begins at the end", &|ptr, _, _| *ptr = PAGE);
        vary("begins at the last byte there is", &|ptr, _, _| *ptr = u64::from(u32::MAX));
        vary("ends where 32 bits do", &|ptr, _, _| *ptr = (1 << 32) - extent);
        if extent > 1 {
            vary("wraps to zero and on", &|ptr, _, _| *ptr = (1 << 32) - extent + 1);
        }
        if matches!(role, Role::Cid | Role::OutCid | Role::Fixed(_) | Role::OutFixed(_)) {
            if *role == Role::Cid {
                vary("is no CID", &|_, _, bytes| bytes[0] = 9);
            }
            continue;
        }
        vary("is empty at the end", &|ptr, len, bytes| {
            (*ptr, *len) = (PAGE, 0);
            bytes.clear();
        });
        vary("is empty past the end", &|ptr, len, bytes| {
            (*ptr, *len) = (PAGE + 1, 0);
            bytes.clear();
        });
        vary("is all there is and one", &|ptr, len, _| (*ptr, *len) = (0, PAGE + 1));
        vary("is as long as 32 bits say", &|_, len, _| *len = u64::from(u32::MAX));
        vary("has the sign bit alone", &|_, len, _| *len = 1 << 31);
        if let Role::Cids(max) = role {
            vary("is one too many", &|_, len, _| *len = *max as u64 + 1);
            vary("is no CID", &|_, _, bytes| bytes[1] = 0x70);
        }
        if let Role::Text(_) = role {
            vary("is no text", &|_, _, bytes| *bytes.last_mut().unwrap() = 0xff);
        }
        if *role == Role::Out && sound.sound.0 >= 0 {
            let full = u64::try_from(sound.sound.0).unwrap();
            vary("has room to the byte", &|_, len, _| *len = full);
            vary("lacks a byte", &|_, len, _| *len = full - 1);
            vary("has no room", &|_, len, _| *len = 0);
        }
    }
    all
}

/// What a variant must come to.
fn expected(call: &HostCall, held: &BTreeSet<Capability>) -> Answer {
    if let Some(wrong) = model(call, held, PAGE) {
        return wrong;
    }
    if call.sound.0 < 0 {
        // What nobody has the authority for, however it is asked.
        return Answer::Says(call.sound.0, None);
    }
    let empty = call.arguments.iter().enumerate().find_map(|(at, argument)| match argument {
        Argument::Range { role: Role::Bytes(_) | Role::Text(_) | Role::Cids(_), len: 0, .. } => Some(at),
        _ => None,
    });
    if let Some((_, answer)) = call.empty.iter().find(|(at, _)| Some(*at) == empty) {
        return Answer::Says(*answer, call.sound.1.clone());
    }
    for argument in &call.arguments {
        match argument {
            Argument::Range { role: Role::Out, len, .. } if i128::from(*len) < i128::from(call.sound.0) => {
                return Answer::Says(call.sound.0, None);
            }
            Argument::Range { role: Role::OutFilled(_), len, .. } => {
                let len = usize::try_from(*len).unwrap();
                return Answer::Says(i64::try_from(len).unwrap(), Some(random(len)));
            }
            _ => {}
        }
    }
    Answer::Says(call.sound.0, call.sound.1.clone())
}

/// Runs calls of one function and compares each.
fn hold_against_the_model(calls: &[(String, HostCall)], world: impl Fn() -> World) -> usize {
    for calls in calls.chunks(200) {
        let mut guests = Guests::new(1);
        let names: Vec<String> = calls.iter().map(|(_, call)| guests.add(call)).collect();
        let module = guests.module();
        for (name, (what, call)) in names.iter().zip(calls) {
            // A ledger of its own for each, so that one call's hold is not another's.
            let world = world();
            let expected = expected(call, &world.capabilities);
            compare(call, &world.run(&module, name), &expected, what);
        }
    }
    calls.len()
}

#[test]
fn every_pointer_and_length_at_its_edges() {
    let mut count = 0;
    for sound in calls() {
        count += hold_against_the_model(&variants(&sound), World::new);
    }
    println!("{count} calls");
}

#[test]
fn every_function_with_a_pointer_is_called_here() {
    let here: BTreeSet<&str> = calls().iter().map(|call| call.function).collect();
    let takes_none = [
        "host_get_time",
        "host_abort",
        "host_check_resource_authorization",
        "host_record_resource_usage",
        "host_get_resource_remaining",
    ];
    for (name, ..) in FUNCTIONS {
        assert!(here.contains(name) != takes_none.contains(name), "{name}");
    }
}

/// The order of the ABI: a length over its maximum before a range outside the memory, that before a text that
/// is none. Each pair of arguments, one wrong in the one way and one in the other.
#[test]
fn of_two_wrong_arguments_the_order_of_the_abi_decides() {
    let mut count = 0;
    for sound in calls() {
        let wrong: Vec<(String, HostCall)> = variants(&sound).into_iter().skip(1).collect();
        let mut both = Vec::new();
        for (first, one) in &wrong {
            for (second, other) in &wrong {
                // The argument that differs from the sound call.
                let at = |call: &HostCall| {
                    let mut pairs = call.arguments.iter().zip(&sound.arguments);
                    pairs.position(|(a, b)| format!("{a:?}") != format!("{b:?}"))
                };
                let (Some(one_at), Some(other_at)) = (at(one), at(other)) else { continue };
                if one_at < other_at {
                    let mut call = one.clone();
                    call.arguments[other_at] = other.arguments[other_at].clone();
                    // Two that overlap say nothing of either.
                    if model(&call, &World::new().capabilities, PAGE).is_some() {
                        both.push((format!("{first} and {second}"), call));
                    }
                }
            }
        }
        count += hold_against_the_model(&both, World::new);
    }
    println!("{count} calls");
}

#[test]
fn a_missing_capability_comes_before_everything_else() {
    let mut count = 0;
    for sound in calls() {
        for capability in sound.capabilities.clone() {
            let world = || World::new().without(capability);
            count += hold_against_the_model(&variants(&sound), world);
        }
        // What needs none works without any.
        if sound.capabilities.is_empty() {
            let world = || World { capabilities: BTreeSet::new(), ..World::new() };
            count += hold_against_the_model(&variants(&sound), world);
        }
    }
    println!("{count} calls");
    // The treasury needs one of its own, which comes before what else is wrong.
    let from_treasury = |world: World| {
        let mut call = calls().into_iter().find(|call| call.function == "host_transfer").unwrap();
        call.arguments[0] = Argument::I32(2);
        let mut guests = Guests::new(1);
        let name = guests.add(&call);
        let staged = world.run(&guests.module(), &name);
        (
            i64::from_le_bytes(staged.output[ANSWER_AT..ANSWER_AT + 8].try_into().unwrap()),
            staged.journal.len(),
        )
    };
    assert_eq!(from_treasury(World::new()), (0, 1));
    assert_eq!(from_treasury(World::new().without(Capability::Treasury)), (DENIED, 0));
}

/// A guest with every import, a memory of so many pages, and this body of its entry `run`.
fn guest(pages: u32, body: &str) -> icn_sandbox::Module {
    compile(&format!(
        "(module {} (memory (export \"memory\") {pages})
           (func $check (param i64 i64) (if (i64.ne (local.get 0) (local.get 1)) (then unreachable)))
           (func (export \"run\") (local $n i32) {body}))",
        imports()
    ))
}

fn runs(pages: u32, body: &str) -> Staged {
    let staged = World::new().run(&guest(pages, body), "run");
    assert_eq!(staged.outcome, Outcome::Ok, "{body}");
    staged
}

/// `(call $check answer expected)` of a call that gives a 32-bit number.
fn check(call: &str, expected: i64) -> String {
    format!("(call $check (i64.extend_i32_s ({call})) (i64.const {expected}))\n")
}

#[test]
fn a_length_at_its_maximum_passes_and_one_more_is_too_large() {
    // Letters in all of the memory, so that whatever is read is text; ranges far from each other.
    let fill = "(memory.fill (i32.const 0) (i32.const 0x61) (i32.const 1048576))";
    type Case<'a> = (&'a str, usize, &'a dyn Fn(usize) -> String, i64);
    let cases: [Case<'_>; 12] = [
        (
            "output",
            limits::OUTPUT_BYTES_MAX,
            &|n| format!("call $host_set_output (i32.const 0) (i32.const {n})"),
            0,
        ),
        (
            "random",
            limits::RANDOM_BYTES_MAX,
            &|n| format!("call $host_get_random (i32.const 0) (i32.const {n})"),
            1024,
        ),
        (
            "log",
            limits::LOG_TEXT_BYTES_MAX,
            &|n| format!("call $host_log (i32.const 1) (i32.const 0) (i32.const {n})"),
            0,
        ),
        (
            "key",
            limits::KEY_BYTES_MAX,
            &|n| format!("call $host_set_value (i32.const 0) (i32.const {n}) (i32.const 0) (i32.const 1)"),
            0,
        ),
        (
            "value",
            limits::VALUE_BYTES_MAX,
            &|n| format!("call $host_set_value (i32.const 0) (i32.const 1) (i32.const 0) (i32.const {n})"),
            0,
        ),
        (
            "key to read",
            limits::KEY_BYTES_MAX,
            &|n| format!("call $host_get_value (i32.const 0) (i32.const {n}) (i32.const 0) (i32.const 0)"),
            NOT_FOUND,
        ),
        (
            "key to delete",
            limits::KEY_BYTES_MAX,
            &|n| format!("call $host_delete_value (i32.const 0) (i32.const {n})"),
            NOT_FOUND,
        ),
        (
            "prefix",
            limits::KEY_BYTES_MAX,
            &|n| {
                format!(
                    "call $host_scan_keys (i32.const 0) (i32.const {n}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)"
                )
            },
            NOT_FOUND,
        ),
        (
            "key before",
            limits::KEY_BYTES_MAX,
            &|n| {
                format!(
                    "call $host_scan_keys (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {n}) (i32.const 0) (i32.const 0)"
                )
            },
            1,
        ),
        (
            "payload",
            limits::NODE_BYTES_MAX,
            &|n| {
                format!(
                    "call $host_store_node (i32.const 0) (i32.const {n}) (i32.const 0) (i32.const 0) (i32.const 0)"
                )
            },
            0,
        ),
        (
            "memo",
            limits::MEMO_BYTES_MAX,
            &|n| {
                format!(
                    "call $host_transfer (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1048575) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const {n})"
                )
            },
            0,
        ),
        (
            "name",
            limits::NAME_BYTES_MAX,
            &|n| {
                format!(
                    "call $host_transfer (i32.const 0) (i32.const 0) (i32.const {n}) (i32.const 1048575) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0)"
                )
            },
            0,
        ),
    ];
    for (what, max, call, at_most) in cases {
        let unit = "(i32.store8 (i32.const 1048575) (i32.const 0x48))";
        let body = format!("{fill}{unit}{}{}", check(&call(max + 1), TOO_LARGE), check(&call(max), at_most));
        let staged = runs(16, &body);
        let effects = staged.writes.len() + staged.journal.len() + staged.nodes.len();
        assert!(effects <= 1, "{what}: the call that was too large did something");
    }
}

#[test]
fn the_parents_of_a_node_are_bounded_and_known() {
    let stored = literal(node(b"payload").id().as_bytes());
    let all = stored.repeat(limits::NODE_PARENTS_MAX + 1);
    let unknown = literal(BlockId::of(Codec::DagCbor, b"?").as_bytes());
    let store = |at: u32, count: u64| {
        format!(
            "call $host_store_node (i32.const 0) (i32.const 4) (i32.const {at}) (i32.const {count}) (i32.const 8000)"
        )
    };
    let module = compile(&format!(
        "(module {} (memory (export \"memory\") 1) (data (i32.const 100) \"{all}\") (data (i32.const 9000) \"{unknown}\")
           (func $check (param i64 i64) (if (i64.ne (local.get 0) (local.get 1)) (then unreachable)))
           (func (export \"run\") {} {} {} {}))",
        imports(),
        check(&store(100, limits::NODE_PARENTS_MAX as u64 + 1), TOO_LARGE),
        check(&store(9000, 1), CONFLICT),
        check(&store(100, u64::from(u32::MAX)), TOO_LARGE),
        check(&store(100, limits::NODE_PARENTS_MAX as u64), 0),
    ));
    let staged = World::new().run(&module, "run");
    assert_eq!((staged.outcome, staged.nodes.len()), (Outcome::Ok, 1));
}

#[test]
fn more_in_one_invocation_than_allowed_is_the_code_for_it() {
    // (what, the most, a call that takes $n, how many were staged)
    type Count = fn(&Staged) -> usize;
    let cases: [(&str, usize, &str, Count); 5] = [
        (
            "writes",
            limits::WRITES_MAX,
            "call $host_set_value (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)",
            |staged| staged.writes.len(),
        ),
        (
            "nodes",
            limits::NODES_MAX,
            "call $host_store_node (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 64)",
            |staged| staged.nodes.len(),
        ),
        (
            "log lines",
            limits::LOG_LINES_MAX,
            "call $host_log (i32.const 0) (i32.const 0) (i32.const 0)",
            |staged| {
                if staged.logged.is_some() { limits::LOG_LINES_MAX } else { 0 }
            },
        ),
        (
            "anchors",
            limits::ANCHORS_MAX,
            "call $host_anchor_to_dag (i32.const 200) (i32.const 0) (i32.const 0)",
            |staged| staged.anchors.len(),
        ),
        (
            "transfers",
            limits::TRANSFERS_MAX,
            "call $host_transfer (i32.rem_u (local.get $n) (i32.const 2)) (select (i32.const 400) (i32.const 300) \
             (i32.rem_u (local.get $n) (i32.const 2))) (select (i32.const 56) (i32.const 66) \
             (i32.rem_u (local.get $n) (i32.const 2))) (i32.const 600) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0)",
            |staged| staged.journal.len(),
        ),
    ];
    let template = |call: &str, max: usize| {
        let cid = literal(node(b"payload").id().as_bytes());
        format!(
            "(module {} (memory (export \"memory\") 1) (data (i32.const 200) \"{cid}\")
               (data (i32.const 400) \"{}\") (data (i32.const 600) \"H\")
               (func $check (param i64 i64) (if (i64.ne (local.get 0) (local.get 1)) (then unreachable)))
               (func (export \"run\") (local $n i32) {{SELF}}
                 (loop $again (i32.store (i32.const 0) (local.get $n))
                   (call $check (i64.extend_i32_s ({call})) (i64.const 0))
                   (local.set $n (i32.add (local.get $n) (i32.const 1)))
                   (br_if $again (i32.lt_u (local.get $n) (i32.const {max}))))
                 (i32.store (i32.const 0) (local.get $n))
                 {}))",
            imports(),
            caller(),
            check(call, LIMIT)
        )
    };
    for (what, max, call, count) in cases {
        // Money goes to a name and, as the guest has no account of that name, back by other means: to itself.
        let call = if what == "transfers" {
            "call $host_transfer (i32.const 0) (i32.const 700) (i32.const 1) (i32.const 600) (i32.const 1) (i64.const 1) \
             (i32.const 0) (i32.const 0)"
        } else {
            call
        };
        let text = template(call, max).replace(
            "{SELF}",
            if what == "transfers" { "(i32.store8 (i32.const 700) (i32.const 0x78))" } else { "" },
        );
        let mut world = World::new().fuel(2_000_000_000);
        world.port = rich();
        let module = compile(&text);
        let staged = world.run(&module, "run");
        assert_eq!(staged.outcome, Outcome::Ok, "{what}");
        assert_eq!(count(&staged), max, "{what}");
    }
}

/// A ledger where the caller has plenty.
fn rich() -> Port {
    let port = Port::new();
    let issue =
        icn_core::block::Issue { unit: common::token(), to: Owner::Member(caller()), amount: 1_000_000 };
    port.0.lock().unwrap().ledger.issue(scope(), &[issue]).unwrap();
    port
}

#[test]
fn the_bytes_of_one_invocations_writes_are_bounded() {
    // Two values of the largest size are the whole write set but for their keys.
    let set = |key: u32, len: usize| {
        format!("call $host_set_value (i32.const {key}) (i32.const 1) (i32.const 0) (i32.const {len})")
    };
    let rest = limits::WRITE_SET_BYTES_MAX - limits::VALUE_BYTES_MAX - 2;
    let body = format!(
        "(i32.store (i32.const 0) (i32.const 0x04030201)) {} {} {} {}",
        check(&set(0, limits::VALUE_BYTES_MAX), 0),
        check(&set(1, rest + 1), LIMIT),
        check(&set(1, rest), 0),
        check(&set(2, 0), LIMIT)
    );
    let staged = runs(16, &body);
    assert_eq!(staged.writes.len(), 2);
    assert_eq!(staged.usage.storage, i64::try_from(limits::WRITE_SET_BYTES_MAX).unwrap());
}

#[test]
fn a_failed_call_leaves_the_output_before_it() {
    let first = "(drop (call $host_set_output (i32.const 0) (i32.const 5)))";
    let too_large = check(
        &format!("call $host_set_output (i32.const 0) (i32.const {})", limits::OUTPUT_BYTES_MAX + 1),
        TOO_LARGE,
    );
    assert_eq!(runs(8, &format!("{first}{too_large}")).output, [0; 5]);
    let again = "(drop (call $host_set_output (i32.const 0) (i32.const 0)))";
    assert!(runs(1, &format!("{first}{again}")).output.is_empty(), "the last call wins, an empty one too");
}

#[test]
fn storage_that_is_not_there_is_not_used() {
    let set = |len: u32| {
        check(&format!("call $host_set_value (i32.const 0) (i32.const 2) (i32.const 0) (i32.const {len})"), 0)
    };
    let not = |len: u32| {
        let call =
            format!("call $host_set_value (i32.const 0) (i32.const 2) (i32.const 0) (i32.const {len})");
        check(&call, EXHAUSTED)
    };
    let world = World { storage_left: 10, ..World::new() };
    // Two bytes of key and eight of value fit; overwriting gives back what was there.
    let module = guest(1, &format!("{}{}{}{}", not(9), set(8), not(9), set(3)));
    let staged = world.run(&module, "run");
    assert_eq!((staged.outcome, staged.usage.storage), (Outcome::Ok, 5));
    // Deleting what was stored before gives it back.
    let delete = "(i32.store8 (i32.const 0) (i32.const 0x6b))
        (call $check (i64.extend_i32_s (call $host_delete_value (i32.const 0) (i32.const 1))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_delete_value (i32.const 0) (i32.const 1))) (i64.const -4))";
    let staged = world.run(&guest(1, delete), "run");
    assert_eq!((staged.outcome, staged.usage.storage), (Outcome::Ok, -6));
}

#[test]
fn a_key_that_ends_as_it_began_is_not_among_the_effects() {
    let set = |key: u8, value_at: i32| {
        format!(
            "(i32.store8 (i32.const 0) (i32.const {key}))
            (call $check (i64.extend_i32_s (call $host_set_value
                (i32.const 0) (i32.const 1) (i32.const {value_at}) (i32.const 5))) (i64.const 0))"
        )
    };
    let delete = |key: u8| {
        format!(
            "(i32.store8 (i32.const 0) (i32.const {key}))
            (call $check (i64.extend_i32_s (call $host_delete_value (i32.const 0) (i32.const 1))) (i64.const 0))"
        )
    };
    // `k` is there before, as `value`; the others are not.
    let [k, new, gone, kept] = *b"knga";
    let value = "(i64.store (i32.const 100) (i64.const 0x65756c6176))";
    let body = [
        value.to_owned(),
        set(k, 200),
        set(k, 100),
        set(new, 100),
        delete(new),
        set(gone, 100),
        delete(gone),
        set(gone, 200),
        delete(gone),
        set(kept, 100),
    ];
    let staged = World::new().run(&guest(1, &body.concat()), "run");
    assert_eq!((staged.outcome, staged.usage.storage), (Outcome::Ok, 6));
    let changed: Vec<&[u8]> = staged.writes.keys().map(Vec::as_slice).collect();
    assert_eq!(changed, [&[kept]]);
}

#[test]
fn amounts_and_kinds_are_numbers_of_their_kind() {
    let record = |kind: i32, amount: i64| {
        format!("call $host_record_resource_usage (i32.const {kind}) (i64.const {amount})")
    };
    let authorized = |kind: i32, amount: i64| {
        format!("call $host_check_resource_authorization (i32.const {kind}) (i64.const {amount})")
    };
    let mut body = String::new();
    for kind in [-1, 5, i32::MIN, i32::MAX] {
        body += &check(&record(kind, 1), INVALID);
        body += &check(&authorized(kind, 1), INVALID);
        body += &format!(
            "(call $check (call $host_get_resource_remaining (i32.const {kind})) (i64.const {INVALID}))"
        );
    }
    for kind in 0..5 {
        for amount in [0, -1, i64::MIN] {
            body += &check(&record(kind, amount), INVALID);
            body += &check(&authorized(kind, amount), INVALID);
        }
        body += &check(&authorized(kind, 1), 1);
        body += &check(&authorized(kind, i64::MAX), 0);
    }
    // Kept values and memory are consumed by keeping and growing.
    body += &check(&record(1, 1), INVALID);
    body += &check(&record(4, 1), INVALID);
    for kind in [0, 2, 3] {
        body += &check(&record(kind, i64::MAX), EXHAUSTED);
    }
    body += &check(&record(2, 1000), 0);
    body += &check(&record(2, 1), EXHAUSTED);
    body += &check(&record(3, 100), 0);
    body += &check(&record(3, 1), EXHAUSTED);
    body += &check(&record(0, 5), 0);
    let left = "(call $check (call $host_get_resource_remaining (i32.const 2)) (i64.const 0))
        (call $check (call $host_get_resource_remaining (i32.const 3)) (i64.const 0))
        (call $check (call $host_get_resource_remaining (i32.const 4)) (i64.const 15))";
    let staged = runs(1, &(body + left));
    assert_eq!((staged.usage.network, staged.journal.len()), (1000, 1));
    // Without its capability nothing is consumed.
    let denied = guest(1, &(0..5).map(|kind| check(&record(kind, 1), DENIED)).collect::<String>());
    let staged = World::new().without(Capability::Usage).run(&denied, "run");
    assert!(staged.outcome == Outcome::Ok && has_no_effects(&staged));
}

#[test]
fn transfers_are_refused_for_what_is_wrong_with_them() {
    let text = |at: u32, text: &str| {
        let bytes = text.bytes().enumerate();
        let store = |(n, byte): (usize, u8)| {
            format!("(i32.store8 (i32.const {}) (i32.const {byte}))", at as usize + n)
        };
        bytes.map(store).collect::<String>()
    };
    let transfer = |from: i32, to: &str, unit: &str, amount: i64, answer: i64| {
        let call = format!(
            "call $host_transfer (i32.const {from}) (i32.const 0) (i32.const {}) (i32.const 200) (i32.const {}) \
             (i64.const {amount}) (i32.const 0) (i32.const 0)",
            to.len(),
            unit.len()
        );
        format!("{}{}{}", text(0, to), text(200, unit), check(&call, answer))
    };
    let me = caller().to_string();
    let body = [
        transfer(0, "x", "H", 101, EXHAUSTED),
        transfer(0, "x", "H", 0, INVALID),
        transfer(0, "x", "H", -5, INVALID),
        transfer(0, "x", "H", i64::MAX, EXHAUSTED),
        transfer(3, "x", "H", 1, INVALID),
        transfer(-1, "x", "H", 1, INVALID),
        transfer(0, "x", "fuel", 1, INVALID),
        transfer(0, "x", "h", 1, INVALID),
        transfer(0, "x", "PLN", 1, EXHAUSTED),
        transfer(0, &me, "H", 1, INVALID),
        transfer(0, "issuance", "H", 1, DENIED),
        transfer(0, "consumed", "H", 1, DENIED),
        transfer(0, "did:key:z6Mk", "H", 1, INVALID),
        transfer(0, &me.replace("did:key:z", "did:key:Z"), "H", 1, INVALID),
        transfer(0, "-x", "H", 1, INVALID),
        transfer(1, "x", "H", 1, EXHAUSTED),
        transfer(0, "x", "H", 100, 0),
        transfer(0, "x", "H", 1, EXHAUSTED),
        transfer(2, "treasury", "H", 1, INVALID),
        transfer(2, &me, "H", 50, 0),
        transfer(0, "treasury", "H", 50, 0),
    ];
    let staged = runs(1, &body.concat());
    assert_eq!(staged.journal.iter().filter_map(Operation::amount).collect::<Vec<_>>(), [100, 50, 50]);
}

#[test]
fn what_was_staged_is_seen_by_what_comes_after() {
    let body = "
        (i64.store (i32.const 0) (i64.const 0x6463626162616161)) ;; aaab abcd
        (call $check (i64.extend_i32_s (call $host_set_value (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 3))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_get_value (i32.const 0) (i32.const 4) (i32.const 100) (i32.const 9))) (i64.const 3))
        (call $check (i64.extend_i32_s (call $host_scan_keys (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 9))) (i64.const 4))
        (call $check (i64.extend_i32_s (call $host_scan_keys (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 200) (i32.const 9))) (i64.const 1))
        (call $check (i64.extend_i32_s (call $host_delete_value (i32.const 200) (i32.const 1))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_scan_keys (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 200) (i32.const 9))) (i64.const -4))
        (call $check (i64.extend_i32_s (call $host_get_value (i32.const 200) (i32.const 1) (i32.const 100) (i32.const 9))) (i64.const -4))
        (call $check (i64.extend_i32_s (call $host_store_node (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 300))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_contains_node (i32.const 300))) (i64.const 1))
        (call $check (i64.extend_i32_s (call $host_get_node (i32.const 300) (i32.const 400) (i32.const 9))) (i64.const 4))
        (call $check (i64.extend_i32_s (call $host_store_node (i32.const 0) (i32.const 3) (i32.const 300) (i32.const 1) (i32.const 500))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_anchor_to_dag (i32.const 500) (i32.const 0) (i32.const 3))) (i64.const 0))
        (call $check (i64.extend_i32_s (call $host_store_node (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 600))) (i64.const 0))";
    let staged = runs(1, body);
    assert_eq!(staged.writes.len(), 2);
    assert_eq!(staged.nodes.len(), 2, "a node is named by its contents, and stored once");
    assert_eq!(staged.anchors[0].0, staged.nodes[1].id());
}

#[test]
fn an_abort_says_what_the_guest_says() {
    let abort = |ptr: u32, len: u32| {
        let module = guest(
            1,
            &format!(
                "(memory.fill (i32.const 0) (i32.const 0x61) (i32.const 65536)) (i32.store8 (i32.const 1) (i32.const 0xff))
                 (drop (call $host_set_output (i32.const 0) (i32.const 3)))
                 (drop (call $host_set_value (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3)))
                 (call $host_abort (i32.const {ptr}) (i32.const {len}))"
            ),
        );
        let staged = World::new().run(&module, "run");
        assert!(has_no_effects(&staged) && staged.output.is_empty() && staged.fuel == common::FUEL);
        match staged.outcome {
            Outcome::Trapped(trap) => (trap.kind, trap.detail),
            other => panic!("{other:?}"),
        }
    };
    let aborted = |text: &str| (TrapKind::Aborted, text.to_owned());
    assert_eq!(abort(0, 0), aborted(""));
    assert_eq!(abort(65_536, 0), aborted(""));
    assert_eq!(abort(2, 3), aborted("aaa"));
    assert_eq!(abort(0, 3), aborted("a\u{fffd}a"));
    assert_eq!(abort(2, 1024), aborted(&"a".repeat(1024)));
    assert_eq!(abort(2, 65_534), aborted(&"a".repeat(1024)), "cut, not refused");
    for (ptr, len) in [(65_536, 1), (65_537, 0), (2, 65_535), (u32::MAX, 1), (1, u32::MAX)] {
        assert_eq!(abort(ptr, len).0, TrapKind::MemoryFault, "{ptr} {len}");
    }
}

#[test]
fn time_is_what_the_receipt_will_say() {
    let body = format!(
        "(call $check (call $host_get_time) (i64.const {0})) (call $check (call $host_get_time) (i64.const {0}))",
        common::TIME_MS
    );
    runs(1, &body);
}

#[test]
fn a_call_costs_its_base_and_its_bytes_whether_it_succeeds_or_not() {
    let fuel = |body: &str, world: &World| {
        let staged = world.run(&guest(8, body), "run");
        assert_eq!(staged.outcome, Outcome::Ok, "{body}");
        staged.fuel
    };
    let call = |len: usize| {
        format!("(drop (call $host_set_value (i32.const 0) (i32.const 3) (i32.const 0) (i32.const {len})))")
    };
    // Four constants and the call; the drop is in the floor too.
    let price = |operator| u64::from(costs::operator_fuel(operator).unwrap());
    let operators = 4 * price("I32Const") + price("Call");
    let base = costs::CALL_FUEL + costs::STATE_FUEL + costs::WRITE_FUEL + operators;
    // A function that calls anything counts its frame, so the floor is a function with a call.
    let nothing = fuel("(drop (call $host_get_time))", &World::new()) - costs::CALL_FUEL - price("Call");
    assert_eq!(fuel(&call(10), &World::new()) - nothing, base + 13 * costs::KEPT_BYTE_FUEL);
    let denied = World::new().without(Capability::State);
    assert_eq!(fuel(&call(10), &denied) - nothing, base, "a denied call keeps its base");
    let too_large = call(limits::VALUE_BYTES_MAX + 1);
    assert_eq!(fuel(&too_large, &World::new()) - nothing, base + 3 * costs::KEPT_BYTE_FUEL);
}

/// A ledger that does not answer is the host's fault, and no outcome of the guest's.
#[test]
fn a_closed_ledger_is_the_hosts_fault() {
    let body = "(i64.store (i32.const 0) (i64.const 0x4848484848484848))
        (drop (call $host_transfer (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1) (i64.const 1)
          (i32.const 0) (i32.const 0)))";
    let module = guest(1, body);
    assert_eq!(World::new().run(&module, "run").journal.len(), 1);
    let world = World { port: Port::closed(), ..World::new() };
    assert!(matches!(world.try_run(&module, "run"), Err(icn_sandbox::RunError::HostFault(_))));
}
