#!/usr/bin/env bash
# Whether the CAR of an export is read by the npm packages of IPLD, programs of others, and whether they would notice a
# block with other bytes. Installs them into a directory of their own under the target directory, with npm.
# Exit code 3: the packages are not to be had here. Takes the program from $ICN.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${ICN:?the program icn, as in ICN=target/debug/icn}"

car=5.4.7 dag_cbor=10.0.2
target=$(ci/target.sh)
packages=$target/ipld-$car-$dag_cbor
if [ ! -d "$packages/node_modules/@ipld/car" ]; then
    mkdir -p "$packages"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$packages" \
        "@ipld/car@$car" "@ipld/dag-cbor@$dag_cbor" >&2 || {
        rm -rf "$packages"
        echo "@ipld/car $car and @ipld/dag-cbor $dag_cbor cannot be installed: exports are not read by them" >&2
        exit 3
    }
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$ICN" demo --data "$dir/data" --json >"$dir/demo.json"
"$ICN" export --data "$dir/data" --out "$dir/export"
node tests/interop/car.mjs "$packages/node_modules" "$dir/export"

# The last byte of the last block.
size=$(stat -c %s "$dir/export/log.car")
last=$(od -An -tu1 -j $((size - 1)) "$dir/export/log.car" | tr -d ' ')
printf "$(printf '\\x%02x' $((last ^ 1)))" | dd of="$dir/export/log.car" bs=1 seek=$((size - 1)) conv=notrunc status=none
if node tests/interop/car.mjs "$packages/node_modules" "$dir/export" 2>"$dir/refused"; then
    echo "a CAR with a changed block was read" >&2
    exit 1
fi
echo "a changed block is refused: $(head -c 200 "$dir/refused" | head -1)"
