"""Payloads and envelopes: what fields each kind of block has, and of which type. docs/formats.md, "Envelopes and signatures",
"Payloads" and, for rulings, "The ledger"."""

from ed25519 import has_small_order, signature_holds
from encoding import Link, Refused, is_did, is_origin, is_owner, is_unit, key_of, need

UNSIGNED = lambda value: type(value) is int and 0 <= value < 1 << 64
SIGNED = lambda value: type(value) is int and -(1 << 63) <= value < 1 << 63
TEXT = lambda value: isinstance(value, str)
BYTES = lambda value: type(value) is bytes
ID = lambda value: type(value) is bytes and len(value) == 16
HASH = lambda value: type(value) is bytes and len(value) == 32
LINK = lambda value: isinstance(value, Link)
LIST = lambda value: isinstance(value, list)
MAP = lambda value: isinstance(value, dict)
LISTS = lambda of: lambda value: isinstance(value, list) and all(of(each) for each in value)
OR_NULL = lambda of: lambda value: value is None or of(value)


def fields(value, kinds, what):
    """That a map has exactly these fields, each of its type. A name that ends in `?` may be absent."""
    need(isinstance(value, dict), "encoding", f"a {what} that is no map")
    there = 0
    for name, holds in kinds.items():
        plain = name.rstrip("?")
        if plain not in value:
            need(name != plain, "encoding", f"a {what} without {plain}")
            continue
        there += 1
        need(holds(value[plain]), "encoding", f"the field {plain} of a {what}")
        need(name == plain or value[plain] not in ([], ""), "encoding", f"an empty {plain} that should be absent")
    need(there == len(value), "encoding", f"an unknown field in a {what}: {sorted(value)}")


def of(kinds, what):
    """The type of a map with these fields."""

    def holds(value):
        fields(value, kinds, what)
        return True

    return holds


def one_of(kinds, what):
    """The type of a map with one key, its kind, and under it a value of that kind."""

    def holds(value):
        return MAP(value) and len(value) == 1 and all(kind in kinds and kinds[kind](each) for kind, each in value.items())

    return holds


# Journals.

ACCOUNT = of({"unit": is_unit, "owner": is_owner, "scope": is_did}, "ruling's account")
LIMITS = of({"credit": UNSIGNED, "balance_max": OR_NULL(UNSIGNED)}, "ruling's limits")
LEVEL_OF = one_of({"member": is_did, "module": LINK, "role": TEXT}, "level")
LEVEL = lambda value: value == "scope" or LEVEL_OF(value)
CAP = of({"unit": is_unit, "level": LEVEL, "scope": is_did, "window_ms": OR_NULL(UNSIGNED)}, "cap")
RULINGS = {
    "open_unit": of({"scope": is_did, "unit": is_unit, "scale": lambda v: UNSIGNED(v) and v < 256}, "ruling"),
    "set_limits": of({"account": ACCOUNT, "limits": LIMITS}, "ruling"),
    "net": of({"a": is_did, "b": is_did, "unit": is_unit}, "ruling"),
    "set_cap": of({"cap": CAP, "max": OR_NULL(UNSIGNED), "soft": OR_NULL(UNSIGNED)}, "ruling"),
    **{kind: of({"account": ACCOUNT}, "ruling") for kind in ("open", "close", "freeze", "unfreeze")},
}
CROSSING = {"to": is_owner, "from": is_owner, "memo?": TEXT, "unit": is_unit, "scope": is_did, "amount": UNSIGNED}
OPERATIONS = {
    "send": of(CROSSING, "sending"),
    "receive": of(CROSSING, "receiving"),
    "transfer": of({"to": is_owner, "from": is_owner, "memo?": TEXT, "unit": is_unit, "amount": UNSIGNED}, "transfer"),
    "hold": of(
        {"id": ID, "to": is_owner, "from": is_owner, "unit": is_unit, "amount": UNSIGNED, "module": LINK, "deadline": UNSIGNED},
        "hold",
    ),
    "settle": of({"id": ID, "amount": UNSIGNED}, "settlement"),
    "void": of({"id": ID}, "void"),
    "expire": of({"id": ID}, "expiry"),
    "rule": one_of(RULINGS, "ruling"),
}
OPERATION = one_of(OPERATIONS, "operation")


# The rest of the payloads.

TRAPS = (
    "OutOfFuel", "MemoryFault", "MemoryLimit", "StackOverflow", "Unreachable", "Arithmetic", "IndirectCall", "TableFault",
    "Aborted", "Interrupted",
)
TRAP = of({"kind": lambda value: value in TRAPS, "detail": TEXT}, "trap")
ENDED = one_of({"failed": lambda value: type(value) is int and -(1 << 31) <= value < 1 << 31, "trapped": TRAP}, "outcome")
OUTCOME = lambda value: value == "ok" or ENDED(value)
WRITE = lambda value: LIST(value) and len(value) == 2 and BYTES(value[0]) and (value[1] is None or BYTES(value[1]))
ANCHOR = lambda value: LIST(value) and len(value) == 2 and LINK(value[0]) and TEXT(value[1])
USAGE = of({"memory": UNSIGNED, "network": UNSIGNED, "storage": SIGNED}, "usage")
GRANT = of({"fuel": UNSIGNED, "memory": UNSIGNED, "network": UNSIGNED}, "grant")
ISSUE = of({"to": is_owner, "unit": is_unit, "amount": UNSIGNED}, "issue")
ROLE = of({"named": LISTS(is_did), "rolls": LISTS(LINK)}, "role")
SIGNER = of({"key": is_did, "delegation": LINK}, "signer")
PLACE = of({"seq": UNSIGNED, "prev": LINK, "scope": is_did}, "leg's place")
CAPABILITIES = ("state", "dag", "transfer", "treasury", "usage", "mint", "cross")


def place_of(capability):
    """Where a capability stands in the order of them, or None."""
    if capability in CAPABILITIES:
        return (CAPABILITIES.index(capability), b"")
    word, _, typ = capability.partition(":")
    sound = word in ("issue", "revoke") and 1 <= len(typ) <= 64 and typ.isascii() and typ.isalnum()
    return (len(CAPABILITIES) + (word == "revoke"), typ.encode()) if sound else None


def ARE_CAPABILITIES(value):
    places = [place_of(each) for each in value] if LISTS(TEXT)(value) else [None]
    return None not in places and all(a < b for a, b in zip(places, places[1:]))


ENTRIES = lambda value: MAP(value) and all(TEXT(role) for role in value.values())
INSTALL = of({"module": LINK, "entries": ENTRIES, "capabilities": ARE_CAPABILITIES}, "module")
MAPS = lambda of: lambda value: MAP(value) and all(of(each) for each in value.values())

KINDS = {
    "icn/host/v1": {"log": is_origin, "host": is_did, "time": UNSIGNED},
    "icn/policy/v1": {
        "log": is_origin, "seq": UNSIGNED, "name": TEXT, "prev": OR_NULL(LINK), "time": UNSIGNED, "grant": GRANT,
        "issue": LISTS(ISSUE), "roles": MAPS(ROLE), "scope": is_did, "token": OR_NULL(is_unit), "admins": LISTS(is_did),
        "modules": LISTS(INSTALL), "delegations?": LISTS(LINK), "counterparts?": LISTS(is_did),
    },
    "icn/invocation/v1": {
        "id": ID, "log": is_origin, "fuel": UNSIGNED, "entry": TEXT, "input": BYTES, "scope": is_did, "caller": is_did,
        "module": LINK, "expires": UNSIGNED,
    },
    "icn/receipt/v1": {
        "log": is_origin, "seq": UNSIGNED, "fuel": UNSIGNED, "prev": LINK, "root": HASH, "time": UNSIGNED,
        "with?": LISTS(PLACE), "nodes?": LISTS(LINK), "scope": is_did, "usage": USAGE, "engine": LINK, "logged?": HASH, "output": BYTES, "signer?": SIGNER,
        "writes?": LISTS(WRITE), "anchors?": LISTS(ANCHOR), "journal?": LISTS(OPERATION), "outcome": OUTCOME, "invocation": LINK,
    },
    "icn/leg/v1": {
        "of": is_did, "log": is_origin, "seq": UNSIGNED, "prev": LINK, "root": HASH, "time": UNSIGNED, "scope": is_did,
        "signer?": SIGNER, "journal": LISTS(OPERATION), "receipt": LINK,
    },
    "icn/keys/v1": {
        "log": is_origin, "seq": UNSIGNED, "prev": LINK, "root": HASH, "time": UNSIGNED, "scope": is_did, "signer?": SIGNER,
        "delegations?": LISTS(LINK), "revocations?": LISTS(LINK),
    },
    "icn/node/v1": {"scope": is_did, "module": LINK, "parents": LISTS(LINK), "payload": BYTES},
    "icn/engine/v1": {
        "engine": TEXT, "schedule": HASH, "settings": LISTS(TEXT), "schedule_version": lambda value: UNSIGNED(value) and value < 1 << 32,
    },
}
ENTRY_KINDS = {"icn/host/v1", "icn/policy/v1", "icn/receipt/v1", "icn/keys/v1"}
DOMAINS = {
    "icn/host/v1": ("icn-runtime/v1/host", "host"),
    "icn/policy/v1": ("icn-runtime/v1/policy", "scope"),
    "icn/invocation/v1": ("icn-runtime/v1/invocation", "caller"),
    "icn/receipt/v1": ("icn-runtime/v1/receipt", "scope"),
    "icn/leg/v1": ("icn-runtime/v1/leg", "scope"),
    "icn/keys/v1": ("icn-runtime/v1/keys", "scope"),
}


def payload_of(value, expected=None):
    """A decoded block, of a kind that a payload may have here."""
    typ = value.get("typ") if isinstance(value, dict) else None
    need(typ in KINDS and (typ in ENTRY_KINDS if expected is None else typ == expected), "encoding", f"a payload of the kind {typ!r}")
    fields(value, {**KINDS[typ], "typ": TEXT}, typ)
    return value


# Envelopes.

BEFORE_SIGNATURE = bytes.fromhex("a263736967 84 43a10127a0f65840")
BEFORE_DIGEST = bytes.fromhex("677061796c6f6164d82a582500 01711220")


def envelope(data):
    """Signature and payload's CID, or None."""
    if len(data) != 127 or data[:14] != BEFORE_SIGNATURE or data[78:95] != BEFORE_DIGEST:
        return None
    return data[14:78], Link(data[91:])


def byte_string(data):
    length = len(data)
    if length < 24:
        return bytes([0x40 | length]) + data
    for width, low in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if length < 1 << 8 * width:
            return bytes([0x40 | low]) + length.to_bytes(width, "big") + data
    raise AssertionError("no data is so long")


def message_of(domain, payload):
    return b"\x84\x6aSignature1\x43\xa1\x01\x27" + byte_string(domain.encode()) + byte_string(payload)


def signatures_of(blocks, values):
    """The signatures of an entry, each with its key and message: those that can be told before the entry was looked at."""
    for data in blocks.values():
        sealed = envelope(data)
        value = values.get(sealed[1]) if sealed else None
        domain, by = DOMAINS.get(value.get("typ"), (None, None)) if MAP(value) else (None, None)
        signer = value.get("signer") if domain is not None else None
        by = signer.get("key") if MAP(signer) else value.get(by) if domain is not None else None
        if is_did(by):
            yield key_of(by), message_of(domain, blocks[sealed[1]]), sealed[0]


def check_signature(value, payload, signature, authors):
    domain, by = DOMAINS[value["typ"]]
    by = value["signer"]["key"] if "signer" in value else value[by]
    key = key_of(by)
    if signature_holds(key, message_of(domain, payload), signature):
        return
    need(not has_small_order(key), "signatures-key", f"the key of {by} has small order")
    for other, _ in DOMAINS.values():
        held = other != domain and signature_holds(key, message_of(other, payload), signature)
        need(not held, "signatures-domain", f"signed under {other}")
    for author in authors:
        for other, _ in DOMAINS.values():
            held = signature_holds(key_of(author), message_of(other, payload), signature)
            need(not held, "signer", f"a signature of {author}, expected one of {by}")
    raise Refused("signature", f"not one of {by}")
