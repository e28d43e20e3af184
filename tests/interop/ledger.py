"""A scope's books: accounts, holds and caps, and what each entry does to them. docs/formats.md, "The ledger".

What the books do not allow is refused with the code `ledger`, and words that begin with the ledger's own code.
"""

import bisect

from encoding import RESOURCES, Refused, need
from authority import parts

AMOUNT_MAX = (1 << 63) - 1
COUNTER_MAX = (1 << 128) - 1
HOLD_AHEAD_MS_MAX = 34_560_000_000
HOLDS_MAX = 4096
CAPS_MAX = 1024
SCALE_MAX = 18
ISSUES_MAX = 16_384


def allow(condition, code, words):
    need(condition, "ledger", f"{code}, {words}")


class Account:
    __slots__ = ("debits", "credits", "debits_held", "credits_held", "closed", "frozen", "credit", "balance_max")

    def __init__(self):
        self.debits = self.credits = self.debits_held = self.credits_held = 0
        self.closed = self.frozen = False
        self.credit, self.balance_max = 0, None

    def covers(self, amount):
        return self.debits + self.debits_held + amount <= self.credits + self.credit

    def has_room(self, amount):
        return self.balance_max is None or self.credits + self.credits_held + amount <= self.debits + self.balance_max


class Hold:
    def __init__(self, told, placed, caps):
        self.owner, self.to, self.unit, self.amount = told["from"], told["to"], told["unit"], told["amount"]
        self.deadline, self.module, self.placed, self.caps = told["deadline"], told["module"], placed, caps


class Cap:
    """What may be spent, what counts against it, and in which window that counted last."""

    def __init__(self, most, window):
        self.max, self.window, self.used = most, window, 0


def window_of(key, time):
    return 0 if key[2] is None else time // key[2]


class Actor:
    """Whose caps count: the caller, the module, and the roles that the caller holds. No cap counts what a ruling consumes."""

    def __init__(self, caller, module, roles, rules=False):
        self.rules = rules
        self.levels = {("member", caller), ("module", module), "scope"} | {("role", role) for role in roles}


class Books:
    def __init__(self, policy):
        self.token, self.accounts, self.units = policy["token"], {}, {}
        self.holds, self.deadlines, self.caps = {}, [], {}
        if len(policy["issue"]) > ISSUES_MAX:
            raise Refused("policy", "too many units are issued")
        for each in policy["issue"]:
            self.move("issuance", each["to"], each["unit"], each["amount"])

    def account(self, owner, unit):
        """An account comes into being when it is named, and its unit with it."""
        self.units.setdefault(unit, 0)
        return self.accounts.setdefault((owner, unit), Account())

    # A receipt.

    def due(self, time):
        """The names of the holds that a time ends, in the order of deadline and name."""
        return [name for _, name in self.deadlines[: bisect.bisect_right(self.deadlines, (time, b"\xff" * 16))]]

    def book(self, receipt, actor):
        """A receipt, or a leg, which charges nothing."""
        time, usage = receipt["time"], receipt.get("usage", {})
        expiries, asked = parts(receipt.get("journal", []))
        for operation in expiries:
            self.end(operation["expire"]["id"], 0)
        charges = [("fuel", receipt.get("fuel", 0))] + [(unit, usage.get(unit, 0)) for unit in ("memory", "network", "storage")]
        for unit, amount in charges:
            if amount > 0:
                allow(amount <= AMOUNT_MAX, "amount", f"{amount} {unit}")
                caps = [] if actor.rules else self.allowed(actor, unit, amount, time)
                self.move("treasury", "consumed", unit, amount, caps, time)
            if amount < 0:
                self.move("consumed", "treasury", unit, -amount)
        for operation in asked:
            ((kind, told),) = operation.items()
            if kind == "transfer":
                self.transfer(told, actor, time)
            elif kind in ("send", "receive"):
                self.cross(kind, told, actor, time)
            elif kind == "hold":
                self.hold(told, actor, time)
            elif kind == "rule":
                ((ruling, terms),) = told.items()
                self.rule(ruling, terms, time)
            else:
                self.end(told["id"], told.get("amount", 0), kind == "settle")

    def judge(self, told):
        """What can be said of a transfer or a hold by its own words."""
        allow(1 <= told["amount"] <= AMOUNT_MAX, "amount", f"{told['amount']}")
        allow(told["from"] != told["to"], "same_account", told["from"])

    def transfer(self, told, actor, time):
        self.judge(told)
        owners, unit, amount = (told["from"], told["to"]), told["unit"], told["amount"]
        for owner in owners:
            if owner != "issuance":
                movable(owner)
        allow(unit not in RESOURCES, "resource", unit)
        self.free(owners, unit)
        # What is minted is nobody's spending.
        caps = [] if owners[0] == "issuance" else self.allowed(actor, unit, amount, time)
        self.move(*owners, unit, amount, caps, time)

    def cross(self, kind, told, actor, time):
        """This scope's part of a transfer between two."""
        unit, amount, other = told["unit"], told["amount"], told["scope"]
        allow(1 <= amount <= AMOUNT_MAX, "amount", f"{amount}")
        movable(told["from"]), movable(told["to"])
        allow(unit not in RESOURCES, "resource", unit)
        owners = (told["from"], f"owed:{other}") if kind == "send" else (f"claim:{other}", told["to"])
        self.free(owners, unit)
        caps = self.allowed(actor, unit, amount, time) if kind == "send" else []
        self.move(*owners, unit, amount, caps, time)

    def net(self, other, unit):
        """Sets off what this scope owes another and claims of it. It opens no account."""
        self.units.setdefault(unit, 0)
        owners = (f"owed:{other}", f"claim:{other}")
        owed, claim = (self.accounts.get((owner, unit)) for owner in owners)
        there = [each for each in (owed, claim) if each is not None]
        allow(not any(each.closed for each in there), "closed", f"{owners}")
        allow(not any(each.frozen for each in there), "frozen", f"{owners}")
        allow(len(there) == 2, "nothing_to_net", f"{owners}")
        least = min(owed.credits - owed.debits - owed.debits_held, claim.debits - claim.credits, AMOUNT_MAX)
        allow(least > 0, "nothing_to_net", f"{owners}")
        self.move(*owners, unit, least)

    def hold(self, told, actor, time):
        self.judge(told)
        owners, unit, amount = (told["from"], told["to"]), told["unit"], told["amount"]
        for owner in owners:
            movable(owner)
        allow(unit not in RESOURCES, "resource", unit)
        allow(time < told["deadline"] <= time + HOLD_AHEAD_MS_MAX, "deadline", f"{told['deadline']} at {time}")
        self.account(owners[0], unit), self.account(owners[1], unit)
        allow(told["id"] not in self.holds, "hold_exists", told["id"].hex())
        self.free(owners, unit)
        allow(len(self.holds) < HOLDS_MAX, "too_many_holds", f"{HOLDS_MAX} are open")
        caps = self.allowed(actor, unit, amount, time)
        payer, payee = self.fitting(*owners, unit, amount)
        payer.debits_held += amount
        payee.credits_held += amount
        self.count(caps, amount, time)
        self.holds[told["id"]] = Hold(told, time, caps)
        bisect.insort(self.deadlines, (told["deadline"], told["id"]))

    def end(self, name, amount, settles=False):
        """Ends a hold: so much moves, the rest returns."""
        if settles:
            allow(1 <= amount <= AMOUNT_MAX, "amount", f"{amount}")
        hold = self.holds.get(name)
        allow(hold is not None, "unknown_hold", f"{name.hex()} is not open")
        payer, payee = self.account(hold.owner, hold.unit), self.account(hold.to, hold.unit)
        if settles:
            allow(amount <= hold.amount, "over_settled", f"{amount} of {hold.amount}")
            allow(not (payer.frozen or payee.frozen), "frozen", f"{hold.owner} or {hold.to}")
        del self.holds[name]
        self.deadlines.remove((hold.deadline, name))
        payer.debits_held -= hold.amount
        payee.credits_held -= hold.amount
        payer.debits += amount
        payee.credits += amount
        for key in hold.caps:
            cap = self.caps[key]
            if cap.window == window_of(key, hold.placed):
                cap.used = max(0, cap.used - (hold.amount - amount))

    # What moves.

    def free(self, owners, unit):
        accounts = [self.account(owner, unit) for owner in owners]
        allow(not any(each.closed for each in accounts), "closed", f"{owners} in {unit}")
        allow(not any(each.frozen for each in accounts), "frozen", f"{owners} in {unit}")

    def fitting(self, owner, to, unit, amount):
        """Both accounts, when the one covers it and the other has room for it."""
        payer, payee = self.account(owner, unit), self.account(to, unit)
        covered = owner == "issuance" or payer.covers(amount)
        allow(covered, "insufficient", f"{owner} has not {amount} {unit}")
        allow(payee.has_room(amount), "balance_max", f"{to} has no room for {amount} {unit}")
        sums = max(payer.debits + payer.debits_held, payee.credits + payee.credits_held) + amount
        allow(sums <= COUNTER_MAX, "overflow", f"{owner} or {to}")
        return payer, payee

    def move(self, owner, to, unit, amount, caps=(), time=0):
        payer, payee = self.fitting(owner, to, unit, amount)
        payer.debits += amount
        payee.credits += amount
        self.count(caps, amount, time)

    # Caps.

    def allowed(self, actor, unit, amount, time):
        """The caps that so much would count against, when each allows it."""
        keys = [key for key in self.caps if key[0] == unit and key[1] in actor.levels]
        for key in keys:
            used = self.used(key, time)
            allow(used + amount <= self.caps[key].max, "cap_passed", f"{used} of {self.caps[key].max} {unit} at {key[1]}, {amount} more")
        return keys

    def used(self, key, time):
        cap = self.caps[key]
        return cap.used if cap.window == window_of(key, time) else 0

    def count(self, keys, amount, time):
        for key in keys:
            cap = self.caps[key]
            cap.used, cap.window = self.used(key, time) + amount, window_of(key, time)

    # Rulings.

    def rule(self, ruling, terms, time):
        if ruling == "open_unit":
            allow(terms["scale"] <= SCALE_MAX, "scale", f"{terms['scale']}")
            allow(terms["unit"] not in self.units, "unit_exists", terms["unit"])
            self.units[terms["unit"]] = terms["scale"]
        elif ruling == "net":
            self.net(terms["b"], terms["unit"])
        elif ruling == "set_cap":
            self.set_cap(terms["cap"], terms["max"], terms["soft"], time)
        else:
            self.rule_account(ruling, terms)

    def rule_account(self, ruling, terms):
        limits = terms.get("limits", {})
        allow(all(each is None or each <= AMOUNT_MAX for each in limits.values()), "amount", f"{limits}")
        owner, unit = terms["account"]["owner"], terms["account"]["unit"]
        allow(owner not in ("issuance", "consumed") and not owner.startswith("hold:"), "reserved", owner)
        is_new = (owner, unit) not in self.accounts
        account = self.account(owner, unit)
        if ruling == "open":
            allow(is_new or account.closed, "account_exists", owner)
            account.closed = False
            return
        allow(not account.closed, "closed", owner)
        if ruling == "close":
            account.closed = True
        elif ruling in ("freeze", "unfreeze"):
            account.frozen = ruling == "freeze"
        else:
            account.credit, account.balance_max = limits["credit"], limits["balance_max"]
            allow(account.covers(0) and account.has_room(0), "limit_broken", owner)

    def set_cap(self, cap, most, soft, time):
        allow(all(each is None or each <= AMOUNT_MAX for each in (most, soft)), "amount", f"{most}, {soft}")
        allow(cap["window_ms"] != 0, "cap_terms", "a window of 0 ms")
        allow(soft is None or (most is not None and soft <= most), "cap_terms", f"{soft} above {most}")
        allow(cap["unit"] in RESOURCES or cap["unit"] in self.units, "unknown_unit", cap["unit"])
        level = cap["level"] if cap["level"] == "scope" else next(iter(cap["level"].items()))
        key = (cap["unit"], level, cap["window_ms"])
        if most is None:
            self.caps.pop(key, None)
            for hold in self.holds.values():
                hold.caps = [each for each in hold.caps if each != key]
        elif key in self.caps:
            self.caps[key].max = most
        else:
            allow(len(self.caps) < CAPS_MAX, "too_many_caps", f"{CAPS_MAX}")
            self.caps[key] = Cap(most, window_of(key, time))

    # What they say.

    def unbalanced(self):
        """Units whose debits are not their credits, posted or held."""
        sums = {}
        for (_, unit), each in self.accounts.items():
            posted, held = sums.get(unit, (0, 0))
            sums[unit] = (posted + each.credits - each.debits, held + each.credits_held - each.debits_held)
        return {unit for unit, totals in sums.items() if totals != (0, 0)}

    def balances(self):
        """What each account has and has not set aside, and what is on each hold, by owner and unit; without zeros."""
        told = {name: each.credits - each.debits - each.debits_held for name, each in self.accounts.items()}
        told.update({(f"hold:{name.hex()}", hold.unit): hold.amount for name, hold in self.holds.items()})
        return {name: balance for name, balance in told.items() if balance}


def movable(owner):
    """An account that an operation may name, but for the issuance of a transfer."""
    own = owner in ("issuance", "consumed") or owner.startswith(("hold:", "owed:", "claim:"))
    allow(not own, "reserved", owner)
