#!/usr/bin/env python3
"""Makes the samples in this directory. Merkle proofs are made from the definitions of RFC 6962, slow and short."""
import base64, hashlib, json, pathlib
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

here = pathlib.Path(__file__).parent
H = lambda b: hashlib.sha256(b).digest()
b64 = lambda b: base64.b64encode(b).decode()
write = lambda name, value: (here / name).write_text(json.dumps(value, indent=1) + "\n")

# dag-cbor
def cbor(name, hexa, expect, level="dag-cbor"):
    return {"id": "own-" + name, "source": "made by the project", "hex": hexa, "expect": expect, "level": level, "name": name}
cid = "0171" "1220" + H(b"x").hex()
write("dagcbor/strictness.json", [
    cbor("zero", "00", "accept"), cbor("zero in two bytes", "1800", "reject"),
    cbor("255", "18ff", "accept"), cbor("255 in three bytes", "1900ff", "reject"),
    cbor("the least integer", "3bffffffffffffffff", "accept"),
    cbor("text", "6161", "accept"), cbor("half a character", "61c3", "reject"),
    cbor("keys in order", "a2616100626161" "01", "accept"), cbor("keys by bytes alone", "a2626161006162" "01", "reject"),
    cbor("one key twice", "a2616100616101", "reject"), cbor("a number as key", "a10000", "reject"),
    cbor("a list without its length", "9fff", "reject"), cbor("something behind", "0000", "reject"),
    cbor("a cut list", "8200", "reject"), cbor("undefined", "f7", "reject"),
    cbor("a short float", "f93c00", "reject"), cbor("a float", "fb3ff0000000000000", "accept"),
    cbor("no number", "fb7ff8000000000000", "reject"), cbor("a date", "c000", "reject"),
    cbor("a link", "d82a582500" + cid, "accept"), cbor("a link without its zero", "d82a5824" + cid, "reject"),
    cbor("lists in lists", "81" * 1000 + "00", "accept", "depth"),
])

# Ed25519
def vector(name, pub, msg, sig, strict):
    return {"id": "own-" + name, "source": "made by the project", "pub": pub.hex(), "msg": msg.hex(), "sig": sig.hex(),
            "expect": {"strict": strict}}
key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
pub, msg = key.public_key().public_bytes_raw(), b"made by the project"
sig = key.sign(msg)
order = 2**252 + 27742317777372353535851937790883648493
plus = sig[:32] + (int.from_bytes(sig[32:], "little") + order).to_bytes(32, "little")
identity = bytes([1]) + bytes(31)
write("ed25519/rfc8032.json", [
    vector("right", pub, msg, sig, True), vector("another message", pub, msg + b"!", sig, False),
    vector("a changed bit", pub, msg, bytes([sig[0] ^ 1]) + sig[1:], False), vector("s and the order", pub, msg, plus, False),
    vector("a key of order 1", identity, msg, identity + bytes(32), False), vector("a cut signature", pub, msg, sig[:63], False),
])

# Merkle
leaves = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40", b"\x50", b"\x60", b"\x70"]
def mth(d):
    if not d: return H(b"")
    if len(d) == 1: return H(b"\x00" + d[0])
    k = half(len(d)); return H(b"\x01" + mth(d[:k]) + mth(d[k:]))
def half(n):
    k = 1
    while k * 2 < n: k *= 2
    return k
def path(m, d):
    if len(d) == 1: return []
    k = half(len(d))
    return path(m, d[:k]) + [mth(d[k:])] if m < k else path(m - k, d[k:]) + [mth(d[:k])]
def sub(m, d, b):
    if m == len(d): return [] if b else [mth(d)]
    k = half(len(d))
    return sub(m, d[:k], b) + [mth(d[k:])] if m <= k else sub(m - k, d[k:], False) + [mth(d[:k])]
inclusion, consistency = [], []
for n in range(1, len(leaves) + 1):
    d = leaves[:n]
    for m in range(n):
        def inc(desc, bad, idx=m, size=n, proof=path(m, d), root=mth(d)):
            inclusion.append({"leafIdx": idx, "treeSize": size, "root": b64(root), "leafHash": b64(H(b"\x00" + d[m])),
                              "proof": [b64(h) for h in proof], "desc": desc, "wantErr": bad})
        p = path(m, d)
        inc("happy path", False); inc("one hash more", True, proof=p + [H(b"")]); inc("another root", True, root=H(b"?"))
        inc("behind the end", True, idx=n); inc("of twice the size", True, size=2 * n)
        if p: inc("one hash less", True, proof=p[1:])
    for m in range(1, n + 1):
        def con(desc, bad, a=m, b=n, proof=sub(m, d, True), one=mth(d[:m]), two=mth(d)):
            consistency.append({"size1": a, "size2": b, "root1": b64(one), "root2": b64(two), "proof": [b64(h) for h in proof],
                                "desc": desc, "wantErr": bad})
        p = sub(m, d, True)
        con("happy path", False); con("another old root", True, one=H(b"?")); con("one hash more", True, proof=p + [H(b"")])
        if p: con("one hash less", True, proof=p[:-1]); con("the wrong way round", True, a=n, b=m)
write("merkle/inclusion.json", {"source": "made by the project", "vectors": inclusion})
write("merkle/consistency.json", {"source": "made by the project", "vectors": consistency})

# CAR
def varint(n):
    out = b""
    while n > 127: out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])
def text(c): return "b" + base64.b32encode(c).decode().lower().rstrip("=")
blocks = [(b"\x01\x71\x12\x20", bytes.fromhex("a1616100")), (b"\x01\x55\x12\x20", b"raw " * 50), (b"\x01\x71\x12\x20", b"\x80")]
named = [(c + H(b), b) for c, b in blocks]
head = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00" + named[0][0] + b"\x67version\x01"
out, rows = varint(len(head)) + head, []
for c, b in named:
    length = varint(len(c) + len(b))
    rows.append({"cid": {"/": text(c)}, "offset": len(out), "blockLength": len(b)})
    out += length + c + b
(here / "car/carv1-basic.car").write_bytes(out)
write("car/carv1-basic.json", {"blocks": rows, "header": {"roots": [{"/": text(named[0][0])}], "version": 1}})

# UCAN, in the form of the published fixtures: tokens in base64, names in base32, times in seconds.
def enc(v):
    def head(major, n):
        if n < 24: return bytes([major << 5 | n])
        for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
            if n < 256 ** size: return bytes([major << 5 | code]) + n.to_bytes(size, "big")
    if v is None: return b"\xf6"
    if isinstance(v, int): return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes): return head(2, len(v)) + v
    if isinstance(v, str): return head(3, len(v.encode())) + v.encode()
    if isinstance(v, list): return head(4, len(v)) + b"".join(map(enc, v))
    if isinstance(v, Link): return b"\xd8\x2a" + enc(b"\x00" + v.cid)
    keys = sorted(v, key=lambda k: (len(k.encode()), k.encode()))
    return head(5, len(v)) + b"".join(enc(k) + enc(v[k]) for k in keys)
class Link:
    def __init__(self, cid): self.cid = cid
def did(key):
    n, out, digits = int.from_bytes(b"\xed\x01" + key.public_key().public_bytes_raw(), "big"), "", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    while n: n, r = divmod(n, 58); out = digits[r] + out
    return "did:key:z" + out
varsig = bytes.fromhex("3401ed01ed011371")
def token(key, payload, tag="ucan/dlg@1.0.0", header=varsig):
    signed = enc({"h": header, tag: payload})
    return enc([key.sign(signed), None])[:-1] + signed
root, operating = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (2, 4))
plain = {"iss": did(root), "aud": did(operating), "sub": did(root), "cmd": "/icn/operate", "pol": [], "exp": 1900000000, "nonce": bytes(range(12))}
name = lambda b: text(b"\x01\x71\x12\x20" + H(b))
def good(what, key=root, tag="ucan/dlg@1.0.0", written=False, **change):
    payload = {k: v for k, v in {**plain, **change}.items() if v != "absent"}
    b = token(key, payload, tag)
    shown = {k: b64(v) if isinstance(v, bytes) else v for k, v in payload.items() if k != "meta"}
    return {"name": what, "token": b64(b), "cid": name(b), "envelope": {"payload": shown, "signature": b64(b[3:67])}, "written": written}
def bad(what, b=None, **change): return {"name": what, "token": b64(b or token(root, {k: v for k, v in {**plain, **change}.items() if v != "absent"}))}
right = base64.b64decode(good("")["token"])
revoked = Link(b"\x01\x71\x12\x20" + H(right))
revoking = {"iss": did(root), "sub": did(root), "cmd": "/ucan/revoke", "args": {"revoke": revoked}, "prf": [], "nonce": b"", "exp": None}
write("ucan/delegation.json", {
    "version": "1.0.0", "comments": "Made by the project. The secrets are 32 bytes of 2 (root) and of 4 (operating key).",
    "valid": [
        good("a root to its operating key", written=True), good("with a start", written=True, nbf=1800000000), good("without an end", exp=None),
        good("of nobody in particular", sub=None), good("with metadata", meta={"see": revoked, "why": "a test"}),
        good("with a policy", pol=[["==", ".a", 1], ["not", ["like", ".b", "*"]]]), good("of everything", written=True, cmd="/"),
        good("by the release candidate", tag="ucan/dlg@1.0.0-rc.1"), good("before 1970", written=True, nbf=-1),
        good("at the last second", written=True, exp=2**53 - 1), good("by somebody else", key=operating, iss=did(operating)),
    ],
    "invalid": [
        bad("another's signature", token(operating, plain)), bad("a changed bit", right[:80] + bytes([right[80] ^ 1]) + right[81:]),
        bad("a cut token", right[:-1]), bad("a byte more", right + b"\x00"), bad("no signature", enc([b"", {"h": varsig, "ucan/dlg@1.0.0": plain}])),
        bad("another header", token(root, plain, header=bytes.fromhex("3401ed01ed011271"))), bad("no header", token(root, plain, header=b"")),
        bad("another tag", token(root, plain, "ucan/inv@1.0.0")), bad("a field more", more=1),
        *[bad(f"without {field}", **{field: "absent"}) for field in plain],
        bad("an empty start", nbf=None), bad("an end beyond 2^53 - 1", exp=2**53), bad("a start beyond", nbf=-(2**53)),
        bad("a command without its slash", cmd="icn/operate"), bad("a command in capitals", cmd="/Icn"), bad("a slash at the end", cmd="/icn/"),
        bad("another kind of DID", aud="did:web:example.org"), bad("a nonce as text", nonce="once"),
    ],
})
def revocation(what, key=root, tag="ucan/inv@1.0.0", **change): return {"name": what, "token": b64(token(key, {**revoking, **change}, tag))}
write("ucan/revocation.json", {
    "version": "1.0.0", "comments": "Made by the project, with the same secrets.",
    "valid": [{**revocation("of the first delegation"), "revokes": text(revoked.cid), "issuer": did(root), "cid": name(token(root, revoking, "ucan/inv@1.0.0"))}],
    "invalid": [
        revocation("another's signature", operating), revocation("for somebody else", sub=did(operating)), revocation("another command", cmd="/ucan/other"),
        revocation("with a nonce", nonce=b"1"), revocation("with an end", exp=1900000000), revocation("with a proof", prf=[revoked]),
        revocation("of nothing", args={}), revocation("with a path", args={"revoke": revoked, "path": [revoked]}), revocation("as a delegation", tag="ucan/dlg@1.0.0"),
    ],
})
