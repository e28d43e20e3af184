//! Whose log it is, and what was signed of it: by the damaged directory and by the sources. All of them must be
//! of one log.

use icn_core::block::HostBlock;
use icn_core::log::{Checkpoint, verifier_key};

use super::error::RepairError;
use super::report::Damage;
use super::source::Source;
use crate::checkpoint::read_checkpoint;
use crate::directory::Layout;
use crate::first_entry::host_of;
use crate::store::Reader;

/// The verifier key of a host: its name in messages.
pub(super) fn key_of(host: &HostBlock) -> String {
    verifier_key(&host.log, &host.host)
}

/// The host of the log: as the log's own first entry names it, or that of a source. They must agree.
pub(super) fn host(layout: &Layout, sources: &mut [Source]) -> Result<HostBlock, RepairError> {
    let first = Reader::new(&layout.log()).next_group().ok().flatten();
    let mut host = first.and_then(|group| host_of(&group.first()?.1).ok());
    for source in sources {
        let Some(theirs) = source.host() else { continue };
        let ours = host.get_or_insert_with(|| theirs.clone());
        if *ours != theirs {
            return Err(RepairError::OtherLog {
                path: source.path().to_owned(),
                expected: key_of(ours),
                found: key_of(&theirs),
            });
        }
    }
    host.ok_or(RepairError::NoHost)
}

/// The checkpoints of a log.
pub(super) struct Signed {
    /// All that the host signed, of the directory and of the sources.
    pub(super) checkpoints: Vec<Checkpoint>,
    /// The flaw of the directory's own checkpoint, if it has one.
    pub(super) damage: Option<Damage>,
    /// The note that takes the place of the directory's own checkpoint: the newest one of a source.
    pub(super) replacement: Option<String>,
}

/// Gathers the checkpoints that this host signed.
pub(super) fn checkpoints(
    layout: &Layout,
    host: &HostBlock,
    sources: &[Source],
) -> Result<Signed, RepairError> {
    let own = read_checkpoint(layout)?;
    let opened = own.as_deref().map(|note| Checkpoint::open(note, &host.log, &host.host));
    let theirs: Vec<_> = sources.iter().filter_map(|source| source.checkpoint(host)).collect();
    let newest = theirs.iter().max_by_key(|(checkpoint, _)| checkpoint.size);
    let mut checkpoints: Vec<Checkpoint> = theirs.iter().map(|(checkpoint, _)| checkpoint.clone()).collect();
    let flaw = match opened {
        Some(Ok(own)) => {
            let newer = newest.filter(|(theirs, _)| theirs.size > own.size);
            let replacement = newer.map(|(_, note)| (*note).to_owned());
            checkpoints.push(own);
            return Ok(Signed { checkpoints, damage: None, replacement });
        }
        Some(Err(error)) => error.to_string(),
        None => "it is missing".to_owned(),
    };
    let damage = Damage { restored: newest.is_some(), ..Damage::of_file(&layout.checkpoint(), &flaw) };
    let replacement = newest.map(|(_, note)| (*note).to_owned());
    Ok(Signed { checkpoints, damage: Some(damage), replacement })
}
