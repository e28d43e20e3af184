//! An association's life against the SDK's fake host, and everything that it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::{Failure, fake};
use membership::refusal::*;
use membership::{approve, expel, found, grant, leave, refuse, request, revoke, roll};

type Entry = fn() -> Result<(), Failure>;

/// The code of a call, 0 when it went well; a refused one must have changed nothing.
fn code(caller: &str, entry: Entry, input: &str) -> i32 {
    let before = (fake::values(), fake::credentials());
    match fake::call(caller, input.as_bytes(), entry) {
        Ok(_) => 0,
        Err(failure) => {
            assert_eq!((fake::values(), fake::credentials()), before);
            assert!(!failure.message().is_empty());
            failure.code()
        }
    }
}

fn text(caller: &str, entry: Entry, input: &str) -> String {
    String::from_utf8(fake::call(caller, input.as_bytes(), entry).unwrap()).unwrap()
}

/// Who is on the roll, with their roles.
fn members() -> Vec<(String, String)> {
    text("x", roll, "")
        .lines()
        .map(|line| {
            let [kind, did, _, roles] = line.split(';').collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(kind, "member");
            (did.to_owned(), roles.to_owned())
        })
        .collect()
}

fn is_member(did: &str) -> bool {
    members().iter().any(|member| member.0 == did)
}

/// Founded by ann, with a quorum of two and a ban of a second; bob is the second steward, cyd a member.
fn founded() {
    fake::reset();
    assert_eq!(code("ann", found, "2;1000\n"), 0);
    for who in ["bob", "cyd"] {
        assert_eq!(code(who, request, ""), 0);
    }
    assert_eq!(text("ann", approve, "bob"), "admitted", "one steward of one");
    assert_eq!(code("ann", grant, "bob;steward"), 0);
    assert_eq!(text("ann", approve, "cyd"), "1 of 2");
    assert_eq!(text("bob", approve, "cyd\n"), "admitted");
}

#[test]
fn two_stewards_admit_and_the_roll_says_so() {
    founded();
    assert_eq!(
        text("x", roll, ""),
        "member;ann;1600000000000;steward\nmember;bob;1600000000000;steward\nmember;cyd;1600000000000;\n"
    );
    assert_eq!(code("dan", request, "I bake bread"), 0);
    assert_eq!(code("dan", request, ""), ALREADY_REQUESTED);
    assert_eq!(text("ann", approve, "dan"), "1 of 2");
    assert_eq!((code("ann", approve, "dan"), code("ann", refuse, "dan")), (ALREADY_VOTED, ALREADY_VOTED));
    assert!(!is_member("dan"));
    assert_eq!(text("bob", refuse, "dan"), "1 of 2");
    assert_eq!(code("cyd", approve, "dan"), NOT_A_STEWARD);
    assert_eq!(code("ann", grant, "cyd;steward"), 0);
    assert_eq!(text("cyd", refuse, "dan"), "refused");
    assert_eq!(code("ann", approve, "dan"), NO_SUCH_REQUEST);
    assert_eq!(code("dan", request, "again"), 0, "who was refused may ask again");
    assert_eq!(text("ann", approve, "dan"), "1 of 2", "with no votes from before");
    assert_eq!(text("bob", refuse, "dan"), "1 of 2", "of either kind");
}

#[test]
fn only_votes_of_who_is_a_steward_count() {
    founded();
    assert_eq!(code("ann", grant, "cyd;steward"), 0);
    assert_eq!(code("dan", request, ""), 0);
    assert_eq!(text("cyd", approve, "dan"), "1 of 2");
    assert_eq!(code("ann", revoke, "cyd;steward"), 0);
    assert_eq!(text("ann", approve, "dan"), "1 of 2", "cyd's vote is gone with the role");
    assert_eq!(text("bob", approve, "dan"), "admitted");
}

#[test]
fn who_leaves_is_off_the_roll_and_may_ask_again() {
    founded();
    assert_eq!(code("cyd", leave, ""), 0);
    assert!(!is_member("cyd"));
    assert_eq!(code("cyd", leave, ""), NOT_A_MEMBER);
    assert_eq!(code("cyd", request, ""), 0);
    assert_eq!(text("ann", approve, "cyd"), "1 of 2");
    assert_eq!(code("cyd", leave, ""), 0, "a request is taken back");
    assert_eq!(code("bob", approve, "cyd"), NO_SUCH_REQUEST);
}

#[test]
fn the_last_steward_stays() {
    founded();
    assert_eq!(code("bob", leave, ""), 0);
    assert_eq!(code("ann", leave, ""), LAST_STEWARD);
    assert_eq!(code("ann", revoke, "ann;steward"), LAST_STEWARD);
    assert_eq!(code("ann", grant, "cyd;steward"), 0);
    assert_eq!(code("ann", leave, ""), 0);
    assert_eq!(members(), [("cyd".to_owned(), "steward".to_owned())]);
    assert_eq!(code("cyd", leave, ""), LAST_STEWARD);
}

#[test]
fn who_is_expelled_stays_away_for_the_time_of_the_ban() {
    founded();
    assert_eq!((code("cyd", expel, "ann"), code("ann", expel, "ann")), (NOT_A_STEWARD, ONESELF));
    assert_eq!(text("ann", expel, "cyd"), "1 of 2");
    assert_eq!(code("ann", expel, "cyd"), ALREADY_VOTED);
    assert!(is_member("cyd"));
    assert_eq!(text("bob", expel, "cyd"), "expelled");
    assert!(!is_member("cyd"));
    assert_eq!(code("cyd", request, ""), BANNED);
    fake::set_time_ms(fake::TIME_MS + 999);
    assert_eq!(code("cyd", request, ""), BANNED);
    fake::set_time_ms(fake::TIME_MS + 1000);
    assert_eq!(code("cyd", request, ""), 0);
    assert_eq!(
        (text("ann", approve, "cyd"), text("bob", approve, "cyd")),
        ("1 of 2".into(), "admitted".into())
    );
    assert_eq!(text("bob", expel, "cyd"), "1 of 2", "with no votes from before");
}

#[test]
fn a_steward_can_be_expelled_while_one_remains() {
    founded();
    assert_eq!(code("ann", grant, "cyd;steward"), 0);
    assert_eq!((text("ann", expel, "bob"), text("cyd", expel, "bob")), ("1 of 2".into(), "expelled".into()));
    // Two stewards and a quorum of two: neither can expel the other alone.
    assert_eq!(text("ann", expel, "cyd"), "1 of 2");
    assert_eq!(code("cyd", leave, ""), 0);
    assert_eq!(code("ann", leave, ""), LAST_STEWARD);
}

#[test]
fn roles_are_granted_and_revoked_by_stewards() {
    founded();
    assert_eq!(code("ann", grant, "cyd;treasurer"), 0);
    assert_eq!(code("bob", grant, "cyd;baker-2"), 0);
    assert_eq!(members()[2].1, "baker-2,treasurer");
    assert_eq!(code("bob", grant, "cyd;baker-2"), HAS_ROLE);
    assert_eq!(code("bob", revoke, "cyd;treasurer"), 0);
    assert_eq!(code("bob", revoke, "cyd;treasurer"), HAS_NOT_ROLE);
    assert_eq!(
        (code("cyd", grant, "cyd;steward"), code("cyd", revoke, "ann;steward")),
        (NOT_A_STEWARD, NOT_A_STEWARD)
    );
    assert_eq!(code("ann", grant, "dan;baker"), NOT_A_MEMBER);
    for role in ["", "Baker", "a,b", "a b", "ł", &"x".repeat(33)] {
        assert_eq!(code("ann", grant, &format!("cyd;{role}")), BAD_ROLE, "{role:?}");
    }
    for number in 1..16 {
        assert_eq!(code("ann", grant, &format!("cyd;r{number}")), 0);
    }
    assert_eq!(code("ann", grant, "cyd;r16"), TOO_MANY_ROLES);
}

#[test]
fn a_credential_follows_the_membership() {
    founded();
    let issued = fake::credentials();
    let subjects: Vec<&str> = issued.iter().map(|credential| credential.subject.as_str()).collect();
    assert_eq!(subjects, ["ann", "bob", "cyd"]);
    assert_eq!(
        (issued[2].credential_type.as_str(), issued[2].claims.as_str()),
        ("member", "{\"since\":1600000000000}")
    );
    assert_eq!(issued[2].valid_until_ms, fake::TIME_MS + membership::credential::VALID_MS);
    assert_eq!(code("cyd", leave, ""), 0);
    for steward in ["ann", "bob"] {
        assert_eq!(code("dan", request, ""), if steward == "ann" { 0 } else { ALREADY_REQUESTED });
        assert_eq!(code(steward, approve, "dan"), 0);
    }
    for steward in ["ann", "bob"] {
        assert_eq!(code(steward, expel, "dan"), 0);
    }
    let why: Vec<Option<String>> = fake::credentials().into_iter().map(|issued| issued.revoked_for).collect();
    assert_eq!(why, [None, None, Some("left".into()), Some("expelled".into())]);
}

#[test]
fn without_credentials_membership_goes_on() {
    fake::reset();
    fake::deny("issue:member");
    fake::deny("revoke:member");
    assert_eq!(code("ann", found, "1;0"), 0);
    assert_eq!(code("bob", request, ""), 0);
    assert_eq!(text("ann", approve, "bob"), "admitted");
    assert_eq!(text("ann", expel, "bob"), "expelled");
    assert!(fake::credentials().is_empty());
    assert_eq!(code("bob", request, ""), 0, "a ban of nothing is over at once");
    // Issued once, and then the capability is gone: the membership ends all the same.
    founded();
    fake::deny("revoke:member");
    assert_eq!(code("cyd", leave, ""), 0);
    assert_eq!((is_member("cyd"), fake::credentials()[2].revoked_for.clone()), (false, None));
}

#[test]
fn an_input_is_read_strictly() {
    fake::reset();
    for (entry, input) in [
        (request as Entry, ""),
        (approve, "a"),
        (refuse, "a"),
        (expel, "a"),
        (leave, ""),
        (grant, "a;b"),
        (revoke, "a;b"),
        (roll, ""),
    ] {
        assert_eq!(code("ann", entry, input), NOT_FOUNDED);
    }
    for (input, expected) in [
        ("2", MALFORMED_INPUT),
        ("2;1;1", MALFORMED_INPUT),
        ("2;1\n\n", MALFORMED_INPUT),
        ("two;1", NOT_A_NUMBER),
        ("02;1", NOT_A_NUMBER),
        ("0;1", OUT_OF_RANGE),
        ("101;1", OUT_OF_RANGE),
        ("2;-1", OUT_OF_RANGE),
        ("2;3153600000001", OUT_OF_RANGE),
        ("100;3153600000000", 0),
        ("2;1", ALREADY_FOUNDED),
    ] {
        assert_eq!(code("ann", found, input), expected, "{input:?}");
    }
    founded();
    assert_eq!(code("ann", request, ""), ALREADY_MEMBER);
    for words in ["a\tb", "two\nlines", &"w".repeat(257)] {
        assert_eq!(code("dan", request, words), BAD_REQUEST, "{words:?}");
    }
    assert_eq!(fake::call("dan", b"\xff", request).unwrap_err().code(), NOT_UTF8);
    assert_eq!(code("dan", request, &"w".repeat(256)), 0);
    assert_eq!((code("cyd", leave, "now"), code("cyd", roll, "\n")), (INPUT_NOT_EMPTY, INPUT_NOT_EMPTY));
    assert_eq!((code("ann", approve, "dan;x"), code("ann", expel, "joe")), (MALFORMED_INPUT, NOT_A_MEMBER));
}

#[test]
fn what_another_version_wrote_is_not_guessed_at() {
    founded();
    fake::set_value(b"m/cyd", b"\x02");
    assert_eq!((code("x", roll, ""), code("cyd", leave, "")), (STATE_UNREADABLE, STATE_UNREADABLE));
}
