//! The answers from the definitions: slow, short, and written without a look at how the machines do it.
//!
//! - [`NaiveLedger`]: totals in a map of wide integers; everything that is staged is applied to a copy.
//! - [`NaiveLog`]: a list of leaves, its root by RFC 6962 as it is written, sequences by search.
//! - [`state_root`] and [`next_key`]: a state's root and its scans, from the list of its contents.
//! - [`Cbor`]: strict dag-cbor, byte by byte from the specification.
//! - [`admission`]: what a gate must say of a request.

use std::collections::BTreeMap;

use icn_core::block::{Entry, Invocation, InvocationTag, Issue, Policy, Receipt, Transfer};
use icn_core::encode::Block;
use icn_core::gate::Request;
use icn_core::id::{BlockId, Bytes, Codec, Did, Hash, HoldId, Origin, Owner, Unit};
use icn_core::ledger::{AccountId, OpenHold};
use icn_core::limits;
use icn_core::log::Link;
use icn_core::refusal::RefusalCode;
use icn_core::sign::{Domain, SecretKey};

/// What an account was debited and credited in all, in integers that no test fills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Debits.
    pub debits: u128,
    /// Credits.
    pub credits: u128,
}

impl Totals {
    /// Credits less debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        self.credits.cast_signed() - self.debits.cast_signed()
    }
}

/// A ledger.
#[derive(Debug, Clone, Default)]
pub struct NaiveLedger {
    /// Posted.
    pub totals: BTreeMap<AccountId, Totals>,
    /// Set aside of a treasury's resources.
    pub drawn: BTreeMap<(Did, Unit), i128>,
    /// Transfers of the running invocations.
    pub staged: BTreeMap<Did, Vec<Transfer>>,
    /// Holds that are open.
    pub holds: BTreeMap<(Did, HoldId), OpenHold>,
    /// Names that were open when a run began, also those that its time ended: no hold of the run has them.
    taken: Vec<HoldId>,
}

impl NaiveLedger {
    /// What an account has and did not set aside.
    #[must_use]
    pub fn free(&self, id: &AccountId) -> i128 {
        let drawn = match id.owner {
            Owner::Treasury => self.drawn.get(&(id.scope, id.unit.clone())).copied().unwrap_or(0),
            _ => 0,
        };
        self.totals.get(id).copied().unwrap_or_default().balance() - drawn
    }

    fn pay(&mut self, scope: Did, t: &Transfer) -> bool {
        let id = |owner: &Owner| AccountId { scope, owner: owner.clone(), unit: t.unit.clone() };
        if t.from != Owner::Issuance && self.free(&id(&t.from)) < i128::from(t.amount) {
            return false;
        }
        self.totals.entry(id(&t.from)).or_default().debits += u128::from(t.amount);
        self.totals.entry(id(&t.to)).or_default().credits += u128::from(t.amount);
        true
    }

    /// Pays all of them, or changes nothing.
    fn pay_all<'t>(&mut self, scope: Did, all: impl IntoIterator<Item = &'t Transfer>) -> bool {
        let mut after = self.clone();
        let paid = all.into_iter().all(|t| after.pay(scope, t));
        if paid {
            *self = after;
        }
        paid
    }

    /// Makes a transfer of a journal at that time, holds and all.
    fn transfer(&mut self, scope: Did, time: u64, t: &Transfer) -> bool {
        if !transferable(t, time) {
            return false;
        }
        let open = |holds: &BTreeMap<(Did, HoldId), OpenHold>, id: &HoldId| holds.get(&(scope, *id)).cloned();
        if let Owner::Hold(id) = &t.to {
            let of_scope = self.holds.keys().filter(|(of, _)| *of == scope).count();
            let terms = t.terms.clone().into_iter().collect::<Vec<_>>();
            // A name that a hold had in this run is not another's.
            let before = self.taken.contains(id)
                || self.staged.get(&scope).into_iter().flatten().any(|s| s.to == t.to);
            if before || open(&self.holds, id).is_some() || of_scope >= limits::HOLDS_OPEN_MAX {
                return false;
            }
            let (payer, unit, amount) = (t.from.clone(), t.unit.clone(), t.amount);
            let paid = self.pay(scope, t);
            if paid {
                let hold = OpenHold { payer, unit, amount, terms: terms[0].clone() };
                self.holds.insert((scope, *id), hold);
            }
            return paid;
        }
        if let Owner::Hold(id) = &t.from {
            let Some(mut hold) = open(&self.holds, id) else { return false };
            let to_party = t.to == hold.payer || t.to == hold.terms.to;
            if hold.unit != t.unit || !to_party || !self.pay(scope, t) {
                return false;
            }
            hold.amount -= t.amount;
            self.holds.insert((scope, *id), hold);
            self.forget_empty(scope);
            return true;
        }
        self.pay(scope, t)
    }

    /// Of a hold that is empty nothing is left.
    fn forget_empty(&mut self, scope: Did) {
        for ((of, id), hold) in self.holds.clone() {
            if of == scope && hold.amount == 0 {
                self.holds.remove(&(of, id));
                self.totals.remove(&AccountId { scope, owner: Owner::Hold(id), unit: hold.unit });
            }
        }
    }

    /// What time alone does: whatever is past its deadline goes back.
    pub fn expire(&mut self, scope: Did, time: u64) {
        self.taken = self.holds.keys().filter(|(of, _)| *of == scope).map(|(_, id)| *id).collect();
        let all = self.holds.clone().into_iter();
        let mut due: Vec<(HoldId, OpenHold)> = all
            .filter(|((of, _), hold)| *of == scope && hold.terms.deadline <= time)
            .map(|((_, id), hold)| (id, hold))
            .collect();
        due.sort_by_key(|(id, hold)| (hold.terms.deadline, *id));
        for (id, hold) in due {
            let back = plain(Owner::Hold(id), hold.payer.clone(), hold.unit.clone(), hold.amount);
            assert!(self.pay(scope, &back), "a hold has what is held");
            self.holds.insert((scope, id), OpenHold { amount: 0, ..hold });
            self.forget_empty(scope);
        }
    }

    /// The ledger as the scope's running invocation sees it at its time.
    #[must_use]
    pub fn seen_by(&self, scope: Did, time: u64) -> Self {
        let mut seen = self.clone();
        seen.staged.remove(&scope);
        seen.expire(scope, time);
        for t in self.staged.get(&scope).into_iter().flatten() {
            assert!(seen.transfer(scope, time, t), "what was held is covered");
            seen.staged.entry(scope).or_default().push(t.clone());
        }
        seen
    }

    /// Sets a transfer aside.
    pub fn hold(&mut self, scope: Did, time: u64, t: &Transfer) -> bool {
        let held = self.seen_by(scope, time).transfer(scope, time, t);
        if held {
            self.staged.entry(scope).or_default().push(t.clone());
        }
        held
    }

    /// Sets a resource aside: how much.
    pub fn draw(&mut self, scope: Did, unit: &Unit, needed: u64, amount: u64) -> Option<i128> {
        let free = self.free(&AccountId { scope, owner: Owner::Treasury, unit: unit.clone() });
        let drawn = free.min(i128::from(needed.max(amount)));
        if free < i128::from(needed) {
            return None;
        }
        *self.drawn.entry((scope, unit.clone())).or_default() += drawn;
        Some(drawn)
    }

    /// Books a receipt.
    pub fn book(&mut self, receipt: &Receipt) -> bool {
        let (scope, time) = (receipt.scope, receipt.time);
        let mut after = self.clone();
        after.expire(scope, time);
        let running = after.staged.remove(&scope);
        let booked = after.pay_all(scope, &charges(receipt))
            && receipt.journal.iter().all(|t| {
                let paid = after.transfer(scope, time, t);
                after.staged.entry(scope).or_default().push(t.clone());
                paid
            });
        after.staged.remove(&scope);
        after.staged.extend(running.map(|staged| (scope, staged)));
        // What is paid out of a hold closes it.
        let closed = receipt.journal.iter().all(|t| match t.from {
            Owner::Hold(id) => !after.holds.contains_key(&(scope, id)),
            _ => true,
        });
        if booked && closed {
            *self = after;
        }
        booked && closed
    }

    /// Books a receipt against what was set aside for it; when that does not cover it, the ledger is as if
    /// nothing of the scope had been set aside, which is how a host comes back from such a mistake.
    pub fn post(&mut self, receipt: &Receipt) -> bool {
        let mut after = self.clone();
        let staged = after.staged.remove(&receipt.scope).unwrap_or_default();
        let covered = charges(receipt).iter().filter(|t| t.unit != Unit::storage()).all(|t| {
            let drawn = after.drawn.entry((receipt.scope, t.unit.clone())).or_default();
            *drawn -= i128::from(t.amount);
            *drawn >= 0
        });
        let journal_is_held = !receipt.outcome.is_ok() || staged == receipt.journal;
        let posted = journal_is_held && covered && after.book(receipt);
        if posted {
            *self = after;
        }
        posted
    }

    /// Books what a policy issues.
    pub fn issue(&mut self, scope: Did, issues: &[Issue]) -> bool {
        let sound = |i: &Issue| {
            is_amount(i.amount) && !matches!(i.to, Owner::Issuance | Owner::Consumed | Owner::Hold(_))
        };
        let pay = |i: &Issue| plain(Owner::Issuance, i.to.clone(), i.unit.clone(), i.amount);
        let all: Vec<Transfer> = issues.iter().map(pay).collect();
        issues.iter().all(sound) && self.pay_all(scope, &all)
    }
}

fn plain(from: Owner, to: Owner, unit: Unit, amount: u64) -> Transfer {
    Transfer { from, to, unit, amount, memo: String::new(), terms: None }
}

/// What a receipt charges, as transfers between the treasury and what was consumed.
fn charges(receipt: &Receipt) -> Vec<Transfer> {
    let Receipt { fuel, usage, .. } = receipt;
    let consumed = |unit, amount| plain(Owner::Treasury, Owner::Consumed, unit, amount);
    let mut all = vec![
        consumed(Unit::fuel(), *fuel),
        consumed(Unit::memory(), usage.memory),
        consumed(Unit::network(), usage.network),
        consumed(Unit::storage(), usage.storage.unsigned_abs()),
    ];
    if usage.storage < 0 {
        let refund = &mut all[3];
        std::mem::swap(&mut refund.from, &mut refund.to);
    }
    all.retain(|t| t.amount > 0);
    all
}

fn is_amount(amount: u64) -> bool {
    (1..=i64::MAX.cast_unsigned()).contains(&amount)
}

/// Whether a journal may have this transfer at that time, whatever the balances.
#[must_use]
pub fn transferable(t: &Transfer, time: u64) -> bool {
    let is_hold = |owner: &Owner| matches!(owner, Owner::Hold(_));
    let somebody = |owner: &Owner| {
        matches!(owner, Owner::Treasury | Owner::Member(_) | Owner::Module(_) | Owner::Name(_))
    };
    let sides = match (&t.from, &t.to) {
        // Minted, or burned, or paid out of a hold.
        (Owner::Issuance | Owner::Hold(_), to) => somebody(to),
        (from, Owner::Issuance | Owner::Hold(_)) => somebody(from),
        (from, to) => somebody(from) && somebody(to),
    };
    let terms = match &t.terms {
        None => !is_hold(&t.to),
        Some(terms) => {
            let ahead = i128::from(terms.deadline) - i128::from(time);
            is_hold(&t.to)
                && somebody(&terms.to)
                && terms.to != t.from
                && ahead > 0
                && ahead <= i128::from(limits::HOLD_AHEAD_MS_MAX)
        }
    };
    is_amount(t.amount) && t.from != t.to && sides && terms && !Unit::RESOURCES.contains(&t.unit.as_str())
}

/// A log: its leaves, and who wrote what.
#[derive(Debug, Clone, Default)]
pub struct NaiveLog {
    /// Leaves in order.
    pub leaves: Vec<BlockId>,
    /// Author, sequence and block of each entry.
    pub entries: Vec<(Did, u64, BlockId)>,
}

impl NaiveLog {
    /// Whether the entry comes next; if so, it does.
    pub fn append(&mut self, entry: &Entry, link: &Link) -> bool {
        let before = self.entries.iter().rev().find(|(author, ..)| *author == link.author);
        let next = before.map_or((0, None), |(_, seq, block)| (seq + 1, Some(*block)));
        let Some(first) = entry.leaves.first() else { return false };
        let here = entry.blocks.iter().any(|block| block.id() == *first);
        if !here || (link.seq, link.prev) != next {
            return false;
        }
        self.entries.push((link.author, link.seq, *first));
        self.leaves.extend(&entry.leaves);
        true
    }

    /// The root of the first `size` leaves.
    #[must_use]
    pub fn root(&self, size: usize) -> Hash {
        let leaves: Vec<&[u8]> = self.leaves[..size].iter().map(|id| &id.as_bytes()[..]).collect();
        merkle_root(&leaves)
    }
}

/// RFC 6962, section 2.1: MTH.
#[must_use]
pub fn merkle_root(leaves: &[&[u8]]) -> Hash {
    match leaves {
        [] => Hash::digest(b""),
        [one] => Hash::digest(&[&[0], *one].concat()),
        _ => {
            // The largest power of two smaller than n.
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            Hash::digest(&[&[1], &merkle_root(left).0[..], &merkle_root(right).0[..]].concat())
        }
    }
}

/// A state's contents.
pub type Values = BTreeMap<(BlockId, Vec<u8>), Vec<u8>>;

/// The root of a state, from its contents (`icn_core::state`, module text).
#[must_use]
pub fn state_root(values: &Values) -> Hash {
    let leaf = |((module, key), value): (&(BlockId, Vec<u8>), &Vec<u8>)| {
        let place = Hash::digest(&[&module.as_bytes()[..], key].concat());
        (place, Hash::digest(&[&[0], &place.0[..], &Hash::digest(value).0].concat()))
    };
    let leaves: Vec<(Hash, Hash)> = values.iter().map(leaf).collect();
    subtree(&leaves, 0)
}

fn subtree(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Bytes([0; 32]),
        [(_, leaf)] => *leaf,
        _ => {
            let bit = |place: &Hash| place.0[depth / 8] >> (7 - depth % 8) & 1 == 1;
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(place, _)| bit(place));
            Hash::digest(&[&[1], &subtree(&left, depth + 1).0[..], &subtree(&right, depth + 1).0].concat())
        }
    }
}

/// The next key of a module after `after`, among those with the prefix.
#[must_use]
pub fn next_key(values: &Values, module: &BlockId, prefix: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let keys = values.keys().filter(|(m, key)| m == module && key.starts_with(prefix));
    keys.map(|(_, key)| key.clone()).filter(|key| after.is_empty() || key.as_slice() > after).min()
}

/// Strict dag-cbor without floats, as this runtime uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cbor {
    /// Zero or more.
    Unsigned(u64),
    /// Minus one, less this.
    Negative(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map, its keys in order.
    Map(Vec<(String, Self)>),
    /// The bytes of a CID.
    Link(Vec<u8>),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
}

/// How deep [`Cbor::read`] looks; deeper than any decoder here.
const DEPTH_MAX: usize = 400;

impl Cbor {
    /// Reads one value that is all of these bytes and canonical; floats are refused.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let value = Self::item(&mut rest, DEPTH_MAX)?;
        rest.is_empty().then_some(value)
    }

    fn item(rest: &mut &[u8], depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let (major, info) = (rest.first()? >> 5, rest.first()? & 31);
        if major == 7 {
            *rest = &rest[1..];
            return match info {
                20 => Some(Self::Bool(false)),
                21 => Some(Self::Bool(true)),
                22 => Some(Self::Null),
                _ => None,
            };
        }
        let argument = Self::argument(rest)?;
        match major {
            0 => Some(Self::Unsigned(argument)),
            1 => Some(Self::Negative(argument)),
            2 => Self::chunk(rest, argument).map(|bytes| Self::Bytes(bytes.to_vec())),
            3 => Self::text(rest, argument).map(Self::Text),
            4 => {
                let mut items = Vec::new();
                for _ in 0..argument {
                    items.push(Self::item(rest, depth)?);
                }
                Some(Self::List(items))
            }
            5 => {
                let mut items: Vec<(String, Self)> = Vec::new();
                for _ in 0..argument {
                    if rest.first()? >> 5 != 3 {
                        return None;
                    }
                    let length = Self::argument(rest)?;
                    let key = Self::text(rest, length)?;
                    let in_order =
                        |before: &String| (before.len(), before.as_bytes()) < (key.len(), key.as_bytes());
                    if !items.last().is_none_or(|(before, _)| in_order(before)) {
                        return None;
                    }
                    items.push((key, Self::item(rest, depth)?));
                }
                Some(Self::Map(items))
            }
            _ => {
                if argument != 42 || rest.first()? >> 5 != 2 {
                    return None;
                }
                let length = Self::argument(rest)?;
                let (zero, cid) = Self::chunk(rest, length)?.split_first()?;
                (*zero == 0).then(|| Self::Link(cid.to_vec()))
            }
        }
    }

    /// A head's argument, in its shortest form.
    fn argument(rest: &mut &[u8]) -> Option<u64> {
        let info = rest.first()? & 31;
        *rest = &rest[1..];
        let (bytes, least) = match info {
            0..=23 => return Some(u64::from(info)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return None,
        };
        let argument = Self::chunk(rest, bytes)?.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        (argument >= least).then_some(argument)
    }

    fn chunk<'b>(rest: &mut &'b [u8], length: u64) -> Option<&'b [u8]> {
        let length = usize::try_from(length).ok()?;
        let (chunk, after) = rest.split_at_checked(length)?;
        *rest = after;
        Some(chunk)
    }

    fn text(rest: &mut &[u8], length: u64) -> Option<String> {
        String::from_utf8(Self::chunk(rest, length)?.to_vec()).ok()
    }

    /// The one encoding. Maps are written in the order that they have here.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let mut head = |major: u8, argument: u64| {
            let bytes = argument.to_be_bytes();
            let (info, tail) = match argument {
                0..24 => (bytes[7], &bytes[8..]),
                24..0x100 => (24, &bytes[7..]),
                0x100..0x1_0000 => (25, &bytes[6..]),
                0x1_0000..0x1_0000_0000 => (26, &bytes[4..]),
                _ => (27, &bytes[..]),
            };
            out.push(major << 5 | info);
            out.extend_from_slice(tail);
        };
        match self {
            Self::Unsigned(number) => head(0, *number),
            Self::Negative(number) => head(1, *number),
            Self::Bytes(bytes) => {
                head(2, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::List(items) => {
                head(4, items.len() as u64);
                items.iter().for_each(|item| item.write_to(out));
            }
            Self::Map(items) => {
                head(5, items.len() as u64);
                for (key, value) in items {
                    Self::Text(key.clone()).write_to(out);
                    value.write_to(out);
                }
            }
            Self::Link(cid) => {
                head(6, 42);
                Self::Bytes([&[0], &cid[..]].concat()).write_to(out);
            }
            Self::Bool(value) => head(7, 20 + u64::from(*value)),
            Self::Null => head(7, 22),
        }
    }

    /// A map's value.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Map(items) = self else { return None };
        items.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    fn as_number(&self) -> Option<u64> {
        if let Self::Unsigned(number) = self { Some(*number) } else { None }
    }
    fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// Whether every link is a CID of this runtime: version 1, raw or dag-cbor, sha2-256.
    #[must_use]
    pub fn links_are_ours(&self) -> bool {
        match self {
            Self::Link(cid) => {
                cid.len() == 36 && cid[0] == 1 && matches!(cid[1], 0x55 | 0x71) && cid[2..4] == [0x12, 32]
            }
            Self::List(items) => items.iter().all(Self::links_are_ours),
            Self::Map(items) => items.iter().all(|(_, value)| value.links_are_ours()),
            _ => true,
        }
    }
}

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
