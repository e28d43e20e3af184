"""What a receipt's entry says by its own form, whatever stands before it: docs/formats.md, "Bounds"."""

from authority import LEDGER_MODULE, parts
from encoding import DAG_CBOR, Refused, need, show
from payloads import payload_of

KIB = 1024
MODULE_BYTES_MAX = 2 * 1024 * KIB


def at_most(most, what, found):
    need(found <= most, "bounds", f"{found} {what}, at most {most}")


def is_dag_cbor(name):
    need(name[1] == DAG_CBOR, "codec", f"{show(name)} is a name of raw bytes")


def check_modules(policy, blocks):
    for install in policy["modules"]:
        at_most(MODULE_BYTES_MAX, "bytes of a module", len(blocks.get(install["module"], b"")))


def check_form(receipt, call, blocks, values):
    """A receipt, and the blocks that its entry has of those that it names."""
    need(receipt["outcome"] != {"failed": 0}, "outcome", "a run that failed with 0")
    at_most(256 * KIB, "bytes of output", len(receipt["output"]))
    writes = receipt.get("writes", [])
    at_most(4096, "writes", len(writes))
    for key, value in writes:
        need(key, "bounds", "an empty key")
        at_most(256, "bytes of a key", len(key))
        at_most(256 * KIB, "bytes of a value", len(value or b""))
    at_most(512 * KIB, "bytes of keys and values", sum(len(key) + len(value or b"") for key, value in writes))
    at_most(64, "nodes", len(receipt.get("nodes", [])))
    at_most(16, "anchors", len(receipt.get("anchors", [])))
    for _, topic in receipt.get("anchors", []):
        at_most(64, "bytes of a topic", len(topic.encode()))
    at_most(16, "other scopes", len(receipt.get("with", [])))
    if call["module"] != LEDGER_MODULE:
        _, asked = parts(receipt.get("journal", []))
        at_most(4096, "operations", len(asked))
        for operation in asked:
            for told in operation.values():
                at_most(128, "bytes of a memo", len(told.get("memo", "").encode()))
    if receipt["engine"] in blocks:
        is_dag_cbor(receipt["engine"])
        of_kind(values[receipt["engine"]], "icn/engine/v1", "engine")
    for name in receipt.get("nodes", []):
        if name in blocks:
            is_dag_cbor(name)
            node = of_kind(values[name], "icn/node/v1", "node")
            at_most(64, "parents of a node", len(node["parents"]))
            at_most(256 * KIB, "bytes of a node's payload", len(node["payload"]))


def of_kind(value, kind, code):
    try:
        return payload_of(value, kind)
    except Refused as error:
        raise Refused(code, f"{error}") from None
