//! Minting, burning, escrow and transfers to other scopes, against the fake host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::resource::{self, Source};
use icn_guest::{Failure, HostError, escrow, fake};

const ANN: &str = "did:key:ann";

fn run(entry: fn() -> Result<(), Failure>) {
    fake::call(ANN, b"", entry).unwrap();
}

#[test]
fn what_is_minted_less_what_is_burned_is_what_was_issued() {
    fake::reset();
    run(|| {
        resource::mint("H", 10, ANN)?;
        resource::mint("H", 5, fake::TREASURY)?;
        assert_eq!(resource::mint("H", 0, ANN), Err(HostError::InvalidArgument));
        assert_eq!(resource::mint("H", i64::MAX, ANN), Err(HostError::Exhausted));
        assert_eq!(resource::burn("H", 11, Source::Caller), Err(HostError::Exhausted));
        assert_eq!(resource::burn("H", 1, Source::Module), Err(HostError::Exhausted));
        resource::burn("H", 4, Source::Caller)?;
        resource::burn("H", 5, Source::Treasury)?;
        Ok(())
    });
    assert_eq!((fake::balance(ANN, "H"), fake::balance(fake::TREASURY, "H"), fake::issued("H")), (6, 0, 6));
}

#[test]
fn a_hold_is_settled_once_and_the_rest_returns() {
    fake::reset();
    fake::set_balance(ANN, "H", 10);
    run(|| {
        let deadline = icn_guest::time_ms() + 1;
        let id = escrow::hold(Source::Caller, "bob", "H", 8, deadline)?;
        assert_eq!(resource::balance(ANN, "H")?, 2);
        assert_eq!(escrow::hold(Source::Caller, "bob", "H", 3, deadline), Err(HostError::Exhausted));
        assert_eq!(escrow::settle(&id, 9), Err(HostError::Exhausted));
        assert_eq!(escrow::settle(&id, 0), Err(HostError::InvalidArgument));
        escrow::settle(&escrow::HoldId::from_bytes(*id.as_bytes()), 5)?;
        assert_eq!(
            (escrow::settle(&id, 1), escrow::void(&id)),
            (Err(HostError::NotFound), Err(HostError::NotFound))
        );
        let other = escrow::hold(Source::Caller, "bob", "H", 5, deadline)?;
        assert_ne!(other, id);
        Ok(escrow::void(&other)?)
    });
    assert_eq!((fake::balance(ANN, "H"), fake::balance("bob", "H"), fake::holds().len()), (5, 5, 0));
}

#[test]
fn a_settlement_that_does_not_fit_leaves_the_hold_as_it_was() {
    fake::reset();
    fake::set_balance(ANN, "H", 10);
    fake::set_balance("bob", "H", i64::MAX);
    run(|| {
        let id = escrow::hold(Source::Caller, "bob", "H", 8, icn_guest::time_ms() + 1)?;
        assert_eq!(escrow::settle(&id, 3), Err(HostError::Exhausted));
        Ok(())
    });
    assert_eq!((fake::balance(ANN, "H"), fake::holds()[0].amount), (2, 8));
}

#[test]
fn a_hold_is_void_from_its_deadline_on() {
    fake::reset();
    fake::set_balance(ANN, "H", 10);
    run(|| {
        let now = icn_guest::time_ms();
        assert_eq!(escrow::hold(Source::Caller, "bob", "H", 1, now), Err(HostError::InvalidArgument));
        escrow::hold(Source::Caller, "bob", "H", 4, now + 1000)?;
        Ok(())
    });
    fake::set_time_ms(fake::TIME_MS + 999);
    assert_eq!((fake::balance(ANN, "H"), fake::holds().len()), (6, 1));
    fake::set_time_ms(fake::TIME_MS + 1000);
    assert_eq!((fake::balance(ANN, "H"), fake::holds().len()), (10, 0));
}

#[test]
fn a_transfer_to_another_scope_leaves_this_one() {
    fake::reset();
    fake::set_balance(ANN, "H", 10);
    run(|| {
        assert_eq!(resource::transfer_cross("did:key:s2", "bob", "H", 11, ""), Err(HostError::Exhausted));
        assert_eq!(
            resource::transfer_cross("did:key:s2", "bob", "H", -1, ""),
            Err(HostError::InvalidArgument)
        );
        Ok(resource::transfer_cross("did:key:s2", "bob", "H", 4, "bread")?)
    });
    let (scope, transfer) = &fake::crossings()[0];
    assert_eq!((scope.as_str(), transfer.from.as_str(), transfer.to.as_str()), ("did:key:s2", ANN, "bob"));
    assert_eq!((transfer.amount, transfer.memo.as_str(), fake::balance(ANN, "H")), (4, "bread", 6));
}

#[test]
fn what_a_failed_entry_minted_and_held_is_undone() {
    fake::reset();
    let failure = fake::call(ANN, b"", || {
        resource::mint("H", 10, ANN)?;
        escrow::hold(Source::Caller, "bob", "H", 4, icn_guest::time_ms() + 1)?;
        resource::transfer_cross("did:key:s2", "bob", "H", 2, "")?;
        Err(Failure::new(7, "no"))
    });
    assert_eq!(failure.unwrap_err().code(), 7);
    assert_eq!((fake::balance(ANN, "H"), fake::issued("H")), (0, 0));
    assert!(fake::holds().is_empty() && fake::crossings().is_empty());
}

#[test]
fn a_capability_that_is_taken_away_is_denied() {
    fake::reset();
    fake::set_balance(fake::TREASURY, "H", 10);
    for capability in ["mint", "cross", "treasury", "state", "dag", "usage"] {
        fake::deny(capability);
    }
    run(|| {
        let denied = Err(HostError::Denied);
        assert_eq!(resource::mint("H", 1, ANN), denied);
        assert_eq!(resource::burn("H", 1, Source::Caller), denied);
        assert_eq!(resource::transfer_cross("did:key:s2", "bob", "H", 1, ""), denied);
        assert_eq!(resource::transfer(Source::Treasury, "bob", "H", 1, ""), denied);
        assert_eq!(resource::record_usage(resource::Kind::NetworkBytes, 1), denied);
        assert_eq!(icn_guest::state::set(b"k", b""), denied);
        assert_eq!(icn_guest::state::get(b"k"), Err(HostError::Denied));
        assert_eq!(icn_guest::dag::store(b"n", &[]), Err(HostError::Denied));
        Ok(())
    });
}
