//! The fold: what a log says, checked entry by entry from the first, and what it adds up to.
//!
//! Recovery and audit are the same code. [`Prepared::read`] looks at one entry alone (names, encodings,
//! signatures), so it can run on many entries at once; [`Fold::apply`] takes them in order.

use super::body::Body;
use super::divergence::{Divergence, Place};
use super::machine::{Extent, Fold};
use super::prepared::Prepared;
use super::recorded::Recorded;
use super::rerun::Rerunner;

impl Fold {
    /// Applies the next entry and gives it back; with a re-runner, runs its invocation again and compares the
    /// receipts.
    ///
    /// Format: docs/formats.md, "What a verifier checks".
    pub fn apply(
        &mut self,
        prepared: Prepared,
        rerunner: Option<&mut dyn Rerunner>,
    ) -> Result<Prepared, Divergence> {
        let position = self.log.size();
        let place = Place { position, ..prepared.place() };
        if prepared.position != position {
            return Err(place.expects("position", position, prepared.position));
        }
        let (links, leaves) = (prepared.body.links(), prepared.body.leaves(place.block, &prepared.entry));
        if leaves != prepared.entry.leaves {
            let found = format!("{:?}", prepared.entry.leaves);
            return Err(place.expects("leaves", format!("{leaves:?}"), found));
        }
        self.log.check(&prepared.entry, &links).map_err(|e| place.out_of_order(&e))?;
        match (self.extent, prepared.scope()) {
            (Extent::Whole, _) | (_, None) => {
                self.judge_keys(&prepared)?;
                self.apply_body(place, &prepared, rerunner)?;
            }
            (Extent::Scope(only), Some(scope)) if scope == only => {
                self.judge_keys(&prepared)?;
                self.apply_body(place, &prepared, rerunner)?;
            }
            (Extent::Scope(_), Some(_)) => {}
            (Extent::Structure, Some(_)) => {
                self.apply_structure(place, &prepared.body)?;
                self.judge_keys(&prepared)?;
            }
        }
        self.apply_legs(place, &prepared)?;
        self.log.append(&prepared.entry, &links).map_err(|e| place.out_of_order(&e))?;
        Ok(prepared)
    }

    /// Judges who signed an entry, and takes what it says of keys. Also of an entry whose place in the log is not looked
    /// at, as when a snapshot stands for most of those before it.
    ///
    /// # Errors
    /// Who may not sign, or what is not right with a delegation or a revocation.
    pub fn judge_keys(&mut self, prepared: &Prepared) -> Result<(), Divergence> {
        let place = prepared.place();
        let judged = match &prepared.body {
            Body::Host(_) => Ok(()),
            Body::Policy(policy) => self.keys.open(policy.scope, policy.time, &prepared.brought),
            Body::Receipt { receipt, .. } => self
                .keys
                .follow(&receipt.scope, receipt.signer.as_ref(), receipt.time)
                .map_err(|broken| broken.of(place.block)),
            Body::Keys(keys) => self.keys.take(place.block, keys, &prepared.brought),
        };
        judged.map_err(|flaw| place.flawed(flaw))
    }

    /// Folds what the first leaf's block says.
    fn apply_body(
        &mut self,
        place: Place,
        prepared: &Prepared,
        rerunner: Option<&mut dyn Rerunner>,
    ) -> Result<(), Divergence> {
        match &prepared.body {
            Body::Host(host) => self.apply_host(place, host),
            Body::Policy(policy) => self.apply_policy(place, policy, &prepared.entry),
            Body::Receipt { receipt, invocation, .. } => {
                let (entry, payload) = (&prepared.entry, &prepared.payload);
                self.apply_receipt(Recorded { place, receipt, invocation, entry, payload }, rerunner)?;
                self.invocations += 1;
                Ok(())
            }
            Body::Keys(keys) => self.apply_keys(place, keys),
        }
    }

    /// Of an entry that is not folded: that it is of this log, that a policy is its scope's first, and that an invocation is
    /// of its receipt's scope.
    fn apply_structure(&mut self, place: Place, body: &Body) -> Result<(), Divergence> {
        match body {
            Body::Host(_) => {}
            Body::Policy(policy) => {
                self.origin(place, &policy.log)?;
                if policy.seq != 0 {
                    return Err(place.expects("policy", "a scope's first", policy.seq));
                }
            }
            Body::Keys(keys) => drop(self.origin(place, &keys.log)?),
            Body::Receipt { receipt, invocation, .. } => {
                self.origin(place, &receipt.log)?;
                self.origin(place.at(receipt.invocation), &invocation.log)?;
                if invocation.scope != receipt.scope {
                    return Err(place.expects("scope", receipt.scope, invocation.scope));
                }
                self.invocations += 1;
            }
        }
        Ok(())
    }

    /// Folds the legs of scopes that are folded, each in its own scope's chain and books.
    fn apply_legs(&mut self, place: Place, prepared: &Prepared) -> Result<(), Divergence> {
        for (envelope, leg) in prepared.legs() {
            if matches!(self.extent, Extent::Scope(only) if only != leg.scope) {
                continue;
            }
            let place = place.at(envelope);
            let signed = self.keys.follow(&leg.scope, leg.signer.as_ref(), leg.time);
            signed.map_err(|broken| place.broken(broken))?;
            match self.extent {
                Extent::Structure => drop(self.origin(place, &leg.log)?),
                Extent::Whole | Extent::Scope(_) => self.apply_leg(place, leg)?,
            }
        }
        Ok(())
    }
}
