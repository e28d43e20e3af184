//! The steps of stories, and the texts that they name.

use std::collections::BTreeMap;

use icn_core::encode::SecretKey;
use icn_core::limits;
use icn_core::name::{BlockId, Codec, hold_id};
use icn_testkit::abi_model::{Function, TABLE};
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::{STORAGE_LEFT, TIME_MS, caller, node};
use crate::guest::PAGE_BYTES;

/// Bytes of the input: the memory's beginning.
pub(super) const IMAGE_BYTES: usize = PAGE_BYTES;
/// Where a call that is repeated finds the number of its turn: a key, a payload, or nobody's bytes.
pub(super) const TURN_AT: u64 = 40_000;
/// Where names of holds are kept, and how many; one more is another module's.
const HOLDS_AT: u64 = 50_000;
const HOLDS: u64 = 4;
/// Where CIDs are kept, and how many; the first is a node that was there before.
const CIDS_AT: u64 = 52_000;
const CIDS: u64 = 4;
/// A buffer.
const OUT_AT: u64 = 70_000;
const OUT_BYTES: u64 = 4096;

/// One call, made so many times in a row.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) function: &'static str,
    pub(super) arguments: Vec<u64>,
    pub(super) turns: u32,
}

impl Step {
    pub(super) fn function(&self) -> &'static Function {
        TABLE.iter().find(|function| function.name == self.function).unwrap()
    }
}

/// A scope and what is called in it.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) storage_left: i64,
    /// Whether all holds but one that the scope may have are open.
    pub(super) crowded: bool,
    pub(super) steps: Vec<Step>,
}

/// The texts that calls name, each at its place in the memory.
pub(super) struct Texts {
    pub(super) image: Vec<u8>,
    places: BTreeMap<Vec<u8>, u64>,
}

impl Texts {
    pub(super) fn new() -> Self {
        let mut texts = Self { image: vec![0; IMAGE_BYTES], places: BTreeMap::new() };
        let (me, secret, signer) = (caller().to_string(), signer(), signer_did());
        let all: [&[u8]; 18] = [
            b"k",
            b"a",
            b"ab",
            b"b",
            b"m",
            b"H",
            b"shop",
            b"treasury",
            b"rich",
            me.as_bytes(),
            b"a line",
            b"payload",
            b"another payload",
            b"message",
            b"massage",
            &secret.sign_raw(b"message"),
            &secret.sign_raw(b"massage"),
            signer.as_bytes(),
        ];
        let mut at = 0;
        for text in all {
            texts.image[at..at + text.len()].copy_from_slice(text);
            texts.places.insert(text.to_vec(), at as u64);
            at += text.len();
        }
        let keep = |image: &mut Vec<u8>, at: u64, bytes: &[u8]| {
            image[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        };
        keep(&mut texts.image, HOLDS_AT + 16 * HOLDS, &theirs().0);
        keep(&mut texts.image, CIDS_AT, node(b"payload").id().as_bytes());
        for slot in 1..CIDS {
            keep(&mut texts.image, CIDS_AT + 36 * slot, BlockId::of(Codec::DagCbor, b"nowhere").as_bytes());
        }
        texts
    }
    fn text(&self, text: &[u8]) -> [u64; 2] {
        [self.places[text], text.len() as u64]
    }
}

pub(super) fn signer() -> SecretKey {
    SecretKey::from_bytes(&[5; 32])
}
pub(super) fn signer_did() -> String {
    signer().did().to_string()
}
/// The name of another module's hold.
fn theirs() -> icn_core::name::HoldId {
    hold_id(&[1; 32], 0)
}

/// Any step, mostly ones that succeed.
fn step() -> BoxedStrategy<Step> {
    let texts = std::sync::Arc::new(Texts::new());
    let one = |function: &'static str, arguments: BoxedStrategy<Vec<u64>>| {
        arguments.prop_map(move |arguments| Step { function, arguments, turns: 1 }).boxed()
    };
    let key = || {
        let texts = texts.clone();
        select(vec![&b"k"[..], b"a", b"ab", b"b", b"m"]).prop_map(move |key| texts.text(key).to_vec())
    };
    let [unit_at, unit_len] = texts.text(b"H");
    let owner = || {
        let texts = texts.clone();
        let me = caller().to_string();
        select(vec!["shop".to_owned(), "treasury".to_owned(), "rich".to_owned(), me])
            .prop_map(move |owner| texts.text(owner.as_bytes()).to_vec())
    };
    let amount = || select(vec![1u64, 2, 10, 30, 51, 101]);
    let from = || select(vec![0u64, 0, 1, 2]);
    let hold = || (0..HOLDS).prop_map(|slot| HOLDS_AT + 16 * slot);
    let any_hold = || (0..=HOLDS).prop_map(|slot| HOLDS_AT + 16 * slot);
    let cid = || (0..CIDS).prop_map(|slot| CIDS_AT + 36 * slot);
    let out = || select(vec![vec![OUT_AT, OUT_BYTES], vec![OUT_AT, 0]]);
    let prefix = || {
        let texts = texts.clone();
        select(vec![&b""[..], b"a", b"k", b"b"])
            .prop_map(move |prefix| if prefix.is_empty() { vec![0, 0] } else { texts.text(prefix).to_vec() })
    };
    let payload = || {
        let texts = texts.clone();
        select(vec![&b"payload"[..], b"another payload", b"message"])
            .prop_map(move |payload| texts.text(payload).to_vec())
    };
    let message = || {
        let texts = texts.clone();
        select(vec![&b"message"[..], b"massage"]).prop_map(move |message| texts.text(message).to_vec())
    };
    let signature = {
        let texts = texts.clone();
        select(vec![&b"message"[..], b"massage"]).prop_map(move |of| texts.text(&signer().sign_raw(of))[0])
    };
    let did = texts.text(signer_did().as_bytes());
    let line = texts.text(b"a line");
    let (set, holds, money) = (
        (key(), select(vec![0u64, 1, 5, 100, 100, 4096, 200 * 1024])),
        (from(), owner(), amount(), 1u64..3, hold()),
        (from(), owner(), amount()),
    );
    prop_oneof![
        3 => one("host_set_value", set.prop_map(|(key, length)| [key, vec![0, length]].concat()).boxed()),
        2 => one("host_delete_value", key().boxed()),
        1 => one("host_get_value", (key(), out()).prop_map(|(key, out)| [key, out].concat()).boxed()),
        2 => one(
            "host_scan_keys",
            (prefix(), prefix(), out()).prop_map(|(prefix, after, out)| [prefix, after, out].concat()).boxed()
        ),
        2 => one(
            "host_store_node",
            (payload(), cid(), 0u64..3, cid())
                .prop_map(|(payload, parents, count, out)| [payload, vec![parents, count, out]].concat())
                .boxed()
        ),
        1 => one("host_get_node", (cid(), out()).prop_map(|(cid, out)| [vec![cid], out].concat()).boxed()),
        1 => one("host_contains_node", cid().prop_map(|cid| vec![cid]).boxed()),
        1 => one("host_anchor_to_dag", cid().prop_map(move |cid| vec![cid, line[0], line[1]]).boxed()),
        2 => one(
            "host_transfer",
            money.prop_map(move |(from, to, amount)| {
                [vec![from], to, vec![unit_at, unit_len, amount, 0, 0]].concat()
            }).boxed()
        ),
        1 => one(
            "host_mint",
            (amount(), owner())
                .prop_map(move |(amount, to)| [vec![unit_at, unit_len, amount], to].concat())
                .boxed()
        ),
        1 => one(
            "host_burn",
            (amount(), from()).prop_map(move |(amount, from)| vec![unit_at, unit_len, amount, from]).boxed()
        ),
        4 => one(
            "host_hold",
            holds.prop_map(move |(from, to, amount, ahead, out)| {
                [vec![from], to, vec![unit_at, unit_len, amount, TIME_MS + ahead, out]].concat()
            }).boxed()
        ),
        6 => one("host_settle_hold", (any_hold(), amount()).prop_map(|(id, amount)| vec![id, amount]).boxed()),
        2 => one("host_void_hold", any_hold().prop_map(|id| vec![id]).boxed()),
        2 => one(
            "host_get_balance",
            owner().prop_map(move |owner| [owner, vec![unit_at, unit_len]].concat()).boxed()
        ),
        1 => one("host_log", Just(vec![2, line[0], line[1]]).boxed()),
        1 => one("host_get_random", (0u64..100).prop_map(|length| vec![OUT_AT, length]).boxed()),
        1 => one("host_record_resource_usage", (2u64..4, amount()).prop_map(|(kind, n)| vec![kind, n]).boxed()),
        1 => one("host_get_resource_remaining", (1u64..5).prop_map(|kind| vec![kind]).boxed()),
        1 => one(
            "host_check_resource_authorization",
            (1u64..5, amount()).prop_map(|(kind, amount)| vec![kind, amount]).boxed()
        ),
        2 => one(
            "host_verify_signature",
            (message(), signature)
                .prop_map(move |(message, signature)| [did.to_vec(), message, vec![signature]].concat())
                .boxed()
        ),
    ]
    .boxed()
}

/// A call that is repeated until a limit is near, reached or passed.
fn wear() -> BoxedStrategy<Step> {
    let texts = Texts::new();
    let [unit_at, unit_len] = texts.text(b"H");
    let [me_at, me_len] = texts.text(caller().to_string().as_bytes());
    let near = |limit: usize| (0..4u32).prop_map(move |less| limit as u32 + 1 - less);
    let many = |function: &'static str, arguments: Vec<u64>, limit: usize| {
        near(limit).prop_map(move |turns| Step { function, arguments: arguments.clone(), turns }).boxed()
    };
    prop_oneof![
        1 => many("host_log", vec![1, TURN_AT, 0], limits::LOG_LINES_MAX),
        1 => many("host_store_node", vec![TURN_AT, 4, 0, 0, CIDS_AT + 36], limits::NODES_MAX),
        1 => many("host_anchor_to_dag", vec![CIDS_AT, TURN_AT, 0], limits::ANCHORS_MAX),
        3 => many("host_mint", vec![unit_at, unit_len, 1, me_at, me_len], limits::TRANSFERS_MAX),
        1 => many("host_set_value", vec![TURN_AT, 4, 0, 0], limits::WRITES_MAX),
        // Four values of 128 KiB less their keys are the most bytes that a run writes.
        1 => many("host_set_value", vec![TURN_AT, 4, 0, 128 * 1024 - 4], 4),
    ]
    .boxed()
}

pub(super) fn stories() -> impl Strategy<Value = Story> {
    let storage = select(vec![STORAGE_LEFT, STORAGE_LEFT, 300_000, 200, 20, 0]);
    let some = |count| prop::collection::vec(step(), count);
    let worn = prop::collection::vec(wear(), 0..3);
    (storage, prop::bool::weighted(0.1), some(0..8), worn, some(6..14)).prop_map(
        |(storage_left, crowded, before, worn, after)| {
            let steps = [before, worn, after].concat();
            Story { storage_left, crowded, steps }
        },
    )
}
