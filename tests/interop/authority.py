"""Whether a journal is one that its module could write: judged over the log's words alone. docs/formats.md, "The ledger", "Authority" and
"Rulings"."""

import hashlib

from encoding import RAW, RESOURCES, Refused, cid, decode, need, same, show

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


def check_journal(receipt, call, capabilities, books):
    """Each operation but the expiries; `books` are those before the receipt."""
    if call["module"] == LEDGER_MODULE:
        return check_ruling(receipt, call)

    def granted(capability):
        need(capability in capabilities, "transfers-authority", f"the capability `{capability}` is not granted")

    def may_debit(owner):
        if owner == "treasury":
            granted("treasury")
        own = (call["caller"], f"module:{show(call['module'])}", "treasury", "issuance")
        need(owner in own, "transfers-debit", f"`{owner}` is debited")

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


def check_ruling(receipt, call):
    _, asked = parts(receipt.get("journal", []))
    beside = [name for name in ("writes", "nodes", "anchors") if name in receipt]
    need(not beside, "ruling", f"it has {beside} beside its journal")
    for operation in asked:
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
    if kind == "transfer":
        owner = told["from"]
        return owner in ("treasury", "issuance", caller) or not (owner == "consumed" or ":" in owner)
    if kind != "rule":
        return False
    ((ruling, terms),) = told.items()
    if ruling == "set_cap":
        return terms["cap"]["scope"] == scope
    over = terms if ruling == "open_unit" else terms["account"]
    return over["scope"] == scope and over["unit"] not in RESOURCES
