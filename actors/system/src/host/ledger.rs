//! Balances, as they are posted. Each question waits until the scope has posted what it handed over before.

use icn_core::ledger::Account;
use icn_core::name::{AccountId, Did, Owner, Unit};

use super::handle::Host;
use crate::message::ledger::{AskAccount, AskBooks};

impl Host {
    /// The counters of an account.
    pub async fn account(&self, scope: Did, owner: Owner, unit: Unit) -> Option<Account> {
        // A scope that is asked for a view posts everything first.
        let _ = self.view(&scope).await;
        self.actors.ledger.send(AskAccount(AccountId { scope, owner, unit })).await.ok()
    }

    /// The counters of all open accounts, in the order of their names.
    pub async fn accounts(&self) -> Vec<(AccountId, Account)> {
        for scope in self.scopes() {
            let _ = self.view(&scope).await;
        }
        let books = self.actors.ledger.send(AskBooks).await.unwrap_or_default();
        books.accounts.into_iter().map(|(id, account)| (id, account.counters())).collect()
    }
}
