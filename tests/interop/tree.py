"""Trees: the log's, its tiles, and a scope's state. docs/formats.md, "The log", "Proofs, tiles, cosignatures, CAR", "State"."""

from encoding import sha256


def leaf_hash(data):
    return sha256(b"\0", data)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def root_of(hashes):
    """RFC 6962, section 2.1, of leaves' hashes."""
    if not hashes:
        return sha256()
    level = list(hashes)
    # A node without a sibling goes up as it is: the same tree.
    while len(level) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def tile_path(kind, number, width):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{kind}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def tiles_of(leaves):
    """Path, bytes and code of each tile and bundle of a tree of these leaves."""
    for start in range(0, len(leaves), 256):
        part = leaves[start : start + 256]
        yield tile_path("entries", start // 256, len(part)), b"".join(b"\0\x24" + leaf for leaf in part), "entry-bundle"
    hashes, level = [leaf_hash(leaf) for leaf in leaves], 0
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start : start + 256]
            yield tile_path(level, start // 256, len(part)), b"".join(part), "tile"
        full = len(hashes) // 256
        hashes, level = [root_of(hashes[at * 256 : at * 256 + 256]) for at in range(full)], level + 1


# A scope's state.


def bit(place, depth):
    return place[depth // 8] >> 7 - depth % 8 & 1


EMPTY = ("empty", bytes(32))


def put(node, place, value_hash, depth=0):
    """The tree with this leaf; `value_hash` None takes it away."""
    if node[0] == "empty":
        return node if value_hash is None else ("leaf", sha256(b"\0", place, value_hash), place)
    if node[0] == "leaf":
        if node[2] == place:
            return EMPTY if value_hash is None else ("leaf", sha256(b"\0", place, value_hash), place)
        if value_hash is None:
            return node
        sides = [EMPTY, EMPTY]
        sides[bit(node[2], depth)] = node
    else:
        sides = list(node[2])
    side = bit(place, depth)
    sides[side] = put(sides[side], place, value_hash, depth + 1)
    kinds = sorted(each[0] for each in sides)
    if kinds == ["empty", "empty"]:
        return EMPTY
    if kinds == ["empty", "leaf"]:
        return sides[0] if sides[0][0] == "leaf" else sides[1]
    return ("inner", node_hash(sides[0][1], sides[1][1]), tuple(sides))
