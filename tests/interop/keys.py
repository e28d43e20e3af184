"""Who may sign in a scope's name: delegations to operating keys, and revocations. docs/formats.md, "Delegations and revocations"."""

from ed25519 import holds
from encoding import Refused, decode, is_did, key_of, need, show
from form import is_dag_cbor
from payloads import BYTES, LINK, LIST, LISTS, MAP, OR_NULL, SIGNED, TEXT, fields

UCAN_BYTES_MAX = 4096
BLOCK_UCANS_MAX = 16
SCOPE_UCANS_MAX = 4096
SECONDS_MAX = (1 << 53) - 1
HEADER = bytes.fromhex("3401ed01ed011371")
VERSIONS = ("1.0.0", "1.0.0-rc.1")

SECONDS = lambda value: SIGNED(value) and abs(value) <= SECONDS_MAX
DELEGATION = {
    "aud": is_did, "cmd": TEXT, "exp": OR_NULL(SECONDS), "iss": is_did, "nbf?": SECONDS, "pol": LIST, "sub": OR_NULL(is_did),
    "meta?": MAP, "nonce": BYTES,
}
REVOCATION = {
    "cmd": lambda value: value == "/ucan/revoke", "exp": lambda value: value is None, "iss": is_did, "prf": lambda value: value == [],
    "sub": is_did, "args": lambda value: MAP(value) and set(value) == {"revoke"} and LINK(value["revoke"]),
    "nonce": lambda value: value == b"",
}


def read(data, kind, kinds, what):
    """The payload of a UCAN that its issuer signed."""
    try:
        need(len(data) <= UCAN_BYTES_MAX, "encoding", "it is too large")
        value = decode(data)
        need(LIST(value) and len(value) == 2 and BYTES(value[0]) and len(value[0]) == 64 and MAP(value[1]), "encoding", "its envelope")
        names = [f"ucan/{kind}@{version}" for version in VERSIONS]
        name = next((name for name in names if name in value[1]), None)
        need(name and len(value[1]) == 2 and value[1].get("h") == HEADER, "encoding", "its header or its kind")
        payload = value[1][name]
        fields(payload, kinds, what)
    except Refused as error:
        raise Refused(what, f"{error}") from None
    need(holds(key_of(payload["iss"]), data[67:], value[0]), f"signature-of-the-{what}", f"not one of {payload['iss']}")
    return payload


def brought(scope, value, blocks):
    """What a policy or a block of keys of this scope brings, each right in itself."""
    delegations, revocations = value.get("delegations", []), value.get("revocations", [])
    need(max(len(delegations), len(revocations)) <= BLOCK_UCANS_MAX, "keys", "it brings too much")
    told = []
    for name in delegations:
        is_dag_cbor(name)
        need(name in blocks, "block", f"{show(name)} is missing")
        payload = read(blocks[name], "dlg", DELEGATION, "delegation")
        need(payload["sub"] == scope, "scope-of-the-delegation", f"it is about {payload['sub']}")
        need(payload["iss"] == scope, "root-of-the-delegation", f"it is by {payload['iss']}")
        need(payload["cmd"] == "/icn/operate" and payload["pol"] == [], "command-of-the-delegation", payload["cmd"])
        need(payload["exp"] is not None, "delegation", "it has no end")
        told.append((name, payload))
    revoked = []
    for name in revocations:
        is_dag_cbor(name)
        need(name in blocks, "block", f"{show(name)} is missing")
        payload = read(blocks[name], "inv", REVOCATION, "revocation")
        need(payload["iss"] == scope, "root-of-the-revocation", f"it is by {payload['iss']}")
        need(payload["sub"] == scope, "revocation", f"it is about {payload['sub']}")
        revoked.append(payload["args"]["revoke"])
    return told, revoked


class Keys:
    """A scope's keys, as its blocks so far have them."""

    def __init__(self):
        self.delegations, self.revoked, self.time = {}, set(), 0

    def delegate(self, delegations):
        for name, payload in delegations:
            need(len(self.delegations) < SCOPE_UCANS_MAX, "keys", "too many delegations")
            need(name not in self.delegations, "keys", f"{show(name)} again")
            self.delegations[name] = payload

    def follow(self, value, others, told=((), ())):
        """A block of the scope, by its signer; `others` are all scopes' keys, `told` is what it brings."""
        need(value["time"] >= self.time, "time", f"before {self.time}")
        self.delegate(told[0])
        if "signer" in value:
            self.judge(value, others)
        for name in told[1]:
            need(len(self.revoked) < SCOPE_UCANS_MAX, "keys", "too many revocations")
            need(name not in self.revoked, "keys", f"{show(name)} is revoked again")
            self.revoked.add(name)
        self.time = value["time"]

    def judge(self, value, others):
        name, key, time = value["signer"]["delegation"], value["signer"]["key"], value["time"]
        if name not in self.delegations:
            need(all(name not in keys.delegations for keys in others), "scope-of-the-delegation", "it is another scope's")
            raise Refused("unknown-delegation", show(name))
        payload = self.delegations[name]
        need(payload["aud"] == key, "audience-of-the-delegation", f"it is to {payload['aud']}")
        need(name not in self.revoked, "revoked-delegation", show(name))
        need(payload.get("nbf", 0) * 1000 <= time, "start-of-the-delegation", f"{payload.get('nbf')} s")
        need(time < payload["exp"] * 1000, "end-of-the-delegation", f"{payload['exp']} s")
