//! The gate beside its reference model: requests that were changed, and who signed them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use icn_core::block::{
    Capability, GrantLimits, Install, Invocation, InvocationTag, Policy, PolicyTag, Role, Roll,
};
use icn_core::encode::{self, Block, Domain};
use icn_core::limits;
use icn_core::name::{BlockId, Bytes, Codec, Did, Origin};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};

use crate::generate::{ByteSource, did, key, keys, mutate, origin, raw_id, token};
use crate::oracle::{Cbor, Place};
use crate::{generate, oracle};

/// A scope with members, roles and modules, for requests to arrive at.
struct World {
    policy: Policy,
    in_force: Arc<PolicyInForce>,
    rolls: BTreeMap<BlockId, Vec<Did>>,
}

const NOW_MS: u64 = 1_700_000_000_000;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let rolled = vec![did(1), did(2), did(3)];
    let roll = Roll::of(rolled.iter().copied());
    let roll_id = roll.block().id();
    let texts = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let policy = Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(7),
        seq: 0,
        prev: None,
        time: NOW_MS,
        name: "a housing co-op".to_owned(),
        admins: vec![did(0)],
        roles: BTreeMap::from([
            ("member".to_owned(), Role { named: Vec::new(), rolls: vec![roll_id] }),
            ("clerk".to_owned(), Role { named: vec![did(4)], rolls: Vec::new() }),
        ]),
        modules: vec![
            Install {
                module: raw_id(0),
                capabilities: Capability::ALL.into_iter().collect(),
                entries: texts(&[
                    ("vote", "member"),
                    ("close", "admin"),
                    ("read", "anyone"),
                    ("tally", "clerk"),
                ]),
            },
            Install { module: raw_id(1), capabilities: [].into(), entries: texts(&[("read", "member")]) },
        ],
        token: Some(token(0)),
        grant: GrantLimits { fuel: 1_000_000, memory: 16, network: 1024 },
        issue: Vec::new(),
        counterparts: Vec::new(),
    };
    let links = BTreeMap::from([(roll_id, Arc::new(roll))]);
    #[expect(clippy::expect_used, reason = "a constant that is sound")]
    let in_force = PolicyInForce::new(raw_id(9), policy.clone(), links).expect("the example policy is sound");
    World { policy, in_force: Arc::new(in_force), rolls: BTreeMap::from([(roll_id, rolled)]) }
});

/// An invocation that passes: its entry's role is its caller's.
fn admissible(source: &mut ByteSource<'_>) -> (Invocation, usize) {
    let (entry, caller) = source.pick(&[("vote", 1), ("vote", 3), ("close", 0), ("read", 5), ("tally", 4)]);
    let invocation = Invocation {
        typ: InvocationTag,
        log: origin(),
        scope: did(7),
        module: raw_id(0),
        entry: entry.to_owned(),
        input: source.short(30),
        fuel: source.pick(&[1, 1_000_000]),
        id: Bytes([source.byte(); 16]),
        expires: NOW_MS + source.pick(&[1, 1000, limits::EXPIRY_AHEAD_MS_MAX]),
        caller: did(caller),
    };
    (invocation, caller)
}

/// Changes fields to others that are written well.
fn change_fields(source: &mut ByteSource<'_>, invocation: &mut Invocation) {
    for _ in 0..=source.below(2) {
        match source.below(10) {
            0 => {
                if let Ok(other) = Origin::parse(source.pick(&["icn.example/other", "icn.example/log"])) {
                    invocation.log = other;
                }
            }
            1 => invocation.scope = source.member(),
            2 => invocation.module = source.pick(&[raw_id(0), raw_id(1), raw_id(2)]),
            3 => {
                let long = "e".repeat(limits::ENTRY_NAME_BYTES_MAX + source.below(2));
                let entries = ["", "vote", "close", "read", "tally", "__start", &long];
                invocation.entry = source.pick(&entries).to_owned();
            }
            4 => {
                let input = if source.once_in(4) {
                    vec![7; limits::INPUT_BYTES_MAX + source.below(2)]
                } else {
                    source.short(200)
                };
                invocation.input = input;
            }
            5 => {
                let most = limits::FUEL_PER_INVOCATION_MAX;
                invocation.fuel = source.pick(&[0, 1, 1_000_000, 1_000_001, most, most + 1, u64::MAX]);
            }
            6 => invocation.id = Bytes([source.byte(); 16]),
            7 => {
                let ahead = limits::EXPIRY_AHEAD_MS_MAX;
                invocation.expires = source.pick(&[
                    0,
                    NOW_MS - 1,
                    NOW_MS,
                    NOW_MS + 1,
                    NOW_MS + ahead,
                    NOW_MS + ahead + 1,
                    u64::MAX,
                ]);
            }
            8 => invocation.caller = source.member(),
            _ => *invocation = source.invocation(),
        }
    }
}

/// Signs a payload as it is.
fn seal(signer: usize, domain: Domain, payload: &[u8]) -> Vec<u8> {
    key(signer).seal(domain, &Block::new(Codec::DagCbor, payload.to_vec())).to_block().bytes().to_vec()
}

/// A valid request, changed: the gate refuses it with the code of the reference model, or it is signed by its
/// caller as it now is; a change that nobody signed never passes.
pub fn check_gate_admit(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut invocation, caller) = admissible(&mut source);
    let sound = Request::sign(&invocation, key(caller));
    let mut request = sound.clone();
    let mut now_ms = NOW_MS;
    let kind = source.below(9);
    match kind {
        0 => {}
        1 => request.payload = mutate(&mut source, &sound.payload),
        2 => request.envelope = mutate(&mut source, &sound.envelope),
        // Well formed and signed by its caller, as far as the caller has a key here.
        3 => {
            change_fields(&mut source, &mut invocation);
            let signer = (0..generate::KEYS).find(|n| did(*n) == invocation.caller).unwrap_or(0);
            request = Request::sign(&invocation, key(signer));
        }
        // Changed after it was signed.
        4 => {
            change_fields(&mut source, &mut invocation);
            request.payload = encode::to_bytes(&invocation);
        }
        // Signed by somebody, for something.
        5 => {
            let domains = [Domain::Invocation, Domain::Receipt, Domain::Policy, Domain::Host];
            let domain = source.pick(&domains);
            request.envelope = seal(source.below(generate::KEYS), domain, &sound.payload);
        }
        // Signed by the caller over bytes that are not quite an invocation.
        6 => {
            request.payload = mutate(&mut source, &sound.payload);
            request.envelope = seal(caller, Domain::Invocation, &request.payload);
        }
        7 => match source.below(4) {
            0 => request.envelope.clear(),
            1 => request.payload.clear(),
            2 => std::mem::swap(&mut request.envelope, &mut request.payload),
            // Rare: four megabytes are slow to make.
            _ if source.once_in(16) => request.payload.resize(limits::BLOCK_BYTES_MAX + source.below(2), 0),
            _ => request.payload.push(0),
        },
        _ => {
            let back = [1, 1000, limits::EXPIRY_AHEAD_MS_MAX];
            now_ms = source.pick(&[0, NOW_MS - 1, NOW_MS, NOW_MS + 1, u64::MAX]);
            invocation.expires =
                now_ms.saturating_add(source.pick(&back)).saturating_sub(source.below(2) as u64);
            request = Request::sign(&invocation, key(caller));
        }
    }
    judge(&request, now_ms);
    let passed = admit(&request, now_ms).is_ok();
    assert!(kind != 0 || passed, "a sound request passes");
    assert!(
        !matches!(kind, 1 | 2 | 4) || !passed || request == sound,
        "an unsigned change passed: {request:?}"
    );
}

fn admit(request: &Request, now_ms: u64) -> Result<gate::Admitted, RefusalCode> {
    let policy_of = |scope: &Did| (*scope == did(7)).then(|| WORLD.in_force.clone());
    gate::admit(request.clone(), &origin(), now_ms, policy_of).map_err(|refusal| refusal.code)
}

/// The gate and the reference model, side by side.
fn judge(request: &Request, now_ms: u64) {
    let origin = origin();
    let (policy, rolls) = (&WORLD.policy, &WORLD.rolls);
    let place = Place { origin: &origin, now_ms, policy, rolls, keys: keys() };
    let expected = oracle::admission(request, &place);
    match admit(request, now_ms) {
        Ok(admitted) => {
            assert_eq!(expected, None, "admitted: {request:?}");
            assert_eq!(encode::to_bytes(admitted.invocation()), request.payload);
            assert_eq!(admitted.envelope().bytes(), request.envelope);
            assert!(gate::judge(admitted.invocation(), &origin, now_ms, admitted.policy()).is_ok());
        }
        Err(RefusalCode::NotCanonical) => {
            assert_eq!(expected, Some(RefusalCode::Malformed), "{request:?}");
            assert_eq!(Cbor::read(&request.payload), None, "canonical after all: {request:?}");
        }
        Err(code) => assert_eq!(Some(code), expected, "{request:?}"),
    }
}
