//! How a test names callers and owners of accounts. A mistake in such a name ends the test.

use icn_core::name::{Did, Owner};
use icn_sandbox::scratch::Scratch;

/// Names a caller: a member's name (`"ann"`, who gets a key of their own), a DID as text, or a [`Did`].
pub trait AsCaller {
    /// The caller's DID on this host.
    fn did(&self, scratch: &mut Scratch) -> Did;
}

impl AsCaller for Did {
    fn did(&self, _: &mut Scratch) -> Did {
        *self
    }
}

impl AsCaller for &str {
    fn did(&self, scratch: &mut Scratch) -> Did {
        if self.starts_with("did:") {
            return right(Did::parse(self));
        }
        scratch.member(self)
    }
}

/// Names the owner of an account: a member's [`Did`], or text as guests write it (`"treasury"`, `"project/2"`, a
/// DID). A bare name is an account of that name, and not a member.
pub trait AsOwner {
    /// The owner.
    fn owner(&self) -> Owner;
}

impl AsOwner for Owner {
    fn owner(&self) -> Owner {
        self.clone()
    }
}

impl AsOwner for Did {
    fn owner(&self) -> Owner {
        Owner::Member(*self)
    }
}

impl AsOwner for &str {
    fn owner(&self) -> Owner {
        right(Owner::parse(self))
    }
}

/// What the test wrote, or the end of the test with what is wrong with it.
#[expect(clippy::panic, reason = "a mistake in a test ends it, with what was wrong and what would be right")]
#[track_caller]
pub(super) fn right<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
