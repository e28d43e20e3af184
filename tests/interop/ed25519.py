"""Ed25519 (RFC 8032), strict as docs/formats.md says under "Envelopes and signatures".

A log has two signatures for each invocation, so this is made for many of them: multiples of the base point, and of keys that sign
often, are added up from tables.
"""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)
# So many signatures by a key are worth a table of its multiples.
USES_WORTH_A_TABLE = 8


def point_add(p, q):
    """In extended coordinates X, Y, Z, T."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = p[3] * q[3] % P * D2 % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_double(p):
    a, b = p[0] * p[0] % P, p[1] * p[1] % P
    h, g = a + b, a - b
    e, f = h - (p[0] + p[1]) * (p[0] + p[1]) % P, 2 * p[2] * p[2] % P + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiples(point, count):
    """0 to `count` - 1 times the point."""
    row = [IDENTITY]
    for _ in range(count - 1):
        row.append(point_add(row[-1], point))
    return row


def table(point, bits):
    """Of each digit of so many bits of a scalar, the multiples that it stands for."""
    rows = []
    for _ in range(-(-256 // bits)):
        rows.append(multiples(point, 1 << bits))
        point = point_add(rows[-1][-1], point)
    return rows


def sum_of(rows, bits, scalar):
    total, at, mask = IDENTITY, 0, (1 << bits) - 1
    while scalar:
        if scalar & mask:
            total = point_add(total, rows[at][scalar & mask])
        scalar, at = scalar >> bits, at + 1
    return total


def point_mul(scalar, point):
    row, total = multiples(point, 16), IDENTITY
    for at in range(scalar.bit_length() // 4 * 4, -1, -4):
        total = point_double(point_double(point_double(point_double(total))))
        digit = scalar >> at & 15
        if digit:
            total = point_add(total, row[digit])
    return total


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
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order(point):
    return encode_point(point_mul(8, point)) == encode_point(IDENTITY)


def points_of_small_order():
    """The encodings of the eight of them: the multiples of a point, but for its part of the large order."""
    for y in range(2, 64):
        point = decode_point(y.to_bytes(32, "little"))
        if point is None:
            continue
        eighth = point_mul(L, point)
        found = {encode_point(each) for each in multiples(eighth, 8)}
        if len(found) == 8:
            return found
    raise AssertionError("half of all points have a part of order 8")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
BASE_TABLE = table(BASE, 8)
SMALL_ORDER = points_of_small_order()


class Key:
    """A key's point, negated, and what is known of it."""

    def __init__(self, data):
        self.point, self.uses, self.rows = decode_point(data), 0, None
        self.may_sign = self.point is not None and not small_order(self.point)
        if self.point is not None:
            x, y, z, t = self.point
            self.negated = (P - x, y, z, P - t)

    def times_negated(self, scalar):
        self.uses += 1
        if self.rows is None and self.uses == USES_WORTH_A_TABLE:
            self.rows = table(self.negated, 4)
        return point_mul(scalar, self.negated) if self.rows is None else sum_of(self.rows, 4, scalar)


KEYS = {}


def key_point(data):
    """A key, decoded once."""
    if data not in KEYS:
        KEYS[data] = Key(data)
    return KEYS[data]


def has_small_order(data):
    """Whether a key is a point, and one of small order."""
    key = key_point(data)
    return key.point is not None and not key.may_sign


# What was looked at ahead, on other cores: by signature, and the digest of key and message.
AHEAD = {}


def signature_holds(data, message, signature):
    found = AHEAD.pop((signature, digest_of(data, message, signature)), None)
    return holds(data, message, signature) if found is None else found


def look_ahead(pool, signatures):
    """Looks at these signatures (key, message, signature) on all cores, so that they are known when it is their turn."""
    for (data, message, signature), found in zip(signatures, pool.starmap(holds, signatures, chunksize=64)):
        AHEAD[signature, digest_of(data, message, signature)] = found


def digest_of(data, message, signature):
    return hashlib.sha512(signature[:32] + data + message).digest()


def holds(data, message, signature):
    key, r, s = key_point(data), signature[:32], int.from_bytes(signature[32:], "little")
    if not key.may_sign or s >= L or r in SMALL_ORDER:
        return False
    k = int.from_bytes(digest_of(data, message, signature), "little") % L
    # What is encoded is a point in its one spelling, so an `r` that is equal to it is as well.
    return encode_point(point_add(sum_of(BASE_TABLE, 8, s), key.times_negated(k))) == r
