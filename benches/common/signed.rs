//! Logs for benches, and what their entries' signatures are over.
#![allow(dead_code, reason = "each bench uses its own part")]
#![allow(clippy::expect_used, reason = "a bench that cannot go on stops")]

use std::collections::VecDeque;
use std::path::Path;

use ed25519_dalek::{Signature, VerifyingKey};
use futures::executor::block_on;
use icn_core::block::Entry;
use icn_core::encode::Domain;
use icn_core::fold::{Prepared, Trust};
use icn_history::store::Reader;
use icn_runtime::{
    BlockId, Did, Host, HostOptions, Invocation, ModuleSpec, Pending, Request, ScopeSpec, SecretKey,
    invocation_id, now_ms,
};

/// A guest that keeps its input under a key of its caller's: what it kept before is overwritten.
const GUEST: &str = r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_get_caller_did" (func $caller (param i32 i32) (result i32)))
  (import "icn" "host_set_value" (func $set (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "keep") (result i32)
    (call $set (i32.const 0) (call $caller (i32.const 0) (i32.const 100))
      (i32.const 100) (call $get_input (i32.const 100) (i32.const 1000))))
  (@custom "icn.manifest" "{\22abi\22:1,\22name\22:\22keep\22,\22version\22:\221\22,\22entries\22:[\22keep\22],\22capabilities\22:[\22state\22]}"))"#;
/// Invocations on their way at once.
const IN_FLIGHT: usize = 512;

fn member(n: usize) -> SecretKey {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&(n as u64).to_le_bytes());
    SecretKey::from_bytes(&secret)
}

/// Writes a log of so many invocations, by so many members in turn, each with one key in the state.
pub(crate) fn write_log(dir: &Path, invocations: usize, members: usize) {
    let host = Host::open(HostOptions::new(dir)).expect("a host");
    let wasm = wat::parse_str(GUEST).expect("a guest");
    let module = ModuleSpec::of(wasm, &["state"], &[("keep", "anyone")]).expect("a module");
    let id = module.id();
    let spec = ScopeSpec::new("keep").admin(member(0).did()).module(module);
    let scope = block_on(host.open_scope(SecretKey::from_bytes(&[2; 32]), spec)).expect("a scope");
    let keys: Vec<SecretKey> = (0..members).map(member).collect();
    let mut waiting = VecDeque::new();
    for n in 0..invocations {
        if waiting.len() == IN_FLIGHT {
            answered(waiting.pop_front().expect("one on its way"));
        }
        let request = request(&host, scope, id, n, &keys[n % members]);
        waiting.push_back(host.submit(request).expect("admitted"));
    }
    waiting.into_iter().for_each(answered);
    host.close().expect("closed");
}

fn request(host: &Host, scope: Did, module: BlockId, n: usize, key: &SecretKey) -> Request {
    let (id, input) = (invocation_id(&[&n.to_string()]), format!("{n:08}"));
    let expires = now_ms() + 3_600_000;
    let invocation = Invocation::new(host.origin(), scope, module, "keep", input, id, key.did(), expires)
        .with_fuel(1_000_000);
    Request::sign(&invocation, key)
}

fn answered(pending: Pending) {
    let committed = block_on(pending).expect("a receipt");
    assert!(committed.receipt.outcome.is_ok(), "{:?}", committed.receipt.outcome);
}

/// All entries of a data directory's log, each with the position of its first leaf.
pub(crate) fn entries(dir: &Path) -> Vec<(u64, Entry)> {
    let mut reader = Reader::new(&dir.join("log"));
    let mut all = Vec::new();
    while let Some(group) = reader.next_group().expect("readable") {
        all.extend(group);
    }
    all
}

/// A signature to be checked, bare.
pub(crate) struct Check {
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

impl Check {
    fn of(entry: &Entry, envelope: &BlockId, by: &Did, domain: Domain) -> Self {
        let envelope = entry.block(envelope).expect("an envelope").bytes();
        // The signature and the payload's name stand at fixed places (docs/formats.md).
        let signature = *envelope[14..].first_chunk().expect("a signature");
        let payload = BlockId::from_bytes(&envelope[envelope.len() - 36..]).expect("a name");
        let payload = entry.block(&payload).expect("a payload").bytes();
        Self { key: *by.key(), message: structure(domain, payload), signature }
    }

    /// Strict verification, from the key's bytes.
    pub(crate) fn holds(&self) -> bool {
        let key = VerifyingKey::from_bytes(&self.key).expect("a key");
        key.verify_strict(&self.message, &Signature::from_bytes(&self.signature)).is_ok()
    }
}

/// What is signed (RFC 9052, section 4.4).
fn structure(domain: Domain, payload: &[u8]) -> Vec<u8> {
    let mut message = b"\x84\x6aSignature1\x43\xa1\x01\x27".to_vec();
    for bytes in [domain.as_str().as_bytes(), payload] {
        let length = u32::try_from(bytes.len()).expect("short").to_be_bytes();
        match bytes.len() {
            0..24 => message.push(0x40 + length[3]),
            24..256 => message.extend([0x58, length[3]]),
            256..65_536 => message.extend([0x59, length[2], length[3]]),
            _ => message.extend([[0x5a].as_slice(), &length].concat()),
        }
        message.extend_from_slice(bytes);
    }
    message
}

/// The signatures of a receipt's entry, and its invocation; nothing of other entries.
pub(crate) fn checks(position: u64, entry: &Entry) -> Option<([Check; 2], Invocation)> {
    let prepared = Prepared::read(position, entry.clone(), Trust::OwnDisk).expect("an entry");
    let (invocation, receipt) = prepared.run()?;
    let receipts = Check::of(entry, &entry.leaves[0], &receipt.scope, Domain::Receipt);
    let callers = Check::of(entry, &receipt.invocation, &invocation.caller, Domain::Invocation);
    Some(([receipts, callers], invocation.clone()))
}
