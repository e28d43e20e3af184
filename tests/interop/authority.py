"""Whether a journal is one that its module could write: judged over the log's words alone. docs/formats.md, "The ledger", "Authority" and
"Rulings"."""

import hashlib

from encoding import RAW, RESOURCES, Refused, cid, decode, key_of, need, same, show

# The ledger's own module, which is in every scope.
LEDGER_MODULE = cid(RAW, b"icn/ledger/v1")


def parts(journal):
    """The expiries that a journal begins with, and what was asked for."""
    at = 0
    while at < len(journal) and "expire" in journal[at]:
        at += 1
    return journal[:at], journal[at:]


def hold_ids(call_name, prev):
    """The names of a run's holds, in their order."""
    seed = hashlib.sha256(b"icn-runtime/v1/random" + call_name + prev).digest()
    placed = 0
    while True:
        yield hashlib.sha256(b"icn-runtime/v1/hold" + seed + placed.to_bytes(8, "big")).digest()[:16]
        placed += 1


def other_scope(operation):
    """The scope that an operation sends units to, or with which it sets off; or None."""
    if "send" in operation:
        return operation["send"]["scope"]
    return operation.get("rule", {}).get("net", {}).get("b")


def side_of(operation, payer, other):
    """The counterpart's side of an operation, or None."""
    if other_scope(operation) != other:
        return None
    if "send" in operation:
        return {"receive": {**operation["send"], "scope": payer}}
    net = operation["rule"]["net"]
    return {"rule": {"net": {**net, "a": net["b"], "b": net["a"]}}}


def check_legs(receipt, name, legs):
    """That a receipt of this name has the legs that it asks for, and each says of it what is so."""
    journal, places = receipt.get("journal", []), receipt.get("with", [])
    need(not any("receive" in operation for operation in journal), "receipts-journal", "it receives")
    others = {other_scope(operation) for operation in journal} - {None}
    asked = sorted(others, key=key_of)
    sound = receipt["scope"] not in others and [place["scope"] for place in places] == asked
    need(sound, "counterparts", f"expected {asked}")
    need(places == [{key: leg[key] for key in ("seq", "prev", "scope")} for leg in legs], "legs", "not at the receipt's places")
    for leg in legs:
        need(leg["log"] == receipt["log"], "legs-log", leg["log"])
        need((leg["of"], leg["receipt"]) == (receipt["scope"], name), "legs-receipt", "another")
        need(leg["time"] == receipt["time"], "legs-time", f"{leg['time']}")
        sides = [side_of(operation, receipt["scope"], leg["scope"]) for operation in journal]
        _, told = parts(leg["journal"])
        need(same(told, [side for side in sides if side is not None]), "legs-journal", "not the side of the receipt's")


def check_journal(receipt, call, policy, books):
    """Each operation but the expiries; `books` are those before the receipt."""
    counterparts = policy.get("counterparts", [])
    if call["module"] == LEDGER_MODULE:
        return check_ruling(receipt, call, counterparts)
    installed = [install for install in policy["modules"] if install["module"] == call["module"]]
    capabilities = installed[0]["capabilities"] if installed else []

    def granted(capability):
        need(capability in capabilities, "transfers-authority", f"the capability `{capability}` is not granted")

    def may_debit(owner):
        if owner == "treasury":
            granted("treasury")
        own = (call["caller"], f"module:{show(call['module'])}", "treasury", "issuance")
        need(owner in own, "transfers-debit", f"`{owner}` is debited")

    for capability, there in (("state", "writes" in receipt), ("dag", "nodes" in receipt or "anchors" in receipt)):
        need(not there or capability in capabilities, "effects-authority", f"the capability `{capability}` is not granted")
    names, placed = hold_ids(receipt["invocation"], receipt["prev"]), set()
    for operation in receipt.get("journal", []):
        ((kind, told),) = operation.items()
        if kind == "rule":
            raise Refused("ruling", "a guest's")
        if kind == "transfer":
            may_debit(told["from"])
            if "issuance" in (told["from"], told["to"]):
                granted("mint")
            elif not ("usage" in capabilities and is_usage(told, call, books.token)):
                granted("transfer")
        elif kind == "send":
            may_debit(told["from"])
            granted("cross")
            need(told["from"] != "issuance", "transfers-debit", "the issuance is debited")
            need(told["scope"] in counterparts, "counterpart", f"the policy does not name {told['scope']}")
        elif kind == "hold":
            may_debit(told["from"])
            granted("transfer")
            need(told["module"] == call["module"], "holds-module", f"{show(told['module'])}")
            name = next(names)
            need(told["id"] == name, "holds-name", f"{told['id'].hex()}, not {name.hex()}")
            placed.add(name)
        elif kind in ("settle", "void"):
            granted("transfer")
            if told["id"] in placed:
                continue
            hold = books.holds.get(told["id"])
            is_open = hold is not None and hold.deadline > receipt["time"]
            need(is_open, "end-of-a-hold", f"{told['id'].hex()} is not open at the receipt's time")
            need(hold.module == call["module"], "holds-module", f"{show(hold.module)} placed it")
    return None


def is_usage(told, call, token):
    return (
        told["from"] == call["caller"] and told["to"] == "treasury" and told["unit"] == token and told.get("memo", "") == "usage"
    )


def check_ruling(receipt, call, counterparts):
    _, asked = parts(receipt.get("journal", []))
    beside = [name for name in ("writes", "nodes", "anchors") if name in receipt]
    need(not beside, "ruling", f"it has {beside} beside its journal")
    for operation in asked:
        other = other_scope(operation)
        need(other is None or other in counterparts, "counterpart", f"the policy does not name {other}")
        need(may_rule(operation, receipt["scope"], call["caller"]), "ruling", f"what no administrator may ask for: {operation}")
    if receipt["outcome"] != "ok":
        return
    try:
        wanted = decode(call["input"])
    except Refused as error:
        raise Refused("ruling", f"its input: {error}") from None
    need(same(wanted, asked), "ruling", "the journal is not what the input asks for")


def may_rule(operation, scope, caller):
    ((kind, told),) = operation.items()
    if kind in ("transfer", "send"):
        owner = told["from"]
        if kind == "send" and owner == "issuance":
            return False
        return owner in ("treasury", "issuance", caller) or not (owner == "consumed" or ":" in owner)
    if kind != "rule":
        return False
    ((ruling, terms),) = told.items()
    if ruling == "set_cap":
        return terms["cap"]["scope"] == scope
    if ruling == "net":
        return terms["a"] == scope and terms["b"] != scope and terms["unit"] not in RESOURCES
    over = terms if ruling == "open_unit" else terms["account"]
    return over["scope"] == scope and over["unit"] not in RESOURCES
