//! Every function of the host ABI as its contract lists it: what it needs, its price, and its parameters in order.

use icn_core::{costs, limits};

/// What a text says, when it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Any text.
    Any,
    /// A DID.
    Did,
    /// An owner of an account.
    Owner,
    /// A token's unit.
    Token,
    /// A type of credential.
    CredentialType,
    /// One JSON object.
    Object,
}

/// What a number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A log level, 0 to 4.
    Level,
    /// A kind of resource, 0 to 4.
    Kind,
    /// Whose account is debited, 0 to 2.
    Purse,
    /// A positive amount.
    Amount,
    /// A date after now and not too far ahead, in milliseconds since the Unix epoch.
    Deadline,
    /// A date after now, or 0 for none, in milliseconds since the Unix epoch.
    Until,
}

/// How a parameter is given and what it may be. Lengths are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `(ptr, len)` of text, at most so long.
    Text(usize, Text),
    /// `(ptr, len)` of bytes, at most so long.
    Bytes(usize),
    /// `(ptr, len)` of bytes, at least one, at most so long.
    Filled(usize),
    /// `(ptr, len)` of a message that is cut to that length and never refused.
    Cut(usize),
    /// `ptr` of one CID.
    Cid,
    /// `(ptr, count)` of so many CIDs at most.
    Cids(usize),
    /// `ptr` of so many bytes.
    Fixed(usize),
    /// `(ptr, cap)` of a buffer for whatever there is.
    Out,
    /// `(ptr, len)` of a buffer that is filled, at most so long.
    OutFilled(usize),
    /// `ptr` of a buffer of so many bytes.
    OutFixed(usize),
    /// An `i32`.
    Small(Number),
    /// An `i64`.
    Large(Number),
}

/// Bytes of a CID.
pub const CID_BYTES: usize = 36;

impl Kind {
    /// Whether it names a range of memory.
    #[must_use]
    pub const fn is_range(self) -> bool {
        !matches!(self, Self::Small(_) | Self::Large(_))
    }
    /// Bytes of the range when the type has no length for it.
    #[must_use]
    pub const fn fixed_bytes(self) -> Option<usize> {
        match self {
            Self::Cid => Some(CID_BYTES),
            Self::Fixed(bytes) | Self::OutFixed(bytes) => Some(bytes),
            _ => None,
        }
    }
    /// The greatest length or count that is taken, where there is one.
    #[must_use]
    pub const fn length_max(self) -> Option<usize> {
        match self {
            Self::Text(max, _) | Self::Bytes(max) | Self::Filled(max) => Some(max),
            Self::Cut(max) | Self::Cids(max) | Self::OutFilled(max) => Some(max),
            _ => None,
        }
    }
    /// Whether the host writes there.
    #[must_use]
    pub const fn is_output(self) -> bool {
        matches!(self, Self::Out | Self::OutFilled(_) | Self::OutFixed(_))
    }
    /// The types of its arguments: whether each is an `i64`.
    #[must_use]
    pub const fn types(self) -> &'static [bool] {
        match self {
            Self::Large(_) => &[true],
            Self::Small(_) | Self::Cid | Self::Fixed(_) | Self::OutFixed(_) => &[false],
            _ => &[false, false],
        }
    }
}

/// A parameter: its name, its kind, and the fuel that each of its bytes costs before anything is decided.
#[derive(Debug, Clone, Copy)]
pub struct Parameter(pub &'static str, pub Kind, pub u64);

/// What a function needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The capability of that name.
    One(&'static str),
    /// Any capability whose name begins so.
    Any(&'static str),
}

/// A function of the host ABI.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it needs. A purse of 2 needs `treasury` too.
    pub needs: Needs,
    /// Fuel before anything is looked at.
    pub base_fuel: u64,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
}

const CALL: u64 = costs::CALL_FUEL;
const STATE: u64 = CALL + costs::STATE_FUEL;
const WRITE: u64 = STATE + costs::WRITE_FUEL;
const LEDGER: u64 = CALL + costs::LEDGER_FUEL;
const NODE: u64 = CALL + costs::NODE_FUEL;
const SIGNATURE: u64 = CALL + costs::SIGNATURE_FUEL;
const BYTE: u64 = costs::BYTE_FUEL;
const KEPT: u64 = costs::KEPT_BYTE_FUEL;
const MESSAGE: u64 = costs::MESSAGE_BYTE_FUEL;
const JSON: u64 = costs::JSON_BYTE_FUEL;

const OUT: Parameter = Parameter("out", Kind::Out, 0);
const TO: Parameter = Parameter("to", Kind::Text(limits::NAME_BYTES_MAX, Text::Owner), BYTE);
const UNIT: Parameter = Parameter("unit", Kind::Text(limits::UNIT_BYTES_MAX, Text::Token), BYTE);
const MEMO: Parameter = Parameter("memo", Kind::Text(limits::MEMO_BYTES_MAX, Text::Any), BYTE);
const FROM: Parameter = Parameter("from", Kind::Small(Number::Purse), 0);
const KIND: Parameter = Parameter("kind", Kind::Small(Number::Kind), 0);
const AMOUNT: Parameter = Parameter("amount", Kind::Large(Number::Amount), 0);
const CID: Parameter = Parameter("cid", Kind::Cid, BYTE);
const HOLD: Parameter = Parameter("id", Kind::Fixed(16), BYTE);
const CREDENTIAL: Parameter = Parameter("id", Kind::Text(limits::CREDENTIAL_ID_BYTES_MAX, Text::Any), BYTE);

const fn did(name: &'static str) -> Parameter {
    Parameter(name, Kind::Text(limits::NAME_BYTES_MAX, Text::Did), BYTE)
}
const fn key(name: &'static str) -> Parameter {
    Parameter(name, Kind::Bytes(limits::KEY_BYTES_MAX), BYTE)
}
const fn function(
    name: &'static str,
    needs: Needs,
    base_fuel: u64,
    parameters: &'static [Parameter],
) -> Function {
    Function { name, needs, base_fuel, parameters }
}

use Needs::{Any, Nothing, One};

/// Every function, in the order of the contract.
pub const TABLE: &[Function] = &[
    function("host_get_input", Nothing, CALL, &[OUT]),
    function(
        "host_set_output",
        Nothing,
        CALL,
        &[Parameter("ptr", Kind::Bytes(limits::OUTPUT_BYTES_MAX), KEPT)],
    ),
    function("host_get_caller_did", Nothing, CALL, &[OUT]),
    function("host_get_scope_did", Nothing, CALL, &[OUT]),
    function("host_get_time", Nothing, CALL, &[]),
    function(
        "host_get_random",
        Nothing,
        CALL,
        &[Parameter("out", Kind::OutFilled(limits::RANDOM_BYTES_MAX), BYTE)],
    ),
    function(
        "host_log",
        Nothing,
        CALL,
        &[
            Parameter("level", Kind::Small(Number::Level), 0),
            Parameter("ptr", Kind::Text(limits::LOG_TEXT_BYTES_MAX, Text::Any), KEPT),
        ],
    ),
    function("host_abort", Nothing, CALL, &[Parameter("ptr", Kind::Cut(limits::ABORT_TEXT_BYTES_MAX), KEPT)]),
    function("host_check_resource_authorization", Nothing, CALL, &[KIND, AMOUNT]),
    function("host_record_resource_usage", One("usage"), CALL, &[KIND, AMOUNT]),
    function("host_get_resource_remaining", Nothing, CALL, &[KIND]),
    function(
        "host_get_balance",
        One("transfer"),
        LEDGER,
        &[Parameter("owner", Kind::Text(limits::NAME_BYTES_MAX, Text::Owner), BYTE), UNIT],
    ),
    function("host_transfer", One("transfer"), LEDGER, &[FROM, TO, UNIT, AMOUNT, MEMO]),
    function("host_mint", One("mint"), LEDGER, &[UNIT, AMOUNT, TO]),
    function("host_burn", One("mint"), LEDGER, &[UNIT, AMOUNT, FROM]),
    function(
        "host_hold",
        One("transfer"),
        LEDGER,
        &[
            FROM,
            TO,
            UNIT,
            AMOUNT,
            Parameter("deadline", Kind::Large(Number::Deadline), 0),
            Parameter("out", Kind::OutFixed(16), 0),
        ],
    ),
    function("host_settle_hold", One("transfer"), LEDGER, &[HOLD, AMOUNT]),
    function("host_void_hold", One("transfer"), LEDGER, &[HOLD]),
    function("host_transfer_cross", One("cross"), LEDGER, &[did("scope"), TO, UNIT, AMOUNT, MEMO]),
    function("host_get_value", One("state"), STATE, &[key("key"), OUT]),
    function(
        "host_set_value",
        One("state"),
        WRITE,
        &[
            Parameter("key", Kind::Filled(limits::KEY_BYTES_MAX), KEPT),
            Parameter("value", Kind::Bytes(limits::VALUE_BYTES_MAX), KEPT),
        ],
    ),
    function("host_delete_value", One("state"), WRITE, &[key("key")]),
    function("host_scan_keys", One("state"), STATE, &[key("prefix"), key("after"), OUT]),
    function(
        "host_store_node",
        One("dag"),
        NODE,
        &[
            Parameter("payload", Kind::Bytes(limits::NODE_BYTES_MAX), KEPT),
            Parameter("parents", Kind::Cids(limits::NODE_PARENTS_MAX), KEPT),
            Parameter("out", Kind::OutFixed(CID_BYTES), 0),
        ],
    ),
    function("host_get_node", One("dag"), NODE, &[CID, OUT]),
    function("host_contains_node", One("dag"), STATE, &[CID]),
    function(
        "host_anchor_to_dag",
        One("dag"),
        NODE,
        &[CID, Parameter("topic", Kind::Text(limits::TOPIC_BYTES_MAX, Text::Any), KEPT)],
    ),
    function(
        "host_issue_credential",
        Any("issue:"),
        STATE,
        &[
            did("subject"),
            Parameter("type", Kind::Text(limits::CREDENTIAL_TYPE_BYTES_MAX, Text::CredentialType), BYTE),
            Parameter("claims", Kind::Text(limits::CLAIMS_BYTES_MAX, Text::Object), JSON),
            Parameter("valid_until", Kind::Large(Number::Until), 0),
            OUT,
        ],
    ),
    function(
        "host_revoke_credential",
        Any("revoke:"),
        STATE,
        &[CREDENTIAL, Parameter("reason", Kind::Text(limits::REASON_BYTES_MAX, Text::Any), KEPT)],
    ),
    function("host_credential_status", Nothing, STATE, &[CREDENTIAL]),
    function(
        "host_verify_credential",
        Nothing,
        STATE,
        &[Parameter("json", Kind::Text(limits::CREDENTIAL_BYTES_MAX, Text::Object), JSON)],
    ),
    function(
        "host_verify_signature",
        Nothing,
        SIGNATURE,
        &[
            did("did"),
            Parameter("message", Kind::Bytes(limits::MESSAGE_BYTES_MAX), MESSAGE),
            Parameter("signature", Kind::Fixed(64), BYTE),
        ],
    ),
];
