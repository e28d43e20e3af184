//! The machines against their oracles, on random input. The checks are the fuzz targets' own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

use icn_core::block::{
    GrantLimits, Invocation, Issue, Operation, Outcome, Payload, Policy, PolicyTag, Receipt, Usage,
};
use icn_core::encode::Block;
use icn_core::fold::bookkeeping::{Bookkeeper, Kind, Source};
use icn_core::ledger::{Actor, Booking, Ledger, LedgerCode};
use icn_core::limits;
use icn_core::log::Link;
use icn_core::name::{BlockId, Bytes, Codec, Did, Owner, Unit};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};
use icn_testkit::generate::{self, did, key, origin, raw_id, receipt_for, token};
use icn_testkit::oracle::{self, Cbor};
use icn_testkit::{check, history};
use ipld_core::ipld::Ipld;
use proptest::prelude::*;

/// So many cases of each property; nothing is written beside the tests when one fails.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(8192))]

    #[test]
    fn bytes_are_refused_or_are_the_one_encoding(input in generate::bytes(300)) {
        check::check_decode_block(&input.0);
    }

    #[test]
    fn what_is_written_is_read_and_what_is_changed_is_noticed(input in generate::bytes(300)) {
        check::check_round_trip(&input.0);
    }

    #[test]
    fn the_gate_says_what_its_reference_model_says(input in generate::bytes(120)) {
        check::check_gate_admit(&input.0);
    }
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn guests_see_what_a_plain_ledger_says(input in generate::bytes(700)) {
        check::check_ledger_ops(&input.0);
    }

    #[test]
    fn the_log_takes_what_the_naive_log_takes(input in generate::bytes(500)) {
        check::check_log(&input.0);
    }

    #[test]
    fn the_state_is_its_contents(input in generate::bytes(500)) {
        check::check_state(&input.0);
    }

    #[test]
    fn a_history_is_read_as_it_was_written_and_a_spoiled_one_is_refused(input in generate::bytes(700)) {
        history::check_history(&input.0);
    }
}

proptest! {
    #![proptest_config(cases(512))]

    /// An author's place is what its payload says, whatever the kind.
    #[test]
    fn a_link_is_what_the_payload_says(receipt in generate::receipts(), policy in generate::policies()) {
        let link = Link::of(&Payload::from_bytes(Block::encode(&receipt).bytes()).unwrap());
        prop_assert_eq!((link.author, link.seq, link.prev), (receipt.scope, receipt.seq, Some(receipt.prev)));
        let link = Link::of(&Payload::from_bytes(Block::encode(&policy).bytes()).unwrap());
        prop_assert_eq!((link.author, link.seq, link.prev), (policy.scope, policy.seq, policy.prev));
    }

    /// The same value has the same bytes, and so the same name.
    #[test]
    fn an_invocation_is_what_the_oracle_reads(invocation in generate::invocations()) {
        let block = Block::encode(&invocation);
        prop_assert_eq!(oracle::read_invocation(block.bytes()), Some(invocation));
    }
}

fn transfer(from: Owner, to: Owner, unit: Unit, amount: u64) -> Operation {
    Operation::transfer(from, to, unit, amount)
}

/// What the ledger grants while a guest runs, it books when the run has ended: a receipt that it cannot book
/// is in the log by then.
#[test]
fn what_is_held_can_be_posted() {
    let scope = did(0);
    let (member, module) = (Owner::Member(did(1)), Owner::Module(raw_id(0)));
    let all = i64::MAX.cast_unsigned();
    let mut ledger = Ledger::default();
    ledger.issue(scope, &[Issue { unit: token(0), to: member.clone(), amount: all }]).unwrap();
    for round in 0..8 {
        let there = transfer(member.clone(), module.clone(), token(0), all);
        let back = transfer(module.clone(), member.clone(), token(0), all);
        let journal: Vec<Operation> = [there, back]
            .into_iter()
            .filter(|op| ledger.stage(scope, 0, &Actor::default(), op.clone()).is_ok())
            .collect();
        let receipt = receipt_for(scope, Outcome::Ok, 0, Usage::default(), journal);
        let posted = ledger.post(&Booking::of_receipt(&receipt, &Actor::default()), true);
        assert!(posted.is_ok(), "in round {round}: {posted:?}");
    }
}

/// A policy may not issue to the account that issues: it would be debited and credited at once.
#[test]
fn an_issue_to_the_issuance_is_refused_or_balances() {
    let issue = vec![Issue { unit: token(0), to: Owner::Issuance, amount: 5 }];
    let policy = policy(issue.clone());
    let mut ledger = Ledger::default();
    let accepted = PolicyInForce::new(raw_id(9), policy, Default::default()).is_ok()
        && ledger.issue(did(0), &issue).is_ok();
    assert_eq!(ledger.imbalances(), [], "debits equal credits; the policy was accepted: {accepted}");
}

fn policy(issue: Vec<Issue>) -> Policy {
    Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(0),
        seq: 0,
        prev: None,
        time: 0,
        name: "a union".to_owned(),
        admins: vec![did(1)],
        roles: Default::default(),
        modules: Vec::new(),
        token: None,
        grant: GrantLimits { fuel: 1000, memory: 1, network: 0 },
        issue,
        counterparts: Vec::new(),
    }
}

/// A draw of nothing from an account that never was leaves no account behind: a fold has none.
#[test]
fn a_draw_of_nothing_makes_no_account() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.draw(did(0), &Unit::network(), 0, 0), Ok(0));
    assert_eq!(ledger.books(), Ledger::default().books());
}

/// What is set aside of a token is not there to be transferred.
#[test]
fn what_is_drawn_is_not_held_too() {
    let scope = did(0);
    let mut ledger = Ledger::default();
    ledger.issue(scope, &[Issue { unit: token(0), to: Owner::Treasury, amount: 10 }]).unwrap();
    let drawn = ledger.draw(scope, &token(0), 8, 8);
    let payment = transfer(Owner::Treasury, Owner::Member(did(1)), token(0), 5);
    let held = ledger.stage(scope, 0, &Actor::default(), payment).map_err(|refusal| refusal.code);
    assert!(
        drawn.is_err() || held == Err(LedgerCode::Insufficient),
        "10 cover a draw of 8 ({drawn:?}) and a transfer of 5 ({held:?})"
    );
}

/// The refusals' own rule: of several codes that the gate can tell, the lowest is given; what cannot be read is
/// not looked into.
#[test]
fn of_two_refusals_the_lower_is_given() {
    let code = |request: Request| gate::admit(request, &origin(), 1000, |_| None).unwrap_err().code;
    let input = vec![0; limits::INPUT_BYTES_MAX + 1];
    let invocation = |entry, input: &[u8]| {
        Invocation::new(&origin(), did(0), raw_id(0), entry, input, Bytes([0; 16]), did(1), 1)
    };
    let sign = |invocation: &Invocation| Request::sign(invocation, key(1));
    assert_eq!(code(sign(&invocation("run", &input).with_fuel(0))), RefusalCode::TooLarge);
    assert_eq!(code(sign(&invocation("", &[]))), RefusalCode::Malformed, "and of no scope, and expired");
    assert_eq!(code(sign(&invocation("run", &[]))), RefusalCode::UnknownScope, "and expired");
    let mut unreadable = sign(&invocation("run", &input));
    unreadable.envelope.push(0);
    assert_eq!(code(unreadable), RefusalCode::Malformed, "and an input that is too large");
}

// ---- vectors of the standards ----

/// The vectors' folder, where there is one beside the project.
fn vectors(name: &str) -> Option<Vec<serde_json::Value>> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors").join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("vectors/{name} is not here: only the samples in this file are checked");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a vector file is a list"))
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).expect("vectors are hexadecimal")
}

/// RFC 8032, section 7.1: TEST 1 to TEST 3.
const RFC8032: [(&str, &str, &str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

/// Strictly, as `icn_core` verifies; a key or signature of another length is none.
fn verifies(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match (public.try_into(), signature.try_into()) {
        (Ok(public), Ok(signature)) => {
            icn_core::encode::verify_raw(&Did::from_key(public), message, signature)
        }
        _ => false,
    }
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    for (secret, public, message, signature) in RFC8032 {
        let key = icn_core::encode::SecretKey::from_bytes(&hex(secret).try_into().unwrap());
        assert_eq!(key.did().key()[..], hex(public));
        assert_eq!(key.sign_raw(&hex(message))[..], hex(signature));
        assert!(verifies(&hex(public), &hex(message), &hex(signature)));
        assert!(!verifies(&hex(public), b"another message", &hex(signature)));
    }
    // The neutral element as key and as R: every equation holds, and strict verification refuses it.
    let neutral = [&[1][..], &[0; 31]].concat();
    let signature = [&neutral[..], &[0; 32]].concat();
    assert!(!verifies(&neutral, b"anything", &signature));
}

#[test]
fn signatures_are_judged_as_the_strict_column_says() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for file in ["rfc8032.json", "speccheck.json", "cctv.json", "wycheproof.json"] {
        for case in vectors(&format!("ed25519/{file}")).unwrap_or_default() {
            let field = |name: &str| hex(case[name].as_str().unwrap());
            let strict = case["expect"]["strict"].as_bool().unwrap();
            cases += 1;
            if verifies(&field("pub"), &field("msg"), &field("sig")) != strict {
                wrong.push(format!("{}: expected {strict}", case["id"]));
            }
            if let Some(seed) = case["seed"].as_str() {
                let key = icn_core::encode::SecretKey::from_bytes(&hex(seed).try_into().unwrap());
                assert_eq!(key.sign_raw(&field("msg"))[..], field("sig"), "{}", case["id"]);
            }
        }
    }
    println!("{cases} ed25519 vectors");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Canonical and not: what this project's own samples cover.
const DAG_CBOR: [(&str, bool, &str); 22] = [
    ("00", true, "zero"),
    ("1800", false, "zero in two bytes"),
    ("190018", false, "24 in three bytes"),
    ("1818", true, "24"),
    ("1bffffffffffffffff", true, "2^64 - 1"),
    ("3bffffffffffffffff", true, "-2^64"),
    ("c24101", false, "a big integer"),
    ("5f4100ff", false, "bytes without a length"),
    ("9f00ff", false, "a list without a length"),
    ("a0", true, "an empty map"),
    ("a2616101616202", true, "keys in order"),
    ("a2616201616102", false, "keys out of order"),
    ("a262616101616202", false, "a longer key first"),
    ("a2616101616101", false, "a key twice"),
    ("a10101", false, "a key that is not text"),
    ("f4", true, "false"),
    ("f7", false, "undefined"),
    ("f818", false, "a simple value"),
    ("61ff", false, "text that is not UTF-8"),
    ("0000", false, "two values"),
    ("d82a4101", false, "a link without its zero"),
    ("", false, "nothing"),
];

fn decode(bytes: &[u8]) -> Result<Ipld, icn_core::encode::DecodeError> {
    icn_core::encode::from_bytes("value", bytes, limits::BLOCK_BYTES_MAX)
}

#[test]
fn dag_cbor_is_strict() {
    for (text, expected, what) in DAG_CBOR {
        assert_eq!(decode(&hex(text)).is_ok(), expected, "{what}: {text}");
        assert_eq!(Cbor::read(&hex(text)).is_some(), expected, "the oracle on {what}: {text}");
    }
    let link = [&hex("d82a582500")[..], raw_id(0).as_bytes()].concat();
    assert!(decode(&link).is_ok() && Cbor::read(&link).is_some_and(|cbor| cbor.links_are_ours()));
}

/// The decoder of a generic value takes floats, which dag-cbor has; no type of this runtime does, and the
/// oracle refuses them.
fn has_float(value: &Ipld) -> bool {
    match value {
        Ipld::Float(_) => true,
        Ipld::List(items) => items.iter().any(has_float),
        Ipld::Map(items) => items.values().any(has_float),
        _ => false,
    }
}

#[test]
fn dag_cbor_is_judged_as_the_strictness_vectors_say() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for case in vectors("dagcbor/strictness.json").unwrap_or_default() {
        let field = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
        let bytes = hex(&field("hex"));
        let (name, level, accept) = (field("name"), field("level"), field("expect") == "accept");
        cases += 1;
        let found = decode(&bytes);
        let found_is_ok = found.is_ok();
        let oracle = Cbor::read(&bytes);
        match level.as_str() {
            // The specification, and every decoder's duty.
            "dag-cbor" => {
                if found.is_ok() != accept {
                    wrong.push(format!("{} ({name}): decoder {found:?}", field("id")));
                }
                let ours = found.as_ref().is_ok_and(|value| !has_float(value));
                let oracle = oracle.is_some_and(|cbor| accept || cbor.links_are_ours());
                if oracle != ours {
                    wrong.push(format!("{} ({name}): oracle {oracle}", field("id")));
                }
            }
            // Which CIDs there are is for the types: a link in a block of ours is a `BlockId`.
            "cid-profile" => {
                let cid = match &oracle {
                    Some(Cbor::Link(cid)) => BlockId::from_bytes(cid).is_ok(),
                    _ => false,
                };
                // SHA-256 alone, so also the one that the profile allows beside it is refused.
                if cid {
                    wrong.push(format!("{} ({name}): a CID of another kind was read", field("id")));
                }
            }
            // Depth and minus zero are a decoder's own affair, and no type of ours gets there.
            _ => {}
        }
        if accept && found_is_ok {
            let block = Block::new(Codec::DagCbor, bytes.clone());
            if let Some(cid) = case["cid"].as_str() {
                assert_eq!(block.id().to_string(), cid, "{name}");
            }
        }
    }
    println!("{cases} dag-cbor vectors");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the gate admits and the scope gives a time is what the auditor admits at that time.
#[test]
fn what_is_admitted_and_timed_is_judged_the_same() {
    let now = 1_700_000_000_000;
    let mut policy = policy(Vec::new());
    policy.modules = vec![icn_core::block::Install {
        module: raw_id(0),
        capabilities: Default::default(),
        entries: [("run".to_owned(), "anyone".to_owned())].into(),
    }];
    let in_force = std::sync::Arc::new(PolicyInForce::new(raw_id(9), policy, Default::default()).unwrap());
    let chain = icn_core::fold::Chain::open(in_force.clone()).unwrap();
    for ahead in [1, limits::EXPIRY_AHEAD_MS_MAX] {
        let invocation =
            Invocation::new(&origin(), did(0), raw_id(0), "run", [], Bytes([0; 16]), did(1), now + ahead)
                .with_fuel(10);
        let request = Request::sign(&invocation, key(1));
        gate::admit(request, &origin(), now, |_| Some(in_force.clone())).unwrap();
        // The wall clock may be set back while the invocation waits.
        for clock in [now - 5000, now - 1, now, now + 1] {
            if let Ok(time) = chain.next_time(&invocation, clock) {
                let judged = gate::judge(&invocation, &origin(), time, &in_force);
                assert!(judged.is_ok(), "admitted at {now}, told {time} by a clock at {clock}: {judged:?}");
            }
        }
    }
}

#[test]
fn an_auditors_books_name_what_a_ledger_has_beside_the_log() {
    let scope = did(0);
    let issue = |unit, amount| Issue { unit, to: Owner::Treasury, amount };
    let issues = [issue(token(1), 50), issue(Unit::fuel(), 50)];
    let source = Source { position: 1, block: raw_id(0), scope, seq: 0, time: 0 };
    let (mut ledger, mut books) = (Ledger::default(), Bookkeeper::default());
    ledger.issue(scope, &issues).unwrap();
    assert_eq!(books.issues(source, &issues).len(), 2);
    assert_eq!(books.differences(&ledger), []);

    let id = generate::hold_name(1);
    let (from, to, unit, module) = (Owner::Treasury, Owner::Member(did(1)), token(1), raw_id(0));
    let placed = Operation::Hold { id, from, to, unit, amount: 7, deadline: 9, module };
    let usage = Usage { memory: 0, network: 0, storage: 0 };
    let receipt = receipt_for(scope, Outcome::Ok, 3, usage, vec![placed]);
    ledger.book(&Booking::of_receipt(&receipt, &Actor::default())).unwrap();
    let named: Vec<String> = books.differences(&ledger).iter().map(ToString::to_string).collect();
    let wanted = [
        "account treasury in fuel",
        "account consumed in fuel",
        "what is held on treasury in PLN",
        "what is held on did:key:",
        "hold 01",
    ];
    for wanted in wanted {
        assert!(named.iter().any(|said| said.starts_with(wanted)), "{wanted}: {named:#?}");
    }
    let kinds: Vec<Kind> = books.receipt(2, raw_id(0), &receipt).iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Kind::Charge, Kind::Hold]);
    assert_eq!(books.differences(&ledger), []);

    // At its deadline the hold returns, before anything else of that receipt; until then it does not.
    for (time, wanted) in [(8, &[][..]), (9, &[Kind::Expire])] {
        let due = ledger.due(&scope, time).into_iter().map(|id| Operation::Expire { id }).collect();
        let later = Receipt { time, ..receipt_for(scope, Outcome::Ok, 0, usage, due) };
        ledger.book(&Booking::of_receipt(&later, &Actor::default())).unwrap();
        let kinds: Vec<Kind> = books.receipt(3, raw_id(0), &later).iter().map(|line| line.kind).collect();
        assert_eq!(kinds, wanted, "at {time}");
        assert_eq!(books.differences(&ledger), [], "at {time}");
    }
    // What was consumed is compared with the receipts' own words, and not through the accounts.
    let more = receipt_for(scope, Outcome::Ok, 2, usage, Vec::new());
    ledger.book(&Booking::of_receipt(&Receipt { time: 10, ..more }, &Actor::default())).unwrap();
    let named: Vec<String> = books.differences(&ledger).iter().map(ToString::to_string).collect();
    assert!(named.iter().any(|said| said.ends_with("consumed: the log says 3, found 5")), "{named:#?}");
}
