#!/bin/sh
# Installs what build.sh needs, on a Debian machine, as root. Run `apt-get update` before.
#
# A guest is built with core and alloc compiled from source, for the minimum of wasm's features. Debian's
# packages carry a compiler with the wasm target together with its library sources; cargo and the linker are
# those of the rustup toolchain that the repository pins. Debian's /usr/bin/rustc must not come before
# rustup's on PATH: the rest of the repository is built with the latter. build.sh names each by its path.
set -eu

RUSTC_PACKAGES=1.96.0
TOOLCHAIN=1.95.0

command -v apt-get >/dev/null || { echo "toolchain.sh: this is no Debian machine" >&2; exit 3; }
command -v rustup >/dev/null || { echo "toolchain.sh: rustup is not installed" >&2; exit 3; }

DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    "rustc-web=$RUSTC_PACKAGES*" "rust-web-src=$RUSTC_PACKAGES*" || {
    echo "toolchain.sh: apt has no rustc-web $RUSTC_PACKAGES (another version gives other bytes); it has:" >&2
    apt-cache policy rustc-web >&2
    exit 3
}
rustup which --toolchain "$TOOLCHAIN" cargo >/dev/null 2>&1 ||
    rustup toolchain install "$TOOLCHAIN" --profile minimal

echo "compiler: $(/usr/bin/rustc --version), $(/usr/bin/rustc --version --verbose | grep '^LLVM')"
echo "cargo:    $(rustup run "$TOOLCHAIN" cargo --version)"
case "$(command -v rustc)" in
    /usr/bin/rustc) echo "toolchain.sh: put rustup's folder before /usr/bin on PATH" >&2 ;;
esac
