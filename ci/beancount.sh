#!/usr/bin/env bash
# Whether an exported journal passes the checker of Beancount, a bookkeeping program of others, and whether that checker
# would notice a wrong one. Installs it into a directory of its own under the target directory, with Python's own tools.
# Exit code 3: Python or the package is not to be had here. Takes the program from $ICN.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${ICN:?the program icn, as in ICN=target/debug/icn}"

version=3.2.3
target=$(ci/target.sh)
venv=$target/beancount-$version
if [ ! -x "$venv/bin/bean-check" ]; then
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "beancount==$version" || {
        rm -rf "$venv"
        echo "beancount $version cannot be installed: exported journals are not checked by it" >&2
        exit 3
    }
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$ICN" demo --data "$dir/data" --json >"$dir/demo.json"
"$ICN" ledger verify --data "$dir/data"
"$ICN" ledger export --data "$dir/data" --format beancount >"$dir/journal.beancount"
echo "$(grep -c ' \* "' "$dir/journal.beancount") transactions, $(grep -c ' balance ' "$dir/journal.beancount") balances"
"$venv/bin/bean-check" --no-cache "$dir/journal.beancount"

# The same balances as the program's own, told in another way.
"$ICN" ledger accounts --data "$dir/data" --csv | tail -n +2 | cut -d, -f6 | sort >"$dir/ours"
sed -n 's/^[0-9-]* balance [^ ]* \([-0-9]*\) .*/\1/p' "$dir/journal.beancount" | sort >"$dir/theirs"
diff "$dir/ours" "$dir/theirs"

# One unit more in one place, and one line less, must not pass.
awk '!done && / balance / && $4 != 0 { $4 += 1; done = 1 } { print }' "$dir/journal.beancount" >"$dir/wrong.beancount"
awk '!done && / \* "transfer"/ { skip = 6; done = 1 } skip-- > 0 { next } { print }' "$dir/journal.beancount" >"$dir/less.beancount"
for wrong in wrong less; do
    if "$venv/bin/bean-check" --no-cache "$dir/$wrong.beancount" >/dev/null 2>&1; then
        echo "the checker does not notice what is $wrong" >&2
        exit 1
    fi
done
echo "the exported journal passes bean-check $version with equal balances, and two that are wrong do not"
