//! What the gate must answer to a request.
//!
//! The request is read by this folder's own dag-cbor reader, every rule is evaluated by itself, and the smallest code of
//! those that apply is the answer.

use std::collections::BTreeMap;

use icn_core::block::{Invocation, InvocationTag, Policy};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::limits;
use icn_core::name::{BlockId, Bytes, Codec, Did, Origin};
use icn_core::rules::RefusalCode;
use icn_core::rules::gate::Request;

use super::cbor::Cbor;

/// An invocation out of its payload, if that is one in its one form.
#[must_use]
pub fn read_invocation(payload: &[u8]) -> Option<Invocation> {
    let value = Cbor::read(payload)?;
    let Cbor::Map(items) = &value else { return None };
    let text = |name: &str| value.field(name)?.as_text();
    let link = match value.field("module")? {
        Cbor::Link(cid) => BlockId::from_bytes(cid).ok()?,
        _ => return None,
    };
    let whole = items.len() == 10 && text("typ")? == "icn/invocation/v1";
    let invocation = Invocation {
        typ: InvocationTag,
        log: Origin::parse(text("log")?).ok()?,
        scope: Did::parse(text("scope")?).ok()?,
        module: link,
        entry: text("entry")?.to_owned(),
        input: value.field("input")?.as_bytes()?.to_vec(),
        fuel: value.field("fuel")?.as_number()?,
        id: Bytes(value.field("id")?.as_bytes()?.try_into().ok()?),
        expires: value.field("expires")?.as_number()?,
        caller: Did::parse(text("caller")?).ok()?,
    };
    whole.then_some(invocation)
}

/// Where a request arrives, and whose keys there are.
#[derive(Debug)]
pub struct Place<'a> {
    /// The log.
    pub origin: &'a Origin,
    /// The clock.
    pub now_ms: u64,
    /// The one scope's policy.
    pub policy: &'a Policy,
    /// Who is on each roll.
    pub rolls: &'a BTreeMap<BlockId, Vec<Did>>,
    /// Everyone who can sign.
    pub keys: &'a [SecretKey],
}

/// A signature that may be given to [`admission`]: all of an envelope but the signature and the CID is fixed.
fn read_envelope(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let before = b"\xa2\x63sig\x84\x43\xa1\x01\x27\xa0\xf6\x58\x40";
    let between = b"\x67payload\xd8\x2a\x58\x25\x00";
    let (signature, rest) = bytes.strip_prefix(before)?.split_at_checked(64)?;
    let cid = rest.strip_prefix(between)?;
    (cid.len() == 36 && cid[..4] == [1, 0x71, 0x12, 32]).then_some((signature, cid))
}

/// What a gate must say of a request: the code, or none when it passes. `Malformed` stands for `NotCanonical`
/// too: which of the two a payload is that cannot be read depends on how a decoder reads on.
#[must_use]
pub fn admission(request: &Request, place: &Place<'_>) -> Option<RefusalCode> {
    use RefusalCode as Code;
    let Request { envelope, payload } = request;
    if envelope.len().max(payload.len()) > limits::BLOCK_BYTES_MAX {
        return Some(Code::TooLarge);
    }
    if envelope.is_empty() {
        return Some(Code::Unsigned);
    }
    let Some((signature, cid)) = read_envelope(envelope) else { return Some(Code::Malformed) };
    let Some(invocation) = read_invocation(payload) else { return Some(Code::Malformed) };
    // The only signatures that hold are those that a key makes; Ed25519 has one for each message.
    let block = Block::new(Codec::DagCbor, payload.clone());
    let sealed = place.keys.iter().find(|key| key.did() == invocation.caller).map(|key| {
        let envelope = key.seal(Domain::Invocation, &block).to_block();
        read_envelope(envelope.bytes()) == Some((signature, cid))
    });
    let install = place.policy.modules.iter().find(|install| install.module == invocation.module);
    let role = install.and_then(|install| install.entries.get(&invocation.entry));
    let holds = |role: &String| match role.as_str() {
        "anyone" => true,
        "admin" => place.policy.admins.contains(&invocation.caller),
        _ => place.policy.roles.get(role).is_some_and(|role| {
            let rolled = |id| place.rolls.get(id).is_some_and(|roll| roll.contains(&invocation.caller));
            role.named.contains(&invocation.caller) || role.rolls.iter().any(rolled)
        }),
    };
    let ahead = i128::from(invocation.expires) - i128::from(place.now_ms);
    let wrong = [
        (Code::TooLarge, invocation.input.len() > limits::INPUT_BYTES_MAX),
        (Code::Malformed, !(1..=limits::ENTRY_NAME_BYTES_MAX).contains(&invocation.entry.len())),
        (Code::Malformed, !(1..=limits::FUEL_PER_INVOCATION_MAX).contains(&invocation.fuel)),
        (Code::WrongLog, invocation.log != *place.origin),
        (Code::UnknownScope, invocation.scope != place.policy.scope),
        (Code::Expired, !(1..=i128::from(limits::EXPIRY_AHEAD_MS_MAX)).contains(&ahead)),
        (Code::BadSignature, sealed != Some(true)),
        (Code::UnknownModule, install.is_none()),
        (Code::UnknownEntry, role.is_none()),
        (Code::Denied, !role.is_some_and(holds)),
        (Code::Exhausted, invocation.fuel > place.policy.grant.fuel),
    ];
    wrong.into_iter().filter(|(_, applies)| *applies).map(|(code, _)| code).min()
}
