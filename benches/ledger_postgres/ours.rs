//! The runtime's own durable transfers: signed invocations through the public API, each answered when its receipt is on
//! the disk.
//!
//! The guest does nothing but ask for transfers from its caller's account to those that its input names. *alone* and
//! *single*: an invocation of one transfer, by one client or many, each of which sends the next when the one before is
//! answered. *batched*: an invocation of 1024 transfers, all of them its caller's, because no invocation pays from
//! anybody else's account. Requests are signed before the clock starts; the host verifies a signature, runs a guest and
//! signs a receipt for each. At the end the whole log is audited.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use icn_runtime::ruling::{self, CapKey, Command, Level};
use icn_runtime::{
    Amount, Audit, BlockId, Did, Host, HostOptions, Invocation, ModuleSpec, Operation, Owner, Request,
    ScopeSpec, SecretKey, Subject, Unit, invocation_id, now_ms,
};

use super::{BATCH, EACH, Figure, Options, Way, measured};

/// Of the 64 bytes that the guest reads for a transfer: the payee's DID, and the amount, little endian.
const GUEST: &str = r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 5)
  (data (i32.const 0) "HOUR")
  (func $all (param $purse i32) (result i32) (local $at i32) (local $end i32) (local $code i32)
    (local.set $at (i32.const 1024))
    (local.set $end (i32.add (i32.const 1024) (call $get_input (i32.const 1024) (i32.const 262144))))
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end)) (then
        (local.set $code (call $transfer (local.get $purse) (local.get $at) (i32.const 56) (i32.const 0)
          (i32.const 4) (i64.load offset=56 (local.get $at)) (i32.const 0) (i32.const 0)))
        (if (local.get $code) (then (return (local.get $code))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next))))
    (i32.const 0))
  (func (export "pay") (result i32) (call $all (i32.const 0)))
  (func (export "fill") (result i32) (call $all (i32.const 2)))
  (@custom "icn.manifest" "{\22abi\22:1,\22name\22:\22pay\22,\22version\22:\221\22,\22entries\22:[\22fill\22,\22pay\22],\22capabilities\22:[\22transfer\22,\22treasury\22]}"))"#;
/// Transfers of one invocation, at most.
const FILL: usize = 4096;
/// Fuel of an invocation, and more for each transfer.
const FUEL: (u64, u64) = (1_000_000, 60_000);
/// Requests that are signed for each second, by how many clients there are: more than are answered.
const SIGNED_A_SECOND: [usize; 3] = [4_000, 15_000, 400];

/// A host with one scope, whose members have so much each.
struct Bank {
    host: Host,
    scope: Did,
    module: BlockId,
    keys: Vec<SecretKey>,
    members: Vec<Did>,
    made: AtomicUsize,
}

fn key(kind: u8, n: usize) -> SecretKey {
    let mut secret = [kind; 32];
    secret[..8].copy_from_slice(&(n as u64).to_le_bytes());
    SecretKey::from_bytes(&secret)
}

/// Payer, and payees with amounts.
type Payment = (usize, Vec<(usize, u64)>);

impl Bank {
    fn open(host: Host, accounts: usize) -> Result<Self, String> {
        let keys: Vec<SecretKey> = (0..accounts).map(|n| key(7, n)).collect();
        let share = accounts.div_ceil(measured::cores());
        let members = std::thread::scope(|scope| {
            let dids = |keys: &[SecretKey]| keys.iter().map(SecretKey::did).collect::<Vec<_>>();
            let threads: Vec<_> = keys.chunks(share).map(|keys| scope.spawn(move || dids(keys))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        let wasm = wat::parse_str(GUEST).map_err(|error| error.to_string())?;
        let entries = [("fill", "admin"), ("pay", "anyone")];
        let module =
            ModuleSpec::of(wasm, &["transfer", "treasury"], &entries).map_err(|error| error.to_string())?;
        let id = module.id();
        let unit = Unit::parse("HOUR").map_err(|error| error.to_string())?;
        let spec = ScopeSpec::new("bank")
            .admin(key(1, 0).did())
            .module(module)
            .token(unit, Amount(EACH * accounts as u64));
        let scope = block_on(host.open_scope(key(2, 0), spec)).map_err(|error| error.to_string())?;
        let bank = Self { host, scope, module: id, keys, members, made: AtomicUsize::new(0) };
        let all: Vec<usize> = (0..accounts).collect();
        for some in all.chunks(FILL) {
            let gifts: Vec<(usize, u64)> = some.iter().map(|n| (*n, EACH)).collect();
            bank.answered(bank.request((bank.module, "fill"), bank.input(&gifts), gifts.len(), &key(1, 0)))?;
        }
        Ok(bank)
    }

    /// A cap on what each member pays in an hour, by the administrator's ruling.
    fn cap(&self) -> Result<(), String> {
        let unit = Unit::parse("HOUR").map_err(|error| error.to_string())?;
        let rule = |member: &Did| {
            let level = Level::Member(*member);
            let cap = CapKey { scope: self.scope, unit: unit.clone(), level, window_ms: Some(3_600_000) };
            Operation::Rule(Box::new(Command::SetCap { cap, max: Some(EACH), soft: None }))
        };
        for members in self.members.chunks(100) {
            let operations: Vec<Operation> = members.iter().map(rule).collect();
            let module = (ruling::module().id(), ruling::ENTRY);
            let input = ruling::input(&operations);
            self.answered(self.request(module, input, operations.len(), &key(1, 0)))?;
        }
        Ok(())
    }

    fn input(&self, payees: &[(usize, u64)]) -> Vec<u8> {
        let record = |(to, amount): &(usize, u64)| {
            let mut bytes = self.members[*to].as_str().as_bytes().to_vec();
            bytes.extend(amount.to_le_bytes());
            bytes
        };
        payees.iter().flat_map(record).collect()
    }

    fn request(
        &self,
        (module, entry): (BlockId, &str),
        input: Vec<u8>,
        transfers: usize,
        key: &SecretKey,
    ) -> Request {
        let id = invocation_id(&[&self.made.fetch_add(1, Ordering::Relaxed).to_string()]);
        let expires = now_ms() + 24 * 3_600_000;
        let invocation =
            Invocation::new(self.host.origin(), self.scope, module, entry, input, id, key.did(), expires);
        Request::sign(&invocation.with_fuel(FUEL.0 + FUEL.1 * transfers as u64), key)
    }

    /// Submits, and waits until it is durable.
    fn answered(&self, request: Request) -> Result<(), String> {
        let pending = self.host.submit(request).map_err(|refusal| refusal.to_string())?;
        let committed = block_on(pending).map_err(|refusal| refusal.to_string())?;
        let outcome = &committed.receipt.outcome;
        if outcome.is_ok() { Ok(()) } else { Err(format!("an invocation that fails: {outcome:?}")) }
    }

    fn signed(&self, payment: &Payment) -> Request {
        let (payer, payees) = payment;
        self.request((self.module, "pay"), self.input(payees), payees.len(), &self.keys[*payer])
    }

    /// So many clients, each with requests of its own, until the time is over or there are no more.
    fn measure(&self, name: String, way: Way, hot: bool, seconds: Duration) -> Result<Figure, String> {
        let a_second = SIGNED_A_SECOND[if way.batch > 1 { 2 } else { usize::from(way.clients > 1) }];
        let clients = way.clients as usize;
        let each = measured::count(a_second, seconds).div_ceil(clients);
        let mut numbers = measured::Numbers::new();
        let accounts = u32::try_from(self.members.len()).map_err(|_| "too many accounts")?;
        let mut payment = || -> Payment {
            let payer = if hot { 0 } else { numbers.below(accounts) };
            let mut payee = || {
                let to = numbers.below(accounts);
                let to = if to == payer { (to + 1) % accounts } else { to };
                (to as usize, u64::from(to % 100) + 1)
            };
            (payer as usize, (0..way.batch).map(|_| payee()).collect())
        };
        let lines: Vec<Vec<Payment>> = (0..clients).map(|_| (0..each).map(|_| payment()).collect()).collect();
        let sign = |line: &Vec<Payment>| line.iter().map(|payment| self.signed(payment)).collect::<Vec<_>>();
        let requests: Vec<Vec<Request>> = std::thread::scope(|scope| {
            let threads: Vec<_> = lines.iter().map(|line| scope.spawn(move || sign(line))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
        });
        let paid = |done: &[usize]| -> u64 {
            let of = lines.iter().zip(done).flat_map(|(line, done)| &line[..*done]);
            of.filter(|(payer, _)| *payer == 0).flat_map(|(_, payees)| payees).map(|(_, amount)| amount).sum()
        };
        let before = self.debits()?;
        let started = Instant::now();
        let client = |requests: Vec<Request>| -> Result<Vec<u64>, String> {
            let mut latencies = Vec::with_capacity(requests.len());
            for request in requests {
                if started.elapsed() >= seconds {
                    break;
                }
                let begun = Instant::now();
                self.answered(request)?;
                latencies.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Ok(latencies)
        };
        let latencies: Vec<Result<Vec<u64>, String>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                requests.into_iter().map(|requests| scope.spawn(move || client(requests))).collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended
                .map(|latencies| latencies.unwrap_or_else(|_| Err("a client that panicked".into())))
                .collect()
        });
        let elapsed = started.elapsed().as_secs_f64();
        let latencies: Vec<Vec<u64>> = latencies.into_iter().collect::<Result<_, _>>()?;
        let done: Vec<usize> = latencies.iter().map(Vec::len).collect();
        let moved = self.debits()? - before;
        if moved != u128::from(paid(&done)) {
            return Err(format!(
                "{name}: the first account paid {moved}, and was answered for {}",
                paid(&done)
            ));
        }
        let latencies: Vec<u64> = latencies.into_iter().flatten().collect();
        let transfers = latencies.len() as f64 * f64::from(way.batch);
        Figure::new(name, transfers / elapsed, latencies)
    }

    /// What the first account has paid so far.
    fn debits(&self) -> Result<u128, String> {
        let unit = Unit::parse("HOUR").map_err(|error| error.to_string())?;
        let account = block_on(self.host.account(self.scope, Owner::Member(self.members[0]), unit));
        Ok(account.ok_or("the ledger does not answer")?.debits)
    }
}

/// Measures all that is wanted, under the names of the others' figures.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for accounts in options.sizes() {
        let all = options.ways(*accounts);
        if all.is_empty() {
            continue;
        }
        let dir = options.dir.join(format!("icn-host-{}", std::process::id()));
        let measured = of_size(options, &dir, *accounts, all, &mut figures);
        let _ = std::fs::remove_dir_all(&dir);
        measured?;
    }
    Ok(figures)
}

fn of_size(
    options: &Options,
    dir: &std::path::Path,
    accounts: u32,
    all: Vec<super::Measurement>,
    figures: &mut Vec<Figure>,
) -> Result<(), String> {
    let host = Host::open(HostOptions::new(dir)).map_err(|error| error.to_string())?;
    let filled = Instant::now();
    let bank = Bank::open(host, accounts as usize)?;
    println!("{accounts} accounts are filled after {:.1} s", filled.elapsed().as_secs_f64());
    let mut is_capped = false;
    for super::Measurement { way, hot, capped, name } in all {
        if capped && !std::mem::replace(&mut is_capped, true) {
            bank.cap()?;
        }
        let groups = bank.host.groups();
        let figure = bank.measure(name, way, hot, options.time())?;
        figure.tell("OURS");
        println!("in {} durable groups", bank.host.groups() - groups);
        figures.push(figure);
    }
    bank.host.close().map_err(|error| error.to_string())?;
    let report = Audit::of(Subject::Data(dir.to_owned())).run(&mut ()).map_err(|error| error.to_string())?;
    match report.divergence {
        Some(finding) => Err(format!("what was measured does not hold: {finding}")),
        None => Ok(()),
    }
}

const _: () = assert!(BATCH as usize <= FILL, "a batch is one invocation");
