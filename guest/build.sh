#!/bin/sh
# Builds every guest under examples/, and template/, to prebuilt/<name>.wasm. The same sources give the same
# bytes on any machine and in any folder: compiler, linker, flags and lock file are fixed, paths are remapped.
#
#   ./build.sh           build, and replace what is in prebuilt/
#   ./build.sh --check   build into a temporary folder, and compare with prebuilt/
#   ./build.sh --names   build with function names, for backtraces and profiles, to target/named/<name>.wasm
#   ./build.sh NAME…     the same for these guests alone; also after an option
#
# Answers 0 when all went well, 1 when a build failed or bytes differ, 2 for a wrong argument, and 3 when the
# pinned toolchain is not here (./toolchain.sh installs it).
set -eu

# Another version of any of these gives other bytes. Debian's package rustc-web, with rust-web-src; cargo and
# rust-lld of the rustup toolchain that the repository pins.
RUSTC_PINNED="rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"
LLVM_PINNED="LLVM version: 22.1.8"
TOOLCHAIN=1.95.0
LLD_PINNED="LLD 22.1.2"

# The features that the host allows, and no other. LLVM's default for this target has reference types, which
# rewrite every indirect call; so start from the minimum, and build core and alloc the same way.
FEATURES="+mutable-globals,+sign-ext,+nontrapping-fptoint,+multivalue,+bulk-memory"
STACK_BYTES=65536
TARGET=wasm32-unknown-unknown

absent() {
    echo "build.sh: the guest toolchain is not here: $1" >&2
    echo "build.sh: another version gives other bytes; ./toolchain.sh installs the pinned one" >&2
    exit 3
}

check=no
into=prebuilt
strip=symbols
case "${1-}" in
    --check) check=yes; shift ;;
    --names) into=target/named; strip=debuginfo; shift ;;
    -*) echo "usage: build.sh [--check | --names] [NAME…]" >&2; exit 2 ;;
esac

here=$(cd "$(dirname "$0")" && pwd -P)
cd "$here"

# Where Debian installs it; rustup's proxy of the same name comes first on PATH and is not meant.
rustc=${ICN_GUEST_RUSTC:-/usr/bin/rustc}
[ -x "$rustc" ] || absent "no rustc of Debian's rustc-web ($RUSTC_PINNED)"
found=$("$rustc" --version)
[ "$found" = "$RUSTC_PINNED" ] || absent "the compiler is $found, prebuilt/ was made by $RUSTC_PINNED"
found=$("$rustc" --version --verbose | grep '^LLVM')
[ "$found" = "$LLVM_PINNED" ] || absent "the compiler has $found, prebuilt/ was made with $LLVM_PINNED"
library=$("$rustc" --print sysroot)/lib/rustlib/src/rust/library
[ -f "$library/core/src/lib.rs" ] || absent "no library sources (Debian's rust-web-src)"
command -v rustup >/dev/null || absent "no rustup"
cargo=$(rustup which --toolchain "$TOOLCHAIN" cargo 2>/dev/null) || absent "no rustup toolchain $TOOLCHAIN"
root=$(dirname "$(dirname "$cargo")")
lld=$(ls "$root"/lib/rustlib/*/bin/rust-lld 2>/dev/null | head -n 1)
[ -x "$lld" ] || absent "no rust-lld in the rustup toolchain $TOOLCHAIN"
found=$("$lld" -flavor wasm --version)
case "$found" in
    "$LLD_PINNED"*) ;;
    *) absent "the linker is $found, prebuilt/ was linked by $LLD_PINNED" ;;
esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# rustc asks the linker to export __heap_base and __data_end; a guest exports its memory and its entries.
cat > "$scratch/wasm-ld" <<LINKER
#!/bin/sh
for argument in "\$@"; do
    shift
    case "\$argument" in --export=__heap_base | --export=__data_end) ;; *) set -- "\$@" "\$argument" ;; esac
done
exec "$lld" "\$@"
LINKER
chmod +x "$scratch/wasm-ld"

# One flag a word, separated as CARGO_ENCODED_RUSTFLAGS wants it.
flags=""
add() { for flag in "$@"; do flags="$flags${flags:+$(printf '\037')}$flag"; done; }
add -Ctarget-cpu=mvp "-Ctarget-feature=$FEATURES"
add -Clinker-flavor=wasm-ld "-Clink-arg=-zstack-size=$STACK_BYTES"
add "--remap-path-prefix=$here=guest" "--remap-path-prefix=$library=library"

build() {
    # Nothing of the caller's environment but where things are: no flags, no profiles. Nothing from the
    # network either: what the library's lock file names lies beside its sources.
    env -i PATH="$PATH" HOME="${HOME:-/}" ${CARGO_HOME:+CARGO_HOME="$CARGO_HOME"} \
        ${RUSTUP_HOME:+RUSTUP_HOME="$RUSTUP_HOME"} LC_ALL=C \
        RUSTC="$rustc" RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_INCREMENTAL=0 \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$scratch/wasm-ld" \
        CARGO_TARGET_DIR="$scratch/target" CARGO_TERM_COLOR=never \
        CARGO_PROFILE_RELEASE_STRIP="$strip" \
        "$cargo" build --locked --release --lib --target "$TARGET" \
        --offline --config 'source.crates-io.replace-with="library"' \
        --config "source.library.directory=\"$library/vendor\"" \
        -Zbuild-std=core,alloc -Zbuild-std-features=compiler-builtins-mem "$@"
}

names=""
packages=""
for manifest in examples/*/Cargo.toml template/Cargo.toml; do
    name=$(basename "$(dirname "$manifest")")
    case " $* " in "  " | *" $name "*) ;; *) continue ;; esac
    names="$names $name"
    packages="$packages --package $name"
done
for wanted in "$@"; do
    case " $names " in *" $wanted "*) continue ;; esac
    echo "build.sh: there is no guest $wanted: expected the name of a folder in examples/, or template" >&2
    exit 2
done
# shellcheck disable=SC2086 # the names of packages have no spaces
build $packages || { echo "build.sh: the build failed" >&2; exit 1; }

result=0
for name in $names; do
    built="$scratch/target/$TARGET/release/$name.wasm"
    kept="$into/$name.wasm"
    if [ "$check" = no ]; then
        mkdir -p "$into"
        cp "$built" "$kept"
        chmod 644 "$kept"
        echo "$kept: $(wc -c < "$kept") bytes, sha256 $(sha256sum "$kept" | cut -d ' ' -f 1)"
    elif cmp -s "$built" "$kept"; then
        echo "$kept: the same bytes"
    else
        echo "build.sh: $kept is not what its sources give: run ./build.sh and commit the result" >&2
        result=1
    fi
done
if [ "$check" = yes ] && [ $# = 0 ]; then
    for kept in prebuilt/*.wasm; do
        case " $names " in *" $(basename "$kept" .wasm) "*) continue ;; esac
        echo "build.sh: $kept has no sources" >&2
        result=1
    done
fi
exit $result
