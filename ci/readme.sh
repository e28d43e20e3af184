#!/usr/bin/env bash
# The README's first screen has exactly two commands. Prints the second one, which passes all tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SCREEN_LINES=24
commands=$(head -n "$SCREEN_LINES" README.md |
    awk '/^```/ { inside = !inside; next } inside { sub(/ *#.*/, ""); if ($0 != "") print }')
expected=$'cargo run --release -- demo\n./ci/test.sh'
if [ "$commands" != "$expected" ]; then
    printf 'readme.sh: the first %s lines of README.md have these commands:\n%s\nexpected exactly:\n%s\n' \
        "$SCREEN_LINES" "$commands" "$expected" >&2
    exit 1
fi
tail -n 1 <<<"$commands"
