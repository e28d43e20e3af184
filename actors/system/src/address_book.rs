//! The address book: which scopes are on the host, and how to reach each of them.
//!
//! The gate asks it on the caller's thread, for each request; the supervisor changes it when a scope's actor starts or
//! goes down. A guard of an entry ([`Ref`], [`RefMut`]) locks a part of the map: it must never be held while anything is
//! awaited.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::Addr;
use dashmap::mapref::one::{Ref, RefMut};
use dashmap::{DashMap, DashSet};
use icn_core::name::Did;
use icn_core::rules::PolicyInForce;
use icn_sync::{Generation, Permits, Stamp};

use crate::keyring::Keyring;
use crate::scope::Scope;

/// What the address book says of a scope.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) policy: Arc<PolicyInForce>,
    /// None while the scope restarts, and once it is quarantined.
    pub(crate) addr: Option<Addr<Scope>>,
    pub(crate) quarantined: bool,
    /// Places in its mailbox.
    pub(crate) places: Arc<Permits>,
    pub(crate) generation: Arc<Generation>,
    /// The generation of its newest actor.
    pub(crate) stamp: Stamp,
    /// How many actors this scope has had since the host was opened.
    pub(crate) starts: u32,
    /// Its keys that are on the host: each actor of it begins with these.
    pub(crate) keyring: Keyring,
    /// The number of its arbiter, modulo how many there are.
    pub(crate) arbiter: usize,
}

/// The address book.
#[derive(Default)]
pub(crate) struct AddressBook {
    listings: DashMap<Did, Listing>,
    /// Scopes that are being opened: nobody else may open them meanwhile.
    opening: DashSet<Did>,
}

impl AddressBook {
    pub(crate) fn get(&self, scope: &Did) -> Option<Ref<'_, Did, Listing>> {
        self.listings.get(scope)
    }
    pub(crate) fn get_mut(&self, scope: &Did) -> Option<RefMut<'_, Did, Listing>> {
        self.listings.get_mut(scope)
    }
    pub(crate) fn contains(&self, scope: &Did) -> bool {
        self.listings.contains_key(scope)
    }
    pub(crate) fn insert(&self, scope: Did, listing: Listing) {
        self.listings.insert(scope, listing);
    }
    pub(crate) fn len(&self) -> usize {
        self.listings.len()
    }
    /// All scopes that are on the host.
    pub(crate) fn scopes(&self) -> BTreeSet<Did> {
        self.listings.iter().map(|listing| *listing.key()).collect()
    }
    /// The address of a scope's actor, if it has one now.
    pub(crate) fn addr(&self, scope: &Did) -> Option<Addr<Scope>> {
        self.get(scope).and_then(|listing| listing.addr.clone())
    }
    /// Forgets all scopes, so that their actors can end.
    pub(crate) fn clear(&self) {
        self.listings.clear();
    }

    /// Reserves a scope's name for an opening. False when the scope is here, or somebody else is opening it.
    pub(crate) fn begin_opening(&self, scope: Did) -> bool {
        !self.contains(&scope) && self.opening.insert(scope)
    }
    /// Ends an opening, whatever came of it.
    pub(crate) fn end_opening(&self, scope: &Did) {
        self.opening.remove(scope);
    }
}
