//! The questions that `icn dag` answers: which blocks are in these entries, which are an author's last, what
//! does a block link, and how do links lead from one block to another. Each question reads the log once or
//! twice from its beginning.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use icn_runtime::BlockId;

use super::shown::{Shown, kind_of, link_of, links_of};
use super::walk::{Failure, Walk, position_of};

/// The envelopes of each author's last entry or leg, in the order of the authors' keys.
pub(super) fn heads(data: &Path) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut last) = (Walk::open(data)?, BTreeMap::new());
    loop {
        let next = walk.next_with(|position, entry, row| {
            for pair in row.windows(2) {
                let [payload, envelope] = pair else { continue };
                let place = position_of(position, entry, &envelope.id());
                let (Some(place), Ok(link)) = (place, link_of(payload)) else { continue };
                let shown = Shown {
                    id: envelope.id(),
                    kind: format!("{}, number {} of {}", kind_of(payload), link.seq, link.author),
                    bytes: envelope.bytes().len(),
                    position: Some(place),
                    links: links_of(envelope),
                    author: link.author.to_string(),
                    entry: position,
                };
                last.insert(link.author, shown);
            }
        })?;
        if next.is_none() {
            return Ok(last.into_values().collect());
        }
    }
}

/// The blocks of at most `count` entries: from the position `from` on, or the last entries.
pub(super) fn entries(data: &Path, from: Option<u64>, count: usize) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut kept) = (Walk::open(data)?, VecDeque::new());
    while let Some(blocks) = walk.next()? {
        let position = blocks.last().and_then(|block| block.position).unwrap_or(0);
        if from.is_some_and(|from| position < from) {
            continue;
        }
        if kept.len() == count {
            if from.is_some() || count == 0 {
                break;
            }
            kept.pop_front();
        }
        kept.push_back(blocks);
    }
    Ok(kept.into_iter().flatten().collect())
}

/// A block, and the blocks that it links, in the log's order.
pub(super) fn block(data: &Path, id: &BlockId) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut found) = (Walk::open(data)?, None);
    while found.is_none() {
        let Some(blocks) = walk.next()? else { return Err(Failure::NoSuchBlock(*id)) };
        found = blocks.into_iter().find(|block| block.id == *id);
    }
    let (mut walk, mut shown) = (Walk::open(data)?, Vec::new());
    let found = found.ok_or(Failure::NoSuchBlock(*id))?;
    'log: while let Some(blocks) = walk.next()? {
        for block in blocks {
            if block.id == found.id {
                break 'log;
            }
            if found.links.contains(&block.id) {
                shown.push(Shown { links: Vec::new(), ..block });
            }
        }
    }
    shown.push(found);
    Ok(shown)
}

/// The shortest path of links from one block back to another.
///
/// A link leads to an earlier block, so one pass is enough: for each block that leads to the end, the next
/// block on its shortest path is kept.
pub(super) fn path(data: &Path, start: &BlockId, end: &BlockId) -> Result<Vec<Shown>, Failure> {
    let mut walk = Walk::open(data)?;
    let mut steps: BTreeMap<BlockId, (usize, Option<BlockId>, Shown)> = BTreeMap::new();
    let (mut has_start, mut has_end) = (false, false);
    'log: while let Some(blocks) = walk.next()? {
        for block in blocks {
            let next =
                block.links.iter().filter_map(|link| Some((steps.get(link)?.0 + 1, Some(*link)))).min();
            let is_start = block.id == *start;
            if block.id == *end {
                has_end = true;
                steps.insert(block.id, (0, None, block));
            } else if let Some((length, next)) = next {
                steps.insert(block.id, (length, next, block));
            }
            if is_start {
                has_start = true;
                break 'log;
            }
        }
    }
    let (mut path, mut at) = (Vec::new(), Some(*start));
    while let Some((_, next, block)) = at.and_then(|id| steps.remove(&id)) {
        path.push(Shown { links: next.into_iter().collect(), ..block });
        at = next;
    }
    if path.is_empty() {
        return Err(if !has_start {
            Failure::NoSuchBlock(*start)
        } else if !has_end && block(data, end).is_err() {
            Failure::NoSuchBlock(*end)
        } else {
            Failure::NoPath(*start, *end)
        });
    }
    Ok(path)
}
