//! Every hard limit of the runtime, in one place, with its unit in its name. No other file states a limit of its own.
//!
//! A replay depends on every limit that decides whether a guest's call succeeds. Such
//! limits are described in the engine block that each receipt names ([`crate::block::Engine`]).

/// A limit as `icn abi` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The constant's name; the unit is in it.
    pub name: &'static str,
    /// The number.
    pub value: u64,
    /// The constant's documentation.
    pub meaning: &'static str,
}

/// Defines the constants, and the table of all of them.
macro_rules! limits {
    ($($(#[doc = $meaning:literal])+ pub const $name:ident: $type:ty = $value:expr;)+) => {
        $($(#[doc = $meaning])+ pub const $name: $type = $value;)+

        /// Every limit of this file, in its order.
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "a limit is never negative")]
        pub const ALL: &[Limit] =
            &[$(Limit { name: stringify!($name), value: $name as u64, meaning: concat!($($meaning),+) }),+];
    };
}

limits! {
/// Bytes of one signed payload block (an invocation, a receipt, a policy), at most.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one raw block (a guest module, a roll of members), at most.
pub const RAW_BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Maps and lists inside each other in a dag-cbor block, at most.
pub const BLOCK_DEPTH_MAX: usize = 64;
/// Bytes of a signed note, at most.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Bytes that a witness reads of a request, at most: a note, and 63 hashes and a size before it.
pub const WITNESS_REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 4096;
/// Hashes of a consistency proof in a request to a witness, at most (C2SP tlog-witness, "add-checkpoint").
pub const WITNESS_PROOF_HASHES_MAX: usize = 63;
/// Bytes that are read of a witness's answer, at most.
pub const WITNESS_ANSWER_BYTES_MAX: usize = NOTE_BYTES_MAX;
/// Bytes that are fetched of a publication for an audit over HTTP, at most, unless more are allowed: 64 GiB.
pub const FETCH_BYTES_MAX: u64 = 64 << 30;
/// Bytes of a publication's key and of its policy, at most.
pub const FETCH_TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes that are read of a tile or a bundle of entries, at most; a full bundle has 9728.
pub const FETCH_TILE_BYTES_MAX: u64 = 16 * 1024;
/// How often a file is asked for whose answer is no use.
pub const FETCH_TRIES_MAX: u32 = 3;
/// Answers without use in all, at most.
pub const FETCH_BAD_ANSWERS_MAX: u64 = 100;
/// Bytes a second that a server must send on average, behind the first seconds.
pub const FETCH_BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// Signatures of a note, at most.
pub const NOTE_SIGNATURES_MAX: usize = 64;
/// How long before no key of a scope that is on its host may sign any more the host warns: 30 days.
pub const KEY_END_WARNING_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// Bytes of a UCAN, at most.
pub const UCAN_BYTES_MAX: usize = 4096;
/// Delegations that one block brings, at most; and revocations.
pub const KEYS_BLOCK_UCANS_MAX: usize = 16;
/// Delegations of one scope's log, at most; and revocations.
pub const SCOPE_UCANS_MAX: usize = 4096;
/// Hashes of an inclusion or consistency proof, at most: no tree of 64-bit size is higher.
pub const PROOF_HASHES_MAX: usize = 64;
/// Bytes of a CAR's header, at most: some 400 000 roots.
pub const CAR_HEADER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of the blocks of one entry in a CAR, at most: four times what 64 of the largest modules have.
pub const ENTRY_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Blocks of one entry in a CAR, at most: a segment's table counts no more.
pub const ENTRY_BLOCKS_MAX: usize = 65_535;
/// Bytes of an invocation's input, at most.
pub const INPUT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an invocation's output, at most.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an entry point's name, at most.
pub const ENTRY_NAME_BYTES_MAX: usize = 64;
/// Bytes of a log's origin, at most.
pub const ORIGIN_BYTES_MAX: usize = 128;
/// Bytes of an account owner's name, at most.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a unit's name, at most.
pub const UNIT_BYTES_MAX: usize = 12;
/// Bytes of a transfer's memo, at most.
pub const MEMO_BYTES_MAX: usize = 128;
/// Bytes of an anchor's topic, at most.
pub const TOPIC_BYTES_MAX: usize = 64;
/// Bytes of one line of guest log text, at most.
pub const LOG_TEXT_BYTES_MAX: usize = 1024;
/// Lines of guest log text in one invocation, at most.
pub const LOG_LINES_MAX: usize = 256;
/// Bytes of an abort's message, at most; a longer one is cut.
pub const ABORT_TEXT_BYTES_MAX: usize = 1024;
/// Bytes that one call for randomness gives, at most.
pub const RANDOM_BYTES_MAX: usize = 1024;
/// Bytes of a state key, at most.
pub const KEY_BYTES_MAX: usize = 256;
/// Bytes of a state value, at most.
pub const VALUE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a node's payload, at most.
pub const NODE_BYTES_MAX: usize = 256 * 1024;
/// Parents of a node, at most.
pub const NODE_PARENTS_MAX: usize = 64;
/// State keys that one invocation writes or deletes, at most.
pub const WRITES_MAX: usize = 4096;
/// Bytes of keys and values that one invocation writes, all together, at most.
pub const WRITE_SET_BYTES_MAX: usize = 512 * 1024;
/// Nodes that one invocation stores, at most.
pub const NODES_MAX: usize = 64;
/// Anchors that one invocation makes, at most.
pub const ANCHORS_MAX: usize = 16;
/// Transfers that one invocation makes, at most. Settling a hold makes one or two.
pub const TRANSFERS_MAX: usize = 4096;
/// Holds of one scope that are open at once, at most.
pub const HOLDS_OPEN_MAX: usize = 4096;
/// How far ahead of its invocation's time a hold's deadline may lie, in milliseconds (400 days).
pub const HOLD_AHEAD_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1000;
/// Commands of one group for the ledger, at most: they apply together or not at all.
pub const LEDGER_GROUP_COMMANDS_MAX: usize = 16_384;
/// Caps of one scope, at most.
pub const CAPS_MAX: usize = 1024;
/// Decimal places of a token, at most.
pub const UNIT_SCALE_MAX: u8 = 18;
/// Bytes of the name of a type of credential, at most.
pub const CREDENTIAL_TYPE_BYTES_MAX: usize = 64;
/// Bytes of a credential's id, at most.
pub const CREDENTIAL_ID_BYTES_MAX: usize = 256;
/// Bytes of the claims of one credential, at most.
pub const CLAIMS_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a whole credential as JSON, at most.
pub const CREDENTIAL_BYTES_MAX: usize = 128 * 1024;
/// Bytes of the reason for which a credential is revoked, at most.
pub const REASON_BYTES_MAX: usize = 256;
/// Bytes of a message whose signature a guest has verified, at most.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// The largest integer in JSON that a guest gives: greater ones are not the same number to every reader
/// (RFC 7493, section 2.2).
pub const JSON_INTEGER_MAX: u64 = (1 << 53) - 1;
/// Objects and lists inside each other in JSON that a guest gives, at most.
pub const JSON_DEPTH_MAX: usize = 32;
/// Fuel of one invocation, at most: used up before [`GUEST_WALL_CLOCK_MS_MAX`] is over, even by loads that miss every
/// cache (`docs/performance.md`).
pub const FUEL_PER_INVOCATION_MAX: u64 = 20_000_000_000;
/// Frames of a guest's backtrace, at most.
pub const BACKTRACE_FRAMES_MAX: usize = 32;
/// Bytes of a guest's function's name that is made legible in a backtrace, at most; a longer one stays as it is.
pub const FUNCTION_NAME_BYTES_MAX: usize = 512;
/// 64 KiB pages of a guest's memory, at most.
pub const MEMORY_PAGES_MAX: u64 = 256;
/// Bytes that leave the scope in one invocation, at most: what is drawn for many of them, and what a receipt books,
/// stays far below what the ledger takes.
pub const NETWORK_BYTES_MAX: u64 = 1 << 48;
/// Bytes of a 64 KiB page.
pub const PAGE_BYTES: u64 = 65_536;
/// Elements of a guest's table, at most.
pub const TABLE_ELEMENTS_MAX: usize = 10_000;
/// Bytes of stack that a run may use, as counted from the functions' types and operators, at most: what ends a
/// recursion, the same on every machine.
pub const STACK_COUNTED_BYTES_MAX: i64 = 1024 * 1024;
/// Bytes of a counted frame beside its values: return address, saved registers, the engine's own.
pub const STACK_FRAME_BYTES_MIN: u64 = 128;
/// Bytes of a counted frame for each value that its function defines.
pub const STACK_VALUE_BYTES: u64 = 16;
/// Bytes of a frame that is not counted because its function calls nothing, at most.
pub const STACK_LEAF_BYTES_MAX: i64 = 16 * 1024;
/// Bytes of native stack for a guest, at most: never reached, because counted frames are no smaller than native ones.
pub const WASM_STACK_BYTES_MAX: usize = 1536 * 1024;
/// Bytes of native stack for the host's own calls, above the guest's.
pub const HOST_STACK_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a guest module, at most.
pub const MODULE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Functions that a module defines, at most.
pub const MODULE_FUNCTIONS_MAX: u32 = 3_000;
/// Function types of a module, at most.
pub const MODULE_TYPES_MAX: u32 = 1_000;
/// Globals of a module, at most.
pub const MODULE_GLOBALS_MAX: u32 = 1_000;
/// Exports of a module, at most.
pub const MODULE_EXPORTS_MAX: u32 = 1_000;
/// Data segments of a module, at most.
pub const MODULE_DATA_SEGMENTS_MAX: u32 = 1_000;
/// Element segments of a module, at most; their items together are bounded by [`TABLE_ELEMENTS_MAX`].
pub const MODULE_ELEMENT_SEGMENTS_MAX: u32 = 1_000;
/// Bytes of one function's body, at most.
pub const FUNCTION_BODY_BYTES_MAX: usize = 128 * 1024;
/// Locals of one function, its parameters not counted, at most.
pub const FUNCTION_LOCALS_MAX: u32 = 1_000;
/// Parameters of one function, at most.
pub const FUNCTION_PARAMS_MAX: usize = 32;
/// Results of one function, or of a block, at most: what a row of calls costs the compiler grows with them.
pub const FUNCTION_RESULTS_MAX: usize = 4;
/// Depth of nested blocks in one function, at most.
pub const NESTING_DEPTH_MAX: usize = 256;
/// Bytes of compiled modules that the cache keeps, at most; each counts with its code image and its wasm bytes.
pub const COMPILED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Refused modules that the cache remembers, at most.
pub const REFUSED_MODULES_MAX: usize = 4096;
/// Bytes of the reasons of remembered refusals, at most.
pub const REFUSED_BYTES_MAX: usize = 1024 * 1024;
/// Modules that are compiled at once, at most: each may take hundreds of megabytes while it is.
pub const COMPILES_AT_ONCE_MAX: usize = 2;
/// Modules of new installs that wait for a compile thread, at most. One more is answered `Busy`.
pub const COMPILES_WAITING_MAX: usize = 32;
/// Bytes of one compiled artefact on disk, at most; a larger one is not kept there.
pub const ARTEFACT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of all compiled artefacts on disk, at most: the oldest makes room.
pub const ARTEFACT_DIR_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Compiled artefacts on disk, at most: the oldest makes room.
pub const ARTEFACTS_MAX: usize = 4096;
/// Locals of all functions of a module together, parameters not counted, at most.
pub const MODULE_LOCALS_MAX: u64 = 200_000;
/// Targets of one `br_table`, at most.
pub const TABLE_TARGETS_MAX: u32 = 1_024;
/// Values on the operand stack at once, at most.
pub const OPERAND_STACK_MAX: u32 = 1_000;
/// Bytes of an export's name, at most; an entry's is bounded by [`ENTRY_NAME_BYTES_MAX`] too.
pub const EXPORT_NAME_BYTES_MAX: usize = 256;
/// Bytes of all data segments of a module together, at most.
pub const MODULE_DATA_BYTES_MAX: usize = 1024 * 1024;
/// Custom sections of a module, at most.
pub const MODULE_CUSTOM_SECTIONS_MAX: u32 = 64;
/// Bytes of a module's manifest, at most.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;
/// Weight of one function, at most: what it costs to compile, in the units of [`weights`].
pub const FUNCTION_WEIGHT_MAX: u64 = 700_000;
/// Weight of all functions of a module together, at most.
pub const MODULE_WEIGHT_MAX: u64 = 5_000_000;
/// Modules that a scope's policy installs, at most.
pub const POLICY_MODULES_MAX: usize = 64;
/// Roles that a scope's policy defines, at most.
pub const POLICY_ROLES_MAX: usize = 64;
/// Other scopes that a policy names as its counterparts, at most.
pub const POLICY_COUNTERPARTS_MAX: usize = 256;
/// Other scopes that one invocation moves units to, at most: each stands still while it runs.
pub const CROSSING_SCOPES_MAX: usize = 16;
/// How long an invocation waits for other scopes to hold still, in milliseconds, before it is told to come back.
pub const CROSSING_WAIT_MS_MAX: u64 = 10_000;
/// Members that a policy names in itself for one role, at most; more go into rolls.
pub const ROLE_NAMED_MAX: usize = 1024;
/// Rolls of one role, at most.
pub const ROLE_ROLLS_MAX: usize = 256;
/// Members on one roll, at most.
pub const ROLL_MEMBERS_MAX: usize = 65_536;
/// How far in the future an invocation's expiry may lie, in milliseconds (400 days).
pub const EXPIRY_AHEAD_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1000;
/// How long one epoch tick lasts, in milliseconds: the longest that a guest keeps its arbiter.
pub const EPOCH_TICK_MS: u64 = 1;
/// How long a guest may run by the wall clock before it is interrupted, in milliseconds. Fuel comes first.
pub const GUEST_WALL_CLOCK_MS_MAX: u64 = 3_600_000;
/// How long the host calls of one invocation may wait for the ledger, all together, in milliseconds; past it the run
/// ends as the host's fault.
pub const HOST_CALLS_WAIT_MS_MAX: u64 = 10_000;
/// Messages in a scope's mailbox, at most. One more is answered `Busy`.
pub const SCOPE_MAILBOX_MESSAGES_MAX: usize = 1024;
/// Receipts handed over and not yet durable, over the whole host, at most.
pub const HAND_OVERS_IN_FLIGHT_MAX: usize = 4096;
/// Entries that one durable group takes, at most.
pub const GROUP_ENTRIES_MAX: usize = 1024;
/// How often a scope may be restarted within [`RESTART_WINDOW_MS`] before it is quarantined.
pub const RESTARTS_MAX: usize = 3;
/// The window over which restarts are counted, in milliseconds.
pub const RESTART_WINDOW_MS: u64 = 60_000;
/// Bytes of one segment file of the log, at most.
pub const SEGMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
}

/// What the parts of a function weigh: about a tenth of a microsecond of the compiler's time each, as measured for
/// `docs/design/0003-compile-bounds.md`. [`FUNCTION_WEIGHT_MAX`] and [`MODULE_WEIGHT_MAX`] bound the sums.
pub mod weights {
    /// A function, before its first operator.
    pub const FUNCTION: u64 = 1_500;
    /// A local of a function, or a parameter.
    pub const LOCAL: u64 = 2;
    /// Any operator that is not named here.
    pub const OPERATOR: u64 = 10;
    /// `nop`.
    pub const NOP: u64 = 1;
    /// A `block`.
    pub const BLOCK: u64 = 30;
    /// `if`, `else`, `br`, `br_if`, `br_table`, `return`.
    pub const BRANCH: u64 = 80;
    /// A loop: it counts fuel and asks whether to yield.
    pub const LOOP: u64 = 1_500;
    /// One target of a `br_table`.
    pub const TARGET: u64 = 2;
    /// A call.
    pub const CALL: u64 = 160;
    /// A call through a table.
    pub const CALL_INDIRECT: u64 = 1_000;
    /// A parameter or a result of a call.
    pub const ARGUMENT: u64 = 80;
    /// A value in scope at a call.
    pub const SCOPE_AT_A_CALL: u64 = 2;
    /// A value that differs on a branch, where branches meet; and 1 more for each other value that differs there.
    pub const MEETING: u64 = 40;
    /// Of the others, so many count at most.
    pub const MEETING_CROWD_MAX: u64 = 256;
    /// So many branches that meet at one place make each of them weigh twice as much.
    pub const MEETING_DOUBLES_AT: u64 = 256;
    /// A value in scope where branches meet.
    pub const SCOPE: u64 = 5;
    /// Values that are in registers: so many alive at once weigh nothing.
    pub const REGISTERS: u64 = 12;
    /// So many values alive beyond those, counted over all operators at which they are, weigh 1.
    pub const ALIVE_WEIGHS_AT: u64 = 2;
    /// A cheap function of integers.
    pub const ARITHMETIC: u64 = 30;
    /// Floats, divisions, conversions, sign extensions, counts of bits.
    pub const SLOW: u64 = 280;
    /// A load or a store whose fixed offset is so many bytes or more weighs [`MEMORY_ACCESS_FAR`].
    pub const FAR_AT: u64 = 1024 * 1024;
    /// A load or a store far away: its bounds are checked in steps.
    pub const MEMORY_ACCESS_FAR: u64 = 250;
    /// A load or a store.
    pub const MEMORY_ACCESS: u64 = 40;
    /// `memory.size`, `global.get`.
    pub const LOOK: u64 = 25;
    /// `memory.grow`.
    pub const MEMORY_GROW: u64 = 2_000;
    /// `memory.fill`, and the look at its length that it is rewritten with.
    pub const MEMORY_FILL: u64 = 3_000;
    /// `memory.copy`, `memory.init`, `data.drop`.
    pub const MEMORY_BULK: u64 = 1_800;
    /// `table.copy`.
    pub const TABLE_COPY: u64 = 7_500;
    /// `table.init`, `elem.drop`.
    pub const TABLE_INIT: u64 = 6_000;
}

#[expect(clippy::cast_possible_wrap, reason = "a stack of some megabytes is far from the end of 63 bits")]
const _: () = {
    assert!(INPUT_BYTES_MAX < BLOCK_BYTES_MAX, "an invocation with the largest input is a block");
    assert!(
        OUTPUT_BYTES_MAX + WRITE_SET_BYTES_MAX + WRITES_MAX * 16 + TRANSFERS_MAX * 400 < BLOCK_BYTES_MAX,
        "a receipt with the largest output, write set and journal is a block"
    );
    assert!(MODULE_BYTES_MAX <= RAW_BLOCK_BYTES_MAX, "a module is a raw block");
    assert!(ARTEFACT_BYTES_MAX <= ARTEFACT_DIR_BYTES_MAX, "an artefact fits its directory");
    assert!(COMPILES_AT_ONCE_MAX > 0, "somebody compiles");
    assert!(ROLL_MEMBERS_MAX * 32 <= RAW_BLOCK_BYTES_MAX, "a roll is a raw block");
    assert!(NODE_BYTES_MAX + NODE_PARENTS_MAX * 48 < BLOCK_BYTES_MAX, "a node is a block");
    assert!(CLAIMS_BYTES_MAX < CREDENTIAL_BYTES_MAX, "a credential holds its claims");
    assert!(FUEL_PER_INVOCATION_MAX < i64::MAX as u64, "fuel fits the ABI's i64");
    assert!(WITNESS_PROOF_HASHES_MAX <= PROOF_HASHES_MAX, "a witness takes no longer proof than there are");
    assert!(NOTE_BYTES_MAX < WITNESS_REQUEST_BYTES_MAX, "a request to a witness holds a note");
    assert!(
        WITNESS_REQUEST_BYTES_MAX - NOTE_BYTES_MAX >= WITNESS_PROOF_HASHES_MAX * 45,
        "and its proof in base64"
    );
    assert!(NOTE_SIGNATURES_MAX * 256 < NOTE_BYTES_MAX, "a note holds all its signatures");
    assert!(
        FETCH_TILE_BYTES_MAX < FETCH_TEXT_BYTES_MAX && FETCH_TEXT_BYTES_MAX < FETCH_BYTES_MAX,
        "parts fit the whole"
    );
    assert!(FETCH_TILE_BYTES_MAX >= 256 * 38, "a full bundle of entries can be fetched");
    assert!(KEYS_BLOCK_UCANS_MAX * UCAN_BYTES_MAX < BLOCK_BYTES_MAX, "a block of keys holds its delegations");
    assert!(KEYS_BLOCK_UCANS_MAX <= SCOPE_UCANS_MAX, "one block does not exceed its scope");
    assert!(
        ENTRY_BYTES_MAX >= BLOCK_BYTES_MAX + POLICY_MODULES_MAX * RAW_BLOCK_BYTES_MAX,
        "an entry holds a policy's modules"
    );
    assert!(ENTRY_BLOCKS_MAX > POLICY_MODULES_MAX + POLICY_ROLES_MAX * ROLE_ROLLS_MAX, "and its rolls");
    assert!(
        ENTRY_BLOCKS_MAX > NODES_MAX + CROSSING_SCOPES_MAX * 2 + 4,
        "an entry holds a receipt's nodes and legs"
    );
    assert!(ENTRY_NAME_BYTES_MAX <= EXPORT_NAME_BYTES_MAX, "an entry is an export");
    assert!(KEY_BYTES_MAX + VALUE_BYTES_MAX <= WRITE_SET_BYTES_MAX, "the largest value can be written");
    assert!(ANCHORS_MAX <= NODES_MAX, "anchors are of stored nodes");
    assert!(HOLD_AHEAD_MS_MAX >= EXPIRY_AHEAD_MS_MAX, "a hold can outlast the invocation that places it");
    assert!(
        TRANSFERS_MAX + HOLDS_OPEN_MAX <= LEDGER_GROUP_COMMANDS_MAX,
        "a receipt's operations are one group"
    );
    assert!(UNIT_SCALE_MAX <= 18, "10 to the power of a scale fits 63 bits");
    assert!(
        REASON_BYTES_MAX + CREDENTIAL_ID_BYTES_MAX < CREDENTIAL_BYTES_MAX,
        "a credential holds its texts"
    );
    assert!(JSON_INTEGER_MAX == 9_007_199_254_740_991, "2^53 - 1");
    assert!(
        MEMORY_PAGES_MAX * PAGE_BYTES <= u32::MAX as u64,
        "a 32-bit pointer reaches all of a guest's memory"
    );
    assert!(MODULE_DATA_BYTES_MAX as u64 <= MEMORY_PAGES_MAX * PAGE_BYTES, "data segments fit memory");
    assert!(
        FUNCTION_BODY_BYTES_MAX < MODULE_BYTES_MAX && MANIFEST_BYTES_MAX < MODULE_BYTES_MAX,
        "parts fit a module"
    );
    assert!(FUNCTION_WEIGHT_MAX <= MODULE_WEIGHT_MAX, "the heaviest function is a module");
    assert!(
        weights::FUNCTION * MODULE_FUNCTIONS_MAX as u64 <= MODULE_WEIGHT_MAX,
        "the most functions are a module"
    );
    assert!(
        FUNCTION_PARAMS_MAX + FUNCTION_RESULTS_MAX < OPERAND_STACK_MAX as usize,
        "a call's values fit the stack"
    );
    assert!(
        REFUSED_MODULES_MAX * 64 <= REFUSED_BYTES_MAX,
        "remembered refusals have room for a short reason each"
    );
    assert!(CROSSING_SCOPES_MAX <= POLICY_COUNTERPARTS_MAX, "an invocation crosses to counterparts alone");
    assert!(EPOCH_TICK_MS < GUEST_WALL_CLOCK_MS_MAX, "a guest yields before it is interrupted");
    assert!(HOST_CALLS_WAIT_MS_MAX < GUEST_WALL_CLOCK_MS_MAX, "a call's wait ends before the run does");
    assert!(GROUP_ENTRIES_MAX <= HAND_OVERS_IN_FLIGHT_MAX, "a group is part of the queue");
    assert!(RESTARTS_MAX > 0 && RESTART_WINDOW_MS > 0, "a scope is restarted at least once");
    assert!(WASM_STACK_BYTES_MAX > HOST_STACK_BYTES_MAX, "the guest's stack is the larger part");
    assert!(STACK_VALUE_BYTES < STACK_FRAME_BYTES_MIN, "a frame counts more than a value");
    assert!(
        STACK_COUNTED_BYTES_MAX + STACK_LEAF_BYTES_MAX < WASM_STACK_BYTES_MAX as i64,
        "the counted stack ends before the native one"
    );
};
