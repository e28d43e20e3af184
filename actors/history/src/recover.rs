//! Opening a data directory: the log is read whole, every byte against its hash, and folded. A snapshot saves
//! the folding of what it covers, if everything about it fits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use icn_core::block::Entry;
use icn_core::encode::{Block, Envelope};
use icn_core::fold::{Chain, Divergence, Fold, FoldParts, Prepared, Trust};
use icn_core::ledger::Ledger;
use icn_core::log::{Frontier, Log};
use icn_core::name::{BlockId, Hash};

use crate::checkpoint::{Held, HeldError, read_checkpoint};
use crate::directory::Layout;
use crate::error::StoreError;
use crate::snapshot::{self, Snapshot, Unusable};
use crate::store::{Reader, Tail};

/// What recovery found.
#[derive(Debug)]
pub struct Recovered {
    /// What the log adds up to.
    pub fold: Fold,
    /// The reader, at the log's end.
    pub reader: Reader,
    /// What a person should know: torn tails, snapshots put aside.
    pub notices: Vec<String>,
    /// Entries that were folded, beside those that a snapshot covered.
    pub folded: u64,
}

/// Why a log cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The store's word.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log's contents are not as they must be.
    #[error("the log does not hold: {0}")]
    Diverged(#[from] Divergence),
    /// The signed checkpoint is of another history than the log.
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
            Err(unusable) => notices.push(put_aside(&unusable)),
        }
    }
    if let Some((path, snapshot)) = start {
        let mut walk = Walk::new(layout)?;
        match walk.start_at(snapshot)? {
            Ok(fold) => return Ok(walk.finish(fold, notices)),
            Err(why) => notices.push(put_aside(&Unusable { file: path, why })),
        }
    }
    let mut walk = Walk::new(layout)?;
    let mut fold = Fold::default();
    walk.fold_rest(&mut fold, Vec::new())?;
    Ok(walk.finish(fold, notices))
}

/// One reading of the log.
struct Walk {
    checkpoint: PathBuf,
    reader: Reader,
    /// Whether there is no checkpoint at all.
    missing: bool,
    held: Held,
    notices: Vec<String>,
    folded: u64,
}

fn put_aside(unusable: &Unusable) -> String {
    format!(
        "snapshot {} is not usable ({}): what it held was rebuilt from the log",
        unusable.file.display(),
        unusable.why
    )
}

impl Walk {
    fn new(layout: &Layout) -> Result<Self, RecoverError> {
        let note = read_checkpoint(layout)?;
        Ok(Self {
            checkpoint: layout.checkpoint(),
            reader: Reader::new(&layout.log()),
            missing: note.is_none(),
            held: Held::new(note),
            notices: Vec::new(),
            folded: 0,
        })
    }

    fn finish(self, fold: Fold, mut notices: Vec<String>) -> Recovered {
        notices.extend(self.notices);
        let size = fold.log().size();
        if self.missing && size > 0 {
            notices.push(format!(
                "the checkpoint {} is missing beside a log of {size} leaves; it is signed anew, and whether the log was cut cannot be told",
                self.checkpoint.display()
            ));
        }
        if let Some(Tail::Torn { file, offset, bytes }) = self.reader.tail() {
            notices.push(format!(
                "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short; nobody was answered, and it is dropped",
                file.display()
            ));
        }
        Recovered { fold, reader: self.reader, notices, folded: self.folded }
    }

    /// Holds the checkpoint against the log. A checkpoint that is not to be trusted is put aside aloud; one that
    /// says another history stops the host.
    fn hold(&mut self, fold: &Fold, frontier: &Frontier) -> Result<(), RecoverError> {
        let opened = self.held.open(fold);
        if let Ok(Some(size)) = opened {
            self.reader.must_reach(size);
        }
        match opened.and_then(|_| self.held.pass(frontier)) {
            Ok(()) => Ok(()),
            Err(HeldError::Unusable(error)) => {
                self.notices
                    .push(format!("{error}; it is signed anew, and whether the log was cut cannot be told"));
                Ok(())
            }
            Err(error @ HeldError::OtherHistory { .. }) => Err(RecoverError::OtherHistory(error.to_string())),
        }
    }

    fn fold_rest(&mut self, fold: &mut Fold, mut group: Vec<(u64, Entry)>) -> Result<(), RecoverError> {
        loop {
            for (position, entry) in group.drain(..) {
                fold.apply(Prepared::read(position, entry, Trust::OwnDisk)?, None)?;
                self.folded += 1;
                self.hold(fold, &fold.log().frontier().clone())?;
            }
            match self.reader.next_group()? {
                Some(next) => group = next,
                None => return Ok(()),
            }
        }
    }

    /// Of what the snapshot covers, policies and blocks of keys are read (they are not in it), leaves are hashed, so that
    /// it can be held against the log's own root, and each scope's last block is held against what it says of the scope.
    fn start_at(&mut self, snapshot: Snapshot) -> Result<Result<Fold, String>, RecoverError> {
        let mut before = Fold::default();
        let mut frontier = Frontier::default();
        let mut rest = Vec::new();
        let heads = snapshot.heads();
        let mut last: BTreeMap<BlockId, (u64, Hash)> = BTreeMap::new();
        while frontier.size() < snapshot.size {
            let Some(group) = self.reader.next_group()? else {
                return Ok(Err(format!("it is of size {}, the log has {}", snapshot.size, frontier.size())));
            };
            for (position, entry) in group {
                if frontier.size() >= snapshot.size {
                    rest.push((position, entry));
                    continue;
                }
                for leaf in &entry.leaves {
                    frontier.append(leaf);
                }
                let is_head = heads.values().any(|head| entry.leaves.contains(&head.block));
                if is_head || !is_receipt(&entry) {
                    let prepared = Prepared::read(before.log().size(), entry, Trust::OwnDisk)?;
                    let head = prepared.entry().leaves[0];
                    if let Some((_, receipt)) = prepared.run() {
                        last.insert(head, (receipt.seq, receipt.root));
                        last.extend(prepared.legs().map(|(id, leg)| (id, (leg.seq, leg.root))));
                    } else if let Some(keys) = prepared.keys() {
                        last.insert(head, (keys.seq, keys.root));
                        before.judge_keys(&prepared)?;
                    } else {
                        before.apply(prepared, None)?;
                    }
                }
                self.hold(&before, &frontier)?;
            }
        }
        if frontier.size() != snapshot.size || snapshot.frontier().as_ref() != Some(&frontier) {
            return Ok(Err("its tree is not the log's".into()));
        }
        let parts = before.into_parts();
        let ledger = Ledger::from_books(snapshot.books, snapshot.commands);
        let mut chains = BTreeMap::new();
        for (scope, chain) in snapshot.chains {
            let Some(opened) = parts.chains.get(&scope) else {
                return Ok(Err(format!("it has the scope {scope}, the log has not")));
            };
            let chain = Chain::from_parts(opened.policy().clone(), chain, &ledger);
            let expected = last.get(&chain.head()).copied().unwrap_or((0, opened.root()));
            if (chain.seq(), chain.root()) != expected {
                return Ok(Err(format!("what it says of {scope} is not what the scope's last receipt says")));
            }
            chains.insert(scope, chain);
        }
        if chains.len() != parts.chains.len() {
            return Ok(Err("it lacks a scope that the log has".into()));
        }
        let mut fold = Fold::from_parts(FoldParts {
            host: parts.host,
            log: Log::from_parts(frontier, heads),
            ledger,
            chains,
            modules: parts.modules,
            engines: snapshot.engines.into_iter().collect::<BTreeSet<BlockId>>(),
            keys: parts.keys,
        });
        self.fold_rest(&mut fold, rest)?;
        Ok(Ok(fold))
    }
}

/// Whether an entry is a receipt, by the `typ` of its payload.
fn is_receipt(entry: &Entry) -> bool {
    let payload = || -> Option<&Block> {
        let envelope = Envelope::from_bytes(entry.block(entry.leaves.first()?)?.bytes()).ok()?;
        entry.block(&envelope.payload())
    };
    payload().is_some_and(|block| {
        matches!(icn_core::block::Payload::kind(block.bytes()), Some(kind) if kind == icn_core::block::ReceiptTag::TEXT)
    })
}
