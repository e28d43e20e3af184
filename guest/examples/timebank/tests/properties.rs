//! Random operations against a naive model: a map of balances, a map of offers, and the rules in plain words.
//! After every step the guest's answer, all balances and the audit must be the model's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use icn_guest::fake;
use timebank::member::Member;
use timebank::refusal::*;
use timebank::{accept, audit, cancel, join, offer, open, pay, set_limit};

/// xorshift64*: the same numbers for the same seed, everywhere.
struct Random {
    state: u64,
    /// Whether most amounts are near what 64 bits can say.
    rich: bool,
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    /// Mostly small, now and then at an edge.
    fn amount(&mut self) -> i64 {
        match self.below(12) {
            _ if self.rich && self.below(2) == 0 => self.pick(&[i64::MAX, i64::MAX / 2 + 1]),
            0 => self.pick(&[0, -1, i64::MIN]),
            1 => self.pick(&[i64::MAX, i64::MAX - 1, i64::MAX / 2 + 1]),
            _ => i64::try_from(self.below(60)).unwrap() + 1,
        }
    }
}

/// In 128 bits, so that the model itself cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    balance: i128,
    limit: i128,
}

struct Promise {
    from: &'static str,
    to: &'static str,
    minutes: i128,
    deadline: i64,
}

#[derive(Default)]
struct Model {
    accounts: BTreeMap<&'static str, Account>,
    offers: BTreeMap<i64, Promise>,
    offers_made: i64,
    now: i64,
}

const PEOPLE: [&str; 5] = ["ann", "bob", "cyd", "dan", "eve"];
const DEFAULT_LIMIT: i64 = 100;
const MOST: i128 = i64::MAX as i128;

impl Model {
    fn join(&mut self, who: &'static str) -> i32 {
        if self.accounts.contains_key(who) {
            return ALREADY_MEMBER;
        }
        self.accounts.insert(who, Account { balance: 0, limit: i128::from(DEFAULT_LIMIT) });
        0
    }

    fn set_limit(&mut self, who: &str, limit: i64) -> i32 {
        if limit < 0 {
            return OUT_OF_RANGE;
        }
        let Some(account) = self.accounts.get_mut(who) else { return UNKNOWN_MEMBER };
        if account.balance + i128::from(limit) < 0 {
            return LIMIT_BELOW_DEBT;
        }
        account.limit = i128::from(limit);
        0
    }

    /// What `pay` and `offer` have in common, without its effect.
    fn may_pay(&self, from: &str, to: &str, minutes: i64, timely: bool) -> i32 {
        let Some(payer) = self.accounts.get(from) else { return NOT_A_MEMBER };
        match () {
            () if minutes <= 0 => OUT_OF_RANGE,
            () if !timely => DEADLINE_PASSED,
            () if from == to => TO_ONESELF,
            () if !self.accounts.contains_key(to) => UNKNOWN_MEMBER,
            () if payer.balance - i128::from(minutes) < -payer.limit => BEYOND_LIMIT,
            () => 0,
        }
    }

    fn add(&mut self, who: &str, change: i128) {
        self.accounts.get_mut(who).unwrap().balance += change;
    }

    fn pay(&mut self, from: &str, to: &str, minutes: i64) -> i32 {
        let refused = self.may_pay(from, to, minutes, true);
        if refused != 0 {
            return refused;
        }
        if self.accounts[to].balance + i128::from(minutes) > MOST {
            return OVERFLOW;
        }
        self.add(from, -i128::from(minutes));
        self.add(to, i128::from(minutes));
        0
    }

    fn offer(&mut self, from: &'static str, to: &'static str, minutes: i64, deadline: i64) -> i32 {
        let refused = self.may_pay(from, to, minutes, deadline > self.now);
        if refused == 0 {
            self.offers_made += 1;
            self.add(from, -i128::from(minutes));
            let promise = Promise { from, to, minutes: i128::from(minutes), deadline };
            self.offers.insert(self.offers_made, promise);
        }
        refused
    }

    fn end(&mut self, who: &str, number: i64, accepted: bool) -> i32 {
        let Some(promise) = self.offers.get(&number) else { return UNKNOWN_OFFER };
        let (minutes, receiver) = (promise.minutes, if accepted { promise.to } else { promise.from });
        if who != promise.from && (accepted || who != promise.to) {
            return NOT_YOURS;
        }
        if !accepted && who == promise.from && self.now < promise.deadline {
            return BEFORE_DEADLINE;
        }
        if self.accounts[receiver].balance + minutes > MOST {
            return OVERFLOW;
        }
        self.offers.remove(&number);
        self.add(receiver, minutes);
        0
    }

    /// The rules that must hold whatever happened, and that the guest's accounts are the model's.
    fn compare(&self) {
        let held: i128 = self.offers.values().map(|promise| promise.minutes).sum();
        let balances: i128 = self.accounts.values().map(|account| account.balance).sum();
        assert_eq!(balances + held, 0);
        for who in PEOPLE {
            let kept = fake::value(&[b"m/", who.as_bytes()].concat()).map(|bytes| {
                let member = Member::read(&bytes).unwrap();
                Account { balance: i128::from(member.balance), limit: i128::from(member.limit) }
            });
            assert_eq!(kept.as_ref(), self.accounts.get(who), "{who}");
            assert!(kept.is_none_or(|account| account.balance >= -account.limit));
        }
        let report = String::from_utf8(fake::call("auditor", b"", audit).unwrap()).unwrap();
        let (members, offers) = (self.accounts.len(), self.offers.len());
        assert_eq!(report, format!("unit;MIN\nmembers;{members}\noffers;{offers}\nheld;{held}\nsum;0\n"));
    }
}

#[test]
fn the_guest_does_what_the_model_says() {
    let mut met = BTreeMap::new();
    for seed in 1..=60_u64 {
        fake::reset();
        let mut random = Random { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), rich: seed % 2 == 0 };
        let mut model = Model { now: fake::TIME_MS, ..Model::default() };
        fake::call("adm", format!("MIN;{DEFAULT_LIMIT}").as_bytes(), open).unwrap();
        for _ in 0..200 {
            let (who, whom) = (random.pick(&PEOPLE), random.pick(&PEOPLE));
            let number = i64::try_from(random.below(8)).unwrap() + model.offers_made - 6;
            let (caller, entry, input, expected): (_, fn() -> _, _, _) = match random.below(12) {
                0 => (who, join, String::new(), model.join(who)),
                1 => {
                    let limit = random.amount();
                    ("adm", set_limit, format!("{who};{limit}"), model.set_limit(who, limit))
                }
                2..=5 => {
                    let minutes = random.amount();
                    (who, pay, format!("{whom};{minutes};memo"), model.pay(who, whom, minutes))
                }
                6 | 7 => {
                    let (minutes, ahead) = (random.amount(), i64::try_from(random.below(5)).unwrap());
                    let (deadline, input) =
                        (model.now + ahead, format!("{whom};{minutes};{}", model.now + ahead));
                    (who, offer, input + ";job", model.offer(who, whom, minutes, deadline))
                }
                8 | 9 => (who, accept, format!("{number}"), model.end(who, number, true)),
                10 => (who, cancel, format!("{number}"), model.end(who, number, false)),
                _ => {
                    model.now += 1;
                    fake::set_time_ms(model.now);
                    continue;
                }
            };
            let before = fake::values();
            let code = match fake::call(caller, input.as_bytes(), entry) {
                Ok(_) => 0,
                Err(failure) => {
                    assert_eq!(fake::values(), before, "a refused call changes nothing");
                    failure.code()
                }
            };
            assert_eq!(code, expected, "seed {seed}: {caller} calls with {input:?}");
            *met.entry(code).or_insert(0_u32) += 1;
            model.compare();
        }
    }
    // The generator is worth something only if it meets every refusal that it can.
    for code in [
        0,
        OUT_OF_RANGE,
        ALREADY_MEMBER,
        NOT_A_MEMBER,
        UNKNOWN_MEMBER,
        TO_ONESELF,
        BEYOND_LIMIT,
        OVERFLOW,
        LIMIT_BELOW_DEBT,
        UNKNOWN_OFFER,
        NOT_YOURS,
        BEFORE_DEADLINE,
        DEADLINE_PASSED,
    ] {
        assert!(met.contains_key(&code), "refusal {code} was never met: {met:?}");
    }
}
