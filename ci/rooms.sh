#!/usr/bin/env bash
# Checks how the rooms depend on each other.
# Between crates: a crate depends on the crates of ours that its row allows, and on no other. The allowed arrows have no
# cycle, so what passes has none.
# Inside a crate: no files name each other in a circle, and folders and files keep to the order in ci/rooms/order.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
fail() { echo "rooms.sh: $*" >&2; failed=1; }

# Names of the crates that $1 (a package) depends on by edges of the kinds $2, in the directory $3, as deep as $4.
tree() {
    (cd "$3" && cargo tree --locked --package "$1" --edges "$2" --depth "$4" --prefix none --format '{lib}') |
        tail -n +2 | sed 's/ .*//; /^$/d' | sort -u
}

# allow PACKAGE "NORMAL AND BUILD" "DEV": names as Rust writes them.
allow() {
    local found dev name
    found=$(tree "$1" normal,build . 1)
    dev=$(tree "$1" dev . 1)
    for name in $(grep '^icn_' <<<"$found" || true); do
        [[ " $2 " == *" $name "* ]] || fail "$1 depends on $name; allowed: ${2:-nothing of ours}"
    done
    for name in $(grep '^icn_' <<<"$dev" || true); do
        [[ " $2 $3 " == *" $name "* ]] || fail "$1's tests depend on $name; allowed: $2 $3"
    done
}

allow icn-core "" "icn_testkit"
allow icn-sync "" ""
allow icn-sandbox "icn_core" "icn_testkit"
allow icn-history "icn_core icn_sandbox" "icn_testkit"
allow icn-system "icn_core icn_sync icn_sandbox icn_history" "icn_testkit"
allow icn-testkit "icn_core icn_sandbox" ""
allow icn-guests-on-host "icn_core icn_sandbox icn_testkit" ""
allow icn-runtime "icn_core icn_sync icn_sandbox icn_history icn_system" "icn_testkit"

# Every crate of the workspace has a row above.
for name in $(cargo tree --locked --workspace --edges normal --depth 0 --prefix none --format '{p}' | sed 's/ .*//' | sort -u); do
    case $name in
        icn-core | icn-sync | icn-sandbox | icn-history | icn-system | icn-testkit | icn-runtime | icn-guests-on-host) ;;
        *) fail "$name has no row in ci/rooms.sh" ;;
    esac
done

# Core is deterministic and synchronous: nothing that brings threads, executors or an engine, however deep.
core=$(tree icn-core normal,build . 99)
for name in tokio actix actix_rt async_std futures wasmtime rand getrandom; do
    if grep -qx "$name" <<<"$core"; then fail "icn-core reaches $name"; fi
done
# The fuzz targets take testkit without its engine, and so without an engine's build.
bare=$(cargo tree --locked --package icn-testkit --no-default-features --edges normal,build --prefix none --format '{lib}' | sed 's/ .*//')
for name in wasmtime icn_sandbox; do
    if grep -qx "$name" <<<"$bare"; then fail "icn-testkit without its feature engine reaches $name"; fi
done
# What audits a log needs neither actors nor an engine: to run it again is behind a feature.
history=$(tree icn-history normal,build . 99)
for name in tokio actix actix_rt futures wasmtime wasmparser icn_sandbox icn_sync icn_system; do
    if grep -qx "$name" <<<"$history"; then fail "icn-history without its feature replay reaches $name"; fi
done
# Sync has no dependency at all.
sync=$(tree icn-sync normal,build . 99)
[ -z "$sync" ] || fail "icn-sync depends on: $(tr '\n' ' ' <<<"$sync")"

# Guests have nothing of the host; loom's models have the primitives alone.
guest=$(cd guest && cargo tree --locked --workspace --edges normal,build,dev --prefix none --format '{lib}' | sed 's/ .*//' | sort -u)
for name in $(grep '^icn_' <<<"$guest" || true); do
    [ "$name" = icn_guest ] || fail "guest depends on $name"
done
loom=$(tree icn-loom-tests normal,build,dev loom-tests 99)
for name in tokio actix actix_rt wasmtime icn_core icn_sandbox icn_history icn_system icn_runtime; do
    if grep -qx "$name" <<<"$loom"; then fail "loom-tests reaches $name"; fi
done

# Inside the crates. The check is a program, ci/rooms; its tests plant circles of every kind.
rooms() {
    local status=0
    (cd ci/rooms && cargo run --locked --quiet -- rooms "$@") || status=$?
    return "$status"
}
(cd ci/rooms && cargo test --locked --quiet) || fail "the tests of ci/rooms fail"
rooms ../.. order.txt || fail "ci/rooms found what is above"

# A circle in a copy of a real crate must be found.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/actors/sync"
cp -r actors/sync/src actors/sync/Cargo.toml "$copy/actors/sync/"
sed -n '/^\[actors\/sync\/src\]/,/^$/p' ci/rooms/order.txt >"$copy/order.txt"
rooms "$copy" "$copy/order.txt" >/dev/null || fail "ci/rooms refuses a copy of actors/sync"
echo 'use crate::permits as _;' >>"$copy/actors/sync/src/shim.rs"
found=$(rooms "$copy" "$copy/order.txt" 2>&1) && fail "ci/rooms does not find a planted circle"
grep -q 'shim.rs -> permits.rs' <<<"$found" || fail "ci/rooms does not name the planted circle, but: $found"

[ "$failed" = 0 ] && echo "rooms.sh: only allowed arrows, no circles, one order"
exit "$failed"
