#!/usr/bin/env bash
# Round trips against real NumPy, with the table of counts and throughput.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --release --locked -p npbytes-harness -- roundtrip "$@"
