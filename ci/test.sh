#!/usr/bin/env bash
# Runs every test: the workspace's with its documentation and the fuzz corpora, loom's models, the guests' own,
# and whether the prebuilt guests are what their sources give. Needs Rust alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

say "workspace: unit, integration and documentation tests, fuzz corpora"
cargo test --workspace --locked

say "loom: schedules of the shared primitives and of the commit protocol"
# Flags from the environment would hide the `--cfg loom` of its own configuration.
(cd loom-tests && env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo test --release --locked)

say "guests: the SDK and the examples, natively"
(cd guest && cargo test --workspace --locked)

say "guests: the prebuilt modules are what their sources give"
status=0
guest/build.sh --check || status=$?
case $status in
    0) ;;
    3) printf '\n== SKIPPED: the guests were not rebuilt, their pinned toolchain is not here (see above)\n' ;;
    *) exit "$status" ;;
esac

printf '\n== all tests passed\n'
