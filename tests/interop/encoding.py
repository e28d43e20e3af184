"""CIDs, strict dag-cbor, and names: docs/formats.md, "Identities and names" and "Blocks and CIDs"."""

import base64
import hashlib

BLOCK_BYTES_MAX = 4 * 1024 * 1024
DEPTH_MAX = 64
NAME_BYTES_MAX = 128

DAG_CBOR, RAW = 0x71, 0x55


class Refused(Exception):
    """Something that does not hold: a code of the page, and words."""

    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words

    def at(self, position):
        """The same, of the entry at a position."""
        return Refused(self.code, f"position {position}: {self.words}")


def need(condition, code, words):
    if not condition:
        raise Refused(code, words)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Link(bytes):
    """A binary CID."""


def cid(codec, data):
    return Link(bytes([1, codec, 0x12, 0x20]) + sha256(data))


def check_cid(data, code="codec"):
    need(
        len(data) == 36 and data[0] == 1 and data[1] in (DAG_CBOR, RAW) and data[2:4] == b"\x12\x20",
        code,
        f"{data.hex()} is no CIDv1 of dag-cbor or raw with SHA-256",
    )
    return Link(data)


def show(link):
    return "b" + base64.b32encode(link).decode().lower().rstrip("=")


def parse_cid(text):
    """A CID in text, or None: there is one spelling."""
    try:
        data = base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
    except ValueError:
        return None
    known = len(data) == 36 and data[0] == 1 and data[1] in (DAG_CBOR, RAW) and data[2:4] == b"\x12\x20"
    return Link(data) if known and show(data) == text else None


# dag-cbor.


def decode(data):
    """The one value of strict dag-cbor, or an error."""
    value, at = item(data, 0, 0)
    need(at == len(data), "encoding", "bytes follow the item")
    return value


def head(data, at):
    if at >= len(data):
        raise Refused("encoding", "the bytes end within an item")
    first = data[at]
    major, low = first >> 5, first & 0x1F
    if low < 24:
        return major, low, at + 1
    need(major != 7, "encoding", "a float, or a simple value that is none")
    need(low <= 27, "encoding", "an indefinite length")
    width = 1 << low - 24
    digits = data[at + 1 : at + 1 + width]
    need(len(digits) == width, "encoding", "the bytes end within an item")
    number = int.from_bytes(digits, "big")
    if number < (24, 1 << 8, 1 << 16, 1 << 32)[low - 24]:
        raise Refused("encoding", "not the shortest form")
    return major, number, at + 1 + width


def take(data, at, length):
    if at + length > len(data):
        raise Refused("encoding", "the bytes end within an item")
    return data[at : at + length], at + length


def item(data, at, depth):
    major, number, at = head(data, at)
    if major == 3:
        return text_item(data, at, number)
    if major == 0:
        return number, at
    if major == 2:
        return take(data, at, number)
    if major == 1:
        return -1 - number, at
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
            start = at
            key, at = text_item(data, at, length)
            order = (length, data[start:at])
            if before is not None and before >= order:
                raise Refused("encoding", "keys that are not in order")
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


def same(a, b):
    """Whether two decoded values have the same bytes: equal, and of the same types throughout."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b


# Names.

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGITS = {digit: at for at, digit in enumerate(ALPHABET)}
RESOURCES = ("fuel", "storage", "network", "memory")
UPPER, DECIMAL = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), set("0123456789")
WORD = UPPER | DECIMAL | set("abcdefghijklmnopqrstuvwxyz")
KEYS = {}


def key_of(did):
    """The key of a did:key, which has one spelling."""
    if did not in KEYS:
        KEYS[did] = read_did(did)
    return KEYS[did]


def read_did(did):
    sound = isinstance(did, str) and did.startswith("did:key:z") and len(did) == 56 and set(did[9:]) <= DIGITS.keys()
    need(sound, "encoding", f"no DID: {did!r}")
    number = 0
    for digit in did[9:]:
        number = number * 58 + DIGITS[digit]
    need(number < 1 << 272, "encoding", f"no DID: {did!r}")
    data = number.to_bytes(34, "big")
    need(data[:2] == b"\xed\x01", "encoding", f"no DID: {did!r}")
    return data[2:]


def is_did(text):
    if not isinstance(text, str):
        return False
    try:
        return key_of(text) is not None
    except Refused:
        return False


def is_origin(text):
    return isinstance(text, str) and 1 <= len(text) <= 128 and all("!" <= c <= "~" and c != "+" for c in text)


def is_unit(text):
    if text in RESOURCES:
        return True
    return isinstance(text, str) and 1 <= len(text) <= 12 and text[0] in UPPER and set(text) <= UPPER | DECIMAL


def is_owner(text):
    """The owner of an account."""
    if not isinstance(text, str):
        return False
    if text.startswith("did:"):
        return is_did(text)
    word, colon, rest = text.partition(":")
    if colon:
        if word == "module":
            return parse_cid(rest) is not None
        if word == "hold":
            return len(rest) == 32 and set(rest) <= set("0123456789abcdef")
        return word in ("owed", "claim") and is_did(rest)
    return 1 <= len(text) <= NAME_BYTES_MAX and text[0] in WORD and set(text) <= WORD | set("._/-")
