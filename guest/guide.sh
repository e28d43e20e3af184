#!/bin/sh
# Follows the guide in README.md as a new author would, in a copy: the commands and texts of its steps 1 to 3 are
# taken from there, so that the guide cannot say what does not work. With --build, step 4 too, and, when the variable
# ICN names the program `icn`, step 5 and what to do when a call traps.
#
# Answers 0 when every step went well, 1 when one did not, 2 for a wrong argument; with --build what build.sh does.
set -eu

case "${1-}" in
    "" | --build) ;;
    *) echo "usage: guide.sh [--build]" >&2; exit 2 ;;
esac

here=$(cd "$(dirname "$0")" && pwd -P)
[ -z "${ICN-}" ] || ICN=$(cd "$(dirname "$ICN")" && pwd -P)/$(basename "$ICN")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# block LANGUAGE N: the Nth block of that language after the heading of the steps.
block() {
    awk -v open="\`\`\`$1" -v wanted="$2" '
        /^## From nothing to a tested guest/ { steps = 1 }
        /^```$/ { inside = 0 }
        inside { print }
        steps && $0 == open { inside = (++found == wanted) }
    ' "$here/README.md" > "$scratch/block"
    [ -s "$scratch/block" ] || { echo "guide.sh: README.md has no $1 block $2 after its steps" >&2; exit 1; }
    cat "$scratch/block"
}

# What is in version control or about to be: no target folders.
mkdir "$scratch/guest"
(cd "$here" && tar cf - --exclude=./target .) | (cd "$scratch/guest" && tar xf -)
cp "$here/../rust-toolchain.toml" "$scratch/" 2>/dev/null || true
cd "$scratch/guest"
export CARGO_TARGET_DIR="$scratch/target"

echo "guide: step 1, copy the template"
block sh 1 > "$scratch/step" && sh -eux "$scratch/step"

echo "guide: step 2, write an entry"
{ echo; block rust 1; } >> examples/guestbook/src/lib.rs
sed -i 's/entries: \[greet\]/entries: [greet, count]/' examples/guestbook/src/lib.rs
grep -q 'entries: \[greet, count\]' examples/guestbook/src/lib.rs

echo "guide: step 3, test it natively"
{ echo; block rust 2; } >> examples/guestbook/tests/story.rs
block sh 2 > "$scratch/step" && sh -eux "$scratch/step"

if [ "${1-}" = --build ]; then
    echo "guide: step 4, build the module"
    unset CARGO_TARGET_DIR
    ./build.sh guestbook
    [ -s prebuilt/guestbook.wasm ]
    if [ -n "${ICN-}" ]; then
        echo "guide: step 5, ask the host"
        PATH="$(dirname "$ICN"):$PATH"
        export PATH
        block sh 4 > "$scratch/step" && sh -eux "$scratch/step" > "$scratch/said"
        cat "$scratch/said"
        grep -q '^accepted$' "$scratch/said" && grep -q 'welcome, Ann' "$scratch/said"

        echo "guide: when a call traps"
        { echo; block rust 5; } >> examples/guestbook/src/lib.rs
        sed -i 's/entries: \[greet, count\]/entries: [greet, count, first]/' examples/guestbook/src/lib.rs
        block sh 7 > "$scratch/step"
        # A run that traps ends with 1.
        status=0
        sh -eux "$scratch/step" > "$scratch/said" || status=$?
        cat "$scratch/said"
        [ "$status" = 1 ]
        # `build.sh` says what it built; then comes what the guide shows, to the line of the panic.
        block text 1 > "$scratch/shown"
        tail -n +2 "$scratch/said" | head -n "$(wc -l < "$scratch/shown")" | diff "$scratch/shown" -
    fi
fi
echo "guide: every step went well"
