//! Opening a data directory: the log is read whole, every byte against its hash, and folded. A snapshot saves
//! the folding of what it covers, if everything about it fits.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;

use icn_core::block::Entry;
use icn_core::encode::{Block, Envelope};
use icn_core::fold::{Chain, Divergence, Fold, FoldParts, Prepared, Trust};
use icn_core::ledger::{Books, Ledger};
use icn_core::log::{Checkpoint, CheckpointError, Frontier, Log};
use icn_core::name::{BlockId, Hash};

use crate::files::Layout;
use crate::ledger::Answered;
use crate::store::snapshot::{self, Snapshot, Unusable};
use crate::store::{Reader, StoreError, Tail};

/// What recovery found.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) fold: Fold,
    pub(crate) reader: Reader,
    /// What a person should know: torn tails, snapshots put aside.
    pub(crate) notices: Vec<String>,
    /// Entries that were folded, beside those that a snapshot covered.
    pub(crate) folded: u64,
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

/// The checkpoint of a directory, unverified: the host's key is in the log. `None` when there is none.
pub(crate) fn read_checkpoint(layout: &Layout) -> Result<Option<String>, StoreError> {
    let path = layout.checkpoint();
    match std::fs::read_to_string(&path) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // Something else than a checkpoint: none that is signed.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::IsADirectory) => {
            Ok(Some(String::new()))
        }
        Err(error) => Err(StoreError::io("reading", &path)(error)),
    }
}

/// What a person should know of the verifier key in its file: it is derived, and a wrong one, which would verify
/// somebody else's checkpoints, is written anew. One that is missing says nothing.
pub(crate) fn judge_verifier_key(layout: &Layout, expected: &str) -> Result<Option<String>, StoreError> {
    let path = layout.verifier_key();
    let found = match std::fs::read(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("reading", &path)(error)),
    };
    let holds = found.strip_suffix(b"\n") == Some(expected.as_bytes());
    Ok((!holds).then(|| {
        format!(
            "{} is not the key that the log's first entry gives: it is derived, and what it should say was rebuilt: {expected}",
            path.display()
        )
    }))
}

/// A checkpoint that is held against the log as it is read.
#[derive(Debug)]
pub(crate) struct Held {
    note: Option<String>,
    opened: Option<Checkpoint>,
    passed: bool,
}

/// What a checkpoint says against the log, or the log against it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeldError {
    /// The checkpoint itself is not to be trusted.
    #[error(transparent)]
    Unusable(#[from] CheckpointError),
    /// The host signed another history.
    #[error("the host signed the root {signed} for the size {size}, the log has {found} there")]
    OtherHistory { size: u64, signed: String, found: String },
}

impl Held {
    pub(crate) const fn new(note: Option<String>) -> Self {
        Self { note, opened: None, passed: false }
    }

    /// Checks the signature, once the host is known from the log's first entry, and says then how far the log must
    /// reach.
    pub(crate) fn open(&mut self, fold: &Fold) -> Result<Option<u64>, HeldError> {
        let (Some(host), Some(note)) = (fold.host(), self.note.take()) else { return Ok(None) };
        let checkpoint = Checkpoint::open(&note, &host.log, &host.host)?;
        let size = checkpoint.size;
        self.opened = Some(checkpoint);
        Ok(Some(size))
    }

    /// The size of the checkpoint, when no tree of it has gone by.
    pub(crate) fn not_reached(&self) -> Option<u64> {
        self.opened.as_ref().filter(|_| !self.passed).map(|checkpoint| checkpoint.size)
    }

    /// Looks at the tree after each entry: at the checkpoint's size it must have the checkpoint's root.
    pub(crate) fn pass(&mut self, frontier: &Frontier) -> Result<(), HeldError> {
        let Some(checkpoint) = self.opened.as_ref().filter(|c| !self.passed && frontier.size() >= c.size)
        else {
            return Ok(());
        };
        self.passed = true;
        let root = frontier.root();
        if frontier.size() == checkpoint.size && root == checkpoint.root {
            return Ok(());
        }
        let found =
            if frontier.size() == checkpoint.size { root.to_hex() } else { "no entry that ends".to_owned() };
        Err(HeldError::OtherHistory { size: checkpoint.size, signed: checkpoint.root.to_hex(), found })
    }
}

/// Folds the log, from the newest usable snapshot or from zero.
pub(crate) fn recover(layout: &Layout) -> Result<Recovered, RecoverError> {
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

/// What a snapshot of this fold is.
pub(crate) fn snapshot_of(
    log: &Log,
    (books, commands): (Books, Answered),
    chains: Vec<(icn_core::name::Did, icn_core::fold::ChainParts)>,
    engines: &BTreeSet<BlockId>,
) -> Snapshot {
    let (size, frontier) = log.frontier().parts();
    Snapshot {
        size,
        frontier: frontier.to_vec(),
        heads: log.heads().iter().map(|(author, head)| (*author, head.seq, head.block)).collect(),
        books,
        commands,
        chains,
        engines: engines.iter().copied().collect(),
    }
}
