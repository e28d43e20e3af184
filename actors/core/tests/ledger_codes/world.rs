//! Books with something in them, and a command that succeeds until something is spoiled.

use icn_core::block::{CapKey, Command, Level, Limits};
use icn_core::ledger::{Asker, Context, Group, Ledger, LedgerCode as Code, Right};
use icn_core::limits;
use icn_core::name::{AccountId, Bytes, Did, HoldId, Owner, Unit};
use icn_testkit::generate::{did, raw_id};

pub(crate) const NOW: u64 = 1_000_000;

pub(crate) const ID: HoldId = Bytes([1; 16]);

pub(crate) fn token(n: usize) -> Unit {
    Unit::parse(["HOUR", "BREAD", "SEED"][n]).unwrap()
}

pub(crate) fn home() -> Did {
    did(0)
}

pub(crate) fn away() -> Did {
    did(1)
}

pub(crate) fn payer() -> Owner {
    Owner::Member(did(2))
}

pub(crate) fn payee() -> Owner {
    Owner::Member(did(3))
}

pub(crate) fn account(scope: Did, owner: Owner, unit: Unit) -> AccountId {
    AccountId { scope, owner, unit }
}

pub(crate) fn from() -> AccountId {
    account(home(), payer(), token(0))
}

pub(crate) fn to() -> AccountId {
    account(home(), payee(), token(0))
}

/// The books before, and what is asked of them.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) context: Context,
    pub(crate) group: Group,
    /// What is done last to the books, when all accounts that are needed are there.
    pub(crate) late: Vec<Command>,
    /// Whether the scope has as many holds as it may have.
    pub(crate) fill: bool,
}

impl World {
    /// A member with 100 of a token in each of two scopes, everything opened, everything allowed.
    pub(crate) fn new(command: Command) -> Self {
        let mut ledger = Ledger::default();
        let mut commands = Vec::new();
        for scope in [home(), away()] {
            for owner in [payer(), payee(), Owner::Treasury] {
                commands.push(Command::Mint { to: account(scope, owner, token(0)), amount: 100 });
            }
            commands.push(Command::Open { account: account(scope, payee(), token(1)) });
        }
        let credit = Limits { credit: 50, balance_max: None };
        let claim = account(away(), Owner::Claim(home()), token(0));
        commands.push(Command::Open { account: claim.clone() });
        commands.push(Command::SetLimits { account: claim, limits: credit });
        ledger.apply(&Group { id: None, scope: home(), commands }, &Context::runtime(1)).unwrap();
        let rights = [Right::Transfer, Right::Treasury, Right::Mint, Right::Admin];
        let context = Context {
            time: NOW,
            actor: Asker { member: Some(did(2)), module: Some(raw_id(0)), roles: vec!["clerk".into()] },
            rights: [home(), away()].iter().flat_map(|scope| rights.map(|right| (*scope, right))).collect(),
            consents: vec![(home(), away()), (away(), home())],
            ..Context::default()
        };
        let group = Group { id: None, scope: home(), commands: vec![command] };
        Self { ledger, context, group, late: Vec::new(), fill: false }
    }

    pub(crate) fn does(&mut self, command: Command) {
        self.late.push(command);
    }

    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.group.commands[0]
    }

    /// The code that is given; and nothing is changed.
    pub(crate) fn code(mut self) -> Option<Code> {
        self.late.sort_by_key(|command| matches!(command, Command::Close { .. } | Command::Freeze { .. }));
        for command in std::mem::take(&mut self.late) {
            let group = Group { id: None, scope: home(), commands: vec![command] };
            self.ledger.apply(&group, &Context::runtime(2)).unwrap();
        }
        if self.fill {
            let treasury = account(home(), Owner::Treasury, token(0));
            let mut commands = vec![Command::Mint { to: treasury, amount: 5000 }];
            let open = self.ledger.books().holds.len();
            commands.extend((open..limits::HOLDS_OPEN_MAX).map(|n| other_hold(n as u128 + 1000, NOW + 9)));
            self.ledger.apply(&Group { id: None, scope: home(), commands }, &Context::runtime(2)).unwrap();
        }
        let before = icn_core::encode::to_bytes(&self.ledger.books());
        let code = self.ledger.apply(&self.group, &self.context).err().map(|refusal| refusal.code);
        assert!(code.is_none() || icn_core::encode::to_bytes(&self.ledger.books()) == before);
        assert_eq!(self.ledger.imbalances(), []);
        code
    }
}

pub(crate) fn hold() -> World {
    World::new(Command::Hold {
        id: ID,
        from: from(),
        to: to(),
        amount: 10,
        deadline: NOW + 1,
        by: Owner::Module(raw_id(0)),
    })
}

pub(crate) fn other_hold(n: u128, deadline: u64) -> Command {
    let treasury = account(home(), Owner::Treasury, token(0));
    let by = Owner::Module(raw_id(0));
    Command::Hold { id: Bytes(n.to_be_bytes()), from: treasury, to: to(), amount: 1, deadline, by }
}

pub(crate) fn cap(level: Level, max: u64, window_ms: Option<u64>) -> Command {
    let cap = CapKey { scope: home(), unit: token(0), level, window_ms };
    Command::SetCap { cap, max: Some(max), soft: None }
}

pub(crate) fn pay_away() -> World {
    World::new(Command::Transfer { from: from(), to: account(away(), payee(), token(0)), amount: 10 })
}

pub(crate) fn held() -> World {
    let by = Owner::Module(raw_id(0));
    let mut world = World::new(Command::Settle { scope: home(), id: ID, amount: Some(10), by });
    let by = Owner::Module(raw_id(0));
    world.does(Command::Hold { id: ID, from: from(), to: to(), amount: 10, deadline: NOW + 1, by });
    world
}

pub(crate) fn limits_set() -> World {
    World::new(Command::SetLimits { account: to(), limits: Limits { credit: 5, balance_max: Some(200) } })
}

pub(crate) fn cap_set() -> World {
    World::new(Command::SetCap {
        cap: CapKey { scope: home(), unit: token(0), level: Level::Scope, window_ms: Some(10) },
        max: Some(5),
        soft: Some(4),
    })
}

pub(crate) fn netting() -> World {
    let mut world = World::new(Command::Net { a: home(), b: away(), unit: token(0) });
    let limits = Limits { credit: 50, balance_max: None };
    let claim = account(home(), Owner::Claim(away()), token(0));
    let open = vec![
        Command::Open { account: claim.clone() },
        Command::SetLimits { account: claim, limits },
        Command::Transfer { from: from(), to: account(away(), payee(), token(0)), amount: 10 },
        Command::Transfer { from: account(away(), payer(), token(0)), to: to(), amount: 4 },
    ];
    let mut context = Context::runtime(1);
    context.consents = world.context.consents.clone();
    world.ledger.apply(&Group { id: None, scope: home(), commands: open }, &context).unwrap();
    world
}

pub(crate) fn time_backwards(world: &mut World) {
    world.context.time = 1;
    if let Command::Hold { deadline, .. } = world.command() {
        *deadline = if *deadline == NOW { 1 } else { 2 };
    }
    // What is done to the books last is done at 2.
    world.does(Command::Mint { to: account(home(), Owner::Treasury, token(0)), amount: 1 });
}
