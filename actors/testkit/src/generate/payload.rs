//! Whole payloads of blocks, with any field values that their types can hold. A gate or a chain would refuse most of them.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::ucan::Revocation;
use icn_core::block::{
    Anchor, Counterpart, Engine, EngineTag, GrantLimits, HostBlock, HostTag, Install, Invocation,
    InvocationTag, KeysBlock, KeysTag, Leg, LegTag, Node, NodeTag, Operation, Outcome, Policy, PolicyTag,
    Receipt, ReceiptTag, Role, Usage, Write,
};
use icn_core::encode::Block;
use icn_core::name::{Bytes, Did};

use super::names::{KEYS, key, origin, raw_id};
use super::source::ByteSource;

impl ByteSource<'_> {
    /// An invocation with any fields: what its type can say, not what a gate would admit.
    pub fn invocation(&mut self) -> Invocation {
        Invocation {
            typ: InvocationTag,
            log: origin(),
            scope: self.member(),
            module: self.id(),
            entry: self.text(8),
            input: self.short(40),
            fuel: self.number(),
            id: Bytes([self.byte(); 16]),
            expires: self.number(),
            caller: self.member(),
        }
    }

    /// A receipt with any fields.
    pub fn receipt(&mut self) -> Receipt {
        Receipt {
            typ: ReceiptTag,
            signer: self.signer(),
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            invocation: self.id(),
            engine: self.id(),
            time: self.number(),
            outcome: self.outcome(),
            fuel: self.number(),
            usage: Usage {
                memory: self.number(),
                network: self.number(),
                storage: self.number().cast_signed(),
            },
            output: self.short(40),
            logged: self.flag().then(|| self.hash()),
            writes: self.list(4, |s| Write(s.short(9), s.flag().then(|| s.short(9).into()))),
            journal: self.list(4, Self::operation),
            with: self.list(2, Self::counterpart),
            nodes: self.list(3, Self::id),
            anchors: self.list(3, |s| Anchor(s.id(), s.text(6))),
            root: self.hash(),
        }
    }

    /// A place in a scope's sequence.
    pub fn counterpart(&mut self) -> Counterpart {
        Counterpart { scope: self.member(), seq: self.number(), prev: self.id() }
    }

    /// A leg with any fields.
    pub fn leg(&mut self) -> Leg {
        Leg {
            typ: LegTag,
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            of: self.member(),
            receipt: self.id(),
            time: self.number(),
            journal: self.list(4, Self::operation),
            signer: self.signer(),
            root: self.hash(),
        }
    }

    /// A policy with any fields.
    pub fn policy(&mut self) -> Policy {
        Policy {
            typ: PolicyTag,
            delegations: self.list(2, Self::id),
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.flag().then(|| self.id()),
            time: self.number(),
            name: self.text(8),
            admins: self.list(3, Self::member),
            roles: self
                .list(3, |s| (s.text(4), Role { named: s.list(3, Self::member), rolls: s.list(2, Self::id) }))
                .into_iter()
                .collect(),
            modules: self.list(3, |s| Install {
                module: s.id(),
                capabilities: s.list(5, Self::capability).into_iter().collect::<BTreeSet<_>>(),
                entries: s.list(3, |s| (s.text(4), s.text(4))).into_iter().collect::<BTreeMap<_, _>>(),
            }),
            token: self.flag().then(|| self.unit()),
            grant: GrantLimits { fuel: self.number(), memory: self.number(), network: self.number() },
            issue: self.list(3, Self::issue),
            counterparts: self.list(2, Self::member),
        }
    }

    /// A stored node.
    pub fn node(&mut self) -> Node {
        Node {
            typ: NodeTag,
            scope: self.member(),
            module: self.id(),
            parents: self.list(4, Self::id),
            payload: self.short(40),
        }
    }

    /// A host's first block.
    pub fn host(&mut self) -> HostBlock {
        HostBlock { typ: HostTag, log: origin(), host: self.member(), time: self.number() }
    }

    /// A block of keys with any fields.
    pub fn keys(&mut self) -> KeysBlock {
        KeysBlock {
            typ: KeysTag,
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            time: self.number(),
            signer: self.signer(),
            delegations: self.list(3, Self::id),
            revocations: self.list(3, Self::id),
            root: self.hash(),
        }
    }

    /// A UCAN that a root signed: a delegation or a revocation.
    pub fn ucan(&mut self) -> Block {
        let root = key(self.below(KEYS));
        if self.flag() {
            return Revocation::sign(root, self.id());
        }
        let [from_s, until_s] = [0; 2].map(|_: u8| i64::from(self.byte()) << 24);
        icn_core::rules::keys::delegate(
            root,
            self.member(),
            self.flag().then_some(from_s),
            until_s,
            &self.short(12),
        )
    }

    /// A payload's block of any kind.
    pub fn block(&mut self) -> Block {
        match self.below(7) {
            5 => Block::encode(&self.leg()),
            0 => Block::encode(&self.invocation()),
            1 => Block::encode(&self.receipt()),
            2 => Block::encode(&self.policy()),
            3 => Block::encode(&self.node()),
            4 => Block::encode(&self.keys()),
            _ => Block::encode(&self.host()),
        }
    }
}

/// A receipt of which only the parts that a ledger reads matter.
#[must_use]
pub fn receipt_for(
    scope: Did,
    outcome: Outcome,
    fuel: u64,
    usage: Usage,
    journal: Vec<Operation>,
) -> Receipt {
    let nothing = raw_id(0);
    Receipt {
        typ: ReceiptTag,
        signer: None,
        log: origin(),
        scope,
        seq: 1,
        prev: nothing,
        invocation: nothing,
        engine: nothing,
        time: 0,
        outcome,
        fuel,
        usage,
        output: Vec::new(),
        logged: None,
        writes: Vec::new(),
        journal,
        with: Vec::new(),
        nodes: Vec::new(),
        anchors: Vec::new(),
        root: Bytes([0; 32]),
    }
}

/// An engine's description, of no engine that exists.
#[must_use]
pub fn engine() -> Engine {
    Engine {
        typ: EngineTag,
        engine: "testkit".to_owned(),
        settings: Vec::new(),
        schedule_version: icn_core::costs::SCHEDULE_VERSION,
        schedule: icn_core::costs::schedule_hash(),
    }
}
