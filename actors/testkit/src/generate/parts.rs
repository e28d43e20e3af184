//! Small parts of blocks: names, owners, units, outcomes, usage and capabilities.

use std::sync::Arc;

use icn_core::block::{Capability, CredentialType, Outcome, Signer, Trap, TrapKind, Usage};
use icn_core::name::{BlockId, Codec, Did, Hash, HoldId, Owner, Unit};

use super::names::{HOLD_NAMES, KEYS, did, hold_name, raw_id, token};
use super::source::ByteSource;

impl ByteSource<'_> {
    /// One of the few members.
    pub fn member(&mut self) -> Did {
        did(self.below(KEYS))
    }

    /// A block's name, raw or dag-cbor.
    pub fn id(&mut self) -> BlockId {
        let codec = if self.flag() { Codec::DagCbor } else { Codec::Raw };
        BlockId::of(codec, &[self.byte()])
    }

    /// A digest.
    pub fn hash(&mut self) -> Hash {
        Hash::digest(&[self.byte()])
    }

    /// An account's owner out of a few, the runtime's own among them.
    pub fn owner(&mut self) -> Owner {
        match self.below(9) {
            0 => Owner::Treasury,
            1 | 2 => Owner::Member(did(0)),
            3 => Owner::Member(did(1)),
            4 => Owner::Module(raw_id(0)),
            5 => Owner::Name(Arc::from("project/1")),
            6 => Owner::Issuance,
            7 => Owner::Consumed,
            _ => Owner::Hold(self.hold_id()),
        }
    }

    /// One of the few names of holds.
    pub fn hold_id(&mut self) -> HoldId {
        hold_name(self.below(HOLD_NAMES))
    }

    /// A unit: two tokens and the four resources.
    pub fn unit(&mut self) -> Unit {
        match self.below(8) {
            0..=3 => token(0),
            4 => token(1),
            _ => self.resource(),
        }
    }

    /// One of the four resources.
    pub fn resource(&mut self) -> Unit {
        match self.below(4) {
            0 => Unit::fuel(),
            1 => Unit::memory(),
            2 => Unit::network(),
            _ => Unit::storage(),
        }
    }

    /// How a run ended.
    pub fn outcome(&mut self) -> Outcome {
        const KINDS: [TrapKind; 10] = [
            TrapKind::OutOfFuel,
            TrapKind::MemoryFault,
            TrapKind::MemoryLimit,
            TrapKind::StackOverflow,
            TrapKind::Unreachable,
            TrapKind::Arithmetic,
            TrapKind::IndirectCall,
            TrapKind::TableFault,
            TrapKind::Aborted,
            TrapKind::Interrupted,
        ];
        match self.below(4) {
            0 | 1 => Outcome::Ok,
            2 => Outcome::Failed(self.pick(&[1, -1, i32::MAX, i32::MIN, 0, 24])),
            _ => Outcome::Trapped(Trap { kind: self.pick(&KINDS), detail: self.text(12) }),
        }
    }

    /// What a run used, beside its fuel; storage may have been given back.
    pub(super) fn usage(&mut self) -> Usage {
        let storage = self.charge().cast_signed();
        let storage = if self.once_in(4) { storage.wrapping_neg() } else { storage };
        Usage { memory: self.charge(), network: self.charge(), storage }
    }

    /// A charge: often nothing.
    pub(super) fn charge(&mut self) -> u64 {
        if self.flag() { 0 } else { self.amount() }
    }

    /// A capability, also one of a type of credential.
    pub fn capability(&mut self) -> Capability {
        let of = CredentialType::parse(self.pick(&["Member", "m", "7"])).ok();
        match (self.below(9), of) {
            (7, Some(of)) => Capability::Issue(of),
            (8, Some(of)) => Capability::Revoke(of),
            (n, _) => Capability::ALL[n % Capability::ALL.len()],
        }
    }

    /// An operating key, or none.
    pub(super) fn signer(&mut self) -> Option<Signer> {
        self.flag().then(|| Signer { key: self.member(), delegation: self.id() })
    }
}
