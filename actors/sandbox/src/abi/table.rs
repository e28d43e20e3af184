//! The host ABI as a table: what the validator holds imports against, what `icn abi` prints, and what a test
//! compares with the linker and with `docs/host-abi.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use icn_core::block::{GrantLimits, Policy, PolicyTag};
use icn_core::name::{BlockId, Codec, Did, Origin};
use icn_core::rules::PolicyInForce;
use wasmtime::{Extern, Store, ValType};

use crate::context::{Call, Context, LedgerPort};
use crate::engine::Engine;

/// A value type of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionType {
    /// A pointer, a length, a code.
    I32,
    /// An amount, a time, a balance.
    I64,
}

use FunctionType::{I32, I64};

/// A function of the ABI: name, parameters, results.
pub(crate) type Function = (&'static str, &'static [FunctionType], &'static [FunctionType]);

/// Every function that a guest may import from `icn`.
pub const FUNCTIONS: &[Function] = &[
    ("host_get_input", &[I32, I32], &[I32]),
    ("host_set_output", &[I32, I32], &[I32]),
    ("host_get_caller_did", &[I32, I32], &[I32]),
    ("host_get_scope_did", &[I32, I32], &[I32]),
    ("host_get_time", &[], &[I64]),
    ("host_get_random", &[I32, I32], &[I32]),
    ("host_log", &[I32, I32, I32], &[I32]),
    ("host_abort", &[I32, I32], &[]),
    ("host_check_resource_authorization", &[I32, I64], &[I32]),
    ("host_record_resource_usage", &[I32, I64], &[I32]),
    ("host_get_resource_remaining", &[I32], &[I64]),
    ("host_get_balance", &[I32, I32, I32, I32], &[I64]),
    ("host_transfer", &[I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_mint", &[I32, I32, I64, I32, I32], &[I32]),
    ("host_burn", &[I32, I32, I64, I32], &[I32]),
    ("host_hold", &[I32, I32, I32, I32, I32, I64, I64, I32], &[I32]),
    ("host_settle_hold", &[I32, I64], &[I32]),
    ("host_void_hold", &[I32], &[I32]),
    ("host_transfer_cross", &[I32, I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_get_value", &[I32, I32, I32, I32], &[I32]),
    ("host_set_value", &[I32, I32, I32, I32], &[I32]),
    ("host_delete_value", &[I32, I32], &[I32]),
    ("host_scan_keys", &[I32, I32, I32, I32, I32, I32], &[I32]),
    ("host_store_node", &[I32, I32, I32, I32, I32], &[I32]),
    ("host_get_node", &[I32, I32, I32], &[I32]),
    ("host_contains_node", &[I32], &[I32]),
    ("host_anchor_to_dag", &[I32, I32, I32], &[I32]),
    ("host_issue_credential", &[I32, I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_revoke_credential", &[I32, I32, I32, I32], &[I32]),
    ("host_credential_status", &[I32, I32], &[I32]),
    ("host_verify_credential", &[I32, I32], &[I32]),
    ("host_verify_signature", &[I32, I32, I32, I32, I32], &[I32]),
];

/// The names of each function's parameters, in the order of [`FUNCTIONS`].
pub const PARAMETERS: &[(&str, &[&str])] = &[
    ("host_get_input", &["out", "cap"]),
    ("host_set_output", &["ptr", "len"]),
    ("host_get_caller_did", &["out", "cap"]),
    ("host_get_scope_did", &["out", "cap"]),
    ("host_get_time", &[]),
    ("host_get_random", &["out", "len"]),
    ("host_log", &["level", "ptr", "len"]),
    ("host_abort", &["ptr", "len"]),
    ("host_check_resource_authorization", &["kind", "amount"]),
    ("host_record_resource_usage", &["kind", "amount"]),
    ("host_get_resource_remaining", &["kind"]),
    ("host_get_balance", &["owner", "owner_len", "unit", "unit_len"]),
    ("host_transfer", &["from", "to", "to_len", "unit", "unit_len", "amount", "memo", "memo_len"]),
    ("host_mint", &["unit", "unit_len", "amount", "to", "to_len"]),
    ("host_burn", &["unit", "unit_len", "amount", "from"]),
    ("host_hold", &["from", "to", "to_len", "unit", "unit_len", "amount", "deadline", "out"]),
    ("host_settle_hold", &["id", "amount"]),
    ("host_void_hold", &["id"]),
    (
        "host_transfer_cross",
        &["scope", "scope_len", "to", "to_len", "unit", "unit_len", "amount", "memo", "memo_len"],
    ),
    ("host_get_value", &["key", "key_len", "out", "cap"]),
    ("host_set_value", &["key", "key_len", "value", "value_len"]),
    ("host_delete_value", &["key", "key_len"]),
    ("host_scan_keys", &["prefix", "prefix_len", "after", "after_len", "out", "cap"]),
    ("host_store_node", &["payload", "payload_len", "parents", "count", "out"]),
    ("host_get_node", &["cid", "out", "cap"]),
    ("host_contains_node", &["cid"]),
    ("host_anchor_to_dag", &["cid", "topic", "topic_len"]),
    (
        "host_issue_credential",
        &["subject", "subject_len", "type", "type_len", "claims", "claims_len", "valid_until", "out", "cap"],
    ),
    ("host_revoke_credential", &["id", "id_len", "reason", "reason_len"]),
    ("host_credential_status", &["id", "id_len"]),
    ("host_verify_credential", &["json", "json_len"]),
    ("host_verify_signature", &["did", "did_len", "message", "message_len", "signature"]),
];

/// A name that the linker defines: its module and name, and its type as parameters and results, if it is a
/// function of the table's types.
pub type Linked = (String, String, Option<(Vec<FunctionType>, Vec<FunctionType>)>);

/// What an engine's linker really defines, whatever [`FUNCTIONS`] says.
pub fn linked(engine: &Engine) -> Result<Vec<Linked>, String> {
    let mut store = Store::new(&engine.engine, Context::new(nobodys_call()?));
    let items: Vec<(String, String, Extern)> = engine
        .linker
        .iter(&mut store)
        .map(|(module, name, item)| (module.to_owned(), name.to_owned(), item))
        .collect();
    let types = |types: &mut dyn Iterator<Item = ValType>| -> Option<Vec<FunctionType>> {
        types
            .map(|value| match value {
                ValType::I32 => Some(I32),
                ValType::I64 => Some(I64),
                _ => None,
            })
            .collect()
    };
    Ok(items
        .into_iter()
        .map(|(module, name, item)| {
            let function = item.into_func().map(|function| function.ty(&store));
            let of = function.and_then(|ty| Some((types(&mut ty.params())?, types(&mut ty.results())?)));
            (module, name, of)
        })
        .collect())
}

/// The engine gives its definitions out to a store alone, and a store has somebody's call in it: this one is
/// nobody's, and nothing runs in it.
fn nobodys_call() -> Result<Call, String> {
    struct NoLedger;
    impl LedgerPort for NoLedger {
        fn stage(
            &mut self,
            _: icn_core::block::Operation,
        ) -> futures::future::BoxFuture<
            '_,
            Result<Result<(), icn_core::ledger::LedgerRefusal>, crate::PortError>,
        > {
            Box::pin(futures::future::ready(Err(crate::PortError::Closed)))
        }
        fn authorize(
            &mut self,
            _: icn_core::name::Owner,
            _: icn_core::name::Unit,
            _: u64,
        ) -> futures::future::BoxFuture<
            '_,
            Result<Result<(), icn_core::ledger::LedgerRefusal>, crate::PortError>,
        > {
            Box::pin(futures::future::ready(Err(crate::PortError::Closed)))
        }
        fn balance(
            &mut self,
            _: icn_core::name::Owner,
            _: icn_core::name::Unit,
        ) -> futures::future::BoxFuture<'_, Result<i128, crate::PortError>> {
            Box::pin(futures::future::ready(Err(crate::PortError::Closed)))
        }
        fn open_hold(
            &mut self,
            _: icn_core::name::HoldId,
        ) -> futures::future::BoxFuture<'_, Result<Option<icn_core::ledger::HoldState>, crate::PortError>>
        {
            Box::pin(futures::future::ready(Err(crate::PortError::Closed)))
        }
    }
    let nobody = Did::from_key([0; 32]);
    let module = BlockId::of(Codec::Raw, b"");
    let policy = Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: Origin::parse("nowhere").map_err(|e| e.to_string())?,
        scope: nobody,
        seq: 0,
        prev: None,
        time: 0,
        name: "nobody's".to_owned(),
        admins: Vec::new(),
        roles: BTreeMap::new(),
        modules: Vec::new(),
        token: None,
        grant: GrantLimits { fuel: 0, memory: 0, network: 0 },
        issue: Vec::new(),
        counterparts: Vec::new(),
    };
    let policy = PolicyInForce::new(module, policy, BTreeMap::new()).map_err(|e| e.to_string())?;
    Ok(Call {
        module,
        entry: String::new(),
        input: Vec::new(),
        caller: nobody,
        policy: Arc::new(policy),
        fuel: 0,
        time: 0,
        seed: [0; 32],
        state: Arc::default(),
        storage_left: 0,
        ledger: Box::new(NoLedger),
        recorder: None,
    })
}
