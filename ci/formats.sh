#!/usr/bin/env bash
# Whether docs/formats.md and the code that enforces it name each other: each section that states rules names its files,
# each of these files cites the section, and every citation names a section. See ci/rooms/src/citations.rs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../ci/rooms"
cargo run --locked --quiet -- formats ../..
