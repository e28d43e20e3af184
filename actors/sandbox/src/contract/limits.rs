//! The limits of the host ABI by name.
//!
//! [`limits_text`] is hashed into the engine's description, which every receipt links. So a name, a number or the
//! order here changes the description: old logs then need the old engine to be run again.

use icn_core::limits;

/// The limits that decide whether a guest's call succeeds, by name. They are bytes, counts, or milliseconds (`_ms_`).
pub const LIMITS: &[(&str, u64)] = &[
    ("output_bytes_max", limits::OUTPUT_BYTES_MAX as u64),
    ("name_bytes_max", limits::NAME_BYTES_MAX as u64),
    ("unit_bytes_max", limits::UNIT_BYTES_MAX as u64),
    ("memo_bytes_max", limits::MEMO_BYTES_MAX as u64),
    ("topic_bytes_max", limits::TOPIC_BYTES_MAX as u64),
    ("log_text_bytes_max", limits::LOG_TEXT_BYTES_MAX as u64),
    ("log_lines_max", limits::LOG_LINES_MAX as u64),
    ("abort_text_bytes_max", limits::ABORT_TEXT_BYTES_MAX as u64),
    ("random_bytes_max", limits::RANDOM_BYTES_MAX as u64),
    ("key_bytes_max", limits::KEY_BYTES_MAX as u64),
    ("value_bytes_max", limits::VALUE_BYTES_MAX as u64),
    ("node_bytes_max", limits::NODE_BYTES_MAX as u64),
    ("node_parents_max", limits::NODE_PARENTS_MAX as u64),
    ("writes_max", limits::WRITES_MAX as u64),
    ("write_set_bytes_max", limits::WRITE_SET_BYTES_MAX as u64),
    ("nodes_max", limits::NODES_MAX as u64),
    ("anchors_max", limits::ANCHORS_MAX as u64),
    ("transfers_max", limits::TRANSFERS_MAX as u64),
    ("holds_open_max", limits::HOLDS_OPEN_MAX as u64),
    ("hold_ahead_ms_max", limits::HOLD_AHEAD_MS_MAX),
    ("credential_type_bytes_max", limits::CREDENTIAL_TYPE_BYTES_MAX as u64),
    ("credential_id_bytes_max", limits::CREDENTIAL_ID_BYTES_MAX as u64),
    ("claims_bytes_max", limits::CLAIMS_BYTES_MAX as u64),
    ("credential_bytes_max", limits::CREDENTIAL_BYTES_MAX as u64),
    ("reason_bytes_max", limits::REASON_BYTES_MAX as u64),
    ("message_bytes_max", limits::MESSAGE_BYTES_MAX as u64),
    ("json_integer_max", limits::JSON_INTEGER_MAX),
    ("json_depth_max", limits::JSON_DEPTH_MAX as u64),
];

/// [`LIMITS`] as text, one line each. Its hash is part of the engine's description.
pub(crate) fn limits_text() -> String {
    LIMITS.iter().map(|(name, limit)| format!("{name} {limit}\n")).collect()
}
