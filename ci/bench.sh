#!/usr/bin/env bash
# Smoke: every benchmark runs once, so that none rots. Times are not looked at.
set -euo pipefail
cd "$(dirname "$0")/.."
for bench in npy npz pickle; do
    cargo bench --locked -p npbytes-harness --bench "$bench" -- --test
done
cargo run --release --locked -p npbytes-harness -- speed --smoke
