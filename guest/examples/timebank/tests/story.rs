//! A timebank's life against the SDK's fake host, and everything that it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::{Failure, fake};
use timebank::refusal::*;
use timebank::{accept, audit, cancel, join, offer, open, pay, set_limit, statement};

type Entry = fn() -> Result<(), Failure>;

/// The code of a call, 0 when it went well; a refused one must have changed nothing.
fn code(caller: &str, entry: Entry, input: &str) -> i32 {
    let before = fake::values();
    match fake::call(caller, input.as_bytes(), entry) {
        Ok(_) => 0,
        Err(failure) => {
            assert_eq!(fake::values(), before);
            assert!(!failure.message().is_empty());
            failure.code()
        }
    }
}

fn text(caller: &str, entry: Entry, input: &str) -> String {
    String::from_utf8(fake::call(caller, input.as_bytes(), entry).unwrap()).unwrap()
}

/// A bank with a limit of 60 and the members ann, bob and eve.
fn opened() {
    fake::reset();
    assert_eq!(code("adm", open, "MIN;60\n"), 0);
    for member in ["ann", "bob", "eve"] {
        assert_eq!(code(member, join, ""), 0);
    }
}

#[test]
fn members_pay_each_other_below_zero_and_the_sum_stays_zero() {
    opened();
    assert_eq!(code("ann", pay, "bob;45;lessons"), 0);
    fake::set_time_ms(fake::TIME_MS + 1);
    assert_eq!(code("bob", pay, "ann;100;garden"), 0);
    assert_eq!(
        text("ann", statement, ""),
        "unit;MIN\nbalance;55\nlimit;60\nentry;1600000000001;100;pay;bob;garden\n\
         entry;1600000000000;-45;pay;bob;lessons\n"
    );
    assert!(
        text("bob", statement, "").starts_with("unit;MIN\nbalance;-55\nlimit;60\nentry;1600000000001;-100;")
    );
    assert_eq!(text("eve", statement, ""), "unit;MIN\nbalance;0\nlimit;60\n");
    assert_eq!(text("anyone", audit, ""), "unit;MIN\nmembers;3\noffers;0\nheld;0\nsum;0\n");
}

#[test]
fn the_limit_can_be_reached_and_not_passed() {
    opened();
    assert_eq!(code("ann", pay, "bob;61;"), BEYOND_LIMIT);
    assert_eq!(code("ann", pay, "bob;60;"), 0);
    assert_eq!(code("ann", pay, "bob;1;"), BEYOND_LIMIT);
    assert_eq!(code("adm", set_limit, "ann;59"), LIMIT_BELOW_DEBT);
    assert_eq!(code("adm", set_limit, "ann;61"), 0);
    assert_eq!(code("ann", pay, "bob;1;"), 0);
    assert_eq!(code("bob", pay, "ann;9223372036854775807;"), BEYOND_LIMIT);
}

#[test]
fn a_balance_never_passes_64_bits() {
    opened();
    let all = i64::MAX;
    for member in ["ann", "bob"] {
        assert_eq!(code("adm", set_limit, &format!("{member};{all}")), 0);
    }
    assert_eq!(code("ann", pay, &format!("eve;{all};")), 0);
    assert_eq!(code("bob", pay, "eve;1;"), OVERFLOW);
    assert_eq!(code("ann", pay, "bob;1;"), BEYOND_LIMIT);
    // A promise that could no longer be paid stays open, and can be cancelled.
    let id = text("bob", offer, "eve;1;1600000000001;");
    assert_eq!(code("bob", accept, &id), OVERFLOW);
    assert_eq!(code("eve", cancel, &id), 0);
    assert!(text("x", audit, "").ends_with("sum;0\n"));
}

#[test]
fn an_offered_job_is_paid_when_it_is_accepted() {
    opened();
    let id = text("ann", offer, "bob;50;1600000001000;paint the fence");
    assert_eq!(id, "1");
    assert_eq!(text("x", audit, ""), "unit;MIN\nmembers;3\noffers;1\nheld;50\nsum;0\n");
    assert_eq!(code("ann", pay, "eve;11;"), BEYOND_LIMIT, "what is promised counts");
    assert_eq!((code("bob", accept, &id), code("eve", accept, &id)), (NOT_YOURS, NOT_YOURS));
    assert_eq!(code("ann", accept, "1\n"), 0);
    assert_eq!((code("ann", accept, &id), code("bob", cancel, &id)), (UNKNOWN_OFFER, UNKNOWN_OFFER));
    assert_eq!(
        text("bob", statement, ""),
        "unit;MIN\nbalance;50\nlimit;60\nentry;1600000000000;50;accept;ann;paint the fence\n"
    );
    assert_eq!(text("x", audit, ""), "unit;MIN\nmembers;3\noffers;0\nheld;0\nsum;0\n");
    assert_eq!(text("eve", offer, "bob;1;1600000001000;"), "2", "a number is not used again");
}

#[test]
fn who_offered_waits_for_the_deadline_and_who_works_need_not() {
    opened();
    let (first, second) =
        (text("ann", offer, "bob;20;1600000001000;"), text("ann", offer, "bob;20;1600000001000;"));
    assert_eq!((code("ann", cancel, &first), code("eve", cancel, &first)), (BEFORE_DEADLINE, NOT_YOURS));
    assert_eq!(code("bob", cancel, &first), 0);
    fake::set_time_ms(1_600_000_000_999);
    assert_eq!(code("ann", cancel, &second), BEFORE_DEADLINE);
    fake::set_time_ms(1_600_000_001_000);
    assert_eq!(code("ann", cancel, &second), 0);
    assert!(text("ann", statement, "").starts_with("unit;MIN\nbalance;0\n"));
    assert_eq!(code("ann", offer, "bob;20;1600000001000;"), DEADLINE_PASSED);
}

#[test]
fn a_statement_has_the_last_ten_entries_newest_first() {
    opened();
    for minutes in 1..=13 {
        let (from, to) = if minutes % 2 == 0 { ("bob", "ann") } else { ("ann", "bob") };
        assert_eq!(code(from, pay, &format!("{to};{minutes};")), 0);
    }
    let changes: Vec<i64> = text("ann", statement, "")
        .lines()
        .filter_map(|line| line.strip_prefix("entry;"))
        .map(|entry| entry.split(';').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(changes, [-13, 12, -11, 10, -9, 8, -7, 6, -5, 4]);
    assert_eq!(fake::value_count(), 1 + 3 + 2 * 10);
}

#[test]
fn who_may_not_is_refused() {
    fake::reset();
    for (entry, input) in [
        (join as Entry, ""),
        (set_limit, "a;1"),
        (pay, "a;1;"),
        (offer, "a;1;1;"),
        (accept, "1"),
        (cancel, "1"),
        (statement, ""),
        (audit, ""),
    ] {
        assert_eq!(code("ann", entry, input), NOT_OPEN);
    }
    opened();
    assert_eq!(code("eve", open, "MIN;60"), ALREADY_OPEN);
    assert_eq!(code("ann", join, ""), ALREADY_MEMBER);
    assert_eq!(code("ann", set_limit, "ann;1000"), NOT_ADMINISTRATOR);
    assert_eq!(code("adm", set_limit, "joe;1000"), UNKNOWN_MEMBER);
    assert_eq!(code("joe", pay, "ann;1;"), NOT_A_MEMBER);
    assert_eq!(code("joe", offer, "ann;1;1600000001000;"), NOT_A_MEMBER);
    assert_eq!(code("joe", statement, ""), NOT_A_MEMBER);
    assert_eq!(code("ann", pay, "joe;1;"), UNKNOWN_MEMBER);
    assert_eq!(code("ann", pay, "ann;1;"), TO_ONESELF);
    assert_eq!(code("ann", offer, "ann;1;1600000001000;"), TO_ONESELF);
    assert_eq!(code("ann", offer, "joe;1;1600000001000;"), UNKNOWN_MEMBER);
    assert_eq!((code("ann", accept, "7"), code("ann", cancel, "-1")), (UNKNOWN_OFFER, UNKNOWN_OFFER));
}

#[test]
fn an_input_is_read_strictly() {
    opened();
    for (input, expected) in [
        ("", MALFORMED_INPUT),
        ("bob;1", MALFORMED_INPUT),
        ("bob;1;;", MALFORMED_INPUT),
        ("bob;1;two\nlines", MALFORMED_INPUT),
        ("bob;;", NOT_A_NUMBER),
        ("bob;01;", NOT_A_NUMBER),
        ("bob; 1;", NOT_A_NUMBER),
        ("bob;9223372036854775808;", NOT_A_NUMBER),
        ("bob;0;", OUT_OF_RANGE),
        ("bob;-1;", OUT_OF_RANGE),
        ("bob;-9223372036854775808;", OUT_OF_RANGE),
        ("bob;1;a\tb", BAD_MEMO),
        (&format!("bob;1;{}", "m".repeat(129)), BAD_MEMO),
        ("Bob;1;", UNKNOWN_MEMBER),
        (&format!("bob;1;{}\n", "m".repeat(128)), 0),
    ] {
        assert_eq!(code("ann", pay, input), expected, "{input:?}");
    }
    assert_eq!(fake::call("ann", b"bob;1;\xff", pay).unwrap_err().code(), NOT_UTF8);
    assert_eq!(code("adm", set_limit, "ann;-1"), OUT_OF_RANGE);
    for entry in [join as Entry, statement, audit] {
        assert_eq!(code("joe", entry, "\n"), INPUT_NOT_EMPTY);
    }
    fake::reset();
    for (input, expected) in [
        ("MIN", MALFORMED_INPUT),
        (";1", BAD_UNIT),
        ("min;1", BAD_UNIT),
        ("1M;1", BAD_UNIT),
        ("MINUTESMINUTE;1", BAD_UNIT),
        ("MIN;-1", OUT_OF_RANGE),
        ("MIN;x", NOT_A_NUMBER),
        ("M1NUTESMINUT;0", 0),
    ] {
        assert_eq!(code("adm", open, input), expected, "{input:?}");
    }
}

/// The audit must be able to fail, and what this guest did not write is not guessed at.
#[test]
fn an_audit_finds_what_does_not_add_up() {
    opened();
    let tampered = |key: &[u8], at: usize, byte: u8| {
        let mut value = fake::value(key).unwrap();
        value[at] = byte;
        fake::set_value(key, &value);
    };
    tampered(b"m/ann", 1, 1);
    let failure = fake::call("x", b"", audit).unwrap_err();
    assert_eq!((failure.code(), failure.message()), (AUDIT_FAILED, "balances 1 and held 0 are 1, not 0"));
    tampered(b"m/ann", 1, 0);
    assert_eq!(code("x", audit, ""), 0);
    // A limit below the debt: the balance is -5, the limit becomes 4.
    assert_eq!(code("ann", pay, "bob;5;"), 0);
    tampered(b"m/ann", 9, 4);
    assert_eq!(code("x", audit, ""), AUDIT_FAILED);
    tampered(b"m/ann", 0, 9);
    assert_eq!((code("x", audit, ""), code("ann", statement, "")), (STATE_UNREADABLE, STATE_UNREADABLE));
}
