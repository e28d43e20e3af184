//! The gate: from a request's bytes to an [`Admitted`] invocation, which nothing else can make.
//!
//! In order: size, envelope, canonical form, log, scope, expiry, strict signature, module, entry, role. The
//! cheap checks come first, so that garbage costs little. Whether the id was applied before is asked where
//! the ids are owned, in the scope.

use std::sync::Arc;

use crate::block::{Invocation, InvocationTag};
use crate::encode::{Block, DecodeError, Domain, Envelope, SecretKey};
use crate::limits;
use crate::name::{Codec, Did, Origin};
use crate::rules::policy::PolicyInForce;
use crate::rules::refusal::{Refusal, RefusalCode};

/// A signed invocation as it arrives: two blocks' bytes, not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The envelope's bytes.
    pub envelope: Vec<u8>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
}

impl Request {
    /// Signs an invocation.
    #[must_use]
    pub fn sign(invocation: &Invocation, key: &SecretKey) -> Self {
        let payload = Block::encode(invocation);
        let envelope = key.seal(Domain::Invocation, &payload).to_block();
        Self { envelope: envelope.bytes().to_vec(), payload: payload.bytes().to_vec() }
    }
}

/// An invocation that passed the gate. Only [`admit`] makes one.
#[derive(Debug)]
pub struct Admitted {
    invocation: Invocation,
    payload: Block,
    envelope: Block,
    policy: Arc<PolicyInForce>,
}

impl Admitted {
    /// What to run.
    #[must_use]
    pub const fn invocation(&self) -> &Invocation {
        &self.invocation
    }
    /// The policy that it was judged by.
    #[must_use]
    pub const fn policy(&self) -> &Arc<PolicyInForce> {
        &self.policy
    }
    /// The envelope's block: what a receipt links.
    #[must_use]
    pub const fn envelope(&self) -> &Block {
        &self.envelope
    }
    /// Gives up the value for its blocks: payload, then envelope.
    #[must_use]
    pub fn into_blocks(self) -> (Invocation, Block, Block) {
        (self.invocation, self.payload, self.envelope)
    }
}

/// Lets a request pass, or says why not.
///
/// `policy_of` finds the policy in force of a scope; `now_ms` is the wall clock, in milliseconds since the
/// Unix epoch.
pub fn admit(
    request: Request,
    origin: &Origin,
    now_ms: u64,
    policy_of: impl FnOnce(&Did) -> Option<Arc<PolicyInForce>>,
) -> Result<Admitted, Refusal> {
    if request.payload.len() > limits::BLOCK_BYTES_MAX || request.envelope.len() > limits::BLOCK_BYTES_MAX {
        return Err(Refusal::new(
            RefusalCode::TooLarge,
            format!(
                "an envelope of {} and a payload of {} bytes where at most {} each are allowed",
                request.envelope.len(),
                request.payload.len(),
                limits::BLOCK_BYTES_MAX
            ),
        ));
    }
    if request.envelope.is_empty() {
        return Err(Refusal::new(
            RefusalCode::Unsigned,
            "no envelope: sign the invocation with the caller's key",
        ));
    }
    let envelope = Envelope::from_bytes(&request.envelope)
        .map_err(|e| Refusal::new(RefusalCode::Malformed, e.to_string()))?;
    let invocation = Invocation::from_bytes(&request.payload).map_err(refuse_encoding)?;
    let payload = Block::new(Codec::DagCbor, request.payload);
    check_shape(&invocation)?;
    check_log(&invocation, origin)?;
    let policy = policy_of(&invocation.scope).ok_or_else(|| {
        Refusal::new(RefusalCode::UnknownScope, format!("no scope {} on this host", invocation.scope))
    })?;
    check_expiry(&invocation, now_ms)?;
    if !envelope.is_by(&invocation.caller, Domain::Invocation, &payload) {
        return Err(Refusal::new(
            RefusalCode::BadSignature,
            format!("the envelope is not a signature of {} on this invocation", invocation.caller),
        ));
    }
    policy.allows(&invocation)?;
    Ok(Admitted { invocation, payload, envelope: Block::new(Codec::DagCbor, request.envelope), policy })
}

/// What an auditor judges again, from the log alone: the same rules at the receipt's own time.
///
/// Format: docs/formats.md, "Invocation".
pub fn judge(
    invocation: &Invocation,
    origin: &Origin,
    time_ms: u64,
    policy: &PolicyInForce,
) -> Result<(), Refusal> {
    check_shape(invocation)?;
    check_log(invocation, origin)?;
    check_expiry(invocation, time_ms)?;
    policy.allows(invocation)
}

fn refuse_encoding(error: DecodeError) -> Refusal {
    let code = match error {
        DecodeError::TooLarge { .. } => RefusalCode::TooLarge,
        DecodeError::Malformed { .. } => RefusalCode::Malformed,
        DecodeError::NotCanonical { .. } => RefusalCode::NotCanonical,
    };
    Refusal::new(code, error.to_string())
}

// Format: docs/formats.md, "Identities and names".
fn check_shape(invocation: &Invocation) -> Result<(), Refusal> {
    let _: InvocationTag = invocation.typ;
    if invocation.input.len() > limits::INPUT_BYTES_MAX {
        return Err(Refusal::new(
            RefusalCode::TooLarge,
            format!(
                "an input of {} bytes where at most {} are allowed",
                invocation.input.len(),
                limits::INPUT_BYTES_MAX
            ),
        ));
    }
    if invocation.entry.is_empty() || invocation.entry.len() > limits::ENTRY_NAME_BYTES_MAX {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            format!(
                "an entry's name of {} bytes where 1 to {} are allowed",
                invocation.entry.len(),
                limits::ENTRY_NAME_BYTES_MAX
            ),
        ));
    }
    if invocation.fuel == 0 || invocation.fuel > limits::FUEL_PER_INVOCATION_MAX {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            format!(
                "a fuel limit of {} where 1 to {} are allowed",
                invocation.fuel,
                limits::FUEL_PER_INVOCATION_MAX
            ),
        ));
    }
    Ok(())
}

fn check_log(invocation: &Invocation, origin: &Origin) -> Result<(), Refusal> {
    if invocation.log == *origin {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::WrongLog,
        format!("signed for the log {}, this is {origin}", invocation.log),
    ))
}

/// Whether the invocation may still, and may already, be run at that time.
pub(crate) fn check_expiry(invocation: &Invocation, now_ms: u64) -> Result<(), Refusal> {
    if invocation.expires <= now_ms {
        return Err(Refusal::new(
            RefusalCode::Expired,
            format!(
                "expired at {} ms, it is {now_ms} ms: sign it anew with a later expiry",
                invocation.expires
            ),
        ));
    }
    if invocation.expires - now_ms > limits::EXPIRY_AHEAD_MS_MAX {
        return Err(Refusal::new(
            RefusalCode::Expired,
            format!(
                "expires {} ms ahead where at most {} are allowed",
                invocation.expires - now_ms,
                limits::EXPIRY_AHEAD_MS_MAX
            ),
        ));
    }
    Ok(())
}
