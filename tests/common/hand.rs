//! A log that is written by hand: by somebody who has every key, no guests, and a clock of his own. He writes receipts
//! that hold, each proven by the fold as it is written, and then one that does not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use icn_core::block::{Capability, Entry, Install, Issue, Operation, Outcome, Payload, Policy, Role, ruling};
use icn_core::encode::{Block, Domain};
use icn_core::fold::{Fold, Prepared, Trust};
use icn_core::ledger::{Booking, Books, Ledger};
use icn_core::name::{Codec, HoldId, Owner, Unit, hold_id, random_seed};
use icn_core::rules;
use icn_core::state::{StateTree, storage_bytes};
use icn_runtime::{
    BlockId, Did, Host, HostOptions, Invocation, Origin, Receipt, Request, SecretKey, Usage, Write,
};

use super::forge::{self, History};
use super::{Desk, chip, key};

/// When the log begins, in milliseconds since the Unix epoch: no multiple of any window.
const BEGIN: u64 = 1_790_000_000_123;

const HOST: &str = "host by hand";

/// What a module is: its bytes are its name, as nobody runs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has `state`, `transfer`, `treasury` and `mint`.
    Bank,
    /// It has `state` and `transfer`.
    Shop,
    /// It has `usage`.
    Meter,
    /// It has `state`.
    Bare,
    /// The ledger's own.
    Ledger,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Bank, Self::Shop, Self::Meter, Self::Bare, Self::Ledger];

    pub(crate) fn block(self) -> Block {
        if self == Self::Ledger {
            return ruling::module().clone();
        }
        Block::new(Codec::Raw, format!("{self:?}").into_bytes())
    }
    pub(crate) fn id(self) -> BlockId {
        self.block().id()
    }
    pub(crate) fn owner(self) -> Owner {
        Owner::Module(self.id())
    }
    fn capabilities(self) -> Vec<Capability> {
        match self {
            Self::Bank => {
                vec![Capability::State, Capability::Transfer, Capability::Treasury, Capability::Mint]
            }
            Self::Shop => vec![Capability::State, Capability::Transfer],
            Self::Meter => vec![Capability::Usage],
            Self::Bare => vec![Capability::State],
            Self::Ledger => Vec::new(),
        }
    }
}

/// A member's account.
pub(crate) fn member(name: &str) -> Owner {
    Owner::Member(key(name).did())
}

/// An account's owner.
pub(crate) fn owner(text: &str) -> Owner {
    Owner::parse(text).unwrap()
}

/// The first two entries of a log, and a receipt to make others from.
pub(crate) struct Begun {
    origin: Origin,
    entries: Vec<Entry>,
    template: Receipt,
    engine: Block,
}

/// The log, its keys, and what it adds up to.
pub(crate) struct Hand {
    host: SecretKey,
    origin: Origin,
    scope: SecretKey,
    entries: Vec<Entry>,
    fold: Fold,
    template: Receipt,
    engine: Block,
    /// The time of the next receipt.
    pub(crate) time: u64,
    calls: u64,
}

/// A call and the receipt that it would get.
#[derive(Clone)]
pub(crate) struct Draft {
    call: [Block; 2],
    invocation: Invocation,
    pub(crate) receipt: Receipt,
}

impl Begun {
    /// The log of a real host, begun anew: with other times, and one scope whose policy installs modules that nobody runs.
    /// `chair` is its admin, `alice` a clerk; each of them and of `bob` may call everything.
    pub(crate) fn new(data: &Path) -> Self {
        let host = key(HOST);
        std::fs::create_dir_all(data).unwrap();
        let secret = data_encoding::HEXLOWER.encode(&host.to_bytes());
        super::write_secret(&data.join("host.key"), format!("{secret}\n"));
        let running = Host::open(HostOptions::new(data)).unwrap();
        let desk = Desk::open(&running, "hand");
        desk.ask(&running, "nothing", &[], "a receipt");
        let origin = running.origin().clone();
        running.close().unwrap();
        let mut entries = forge::entries(data);
        let (_, _, template) = forge::receipt_of(&entries[2]);
        let engine = entries[2].block(&template.engine).unwrap().clone();
        let scope = key("hand scope");
        let (_, payload) = forge::signed(&entries[1], entries[1].leaves[0]);
        let Payload::Policy(policy) = Payload::from_bytes(entries[1].blocks[payload].bytes()).unwrap() else {
            panic!("a policy");
        };
        let policy = Block::encode(&policy_of(*policy));
        let sealed = scope.seal(Domain::Policy, &policy).to_block();
        let mut blocks = vec![policy, sealed.clone()];
        blocks.extend(Kind::ALL[..4].iter().map(|kind| kind.block()));
        entries[1] = Entry { leaves: vec![sealed.id()], blocks };
        entries.truncate(2);
        Self { origin, entries, template, engine }
    }

    /// The log, to be written on.
    pub(crate) fn hand(&self) -> Hand {
        let mut hand = Hand {
            host: key(HOST),
            origin: self.origin.clone(),
            scope: key("hand scope"),
            entries: Vec::new(),
            fold: Fold::default(),
            template: self.template.clone(),
            engine: self.engine.clone(),
            time: BEGIN,
            calls: 0,
        };
        for entry in &self.entries {
            hand.push(entry.clone());
        }
        hand
    }
}

impl Hand {
    fn push(&mut self, entry: Entry) {
        let prepared = Prepared::read(self.fold.log().size(), entry.clone(), Trust::Nobody).unwrap();
        self.fold.apply(prepared, None).unwrap_or_else(|divergence| panic!("{divergence}"));
        self.entries.push(entry);
    }

    pub(crate) fn scope(&self) -> Did {
        self.scope.did()
    }
    /// The log's position after so many entries: none has two leaves.
    pub(crate) fn position(&self) -> u64 {
        self.fold.log().size()
    }
    pub(crate) fn books(&self) -> Books {
        self.fold.ledger().books()
    }
    fn chain(&self) -> &icn_core::fold::Chain {
        &self.fold.chains()[&self.scope.did()]
    }

    /// A call and its receipt, which ended well and did nothing but what was due.
    pub(crate) fn draft(&mut self, caller: &str, kind: Kind, input: Vec<u8>) -> Draft {
        self.calls += 1;
        let caller = key(caller);
        let id = icn_runtime::invocation_id(&[&self.calls.to_string()]);
        let (entry, expires) = (if kind == Kind::Ledger { ruling::ENTRY } else { "run" }, self.time + 60_000);
        let invocation =
            Invocation::new(&self.origin, self.scope(), kind.id(), entry, input, id, caller.did(), expires)
                .with_fuel(1_000_000);
        let request = Request::sign(&invocation, &caller);
        let call = [request.payload, request.envelope].map(|bytes| Block::new(Codec::DagCbor, bytes));
        let chain = self.chain();
        let receipt = Receipt {
            scope: self.scope(),
            seq: chain.seq() + 1,
            prev: chain.head(),
            invocation: call[1].id(),
            time: self.time,
            outcome: Outcome::Ok,
            fuel: 1_000 + self.calls,
            usage: Usage { memory: 1, network: 0, storage: 0 },
            output: Vec::new(),
            logged: None,
            writes: Vec::new(),
            nodes: Vec::new(),
            anchors: Vec::new(),
            journal: chain.expiries(self.time),
            root: chain.root(),
            ..self.template.clone()
        };
        Draft { call, invocation, receipt }
    }

    /// The name of a draft's hold, of which it has placed so many before.
    pub(crate) fn hold_id(&self, draft: &Draft, placed: u64) -> HoldId {
        hold_id(&random_seed(&draft.receipt.invocation, &self.chain().head()), placed)
    }

    /// The entry of a draft, signed.
    fn seal(&self, draft: Draft) -> Entry {
        let Draft { call: [payload, envelope], receipt, .. } = draft;
        let block = Block::encode(&receipt);
        let sealed = self.scope.seal(Domain::Receipt, &block).to_block();
        let engine = (!self.fold.engines().contains(&receipt.engine)).then(|| self.engine.clone());
        let blocks = [payload, envelope].into_iter().chain(engine).chain([block, sealed.clone()]);
        let anchored = receipt.anchors.iter().map(|anchor| anchor.0);
        Entry { leaves: std::iter::once(sealed.id()).chain(anchored).collect(), blocks: blocks.collect() }
    }

    /// Writes a receipt that must hold.
    pub(crate) fn write(&mut self, draft: Draft) {
        let entry = self.seal(draft);
        self.push(entry);
    }

    /// Exports the log.
    pub(crate) fn export(&self, out: &Path) {
        self.history().export(&self.entries, out);
    }

    /// Exports the log with a receipt that does not hold.
    pub(crate) fn export_with(&self, draft: Draft, out: &Path) {
        let mut entries = self.entries.clone();
        entries.push(self.seal(draft));
        self.history().export(&entries, out);
    }

    fn history(&self) -> History {
        let host = SecretKey::from_bytes(&self.host.to_bytes());
        History { data: PathBuf::new(), entries: Vec::new(), host, origin: self.origin.clone() }
    }

    // What a sandbox would do.

    /// Asks for operations, one after the other, as a guest does: those that are allowed make the journal. Gives those that are
    /// not, each with the journal that it would have had, and whether it is the books that do not allow it. A hold gets its
    /// name here.
    pub(crate) fn ask(&self, draft: &mut Draft, wishes: Vec<Operation>) -> Vec<(Vec<Operation>, bool)> {
        let (mut ledger, mut placed, mut refused) = (self.fold.ledger().clone(), 0, Vec::new());
        let actor = self.chain().policy().actor(draft.invocation.caller, draft.invocation.module);
        for mut wish in wishes {
            if let Operation::Hold { id, .. } = &mut wish {
                *id = self.hold_id(draft, placed);
            }
            let is_hold = matches!(wish, Operation::Hold { .. });
            draft.receipt.journal.push(wish.clone());
            let may = self.may(draft, self.fold.ledger());
            if may && ledger.stage(self.scope(), self.time, &actor, wish).is_ok() {
                placed += u64::from(is_hold);
            } else {
                refused.push((draft.receipt.journal.clone(), may));
                draft.receipt.journal.pop();
            }
        }
        refused
    }

    fn may(&self, draft: &Draft, ledger: &Ledger) -> bool {
        let Draft { invocation, receipt, .. } = draft;
        let seed = random_seed(&receipt.invocation, &self.chain().head());
        rules::check_journal(invocation, receipt, self.chain().policy(), &seed, ledger).is_ok()
    }

    /// An administrator's call for these operations, which apply whole or not at all; and the code when they do not.
    pub(crate) fn rule(&mut self, caller: &str, operations: &[Operation]) -> (Draft, Option<u8>) {
        let mut draft = self.draft(caller, Kind::Ledger, ruling::input(operations));
        let mut ledger = self.fold.ledger().clone();
        let (scope, time) = (self.scope(), self.time);
        let actor = self.chain().policy().actor(draft.invocation.caller, draft.invocation.module);
        let refusal = operations.iter().find_map(|operation| {
            let may = rules::may_rule(&scope, &draft.invocation.caller, operation);
            may.and_then(|()| ledger.stage(scope, time, &actor, operation.clone())).err()
        });
        let code = refusal.map(|refusal| refusal.code.number());
        match code {
            None => draft.receipt.journal.extend_from_slice(operations),
            Some(code) => draft.receipt.outcome = Outcome::Failed(i32::from(code)),
        }
        (draft, code)
    }

    /// Keeps a value in the module's state, or takes it away.
    pub(crate) fn keep(&self, draft: &mut Draft, name: &[u8], value: Option<Vec<u8>>) {
        let module = draft.invocation.module;
        let mut state = (**self.chain().state()).clone();
        let before = state.get(&module, name).map(|value| value.to_vec());
        draft.receipt.usage.storage =
            storage_bytes(name, value.as_deref()) - storage_bytes(name, before.as_deref());
        state.set(module, name.to_vec(), value.clone());
        draft.receipt.root = StateTree::of(&state).root();
        draft.receipt.writes = vec![Write(name.to_vec(), value.map(Into::into))];
    }

    /// Whether the scope's resources cover what a draft charges.
    pub(crate) fn is_covered(&self, draft: &Draft) -> bool {
        let actor = self.chain().policy().actor(draft.invocation.caller, draft.invocation.module);
        self.fold.ledger().clone().book(&Booking::of_receipt(&draft.receipt, &actor)).is_ok()
    }
}

fn policy_of(policy: Policy) -> Policy {
    let install = |kind: &Kind| Install {
        module: kind.id(),
        capabilities: kind.capabilities().into_iter().collect(),
        entries: [("run".to_owned(), "anyone".to_owned())].into(),
    };
    let issue = |unit: Unit, to: Owner, amount| Issue { unit, to, amount };
    let roles: BTreeMap<String, Role> =
        [("clerk".to_owned(), Role { named: vec![key("alice").did()], rolls: Vec::new() })].into();
    Policy {
        time: BEGIN,
        admins: vec![key("chair").did()],
        roles,
        modules: Kind::ALL[..4].iter().map(install).collect(),
        issue: vec![
            issue(chip(), Owner::Treasury, 1_000),
            issue(chip(), member("alice"), 200),
            issue(chip(), Kind::Shop.owner(), 50),
            issue(Unit::fuel(), Owner::Treasury, 1_000_000),
            issue(Unit::memory(), Owner::Treasury, 10_000),
            issue(Unit::storage(), Owner::Treasury, 200),
        ],
        ..policy
    }
}
