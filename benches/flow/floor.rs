//! The unavoidable work, bare.

use std::io::{Seek as _, Write as _};
use std::time::Instant;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use icn_runtime::Receipt;
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, InstancePre};

use super::bare::{Bare, Values, instance, opened, run};
use super::{BALLOT, Signed, election};

/// Bytes that are written ahead, so that a sync changes no metadata.
const AHEAD_BYTES: usize = 96 * 1024 * 1024;

/// Invocations a second on so many threads.
pub(crate) fn measure(requests: &[Signed], threads: usize, group_entries: usize) -> f64 {
    let (engine, pre) = instance(BALLOT);
    let values = opened(&engine, &pre, election().as_bytes());
    let (send, groups) = crossbeam::channel::bounded::<Vec<u8>>(64);
    let mut file = tempfile::tempfile().expect("a scratch file");
    file.write_all(&vec![0; AHEAD_BYTES]).expect("zeros");
    file.sync_all().expect("synced");
    file.rewind().expect("rewound");
    let share = requests.len().div_ceil(threads);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in requests.chunks(share) {
            let (engine, pre, values, send) = (&engine, &pre, &values, send.clone());
            scope.spawn(move || {
                let key = SigningKey::from_bytes(&[9; 32]);
                for group in part.chunks(group_entries) {
                    let mut bytes = Vec::with_capacity(group.len() * 1024);
                    group.iter().for_each(|signed| one(engine, pre, values, &key, signed, &mut bytes));
                    send.send(bytes).expect("the writer lives");
                }
            });
        }
        drop(send);
        scope.spawn(move || {
            for bytes in groups {
                file.write_all(&bytes).expect("written");
                file.sync_data().expect("synced");
            }
        });
    });
    requests.len() as f64 / started.elapsed().as_secs_f64()
}

/// One invocation: verify, run, encode, hash, sign.
fn one(
    engine: &Engine,
    pre: &InstancePre<Bare>,
    values: &Values,
    key: &SigningKey,
    signed: &Signed,
    out: &mut Vec<u8>,
) {
    let request = &signed.request;
    // The signature of the envelope, and the structure that it signs (RFC 9052, section 4.4).
    let signature = <&[u8; 64]>::try_from(&request.envelope[14..78]).expect("a signature");
    let mut message = b"\x84\x6aSignature1\x43\xa1\x01\x27\x58\x19icn-runtime/v1/invocation".to_vec();
    message.push(0x59);
    message.extend_from_slice(&u16::try_from(request.payload.len()).expect("short").to_be_bytes());
    message.extend_from_slice(&request.payload);
    let caller = VerifyingKey::from_bytes(signed.invocation.caller.key()).expect("a key");
    caller.verify_strict(&message, &Signature::from_bytes(signature)).expect("valid");
    let ran = run(engine, pre, values, &signed.invocation.input, signed.invocation.caller.as_str(), "vote");
    assert!(ran.code == 0 && ran.output.is_empty() && ran.written.len() == 1);
    let receipt = encode(signed, ran.written);
    let digest = Sha256::digest(&receipt);
    let signature = key.sign(&receipt).to_bytes();
    out.extend_from_slice(&request.payload);
    out.extend_from_slice(&request.envelope);
    out.extend_from_slice(&receipt);
    out.extend_from_slice(&digest);
    out.extend_from_slice(&signature);
}

/// A receipt with the same fields, so of the same size.
fn encode(signed: &Signed, written: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let invocation = &signed.invocation;
    let writes =
        written.into_iter().map(|(key, value)| icn_runtime::Write(key, Some(value.into()))).collect();
    let receipt = Receipt {
        typ: Default::default(),
        log: invocation.log.clone(),
        scope: invocation.scope,
        signer: None,
        seq: 1,
        prev: invocation.module,
        invocation: invocation.module,
        engine: invocation.module,
        time: invocation.expires,
        outcome: icn_runtime::Outcome::Ok,
        fuel: 20_000,
        usage: icn_runtime::Usage { memory: 2, network: 0, storage: 60 },
        output: Vec::new(),
        logged: None,
        writes,
        journal: Vec::new(),
        with: Vec::new(),
        nodes: Vec::new(),
        anchors: Vec::new(),
        root: icn_runtime::Hash::digest(&[]),
    };
    serde_ipld_dagcbor::to_vec(&receipt).expect("encoded")
}
