//! Opens a log for a host: it is read as a whole, every byte against its hash, and folded.
//!
//! In this order: the newest readable snapshot is taken; the log is read from its first byte; the entries
//! behind the snapshot are folded. A snapshot saves folding, not reading: its tree, its scopes and their heads
//! are compared with the log, and where one of them differs the fold begins at zero. The signed checkpoint is
//! compared with the log on the way.
//!
//! Signatures of members and scopes are not verified again (`Trust::OwnDisk`): the host verified them before it
//! wrote. Nothing here writes; the caller holds the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use icn_core::block::{Entry, Payload, ReceiptTag};
use icn_core::encode::{Block, Envelope};
use icn_core::fold::{Chain, Divergence, Fold, FoldParts, Prepared, Trust};
use icn_core::ledger::Ledger;
use icn_core::log::{Frontier, Log};
use icn_core::name::{BlockId, Hash};

use crate::checkpoint::{Comparison, Disagreement, read_checkpoint};
use crate::directory::Layout;
use crate::error::StoreError;
use crate::snapshot::{self, Snapshot, Unusable};
use crate::store::{Reader, Tail};

/// A recovered log.
#[derive(Debug)]
pub struct Recovered {
    /// What the log adds up to.
    pub fold: Fold,
    /// The reader, at the end of the log.
    pub reader: Reader,
    /// Notices for a person: torn writes, snapshots that were put aside.
    pub notices: Vec<String>,
    /// Entries that were folded, without those that a snapshot covered.
    pub folded: u64,
}

/// Why a log cannot be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// A file cannot be read, or its bytes are damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry breaks a rule of the log.
    #[error("the log does not hold: {0}")]
    Diverged(#[from] Divergence),
    /// The host signed a checkpoint of another history.
    #[error("{0}: the log was rewritten or replaced")]
    OtherHistory(String),
}

/// Folds the log, from the newest usable snapshot or from zero.
pub fn recover(layout: &Layout) -> Result<Recovered, RecoverError> {
    let mut notices = Vec::new();
    let mut start = None;
    for path in snapshot::list(&layout.snapshots())? {
        match snapshot::read(&path) {
            Ok(snapshot) => {
                start = Some((path, snapshot));
                break;
            }
            Err(unusable) => notices.push(notice_of(&unusable)),
        }
    }
    if let Some((path, snapshot)) = start {
        let mut recovery = Recovery::new(layout)?;
        match recovery.fold_from(snapshot)? {
            Ok(fold) => return Ok(recovery.finish(fold, notices)),
            Err(why) => notices.push(notice_of(&Unusable { file: path, why })),
        }
    }
    let mut recovery = Recovery::new(layout)?;
    let mut fold = Fold::default();
    recovery.fold_rest(&mut fold, Vec::new())?;
    Ok(recovery.finish(fold, notices))
}

fn notice_of(unusable: &Unusable) -> String {
    format!(
        "snapshot {} cannot be used ({}): what it held was rebuilt from the log",
        unusable.file.display(),
        unusable.why
    )
}

/// One reading of the log.
struct Recovery {
    reader: Reader,
    /// The file of the checkpoint.
    checkpoint: PathBuf,
    is_checkpoint_missing: bool,
    comparison: Comparison,
    notices: Vec<String>,
    folded: u64,
}

/// The part of the log that a snapshot covers, as it was read.
struct Covered {
    /// The host, the policies and the keys: they are in the log alone.
    fold: Fold,
    frontier: Frontier,
    /// Sequence number and state root in the last block of each scope.
    last: BTreeMap<BlockId, (u64, Hash)>,
    /// Entries of the last group that stand behind the snapshot.
    rest: Vec<(u64, Entry)>,
}

impl Recovery {
    fn new(layout: &Layout) -> Result<Self, RecoverError> {
        let note = read_checkpoint(layout)?;
        Ok(Self {
            reader: Reader::new(&layout.log()),
            checkpoint: layout.checkpoint(),
            is_checkpoint_missing: note.is_none(),
            comparison: Comparison::new(note),
            notices: Vec::new(),
            folded: 0,
        })
    }

    fn finish(self, fold: Fold, mut notices: Vec<String>) -> Recovered {
        notices.extend(self.notices);
        let size = fold.log().size();
        if self.is_checkpoint_missing && size > 0 {
            notices.push(format!(
                "the checkpoint {} is missing, and the log has {size} leaves: it is signed anew, and whether the log was cut cannot be told",
                self.checkpoint.display()
            ));
        }
        if let Some(Tail::Torn { file, offset, bytes }) = self.reader.tail() {
            notices.push(format!(
                "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short: nobody was told that it succeeded, and it is dropped",
                file.display()
            ));
        }
        Recovered { fold, reader: self.reader, notices, folded: self.folded }
    }

    /// Compares the checkpoint with the log. A checkpoint of another history is an error. One whose own
    /// signature does not hold says nothing about the log: it gives a notice, and is replaced.
    fn compare(&mut self, fold: &Fold, frontier: &Frontier) -> Result<(), RecoverError> {
        let verified = self.comparison.verify(fold);
        if let Ok(Some(size)) = verified {
            self.reader.must_reach(size);
        }
        match verified.and_then(|_| self.comparison.compare(frontier)) {
            Ok(()) => Ok(()),
            Err(Disagreement::Unusable(error)) => {
                self.notices
                    .push(format!("{error}; it is signed anew, and whether the log was cut cannot be told"));
                Ok(())
            }
            Err(Disagreement::OtherHistory(error)) => Err(RecoverError::OtherHistory(error.to_string())),
        }
    }

    /// Folds these entries, and all that follow in the log.
    fn fold_rest(&mut self, fold: &mut Fold, mut group: Vec<(u64, Entry)>) -> Result<(), RecoverError> {
        loop {
            for (position, entry) in group.drain(..) {
                fold.apply(Prepared::read(position, entry, Trust::OwnDisk)?, None)?;
                self.folded += 1;
                self.compare(fold, fold.log().frontier())?;
            }
            match self.reader.next_group()? {
                Some(next) => group = next,
                None => return Ok(()),
            }
        }
    }

    /// Folds the log from a snapshot. The inner error says why the snapshot does not fit the log.
    fn fold_from(&mut self, snapshot: Snapshot) -> Result<Result<Fold, String>, RecoverError> {
        let covered = match self.read_covered(&snapshot)? {
            Ok(covered) => covered,
            Err(why) => return Ok(Err(why)),
        };
        let (mut fold, rest) = match join(snapshot, covered) {
            Ok(joined) => joined,
            Err(why) => return Ok(Err(why)),
        };
        self.fold_rest(&mut fold, rest)?;
        Ok(Ok(fold))
    }

    /// Reads the part of the log that a snapshot covers. Policies and blocks of keys are folded, because the
    /// snapshot does not have them; leaves are hashed into the tree; the last block of each scope is
    /// remembered.
    fn read_covered(&mut self, snapshot: &Snapshot) -> Result<Result<Covered, String>, RecoverError> {
        let mut covered = Covered {
            fold: Fold::default(),
            frontier: Frontier::default(),
            last: BTreeMap::new(),
            rest: Vec::new(),
        };
        let heads: BTreeSet<BlockId> = snapshot.heads().values().map(|head| head.block).collect();
        while covered.frontier.size() < snapshot.size {
            let Some(group) = self.reader.next_group()? else {
                let (size, found) = (snapshot.size, covered.frontier.size());
                return Ok(Err(format!("it is of size {size}, the log has {found}")));
            };
            for (position, entry) in group {
                if covered.frontier.size() < snapshot.size {
                    covered.take(entry, &heads)?;
                    self.compare(&covered.fold, &covered.frontier)?;
                } else {
                    covered.rest.push((position, entry));
                }
            }
        }
        Ok(Ok(covered))
    }
}

impl Covered {
    fn take(&mut self, entry: Entry, heads: &BTreeSet<BlockId>) -> Result<(), Divergence> {
        entry.leaves.iter().for_each(|leaf| self.frontier.append(leaf));
        let is_head = entry.leaves.iter().any(|leaf| heads.contains(leaf));
        if !is_head && is_receipt(&entry) {
            return Ok(());
        }
        let prepared = Prepared::read(self.fold.log().size(), entry, Trust::OwnDisk)?;
        let first = prepared.entry().leaves[0];
        if let Some((_, receipt)) = prepared.run() {
            self.last.insert(first, (receipt.seq, receipt.root));
            self.last.extend(prepared.legs().map(|(id, leg)| (id, (leg.seq, leg.root))));
        } else if let Some(keys) = prepared.keys() {
            self.last.insert(first, (keys.seq, keys.root));
            self.fold.judge_keys(&prepared)?;
        } else {
            self.fold.apply(prepared, None)?;
        }
        Ok(())
    }
}

/// The fold at a snapshot, and the entries behind it; an error says what of the snapshot is not the log's.
fn join(snapshot: Snapshot, covered: Covered) -> Result<(Fold, Vec<(u64, Entry)>), String> {
    let heads = snapshot.heads();
    let Covered { fold, frontier, last, rest } = covered;
    if frontier.size() != snapshot.size || snapshot.frontier().as_ref() != Some(&frontier) {
        return Err("its tree is not the log's".into());
    }
    let parts = fold.into_parts();
    let ledger = Ledger::from_books(snapshot.books, snapshot.commands);
    let mut chains = BTreeMap::new();
    for (scope, chain) in snapshot.chains {
        let Some(opened) = parts.chains.get(&scope) else {
            return Err(format!("it has the scope {scope}, and the log has not"));
        };
        let chain = Chain::from_parts(opened.policy().clone(), chain, &ledger);
        let expected = last.get(&chain.head()).copied().unwrap_or((0, opened.root()));
        if (chain.seq(), chain.root()) != expected {
            return Err(format!("its state of {scope} is not that of the scope's last receipt"));
        }
        chains.insert(scope, chain);
    }
    if chains.len() != parts.chains.len() {
        return Err("it lacks a scope that the log has".into());
    }
    let fold = Fold::from_parts(FoldParts {
        host: parts.host,
        log: Log::from_parts(frontier, heads),
        ledger,
        chains,
        modules: parts.modules,
        engines: snapshot.engines.into_iter().collect(),
        keys: parts.keys,
    });
    Ok((fold, rest))
}

/// Whether an entry is a receipt, told by the `typ` of its payload.
fn is_receipt(entry: &Entry) -> bool {
    let payload = || -> Option<&Block> {
        let envelope = Envelope::from_bytes(entry.block(entry.leaves.first()?)?.bytes()).ok()?;
        entry.block(&envelope.payload())
    };
    payload().is_some_and(|block| Payload::kind(block.bytes()) == Some(ReceiptTag::TEXT))
}
