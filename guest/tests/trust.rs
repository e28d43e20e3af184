//! Credentials and signatures against the fake host, and the text helpers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::{CredentialStatus, Failure, HostError, credential, fake, text, verify_signature};

const ANN: &str = "did:key:ann";

fn run(entry: fn() -> Result<(), Failure>) {
    fake::call(ANN, b"", entry).unwrap();
}

#[test]
fn a_credential_is_issued_expires_and_is_revoked_once() {
    fake::reset();
    run(|| {
        let until = icn_guest::time_ms() + 10;
        let id = credential::issue(ANN, "member", "{\"since\":1}", until)?;
        assert_eq!(credential::status(&id)?, CredentialStatus::Valid);
        assert_eq!(credential::issue(ANN, "member", "since", until), Err(HostError::InvalidArgument));
        assert_eq!(credential::issue(ANN, "member", "{}", until - 10), Err(HostError::InvalidArgument));
        assert_eq!(credential::status("urn:none"), Err(HostError::NotFound));
        credential::issue("bob", "member", "{}", until + 10)?;
        Ok(())
    });
    let issued = fake::credentials();
    assert_eq!(
        (issued.len(), issued[0].subject.as_str(), issued[0].claims.as_str()),
        (2, ANN, "{\"since\":1}")
    );
    fake::suspend(&issued[0].id, true);
    run(|| {
        assert_eq!(credential::status(&fake::credentials()[0].id)?, CredentialStatus::Suspended);
        Ok(())
    });
    fake::set_time_ms(fake::TIME_MS + 10);
    run(|| {
        let issued = fake::credentials();
        assert_eq!(credential::status(&issued[0].id)?, CredentialStatus::Expired);
        assert_eq!(credential::status(&issued[1].id)?, CredentialStatus::Valid);
        credential::revoke(&issued[1].id, "left")?;
        assert_eq!(credential::revoke(&issued[1].id, "again"), Err(HostError::Conflict));
        assert_eq!(credential::status(&issued[1].id)?, CredentialStatus::Revoked);
        Ok(())
    });
    assert_eq!(fake::credentials()[1].revoked_for.as_deref(), Some("left"));
}

#[test]
fn credentials_need_the_capability_of_their_type() {
    fake::reset();
    run(|| credential::issue(ANN, "member", "{}", i64::MAX).map(drop).map_err(Failure::from));
    fake::deny("issue:member");
    fake::deny("revoke:member");
    run(|| {
        assert_eq!(credential::issue(ANN, "member", "{}", i64::MAX), Err(HostError::Denied));
        assert_eq!(credential::revoke(&fake::credentials()[0].id, ""), Err(HostError::Denied));
        credential::issue(ANN, "guest", "{}", i64::MAX)?;
        Ok(())
    });
    assert_eq!(fake::credentials().len(), 2);
}

#[test]
fn what_verifies_is_what_the_test_said() {
    fake::reset();
    fake::accept_signature(ANN, b"message", &[7; 64]);
    fake::set_verified("{\"a\":1}", Ok(CredentialStatus::NotYetValid));
    fake::set_verified("{\"b\":1}", Err(HostError::Denied));
    run(|| {
        assert!(verify_signature(ANN, b"message", &[7; 64])?);
        assert!(!verify_signature(ANN, b"message", &[8; 64])?);
        assert!(!verify_signature(ANN, b"messagf", &[7; 64])?);
        assert!(!verify_signature("bob", b"message", &[7; 64])?);
        assert_eq!(credential::verify("{\"a\":1}")?, CredentialStatus::NotYetValid);
        assert_eq!(credential::verify("{\"b\":1}"), Err(HostError::Denied));
        assert_eq!(credential::verify("{}"), Err(HostError::InvalidSignature));
        Ok(())
    });
}

#[test]
fn fields_are_exactly_as_many_on_one_line() {
    assert_eq!(text::fields("a;b"), Some(["a", "b"]));
    assert_eq!(text::fields(";\n"), Some(["", ""]));
    assert_eq!(text::fields(""), Some([""]));
    for input in ["a", "a;b;c", "a;b\n\n", "a;\nb", "\na;b"] {
        assert_eq!(text::fields::<2>(input), None, "{input:?}");
    }
}

#[test]
fn a_number_has_one_spelling() {
    for (text, value) in
        [("0", 0), ("-7", -7), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)]
    {
        assert_eq!(text::whole_number(text), Some(value));
    }
    for text in
        ["", "-", "-0", "+1", "01", "-01", " 1", "1 ", "1.0", "1e3", "٣", "0x1", "1\r", "9223372036854775808"]
    {
        assert_eq!(text::whole_number(text), None, "{text:?}");
    }
    // Plainly written, whatever its size; the host's 64 bits are another question.
    for (text, plain) in
        [("-99999999999999999999999999", true), ("9223372036854775808", true), ("007", false), ("-0", false)]
    {
        assert_eq!(text::is_whole_number(text), plain, "{text:?}");
    }
}

#[test]
fn a_quotation_is_bounded_and_shows_no_control_characters() {
    assert_eq!(text::quote("a\tb\u{7f}\u{85}ł").to_string(), "\"a\\u{9}b\\u{7f}\\u{85}ł\"");
    assert_eq!(text::quote(&"ż".repeat(65)).to_string(), format!("\"{}…\"", "ż".repeat(64)));
    assert_eq!(text::quote(&"ż".repeat(64)).to_string(), format!("\"{}\"", "ż".repeat(64)));
}
