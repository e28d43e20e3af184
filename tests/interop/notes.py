"""Signed notes: checkpoints, cosignatures, verifier keys, and the policy of a verifier. docs/formats.md, "Checkpoints" and "Proofs, tiles,
cosignatures, CAR"."""

import base64
import json
import unicodedata

from ed25519 import signature_holds
from encoding import Refused, need, sha256
from payloads import LISTS, MAP, TEXT

NOTE_BYTES_MAX = 64 * 1024
NOTE_SIGNATURES_MAX = 64


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


def is_name(text):
    return text != "" and "+" not in text and not any(c.isspace() or unicodedata.category(c) == "Cc" for c in text)


def verifier_key(text, kind, code):
    parts = text.split("+", 2)
    need(len(parts) == 3 and is_name(parts[0]), code, "not name+id+key")
    typed = unbase64(parts[2], code)
    need(len(typed) == 33 and typed[0] == kind, code, "a key of another type")
    need(parts[1] == key_id(parts[0], kind, typed[1:]).hex(), code, "its id is not that of its name and key")
    return parts[0], typed[1:]


def checkpoint(note, name, key, code="checkpoint"):
    """Size, root and text of a signed checkpoint of this log."""
    need(len(note.encode()) <= NOTE_BYTES_MAX and note.endswith("\n") and "\n\n" in note, code, "not a signed note")
    need(all(c >= " " or c == "\n" for c in note), code, "a control character")
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    need(lines.count("\n") <= NOTE_SIGNATURES_MAX, code, "too many signatures")
    signed = False
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and is_name(parts[1]), code, "a signature line that is none")
        data = unbase64(parts[2], code)
        need(len(data) >= 4, code, "a signature without a key's id")
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
    """The witnesses and the quorum of a verifier's policy."""
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
