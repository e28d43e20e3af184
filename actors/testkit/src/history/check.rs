//! The comparison of a written history with what an auditor reads of it.

use icn_core::fold::Chain;
use icn_core::state::StateTree;

use super::audit::audit;
use super::constants::SCOPE;
use super::spoil::spoil;
use super::writer::Writer;
use crate::generate::{ByteSource, did};
use crate::oracle;

/// Invocations of one history, at most.
const RUNS_MAX: usize = 24;

/// A history that a host wrote is read to the same balances, roots and heads; a history that was spoiled in
/// one entry is refused, and at no later place than that entry.
pub fn check_history(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    // What is spoiled comes first, so that the history can grow without changing it.
    let spoiled = source.take(12).to_vec();
    let mut writer = Writer::open();
    for _ in 0..RUNS_MAX {
        if source.is_empty() {
            break;
        }
        writer.run(&mut source);
    }
    let log = &writer.log;
    let fold = audit(log.iter().map(|(position, entry)| (*position, entry)));
    #[expect(clippy::panic, reason = "a failed check")]
    let fold = fold.unwrap_or_else(|divergence| panic!("what a host writes is refused: {divergence}"));
    let read = &fold.chains()[&did(SCOPE)];
    let of = |chain: &Chain| {
        let mut parts = chain.parts();
        parts.nodes.sort();
        (parts, chain.root())
    };
    assert_eq!(of(read), of(&writer.chain), "the fold's chain is the host's");
    assert_eq!(fold.ledger().books(), writer.ledger.books(), "the fold's books are the host's");
    assert_eq!(fold.log().size(), writer.size);
    assert_eq!(StateTree::of(read.state()).root(), oracle::state_root(&writer.values));
    let again = Chain::from_parts(read.policy().clone(), read.parts(), fold.ledger());
    assert_eq!(of(&again), of(read), "a snapshot is read as it was written");
    for chain in [&again, &writer.chain] {
        assert_eq!(
            chain.expiries(u64::MAX),
            read.expiries(u64::MAX),
            "every open hold is known to the chain"
        );
    }
    let leaves: Vec<&[u8]> =
        log.iter().flat_map(|(_, entry)| &entry.leaves).map(|id| &id.as_bytes()[..]).collect();
    assert_eq!(fold.log().frontier().root(), oracle::merkle_root(&leaves));
    spoil(&mut ByteSource::new(&spoiled), log);
}
