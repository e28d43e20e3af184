//! A host, and threads that submit to it.

use std::collections::VecDeque;
use std::time::Instant;

use futures::executor::block_on;
use icn_runtime::{
    Amount, Did, Host, HostOptions, Invocation, ModuleSpec, Outcome, Request, ScopeSpec, SecretKey, Unit,
    invocation_id, now_ms,
};

use super::{BALLOT, Signed, election, member};

/// Invocations of one scope on their way at once.
const IN_FLIGHT_MAX: usize = 256;

pub(crate) struct Round {
    pub(crate) per_second: f64,
    /// Entries in a durable group, on average.
    pub(crate) group_entries: usize,
    pub(crate) requests: Vec<Signed>,
}

pub(crate) fn measure(scopes: usize, invocations: usize, threads: usize) -> Round {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let host = Host::open(HostOptions::new(dir.path())).expect("a host");
    let each = invocations / scopes;
    let keys: Vec<SecretKey> = (0..each).map(member).collect();
    let admin = SecretKey::from_bytes(&[1; 32]);
    let opened: Vec<Did> = (0..scopes).map(|n| open(&host, n, &admin, &keys)).collect();
    let module = spec().id();
    let signed: Vec<Vec<Signed>> = std::thread::scope(|scope| {
        let sign = |did: Did| {
            let (host, keys) = (&host, &keys);
            scope.spawn(move || {
                keys.iter().enumerate().map(|(n, key)| sign(host, did, module, n, key)).collect()
            })
        };
        let threads: Vec<_> = opened.iter().map(|did| sign(*did)).collect();
        threads.into_iter().map(|thread| thread.join().expect("signed")).collect()
    });
    let before = host.groups();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..threads {
            let lines: Vec<Vec<Request>> = lines(&signed, n, threads);
            let host = &host;
            scope.spawn(move || submit(host, lines));
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let groups = host.groups() - before;
    host.close().expect("closed");
    let total = each * scopes;
    Round {
        per_second: total as f64 / seconds,
        group_entries: total / usize::try_from(groups.max(1)).expect("groups"),
        requests: signed.into_iter().flatten().collect(),
    }
}

fn spec() -> ModuleSpec {
    let capabilities = ["state", "dag", "transfer", "treasury"];
    let entries = [("open", "admin"), ("vote", "member"), ("tally", "admin")];
    ModuleSpec::of(BALLOT.to_vec(), &capabilities, &entries).expect("the ballot")
}

fn open(host: &Host, n: usize, admin: &SecretKey, keys: &[SecretKey]) -> Did {
    let mut secret = [2; 32];
    secret[..8].copy_from_slice(&(n as u64).to_le_bytes());
    let unit = Unit::parse("PLN").expect("a unit");
    let scope = ScopeSpec::new(&format!("scope {n}"))
        .admin(admin.did())
        .role("member", keys.iter().map(SecretKey::did))
        .module(spec())
        .token(unit, Amount(16_000_000));
    let did = block_on(host.open_scope(SecretKey::from_bytes(&secret), scope)).expect("a scope");
    let id = invocation_id(&["open"]);
    let expires = now_ms() + 3_600_000;
    let opening =
        Invocation::new(host.origin(), did, spec().id(), "open", election(), id, admin.did(), expires);
    let committed =
        block_on(host.submit(Request::sign(&opening, admin)).expect("admitted")).expect("a receipt");
    assert_eq!(committed.receipt.outcome, Outcome::Ok);
    did
}

fn sign(host: &Host, scope: Did, module: icn_runtime::BlockId, n: usize, key: &SecretKey) -> Signed {
    let id = invocation_id(&["vote", &n.to_string()]);
    let vote = (n % 77 + 1).to_string();
    let invocation =
        Invocation::new(host.origin(), scope, module, "vote", vote, id, key.did(), now_ms() + 3_600_000);
    Signed { request: Request::sign(&invocation, key), invocation }
}

/// What one of the submitting threads submits: with one scope each thread has a part of it.
fn lines(signed: &[Vec<Signed>], n: usize, threads: usize) -> Vec<Vec<Request>> {
    let take = |line: &[Signed]| line.iter().map(|signed| signed.request.clone()).collect();
    if signed.len() == 1 {
        let share = signed[0].len().div_ceil(threads);
        return signed[0].chunks(share).skip(n).take(1).map(take).collect();
    }
    signed.iter().skip(n).step_by(threads).map(|line| take(line)).collect()
}

/// Submits to several scopes in turn, each with so many on their way.
fn submit(host: &Host, lines: Vec<Vec<Request>>) {
    let mut waiting: Vec<VecDeque<_>> = lines.iter().map(|_| VecDeque::new()).collect();
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines: Vec<_> = lines.into_iter().map(Vec::into_iter).collect();
    for _ in 0..longest {
        for (line, waiting) in lines.iter_mut().zip(&mut waiting) {
            let Some(request) = line.next() else { continue };
            if waiting.len() >= IN_FLIGHT_MAX {
                settle(waiting.pop_front().expect("one on its way"));
            }
            waiting.push_back(host.submit(request).expect("admitted"));
        }
    }
    waiting.into_iter().flatten().for_each(settle);
}

fn settle(pending: icn_runtime::Pending) {
    let committed = block_on(pending).expect("a receipt");
    assert_eq!(committed.receipt.outcome, Outcome::Ok);
}
