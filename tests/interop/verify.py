#!/usr/bin/env python3
"""Verifies an export of a log: a second verifier, written from docs/formats.md alone.

    verify.py [--vkey KEY] [--seen CHECKPOINT] EXPORT

Standard library only, and one pass in the CAR's order. Checks what the page lists under "Exports" and, of "What a verifier checks",
points 2 to 10: names, encodings, signatures, sequences, tree, tiles, checkpoint, policies, admission, nodes and state roots. It does
not add up the ledger (11), and runs no guest.

Exit code 0: everything holds. 1: something does not; the first thing is named on standard output. 2: wrong arguments.
"""

import base64
import hashlib
import json
import pathlib
import sys

# Bounds that the page states.
BLOCK_BYTES_MAX = 4 * 1024 * 1024
ENTRY_BYTES_MAX = 512 * 1024 * 1024
ENTRY_BLOCKS_MAX = 65535
CAR_HEADER_BYTES_MAX = 16 * 1024 * 1024
NOTE_BYTES_MAX = 64 * 1024
DEPTH_MAX = 64
MODULE_BYTES_MAX = 2 * 1024 * 1024
ROLL_MEMBERS_MAX = 65536
INPUT_BYTES_MAX = 256 * 1024
FUEL_MAX = 20_000_000_000
GRANT_FUEL_MAX = 20_000_000_000
AHEAD_MS_MAX = 34_560_000_000


class Refused(Exception):
    """Something that does not hold: a code of the page, and words."""

    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")


def need(condition, code, words):
    if not condition:
        raise Refused(code, words)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Ed25519 (RFC 8032), strict as the page says.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def decode_point(data):
    """A point, or None (RFC 8032, 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order(point):
    return encode_point(point_mul(8, point)) == encode_point(IDENTITY)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
BASE_TIMES = [BASE]
for _ in range(255):
    BASE_TIMES.append(point_add(BASE_TIMES[-1], BASE_TIMES[-1]))
KEYS = {}


def key_point(key):
    """The point of a key and whether it may sign: decoded once."""
    if key not in KEYS:
        point = decode_point(key)
        KEYS[key] = (point, point is not None and not small_order(point))
    return KEYS[key]


def signature_holds(key, message, signature):
    point, may_sign = key_point(key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    r_point = decode_point(r)
    if not may_sign or s >= L or r_point is None or small_order(r_point):
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    negated = (P - point[0], point[1], 1, P - point[3])
    total = point_mul(k, negated)
    for bit in range(253):
        if s >> bit & 1:
            total = point_add(total, BASE_TIMES[bit])
    return encode_point(total) == r


# CIDs and dag-cbor.

DAG_CBOR, RAW = 0x71, 0x55


class Link(bytes):
    """A binary CID."""


def cid(codec, data):
    return Link(bytes([1, codec, 0x12, 0x20]) + sha256(data))


# The ledger's own module, which is in every scope.
LEDGER_MODULE = cid(RAW, b"icn/ledger/v1")


def check_cid(data, code="codec"):
    need(
        len(data) == 36 and data[0] == 1 and data[1] in (DAG_CBOR, RAW) and data[2:4] == b"\x12\x20",
        code,
        f"{data.hex()} is no CIDv1 of dag-cbor or raw with SHA-256",
    )
    return Link(data)


def show(link):
    return "b" + base64.b32encode(link).decode().lower().rstrip("=")


def decode(data):
    """The one value of strict dag-cbor, or an error."""
    value, at = item(data, 0, 0)
    need(at == len(data), "encoding", "bytes follow the item")
    return value


def head(data, at):
    need(at < len(data), "encoding", "the bytes end within an item")
    major, low = data[at] >> 5, data[at] & 0x1F
    if low < 24:
        return major, low, at + 1
    need(major != 7, "encoding", "a float, or a simple value that is none")
    need(low <= 27, "encoding", "an indefinite length")
    width = 1 << low - 24
    digits = data[at + 1 : at + 1 + width]
    need(len(digits) == width, "encoding", "the bytes end within an item")
    number = int.from_bytes(digits, "big")
    need(number >= {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[width], "encoding", "not the shortest form")
    return major, number, at + 1 + width


def take(data, at, length):
    need(at + length <= len(data), "encoding", "the bytes end within an item")
    return data[at : at + length], at + length


def item(data, at, depth):
    major, number, at = head(data, at)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major == 2:
        return take(data, at, number)
    if major == 3:
        return text_item(data, at, number)
    if major in (4, 5):
        need(depth < DEPTH_MAX, "encoding", "too many items inside each other")
        need(number <= len(data), "encoding", "the bytes end within an item")
    if major == 4:
        values = []
        for _ in range(number):
            value, at = item(data, at, depth + 1)
            values.append(value)
        return values, at
    if major == 5:
        values, before = {}, None
        for _ in range(number):
            kind, length, at = head(data, at)
            need(kind == 3, "encoding", "a key that is no text")
            key, at = text_item(data, at, length)
            order = (len(key.encode()), key.encode())
            need(before is None or before < order, "encoding", "keys that are not in order")
            before = order
            values[key], at = item(data, at, depth + 1)
        return values, at
    if major == 6:
        kind, length, at = head(data, at)
        need(number == 42 and kind == 2, "encoding", "a tag other than 42 on bytes")
        link, at = take(data, at, length)
        need(link[:1] == b"\0", "encoding", "a link without its zero byte")
        return check_cid(link[1:], "encoding"), at
    need(number in (20, 21, 22), "encoding", "a simple value other than false, true and null")
    return {20: False, 21: True, 22: None}[number], at


def text_item(data, at, length):
    text, at = take(data, at, length)
    try:
        return text.decode(), at
    except UnicodeDecodeError:
        raise Refused("encoding", "text that is not UTF-8") from None


# Names.

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def key_of(did):
    """The key of a did:key, which has one spelling."""
    need(isinstance(did, str) and did.startswith("did:key:z") and len(did) == 56, "encoding", f"no DID: {did!r}")
    number = 0
    for digit in did[9:]:
        need(digit in ALPHABET, "encoding", f"no DID: {did!r}")
        number = number * 58 + ALPHABET.index(digit)
    need(number < 1 << 272, "encoding", f"no DID: {did!r}")
    data = number.to_bytes(34, "big")
    need(data[:2] == b"\xed\x01" and did_of(data[2:]) == did, "encoding", f"no DID: {did!r}")
    return data[2:]


def did_of(key):
    number, text = int.from_bytes(b"\xed\x01" + key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "did:key:z" + text


def is_origin(text):
    return isinstance(text, str) and 1 <= len(text) <= 128 and all("!" <= c <= "~" and c != "+" for c in text)


# Payloads: what fields each kind has, and of which type. A type that ends in `?` may be absent.

UNSIGNED = lambda value: type(value) is int and 0 <= value < 1 << 64
SIGNED = lambda value: type(value) is int and -(1 << 63) <= value < 1 << 63
TEXT = lambda value: isinstance(value, str)
BYTES = lambda value: type(value) is bytes
HASH = lambda value: type(value) is bytes and len(value) == 32
LINK = lambda value: isinstance(value, Link)
LIST = lambda value: isinstance(value, list)
MAP = lambda value: isinstance(value, dict)
DID = lambda value: isinstance(value, str) and key_of(value) is not None
LISTS = lambda of: lambda value: isinstance(value, list) and all(of(each) for each in value)

OPERATIONS = {"transfer", "hold", "settle", "void", "expire", "rule"}


def OPERATION(value):
    """One operation of a journal: a map with one key, its kind, and under it a map."""
    return MAP(value) and len(value) == 1 and set(value) <= OPERATIONS and all(map(MAP, value.values()))


KINDS = {
    "icn/host/v1": {"log": is_origin, "host": DID, "time": UNSIGNED},
    "icn/policy/v1": {
        "log": is_origin, "seq": UNSIGNED, "name": TEXT, "prev": lambda v: v is None or LINK(v), "time": UNSIGNED,
        "grant": MAP, "issue": LIST, "roles": MAP, "scope": DID, "token": lambda v: v is None or TEXT(v),
        "admins": LISTS(DID), "modules": LISTS(MAP),
    },
    "icn/invocation/v1": {
        "id": lambda v: BYTES(v) and len(v) == 16, "log": is_origin, "fuel": UNSIGNED, "entry": TEXT, "input": BYTES,
        "scope": DID, "caller": DID, "module": LINK, "expires": UNSIGNED,
    },
    "icn/receipt/v1": {
        "log": is_origin, "seq": UNSIGNED, "fuel": UNSIGNED, "prev": LINK, "root": HASH, "time": UNSIGNED,
        "nodes?": LISTS(LINK), "scope": DID, "usage": MAP, "engine": LINK, "logged?": HASH, "output": BYTES,
        "writes?": LIST, "anchors?": LIST, "journal?": LISTS(OPERATION), "outcome": lambda v: v == "ok" or MAP(v), "invocation": LINK,
    },
    "icn/node/v1": {"scope": DID, "module": LINK, "parents": LISTS(LINK), "payload": BYTES},
    "icn/engine/v1": {
        "engine": TEXT, "schedule": HASH, "settings": LISTS(TEXT), "schedule_version": lambda v: UNSIGNED(v) and v < 1 << 32,
    },
}
DOMAINS = {
    "icn/host/v1": ("icn-runtime/v1/host", "host"),
    "icn/policy/v1": ("icn-runtime/v1/policy", "scope"),
    "icn/invocation/v1": ("icn-runtime/v1/invocation", "caller"),
    "icn/receipt/v1": ("icn-runtime/v1/receipt", "scope"),
}


def fields(value, kinds, what):
    """That a map has exactly these fields, each of its type."""
    need(isinstance(value, dict), "encoding", f"a {what} that is no map")
    for name, holds in kinds.items():
        plain = name.rstrip("?")
        if plain in value:
            need(holds(value[plain]), "encoding", f"the field {plain} of a {what}")
            need(name == plain or value[plain] != [], "encoding", f"an empty {plain} that should be absent")
        else:
            need(name != plain, "encoding", f"a {what} without {plain}")
    known = {name.rstrip("?") for name in kinds}
    for name in value:
        need(name in known, "encoding", f"the field {name} in a {what}")


def payload_of(data, expected=None):
    value = decode(data)
    typ = value.get("typ") if isinstance(value, dict) else None
    need(typ in KINDS and (expected is None or typ == expected), "encoding", f"a payload of the kind {typ!r}")
    fields({key: each for key, each in value.items() if key != "typ"}, KINDS[typ], typ)
    return value


# Envelopes.

BEFORE_SIGNATURE = bytes.fromhex("a26373696784 43a10127a0f65840".replace(" ", ""))
BEFORE_CID = bytes.fromhex("677061796c6f6164d82a582500")


def envelope(data):
    """Signature and payload's CID, or None."""
    if len(data) != 127 or data[:14] != BEFORE_SIGNATURE or data[78:91] != BEFORE_CID:
        return None
    return data[14:78], check_cid(data[91:], "envelope")


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


def check_signature(value, payload, signature, authors):
    domain, by = DOMAINS[value["typ"]]
    key = key_of(value[by])
    if signature_holds(key, message_of(domain, payload), signature):
        return
    point, may_sign = key_point(key)
    need(point is None or may_sign, "signatures-key", f"the key of {value[by]} has small order")
    for other, _ in DOMAINS.values():
        held = other != domain and signature_holds(key, message_of(other, payload), signature)
        need(not held, "signatures-domain", f"signed under {other}")
    for author in authors:
        for other, _ in DOMAINS.values():
            held = signature_holds(key_of(author), message_of(other, payload), signature)
            need(not held, "signer", f"a signature of {author}, expected one of {value[by]}")
    raise Refused("signature", f"not one of {value[by]}")


# The tree.


def leaf_hash(data):
    return sha256(b"\0", data)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def root_of(hashes):
    """RFC 6962, section 2.1, of leaves' hashes."""
    if not hashes:
        return sha256()
    level = list(hashes)
    # A node without a sibling goes up as it is: the same tree.
    while len(level) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def tile_path(kind, number, width):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{kind}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def tiles_of(leaves):
    """Path, bytes and code of each tile and bundle of a tree of these leaves."""
    for start in range(0, len(leaves), 256):
        part = leaves[start : start + 256]
        yield tile_path("entries", start // 256, len(part)), b"".join(b"\0\x24" + leaf for leaf in part), "entry-bundle"
    hashes, level = [leaf_hash(leaf) for leaf in leaves], 0
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start : start + 256]
            yield tile_path(level, start // 256, len(part)), b"".join(part), "tile"
        full = len(hashes) // 256
        hashes, level = [root_of(hashes[at * 256 : at * 256 + 256]) for at in range(full)], level + 1


# A scope's state.


def bit(place, depth):
    return place[depth // 8] >> 7 - depth % 8 & 1


EMPTY = ("empty", bytes(32))


def put(node, place, value_hash, depth=0):
    """The tree with this leaf; `value_hash` None takes it away."""
    if node[0] == "empty":
        return node if value_hash is None else ("leaf", sha256(b"\0", place, value_hash), place)
    if node[0] == "leaf":
        if node[2] == place:
            return EMPTY if value_hash is None else ("leaf", sha256(b"\0", place, value_hash), place)
        if value_hash is None:
            return node
        sides = [EMPTY, EMPTY]
        sides[bit(node[2], depth)] = node
    else:
        sides = list(node[2])
    side = bit(place, depth)
    sides[side] = put(sides[side], place, value_hash, depth + 1)
    kinds = sorted(each[0] for each in sides)
    if kinds == ["empty", "empty"]:
        return EMPTY
    if kinds == ["empty", "leaf"]:
        return sides[0] if sides[0][0] == "leaf" else sides[1]
    return ("inner", node_hash(sides[0][1], sides[1][1]), tuple(sides))


class Scope:
    """What the log says of one scope so far."""

    def __init__(self, policy, rolls):
        self.policy, self.rolls = policy, rolls
        self.modules = {install["module"]: install["entries"] for install in policy["modules"]}
        storage = [each for each in policy["issue"] if each["unit"] == "storage" and each["to"] == "treasury"]
        self.storage_left = sum(each["amount"] for each in storage)
        self.time, self.ids, self.nodes, self.values, self.tree = policy["time"], set(), set(), {}, EMPTY

    def holds(self, did, role):
        if role == "anyone":
            return True
        if role == "admin":
            return did in self.policy["admins"]
        defined = self.policy["roles"][role]
        key = key_of(did)
        return did in defined["named"] or any(key in self.rolls[roll] for roll in defined["rolls"])


# The log.


class Log:
    def __init__(self):
        self.host, self.heads, self.scopes = None, {}, {}
        self.leaves, self.modules, self.engines, self.rolls = [], set(), set(), {}

    def entry(self, blocks):
        """The next entry: its blocks by name, in order; the last is the envelope that commits it."""
        names = list(blocks)
        first, payload = names[-1], names[-2]
        signature, _ = envelope(blocks[first])
        value = payload_of(blocks[payload])
        need(value["typ"] != "icn/node/v1" and value["typ"] != "icn/engine/v1", "encoding", "no entry of a log")
        kind = value["typ"].split("/")[1]
        named, needed, own = [], [], []
        if kind == "policy":
            for _, role in sorted(value["roles"].items(), key=lambda pair: pair[0].encode()):
                fields(role, {"named": LISTS(DID), "rolls": LISTS(LINK)}, "role")
                named += role["rolls"]
            for install in value["modules"]:
                fields(install, {"module": LINK, "entries": MAP, "capabilities": LISTS(TEXT)}, "module")
                named.append(install["module"])
        invocation = None
        if kind == "receipt":
            need(value["invocation"] in blocks, "block", f"the invocation {show(value['invocation'])} is missing")
            inner = envelope(blocks[value["invocation"]])
            need(inner is not None, "envelope", "the invocation's envelope is none")
            need(inner[1] in blocks, "block", "the invocation's payload is missing")
            own = [inner[1], value["invocation"]]
            named = value.get("nodes", []) + [value["engine"]]
            invocation = payload_of(blocks[inner[1]], "icn/invocation/v1")
            check_signature(invocation, blocks[inner[1]], inner[0], list(self.heads))
        shared = [name for name in dict.fromkeys(named) if name in blocks]
        need(names[:-2] == own + shared, "order-of-blocks", "not the blocks of this entry, in their order")
        check_signature(value, blocks[payload], signature, list(self.heads))
        self.next_of(value, first)
        leaves = [first]
        if kind == "host":
            need(self.host is None, "entry", "a second host")
            self.host = value
        else:
            need(self.host is not None, "first-entry", "it is not the host's")
            need(value["log"] == self.host["log"], "log", f"a block of {value['log']}")
        if kind == "policy":
            self.policy(value, blocks)
        if kind == "receipt":
            for anchor in value.get("anchors", []):
                need(LIST(anchor) and len(anchor) == 2 and LINK(anchor[0]) and TEXT(anchor[1]), "encoding", "an anchor")
                leaves.append(anchor[0])
            self.receipt(value, invocation, blocks, first)
        self.leaves += leaves

    def next_of(self, value, first):
        author = value["host"] if value["typ"] == "icn/host/v1" else value["scope"]
        seq, prev = self.heads.get(author, (-1, None))
        need(value.get("seq", 0) == seq + 1, "sequence", f"{author} goes on with {value.get('seq', 0)} after {seq}")
        need(value.get("prev") == prev, "block-before", f"{author} names another block before")
        self.heads[author] = (seq + 1, first)

    def policy(self, value, blocks):
        fields(value["grant"], {"fuel": UNSIGNED, "memory": UNSIGNED, "network": UNSIGNED}, "grant")
        for each in value["issue"]:
            fields(each, {"to": TEXT, "unit": TEXT, "amount": UNSIGNED}, "issue")
            need(1 <= each["amount"] < 1 << 63, "policy", "an amount that is none")
        need(1 <= len(value["name"].encode()) <= 128, "policy", "its name")
        need(len(value["modules"]) <= 64 and len(value["roles"]) <= 64, "policy", "too many modules or roles")
        need(value["grant"]["fuel"] <= GRANT_FUEL_MAX and value["grant"]["memory"] <= 256, "policy", "its grant")
        need(not {"admin", "anyone"} & set(value["roles"]), "policy", "a role that is always there")
        rolls = {}
        for role in value["roles"].values():
            need(len(role["named"]) <= 1024 and len(role["rolls"]) <= 256, "policy", "a role that is too large")
            for roll in role["rolls"]:
                data = blocks.get(roll, self.rolls.get(roll))
                need(data is not None, "roll", f"{show(roll)} is missing")
                keys = [data[at : at + 32] for at in range(0, len(data), 32)]
                sound = roll[1] == RAW and len(data) % 32 == 0 and len(keys) <= ROLL_MEMBERS_MAX
                need(sound and all(a < b for a, b in zip(keys, keys[1:])), "policy", "a roll")
                rolls[roll], self.rolls[roll] = set(keys), data
        seen = set()
        for install in value["modules"]:
            module = install["module"]
            need(module[1] == RAW and module not in seen, "policy", "a module that is named twice or not raw")
            seen.add(module)
            need(module in blocks or module in self.modules, "module", f"{show(module)} is missing")
            need(len(blocks.get(module, b"")) <= MODULE_BYTES_MAX, "policy", "a module that is too large")
            self.modules.add(module)
            for name, role in install["entries"].items():
                need(1 <= len(name.encode()) <= 64 and not name.startswith("__"), "policy", "an entry's name")
                need(role in ("admin", "anyone") or role in value["roles"], "policy", "an entry's role")
        self.scopes[value["scope"]] = Scope(value, rolls)

    def receipt(self, value, call, blocks, first):
        scope = self.scopes.get(value["scope"])
        need(scope is not None, "scope", "a receipt of a scope without a policy")
        # The invocation is admissible at the receipt's time.
        need(call["log"] == self.host["log"], "authority", "an invocation for another log")
        need(call["scope"] == value["scope"], "authority", "an invocation for another scope")
        need(1 <= call["fuel"] <= FUEL_MAX and len(call["input"]) <= INPUT_BYTES_MAX, "authority", "its bounds")
        need(value["time"] < call["expires"] <= value["time"] + AHEAD_MS_MAX, "authority", "expired, or too far ahead")
        entries = {"apply": "admin"} if call["module"] == LEDGER_MODULE else scope.modules.get(call["module"], {})
        need(call["entry"] in entries, "authority", f"the entry {call['entry']!r} is not open")
        need(scope.holds(call["caller"], entries[call["entry"]]), "authority", "the caller is not in the role")
        need(call["fuel"] <= scope.policy["grant"]["fuel"], "authority", "more fuel than the grant")
        # The engine, the time, the id, what was charged.
        if value["engine"] in blocks:
            payload_of(blocks[value["engine"]], "icn/engine/v1")
            self.engines.add(value["engine"])
        need(value["engine"] in self.engines, "engine", "it is not described")
        need(value["time"] >= scope.time, "time", "before that of the receipt before")
        need(call["id"] not in scope.ids, "invocation-id", "applied before")
        trapped = self.outcome(value)
        usage = value["usage"]
        fields(usage, {"memory": UNSIGNED, "network": UNSIGNED, "storage": SIGNED}, "usage")
        need(value["fuel"] <= call["fuel"] and (not trapped or value["fuel"] == call["fuel"]), "fuel", "what was charged")
        grant = scope.policy["grant"]
        need(usage["memory"] <= grant["memory"] and usage["network"] <= grant["network"], "usage", "more than the grant")
        # Nodes.
        known = set(scope.nodes)
        for name in value.get("nodes", []):
            need(name in blocks, "node", f"{show(name)} is missing")
            node = payload_of(blocks[name], "icn/node/v1")
            need(node["scope"] == value["scope"], "nodes-scope", "a node of another scope")
            need(len(node["parents"]) <= 64, "encoding", "too many parents")
            need(all(parent in known for parent in node["parents"]), "nodes-parents", "one that did not come before")
            known.add(name)
        for anchor in value.get("anchors", []):
            need(anchor[0] in known, "anchor", "a node that is not stored")
        # The state.
        before, charged, tree, values = None, 0, scope.tree, {}
        for write in value.get("writes", []):
            sound = LIST(write) and len(write) == 2 and BYTES(write[0]) and (write[1] is None or BYTES(write[1]))
            need(sound, "encoding", "a write")
            key, new = write
            need(1 <= len(key) <= 256 and (new is None or len(new) <= 256 * 1024), "writes", "a key's or a value's length")
            need(before is None or before < key, "writes", "keys that do not ascend")
            before = key
            old = scope.values.get((call["module"], key))
            charged += (0 if new is None else len(key) + len(new)) - (0 if old is None else len(key) + old)
            values[(call["module"], key)] = None if new is None else len(new)
            tree = put(tree, sha256(call["module"], key), None if new is None else sha256(new))
        need(charged == usage["storage"], "storage-charged", f"{charged}, not {usage['storage']}")
        need(charged <= scope.storage_left, "storage", "more than is left")
        need(tree[1] == value["root"], "state-root", f"{tree[1].hex()}, not {value['root'].hex()}")
        scope.tree, scope.nodes, scope.time = tree, known, value["time"]
        scope.storage_left -= charged
        scope.ids.add(call["id"])
        for place, length in values.items():
            scope.values.pop(place, None)
            if length is not None:
                scope.values[place] = length

    @staticmethod
    def outcome(value):
        """Whether it trapped; and that a run that did not end well has no effects."""
        outcome = value["outcome"]
        if outcome == "ok":
            return False
        effects = [name for name in ("nodes", "writes", "anchors") if name in value]
        effects += [kind for operation in value.get("journal", []) for kind in operation if kind != "expire"]
        need(not effects and value["usage"].get("storage") == 0, "a-run-that-failed", "it has effects")
        if set(outcome) == {"failed"}:
            need(type(outcome["failed"]) is int and outcome["failed"] != 0, "encoding", "its outcome")
            return False
        need(set(outcome) == {"trapped"} and MAP(outcome["trapped"]), "encoding", "its outcome")
        fields(outcome["trapped"], {"kind": TEXT, "detail": TEXT}, "trap")
        need(value["output"] == b"", "a-run-that-failed", "it trapped and has an output")
        return True


# Files.


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


def read_text(path):
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("file-of-the-export", f"{path}: {error}") from None


def unbase64(text, code):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(code, f"not base64: {text!r}") from None
    need(base64.b64encode(data).decode() == text, code, f"not base64 in its one spelling: {text!r}")
    return data


def key_id(name, kind, key):
    return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def verifier_key(text, kind, code):
    parts = text.split("+", 2)
    need(len(parts) == 3, code, "not name+id+key")
    typed = unbase64(parts[2], code)
    need(len(typed) == 33 and typed[0] == kind, code, "a key of another type")
    need(parts[1] == key_id(parts[0], kind, typed[1:]).hex(), code, "its id is not that of its name and key")
    return parts[0], typed[1:]


def checkpoint(note, name, key, code="checkpoint"):
    """Size, root and text of a signed checkpoint of this log."""
    need(len(note.encode()) <= NOTE_BYTES_MAX and note.endswith("\n") and "\n\n" in note, code, "not a signed note")
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    signed = False
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", code, "a signature line that is none")
        data = unbase64(parts[2], code)
        if parts[1] == name and data[:4] == key_id(name, 1, key):
            holds = len(data) == 68 and signature_holds(key, text.encode(), data[4:])
            need(holds, "signature-of-the-checkpoint", "the log's does not hold")
            signed = True
    need(signed, "signature-of-the-checkpoint", "the log did not sign it")
    parts = text.split("\n")
    need(len(parts) == 4 and parts[3] == "" and parts[1].isascii() and parts[1].isdigit(), code, "not three lines")
    need(parts[1] == str(int(parts[1])), code, "a size in another spelling")
    need(parts[0] == name, "origin-of-the-checkpoint", f"of {parts[0]}")
    root = unbase64(parts[2], code)
    need(len(root) == 32, code, "a root of other than 32 bytes")
    return int(parts[1]), root, note


def cosigned(note, witness):
    """Whether a witness cosigned it; one of its signatures that does not hold spoils the note."""
    name, key = witness
    text, lines = note.rsplit("\n\n", 1)
    found = False
    for line in lines[:-1].split("\n"):
        _, by, encoded = line.split(" ")
        data = base64.b64decode(encoded)
        if by != name or data[:4] != key_id(name, 4, key):
            continue
        seconds = int.from_bytes(data[4:12], "big")
        message = f"cosignature/v1\ntime {seconds}\n{text}\n".encode()
        holds = len(data) == 76 and seconds < 1 << 63 and signature_holds(key, message, data[12:])
        need(holds, "signature-of-the-checkpoint", f"that of {name} does not hold")
        found = True
    return found


def policy_json(text, own):
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise Refused("trust-policy", f"not JSON: {error}") from None
    sound = MAP(policy) and set(policy) == {"log", "witnesses", "quorum"} and TEXT(policy["log"])
    sound = sound and LISTS(TEXT)(policy["witnesses"]) and type(policy["quorum"]) is int
    need(sound and 0 <= policy["quorum"] <= len(policy["witnesses"]), "trust-policy", "it cannot be met")
    log = verifier_key(policy["log"], 1, "trust-policy")
    witnesses = [verifier_key(each, 4, "trust-policy") for each in policy["witnesses"]]
    for part in (0, 1):
        need(len({each[part] for each in witnesses}) == len(witnesses), "trust-policy", "a witness is named twice")
    need(log == own, "log-key", f"it trusts {policy['log']}")
    return witnesses, policy["quorum"]


def verify(export, expected_key, seen):
    log, signed, entry, size, seen_before = Log(), None, {}, 0, set()
    parts = sections((export / "log.car").read_bytes())
    roots = next(parts)
    for name, data in parts:
        need(cid(name[1], data) == name, "hash", f"the block {show(name)} has other bytes")
        if name[1] == DAG_CBOR:
            need(len(data) <= BLOCK_BYTES_MAX, "encoding", "a block that is too large")
            decode(data)
        need(name not in seen_before, "repeated-block", show(name))
        seen_before.add(name)
        before = next(reversed(entry), None)
        entry[name], size = data, size + len(data)
        need(size <= ENTRY_BYTES_MAX and len(entry) <= ENTRY_BLOCKS_MAX, "size-of-an-entry", "too many blocks")
        sealed = envelope(data) if name[1] == DAG_CBOR else None
        if sealed is None:
            continue
        need(sealed[1] == before, "order-of-blocks", f"the payload of {show(name)} is not right before it")
        value = decode(entry[before])
        if isinstance(value, dict) and value.get("typ") == "icn/invocation/v1":
            continue
        log.entry(entry)
        entry, size = {}, 0
        if signed is None:
            signed = files_of(export, log, expected_key)
    need(not entry, "end-of-the-car", "it ends within an entry")
    need(signed is not None, "end-of-the-log", "it has no entry")
    leaves = log.leaves
    hashes = [leaf_hash(leaf) for leaf in leaves]
    need(len(leaves) == signed[0], "end-of-the-log", f"{len(leaves)} leaves, {signed[0]} are signed")
    root = root_of(hashes)
    need(root == signed[1], "root-of-the-signed-checkpoint", f"the log has {root.hex()}")
    for path, data, code in tiles_of(leaves):
        path = export / "tiles" / path
        found = path.read_bytes() if path.is_file() else None
        need(found is not None, code, f"{path} is missing")
        need(len(found) == len(data), f"{code}s-length", f"{path} has {len(found)} bytes, not {len(data)}")
        need(found == data, code, f"{path} is not what the log gives")
    heads = [first for _, (_, first) in sorted(log.heads.items(), key=lambda pair: key_of(pair[0]))]
    need(roots == heads, "car-roots", "they are not each author's last envelope")
    own = (log.host["log"], key_of(log.host["host"]))
    for path in seen:
        size, root, _ = checkpoint(read_text(path), *own, "seen-checkpoint")
        need(size <= len(leaves), "size-of-a-seen-checkpoint", f"the log was rolled back: {path} has {size}")
        need(root_of(hashes[:size]) == root, "root-of-a-seen-checkpoint", f"the log was forked: {path}")
    return len(leaves), signed[1]


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


def main(arguments):
    key, seen = None, []
    while len(arguments) > 1 and arguments[0] in ("--vkey", "--seen"):
        if arguments[0] == "--vkey":
            key = arguments[1]
        else:
            seen.append(pathlib.Path(arguments[1]))
        arguments = arguments[2:]
    if len(arguments) != 1 or not (pathlib.Path(arguments[0]) / "log.car").is_file():
        print("usage: verify.py [--vkey KEY] [--seen CHECKPOINT] EXPORT", file=sys.stderr)
        return 2
    try:
        size, root = verify(pathlib.Path(arguments[0]), key, seen)
    except Refused as refused:
        print(f"refused: {refused}")
        return 1
    print(f"holds: {size} leaves, root {root.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
