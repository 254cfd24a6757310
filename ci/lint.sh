#!/usr/bin/env bash
# Formatting, clippy and documentation, all without a warning.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
for features in "" ndarray fs; do
    cargo clippy -p npbytes --no-default-features --features "$features" --locked -- -D warnings
done
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked
