//! The opening of a scope, step by step.
//!
//! 1. Everything is judged that may be refused: keys, modules, policy, issues. Nothing was changed then.
//! 2. The scope's key is kept, before the log says anything of it.
//! 3. The policy's entry is handed over, and becomes durable.
//! 4. The ledger books what the policy issues; the scope is entered in the address book; its actor starts.

use std::path::PathBuf;
use std::sync::Arc;

use actix::Addr;
use futures::channel::oneshot;
use icn_core::block::Entry;
use icn_core::encode::{Block, SecretKey};
use icn_core::fold::Chain;
use icn_core::ledger::Ledger;
use icn_core::limits;
use icn_core::log::Link;
use icn_core::name::{BlockId, Did};
use icn_core::rules::keys::{Brought, Keys, Registry};
use icn_core::rules::{Refusal, RefusalCode};
use icn_history::directory::{self, Layout};
use icn_history::key_file::Passphrase;
use icn_sandbox::{CacheError, check_install};

use super::error::ScopeError;
use super::spec::Opening;
use crate::credentials::Credentials;
use crate::events;
use crate::fail_stop::host_stopped;
use crate::keyring::Keyring;
use crate::ledger::LedgerActor;
use crate::message::credentials::PutInForce;
use crate::message::ledger::IssueUnits;
use crate::message::log_writer::{HandOver, Reply};
use crate::supervisor::ScopeStarter;

/// What is needed to open any scope.
pub(super) struct ScopeOpener {
    pub(super) starter: Arc<ScopeStarter>,
    pub(super) credentials: Addr<Credentials>,
    pub(super) ledger: Addr<LedgerActor>,
    pub(super) layout: Layout,
    pub(super) passphrase: Option<Arc<Passphrase>>,
}

impl ScopeOpener {
    /// Opens a scope. `envelope` is that of its first policy; `key` is the one that signs on this host.
    pub(super) async fn open(
        &self,
        opening: Opening,
        envelope: Block,
        key: Arc<SecretKey>,
    ) -> Result<(), ScopeError> {
        let (chain, keys) = self.judge(&opening, envelope.id()).await?;
        let Opening { policy, payload, modules, rolls, delegations } = opening;
        let scope = policy.scope;
        let path = key_path(&self.layout, &scope, &key.did());
        directory::write_key(&path, &key, self.passphrase.as_deref()).map_err(invalid)?;
        let leaves = vec![envelope.id()];
        let blocks = [vec![payload, envelope], rolls, modules.clone(), delegations].concat();
        self.append(scope, Entry { leaves, blocks }).await?;
        for block in modules {
            self.starter.modules.insert(block.id(), block);
        }
        let issue = IssueUnits { scope, time: policy.time, issues: policy.issue };
        self.ledger.send(issue).await.map_err(|_| host_stopped())?.map_err(invalid)?;
        self.starter.list(&chain, Keyring::of(scope, key));
        self.starter.start(chain, keys, false).await.map_err(invalid)
    }

    /// Judges everything that may be refused: the chain that would begin, and what its log would say of keys.
    async fn judge(&self, opening: &Opening, envelope: BlockId) -> Result<(Chain, Keys), ScopeError> {
        let policy = &opening.policy;
        let scope = policy.scope;
        let brought = brought(&scope, &opening.delegations, &[]).map_err(invalid)?;
        let mut registry = Registry::default();
        registry.open(scope, policy.time, &brought).map_err(|flaw| invalid(flaw.broken))?;
        self.judge_modules(opening).await?;
        let bytes = opening.payload.bytes().len();
        if bytes > limits::BLOCK_BYTES_MAX {
            let max = limits::BLOCK_BYTES_MAX;
            return Err(invalid(format!("a policy of {bytes} bytes where {max} are allowed")));
        }
        let put = PutInForce { id: envelope, policy: policy.clone(), rolls: opening.rolls.clone() };
        let in_force = self.credentials.send(put).await.map_err(|_| host_stopped())?;
        let chain = Chain::open(in_force.map_err(invalid)?).map_err(invalid)?;
        Ledger::default().issue(scope, &policy.issue).map_err(invalid)?;
        Ok((chain, registry.remove(&scope)))
    }

    /// Compiles each module, and checks that it is what the policy says.
    async fn judge_modules(&self, opening: &Opening) -> Result<(), ScopeError> {
        let cache = &self.starter.shared.cache;
        for (install, block) in opening.policy.modules.iter().zip(&opening.modules) {
            let compiled = cache.get(block).await;
            events::count_cache(&cache.stats());
            let module = compiled.map_err(|error| not_compiled(block.id(), &error))?;
            check_install(install, &module).map_err(invalid)?;
        }
        Ok(())
    }

    /// Hands over the entry of the scope's first policy, and waits until it is durable.
    async fn append(&self, scope: Did, entry: Entry) -> Result<(), ScopeError> {
        let (answer, durable) = oneshot::channel();
        let links = vec![Link { author: scope, seq: 0, prev: None }];
        let hand_over = HandOver { entry, links, reply: Reply::Position(answer), slot: None };
        self.starter.shared.log_writer.send(hand_over).await.map_err(|_| host_stopped())?;
        let _ = durable.await.map_err(|_| host_stopped())??;
        Ok(())
    }
}

/// Where a key of a scope is kept: its own key, or an operating key.
pub(super) fn key_path(layout: &Layout, scope: &Did, key: &Did) -> PathBuf {
    if key == scope { layout.scope_key(scope) } else { layout.operating_key(scope, key) }
}

/// What these blocks bring to a scope, judged as an auditor does.
pub(super) fn brought(scope: &Did, delegations: &[Block], revocations: &[Block]) -> Result<Brought, String> {
    let names = |blocks: &[Block]| blocks.iter().map(Block::id).collect::<Vec<_>>();
    let find = |id: &BlockId| delegations.iter().chain(revocations).find(|block| block.id() == *id);
    Brought::read(scope, &names(delegations), &names(revocations), false, find)
        .map_err(|flaw| flaw.to_string())
}

fn invalid(what: impl ToString) -> ScopeError {
    ScopeError::Invalid(what.to_string())
}

/// A module that was refused makes the scope invalid. After anything else its administrator may come back.
fn not_compiled(module: BlockId, error: &CacheError) -> ScopeError {
    let text = format!("module {module}: {error}");
    let code = match error {
        CacheError::Rejected(_) => return ScopeError::Invalid(text),
        CacheError::Busy { .. } => RefusalCode::Busy,
        CacheError::NoThread(_) => RefusalCode::Unavailable,
    };
    ScopeError::Refused(Refusal::new(code, text).retry_after_ms(1000))
}
