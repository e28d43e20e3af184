"""A log's entries, one after the other: docs/formats.md, "The log", "Exports" (the order of blocks) and "What a verifier checks", points 2
to 11. It runs no guest."""

import itertools

from authority import LEDGER_MODULE, check_journal, check_legs, parts
from encoding import RAW, RESOURCES, Refused, key_of, need, sha256, show
from form import check_form, check_modules
from keys import Keys, brought
from ledger import Actor, Books
from payloads import LISTS, PLACE, check_signature, envelope, payload_of
from tree import EMPTY, put

ROLL_MEMBERS_MAX = 65536
INPUT_BYTES_MAX = 256 * 1024
FUEL_MAX = 20_000_000_000
PAGES_MAX = 256
NETWORK_MAX = 1 << 48
AHEAD_MS_MAX = 34_560_000_000
STORAGE_MAX = (1 << 63) - 1


class Scope:
    """What the log says of one scope so far."""

    def __init__(self, policy, rolls):
        self.policy, self.rolls, self.books = policy, rolls, Books(policy)
        self.modules = {install["module"]: install for install in policy["modules"]}
        storage = [each for each in policy["issue"] if each["unit"] == "storage" and each["to"] == "treasury"]
        self.storage_left = min(sum(each["amount"] for each in storage), STORAGE_MAX)
        self.time, self.ids, self.nodes, self.values, self.tree = policy["time"], set(), set(), {}, EMPTY
        self.admins, self.actors = set(policy["admins"]), {}

    def holds(self, did, role):
        if role == "anyone":
            return True
        if role == "admin":
            return did in self.admins
        defined = self.policy["roles"][role]
        key = key_of(did)
        return did in defined["named"] or any(key in self.rolls[roll] for roll in defined["rolls"])

    def scale(self, unit):
        """A unit's decimal places, when it is in use."""
        return 0 if unit in RESOURCES else self.books.units.get(unit)

    def actor(self, call):
        """Whose caps count. Everybody holds `anyone`, and no cap is of it."""
        roles = [role for role in ("admin", *self.policy["roles"]) if self.holds(call["caller"], role)]
        return Actor(call["caller"], call["module"], roles, call["module"] == LEDGER_MODULE)


def legs_of(values):
    """How many legs an entry has."""
    receipts = [value for value in values.values() if isinstance(value, dict) and value.get("typ") == "icn/receipt/v1"]
    places = receipts[-1].get("with", []) if receipts else []
    need(LISTS(PLACE)(places), "encoding", "a receipt's places of legs")
    return len(places)


def expired(scope, value):
    """What a journal asks for behind its expiries, when those are the ones that are due."""
    expiries, asked = parts(value.get("journal", []))
    due = scope.books.due(value["time"])
    early = [operation for operation in asked if "expire" in operation]
    need([each["expire"]["id"] for each in expiries] == due and not early, "expiries", f"not those that are due: {len(due)}")
    return asked


# Whose caps count for what comes in.
NOBODY = Actor(None, None, [])


class Log:
    def __init__(self):
        self.host, self.heads, self.scopes = None, {}, {}
        self.leaves, self.modules, self.engines, self.rolls = [], set(), set(), {}
        # What nodes say, as a later receipt may list one that stood before.
        self.nodes = {}
        # Delegations and revocations, and who may sign in each scope's name.
        self.ucans, self.keys = {}, {}

    def entry(self, blocks, values):
        """The next entry: its blocks' bytes, and what those of dag-cbor say, by name and in order; the last is the envelope that
        commits it."""
        names = list(blocks)
        places = legs_of(values)
        last = len(names) - 2 * places
        # Of each leg the payload and the envelope, which stand behind the receipt's.
        pairs = [(names[at], names[at + 1]) for at in range(last, len(names), 2)]
        first, payload = names[last - 1], names[last - 2]
        signature, _ = envelope(blocks[first])
        value = payload_of(values.get(payload))
        invocation, own, named = None, [], []
        if value["typ"] == "icn/policy/v1":
            for _, role in sorted(value["roles"].items(), key=lambda pair: pair[0].encode()):
                named += role["rolls"]
            named += [install["module"] for install in value["modules"]]
        named += value.get("delegations", []) + value.get("revocations", [])
        if value["typ"] == "icn/receipt/v1":
            need(value["invocation"] in blocks, "block", f"the invocation {show(value['invocation'])} is missing")
            inner = envelope(blocks[value["invocation"]])
            need(inner is not None, "envelope", "the invocation's envelope is none")
            need(inner[1] in blocks, "block", "the invocation's payload is missing")
            own = [inner[1], value["invocation"]]
            named = value.get("nodes", []) + [value["engine"]]
        shared = [name for name in dict.fromkeys(named) if name in blocks]
        for found, expected in itertools.zip_longest(names[: last - 2], own + shared):
            if found != expected:
                need(found is not None, "block", "one is missing")
                twin = any(other[1] != found[1] and other[4:] == found[4:] for other in own + named)
                need(not twin, "codec", f"{show(found)} is a name of its bytes with another codec")
                raise Refused("order-of-blocks", "not the blocks of this entry, in their order")
        if own:
            invocation = payload_of(values.get(own[0]), "icn/invocation/v1")
            check_signature(invocation, blocks[own[0]], inner[0], self.signers())
        legs = [payload_of(values.get(name), "icn/leg/v1") for name, _ in pairs]
        for leg, (name, sealed) in zip(legs, pairs):
            check_signature(leg, blocks[name], envelope(blocks[sealed])[0], self.signers())
        if value["typ"] == "icn/receipt/v1":
            check_legs(value, first, legs)
        check_signature(value, blocks[payload], signature, self.signers())
        if value["typ"] == "icn/receipt/v1":
            check_form(value, invocation, blocks, values)
        if value["typ"] == "icn/policy/v1":
            check_modules(value, blocks)
        told = ((), ())
        if value["typ"] in ("icn/policy/v1", "icn/keys/v1"):
            self.ucans.update({name: blocks[name] for name in named if name in blocks})
            told = brought(value["scope"], value, self.ucans)
        self.next_of(value, first)
        for leg, (_, sealed) in zip(legs, pairs):
            self.next_of(leg, sealed)
        if value["typ"] == "icn/keys/v1":
            need(told[0] or told[1], "keys", "it brings nothing")
        if value["typ"] != "icn/host/v1":
            self.follow(value, told)
        leaves = [first]
        if value["typ"] == "icn/host/v1":
            need(self.host is None, "entry", "a second host")
            self.host = value
        else:
            need(self.host is not None, "first-entry", "it is not the host's")
            need(value["log"] == self.host["log"], "log", f"a block of {value['log']}")
        if value["typ"] == "icn/policy/v1":
            self.policy(value, blocks)
        if value["typ"] == "icn/receipt/v1":
            leaves += [anchor[0] for anchor in value.get("anchors", [])]
            leaves += [sealed for _, sealed in pairs]
            self.receipt(value, invocation, blocks, values)
        if value["typ"] == "icn/keys/v1":
            scope = self.scopes.get(value["scope"])
            need(scope is not None, "scope", "keys of a scope without a policy")
            need(scope.tree[1] == value["root"], "state-root", f"{scope.tree[1].hex()}, not {value['root'].hex()}")
            scope.time = value["time"]
        for leg in legs:
            self.follow(leg)
            self.leg(leg)
        self.leaves += leaves

    def signers(self):
        """Everybody who may have signed so far, in his own name or a scope's; told when a signature does not hold."""
        for author in self.heads:
            yield author
        for keys in self.keys.values():
            for payload in keys.delegations.values():
                yield payload["aud"]

    def follow(self, value, told=((), ())):
        keys = self.keys.setdefault(value["scope"], Keys())
        keys.follow(value, self.keys.values(), told)

    def next_of(self, value, first):
        author = value["host"] if value["typ"] == "icn/host/v1" else value["scope"]
        seq, prev = self.heads.get(author, (-1, None))
        need(value.get("seq", 0) == seq + 1, "sequence", f"{author} goes on with {value.get('seq', 0)} after {seq}")
        need(value.get("prev") == prev, "block-before", f"{author} names another block before")
        self.heads[author] = (seq + 1, first)

    def policy(self, value, blocks):
        rolls = self.rolls_of(value, blocks)
        for install in value["modules"]:
            there = install["module"] in blocks or install["module"] in self.modules
            need(there, "module", f"{show(install['module'])} is missing")
            self.modules.add(install["module"])
        need(len(value["modules"]) <= 64 and len(value["roles"]) <= 64, "policy", "too many modules or roles")
        need(1 <= len(value["name"].encode()) <= 128, "policy", "its name")
        need(not {"admin", "anyone"} & set(value["roles"]), "policy", "a role that is always there")
        for role in value["roles"].values():
            need(len(role["named"]) <= 1024 and len(role["rolls"]) <= 256, "policy", "a role that is too large")
        seen = {LEDGER_MODULE}
        for install in value["modules"]:
            module = install["module"]
            need(module[1] == RAW and module not in seen, "policy", "a module that is twice there, or not raw")
            seen.add(module)
            for name, role in install["entries"].items():
                need(role in ("admin", "anyone") or role in value["roles"], "policy", "an entry's role")
                need(1 <= len(name.encode()) <= 64 and not name.startswith("__"), "policy", "an entry's name")
        for each in value["issue"]:
            need(1 <= each["amount"] < 1 << 63, "policy", "an amount that is none")
            own = each["to"] in ("issuance", "consumed") or each["to"].startswith(("hold:", "owed:", "claim:"))
            need(not own, "policy", f"units are issued to {each['to']}")
        need(value["token"] not in RESOURCES, "policy", "its token is a resource")
        most = {"fuel": FUEL_MAX, "memory": PAGES_MAX, "network": NETWORK_MAX}
        need(all(value["grant"][kind] <= most[kind] for kind in most), "policy", "its grant")
        keys = [key_of(other) for other in value.get("counterparts", [])]
        ordered = len(keys) <= 256 and all(a < b for a, b in zip(keys, keys[1:]))
        need(ordered and value["scope"] not in value.get("counterparts", []), "policy", "its counterparts")
        need((value["seq"], value["prev"]) == (0, None), "policy", "a scope's second one")
        self.scopes[value["scope"]] = Scope(value, rolls)

    def rolls_of(self, value, blocks):
        rolls = {}
        for roll in (roll for role in value["roles"].values() for roll in role["rolls"]):
            data = blocks.get(roll, self.rolls.get(roll))
            need(data is not None, "roll", f"{show(roll)} is missing")
            keys = [data[at : at + 32] for at in range(0, len(data), 32)]
            sound = roll[1] == RAW and len(data) % 32 == 0 and len(keys) <= ROLL_MEMBERS_MAX
            need(sound and all(a < b for a, b in zip(keys, keys[1:])), "policy", "a roll")
            rolls[roll], self.rolls[roll] = set(keys), data
        return rolls

    def leg(self, value):
        """A counterpart's side of a receipt, which was booked."""
        scope, payer = self.scopes.get(value["scope"]), self.scopes.get(value["of"])
        need(scope is not None, "scope", "a leg of a scope without a policy")
        need(value["of"] in scope.policy.get("counterparts", []), "counterpart", f"its policy does not name {value['of']}")
        for operation in value["journal"]:
            unit = operation.get("receive", {}).get("unit")
            if unit is not None:
                here, there = scope.scale(unit), payer.scale(unit)
                need(here is not None and here == there, "legs-unit", f"{unit} has {here} decimal places, and {there}")
        need(value["time"] >= scope.time, "time", "before that of the block before")
        expired(scope, value)
        need(scope.tree[1] == value["root"], "state-root", f"{scope.tree[1].hex()}, not {value['root'].hex()}")
        scope.books.book(value, NOBODY)
        scope.time = value["time"]

    # Receipts: the order is that of the page.

    def receipt(self, value, call, blocks, values):
        scope = self.scopes.get(value["scope"])
        need(scope is not None, "scope", "a receipt of a scope without a policy")
        self.admissible(scope, value, call)
        if value["engine"] in blocks:
            self.engines.add(value["engine"])
        need(value["engine"] in self.engines, "engine", "it is not described")
        for name in value.get("nodes", []):
            need(name in blocks or name in self.nodes, "node", f"{show(name)} is missing")
            self.nodes.setdefault(name, values.get(name))
        check_journal(value, call, scope.policy, scope.books)
        self.charged(scope, value, call)
        known = self.nodes_of(scope, value, call)
        asked = expired(scope, value)
        effects = [name for name in ("nodes", "writes", "anchors") if name in value]
        need(value["outcome"] == "ok" or not (effects or asked), "a-run-that-failed", "it has effects")
        self.state(scope, value, call)
        scope.books.book(value, scope.actor(call))
        scope.nodes, scope.time = known, value["time"]
        scope.ids.add(call["id"])

    def admissible(self, scope, value, call):
        """The invocation, at the receipt's time."""
        need(len(call["input"]) <= INPUT_BYTES_MAX, "authority", "its input")
        need(1 <= len(call["entry"].encode()) <= 64 and 1 <= call["fuel"] <= FUEL_MAX, "authority", "its bounds")
        need(call["log"] == self.host["log"], "authority", "an invocation for another log")
        need(value["time"] < call["expires"] <= value["time"] + AHEAD_MS_MAX, "authority", "expired, or too far ahead")
        entries = scope.modules[call["module"]]["entries"] if call["module"] in scope.modules else {}
        if call["module"] == LEDGER_MODULE:
            entries = {"apply": "admin"}
        need(call["entry"] in entries, "authority", f"the entry {call['entry']!r} is not open")
        need(scope.holds(call["caller"], entries[call["entry"]]), "authority", "the caller is not in the role")
        need(call["fuel"] <= scope.policy["grant"]["fuel"], "authority", "more fuel than the grant")

    @staticmethod
    def charged(scope, value, call):
        """Order, and what was charged."""
        need(value["time"] >= scope.time, "time", "before that of the block before")
        need(call["scope"] == value["scope"], "scope", "an invocation for another scope")
        need(call["id"] not in scope.ids, "invocation-id", "applied before")
        need(value["fuel"] <= call["fuel"], "fuel", "more than the invocation's")
        trapped = value["outcome"] != "ok" and "trapped" in value["outcome"]
        whole = value["fuel"] == call["fuel"] and value["output"] == b""
        need(not trapped or whole, "a-run-that-trapped", "other fuel than its invocation's, or an output")
        grant, usage = scope.policy["grant"], value["usage"]
        need(usage["memory"] <= grant["memory"] and usage["network"] <= grant["network"], "usage", "more than the grant")

    def nodes_of(self, scope, value, call):
        """The scope's nodes, with those of this receipt."""
        if "nodes" not in value and "anchors" not in value:
            return scope.nodes
        known = set(scope.nodes)
        for name in value.get("nodes", []):
            try:
                node = payload_of(self.nodes[name], "icn/node/v1")
            except Refused as error:
                raise Refused("node", f"{error}") from None
            need(node["scope"] == value["scope"], "nodes-scope", "a node of another scope")
            need(node["module"] == call["module"], "nodes-module", "a node of another module")
            need(all(parent in known for parent in node["parents"]), "nodes-parents", "one that did not come before")
            known.add(name)
        need(all(anchor[0] in known for anchor in value.get("anchors", [])), "anchor", "a node that is not stored")
        return known

    @staticmethod
    def state(scope, value, call):
        before, charged, tree, module = None, 0, scope.tree, call["module"]
        for key, new in value.get("writes", []):
            need(before is None or before < key, "writes", "keys that do not ascend")
            before, old = key, scope.values.get((module, key))
            charged += (0 if new is None else len(key) + len(new)) - (0 if old is None else len(key) + old)
        need(charged == value["usage"]["storage"], "storage-charged", f"{charged}, not {value['usage']['storage']}")
        need(charged <= scope.storage_left, "storage-charged", "more than is left")
        for key, new in value.get("writes", []):
            tree = put(tree, sha256(module, key), None if new is None else sha256(new))
        need(tree[1] == value["root"], "state-root", f"{tree[1].hex()}, not {value['root'].hex()}")
        scope.tree = tree
        scope.storage_left -= charged
        for key, new in value.get("writes", []):
            scope.values.pop((module, key), None)
            if new is not None:
                scope.values[module, key] = len(new)
