#!/usr/bin/env python3
"""Verifies an export or a publication of a log: a second verifier, written from docs/formats.md alone.

    verify.py [--vkey KEY] [--seen CHECKPOINT] [--balances] EXPORT

Standard library only, and one pass in the CAR's order. Checks what the page lists under "Exports" and, of "What a verifier checks",
points 2 to 11: names, encodings, signatures, sequences, tree, tiles, checkpoint, policies, admission, nodes, state roots, journals and
balances. It runs no guest. With `--balances` it also prints what each account has, as one line of JSON.

Exit code 0: everything holds. 1: something does not; the first thing is named on standard output. 2: wrong arguments.
"""

import base64
import itertools
import json
import multiprocessing
import pathlib
import sys

from ed25519 import look_ahead
from encoding import BLOCK_BYTES_MAX, DAG_CBOR, Refused, check_cid, cid, decode, key_of, need, show
from log import Log, legs_of
from notes import checkpoint, cosigned, key_id, policy_json, read_text
from payloads import LINK, LISTS, envelope, fields, signatures_of
from tree import leaf_hash, root_of, tiles_of

ENTRY_BYTES_MAX = 512 * 1024 * 1024
ENTRY_BLOCKS_MAX = 65535
# Entries whose signatures are looked at together.
BATCH_ENTRIES = 1000
CAR_HEADER_BYTES_MAX = 16 * 1024 * 1024


def varint(data, at):
    number, start = 0, at
    while True:
        need(at < len(data), "end-of-the-car", "it ends within a length")
        number |= (data[at] & 0x7F) << 7 * (at - start)
        at += 1
        if data[at - 1] < 0x80:
            break
        need(at - start < 10, "car-section", "a length that is too long")
    need(at - start == 1 or data[at - 1] != 0, "car-section", "a length that is not in its shortest form")
    return number, at


def sections(data):
    """The roots, then each section's CID and bytes."""
    length, at = varint(data, 0)
    need(0 < length <= CAR_HEADER_BYTES_MAX and at + length <= len(data), "car-header", "its length")
    header = decode(data[at : at + length])
    fields(header, {"roots": LISTS(LINK), "version": lambda value: value == 1}, "CAR's header")
    yield header["roots"]
    at += length
    while at < len(data):
        length, at = varint(data, at)
        need(0 < length <= BLOCK_BYTES_MAX + 36, "car-section", "its length")
        need(at + length <= len(data), "end-of-the-car", "it ends within a section")
        # What has other versions or codecs is no CID of ours, whatever its length.
        name = check_cid(data[at : at + 36])
        yield name, data[at + 36 : at + length]
        at += length


def entries(parts):
    """The entries: their blocks' bytes, and what those of dag-cbor say, by name."""
    blocks, values, size, seen, awaited = {}, {}, 0, set(), None
    for name, data in parts:
        need(cid(name[1], data) == name, "hash", f"the block {show(name)} has other bytes")
        sealed = envelope(data)
        if name[1] == DAG_CBOR:
            need(len(data) <= BLOCK_BYTES_MAX, "encoding", "a block that is too large")
            # An envelope is decoded by comparing.
            values[name] = None if sealed else decode(data)
        need(name not in seen, "repeated-block", show(name))
        seen.add(name)
        before = next(reversed(blocks), None)
        blocks[name], size = data, size + len(data)
        need(size <= ENTRY_BYTES_MAX and len(blocks) <= ENTRY_BLOCKS_MAX, "size-of-an-entry", "too many blocks")
        if sealed is None:
            continue
        if name[1] != DAG_CBOR:
            need(sealed[1] != before, "codec", f"the envelope {show(name)} under a name of raw bytes")
            continue
        if before is not None and before != sealed[1]:
            need(before[4:] != sealed[1][4:], "codec", f"the payload {show(before)} under a name of raw bytes")
        need(sealed[1] == before, "order-of-blocks", f"the payload of {show(name)} is not right before it")
        value = values.get(before)
        typ = value.get("typ") if isinstance(value, dict) else None
        if typ == "icn/invocation/v1":
            continue
        need((awaited is not None) == (typ == "icn/leg/v1"), "order-of-blocks", f"{show(name)} is no leg, or one without its receipt")
        # A receipt is followed by its legs.
        awaited = legs_of(values) if awaited is None else awaited - 1
        if awaited > 0:
            continue
        yield blocks, values
        blocks, values, size, awaited = {}, {}, 0, None
    need(not blocks, "end-of-the-car", "it ends within an entry")


def with_signatures(found):
    """The same entries. Of a long log each batch has its signatures looked at on all cores, before its first entry is given."""
    pool, refused = None, None
    while refused is None:
        batch = []
        try:
            for entry in itertools.islice(found, BATCH_ENTRIES):
                batch.append(entry)
        except Refused as error:
            # What stands before it comes first.
            refused = error
        if len(batch) == BATCH_ENTRIES and pool is None:
            pool = multiprocessing.Pool()
        if pool is not None:
            look_ahead(pool, [signature for entry in batch for signature in signatures_of(*entry)])
        yield from batch
        if refused is None and len(batch) < BATCH_ENTRIES:
            return
    raise refused


def verify(export, expected_key, seen):
    log, signed = Log(), None
    parts = sections((export / "log.car").read_bytes())
    roots = next(parts)
    for blocks, values in with_signatures(entries(parts)):
        position = len(log.leaves)
        try:
            log.entry(blocks, values)
        except Refused as refused:
            raise refused.at(position) from None
        if signed is None:
            signed = files_of(export, log, expected_key)
        published = roots == log.leaves[:1]
        if published and len(log.leaves) == signed[0]:
            # A host keeps it up to date: what stands behind the checkpoint is being written.
            break
    need(signed is not None, "end-of-the-log", "it has no entry")
    leaves = log.leaves
    hashes = [leaf_hash(leaf) for leaf in leaves]
    need(len(leaves) == signed[0], "end-of-the-log", f"{len(leaves)} leaves, {signed[0]} are signed")
    root = root_of(hashes)
    need(root == signed[1], "root-of-the-signed-checkpoint", f"the log has {root.hex()}")
    for path, data, code in tiles_of(leaves):
        path = export / "tiles" / path
        found = path.read_bytes() if path.is_file() else None
        if found is None and path.parent.suffix == ".p" and path.parent.with_suffix("").is_file():
            # A log that grows has the full tile in its place.
            found = path.parent.with_suffix("").read_bytes()[: len(data)]
        need(found is not None, code, f"{path} is missing")
        need(len(found) == len(data), f"{code}s-length", f"{path} has {len(found)} bytes, not {len(data)}")
        need(found == data, code, f"{path} is not what the log gives")
    heads = [first for _, (_, first) in sorted(log.heads.items(), key=lambda pair: key_of(pair[0]))]
    need(published or roots == heads, "car-roots", "they are not each author's last envelope")
    own = (log.host["log"], key_of(log.host["host"]))
    cosigned_note = export / "tiles" / "checkpoint.cosigned"
    held = [(path, "seen") for path in seen] + [(path, "cosigned") for path in [cosigned_note] if path.exists()]
    for path, kind in held:
        try:
            size, older, _ = checkpoint(read_text(path), *own)
        except Refused as error:
            raise Refused(f"{kind}-checkpoint", f"{path}: {error}") from None
        need(size <= len(leaves), f"size-of-a-{kind}-checkpoint", f"the log was rolled back: {path} has {size}")
        need(root_of(hashes[:size]) == older, f"root-of-a-{kind}-checkpoint", f"the log was forked: {path}")
    for name, scope in log.scopes.items():
        unbalanced = scope.books.unbalanced()
        need(not unbalanced, "sums", f"{sorted(unbalanced)} of {name} do not sum to zero")
    return log, signed[1]


def files_of(export, log, expected_key):
    """The signed checkpoint, once the host is known."""
    need(log.host is not None, "first-entry", "it is not the host's")
    own = (log.host["log"], key_of(log.host["host"]))
    text = read_text(export / "log.vkey")
    typed = base64.b64encode(b"\1" + own[1]).decode()
    need(text == f"{own[0]}+{key_id(own[0], 1, own[1]).hex()}+{typed}\n", "verifier-key", "it is another's")
    need(expected_key in (None, text.strip()), "log-key", f"expected {expected_key}")
    witnesses, quorum = policy_json(read_text(export / "policy.json"), own)
    signed = checkpoint(read_text(export / "tiles" / "checkpoint"), *own)
    count = sum(cosigned(signed[2], witness) for witness in witnesses)
    need(count >= quorum, "quorum-of-the-checkpoint", f"{count} of {quorum}")
    return signed


def balances(log):
    rows = [
        {"scope": name, "owner": owner, "unit": unit, "balance": str(balance)}
        for name, scope in sorted(log.scopes.items(), key=lambda pair: key_of(pair[0]))
        for (owner, unit), balance in sorted(scope.books.balances().items())
    ]
    return json.dumps(rows)


def main(arguments):
    key, seen, told = None, [], False
    while arguments and arguments[0].startswith("--"):
        if arguments[0] == "--balances":
            told, arguments = True, arguments[1:]
            continue
        if len(arguments) < 2 or arguments[0] not in ("--vkey", "--seen"):
            break
        if arguments[0] == "--vkey":
            key = arguments[1]
        else:
            seen.append(pathlib.Path(arguments[1]))
        arguments = arguments[2:]
    if len(arguments) != 1 or not (pathlib.Path(arguments[0]) / "log.car").is_file():
        print("usage: verify.py [--vkey KEY] [--seen CHECKPOINT] [--balances] EXPORT", file=sys.stderr)
        return 2
    try:
        log, root = verify(pathlib.Path(arguments[0]), key, seen)
    except Refused as refused:
        print(f"refused: {refused}")
        return 1
    print(f"holds: {len(log.leaves)} leaves, root {root.hex()}")
    if told:
        print(balances(log))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
