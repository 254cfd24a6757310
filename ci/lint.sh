#!/usr/bin/env bash
# Formatting, clippy and documentation, all without a warning.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
for workspace in fuzz harness/peers; do
    cargo fmt --manifest-path "$workspace/Cargo.toml" --check
    cargo clippy --manifest-path "$workspace/Cargo.toml" --all-targets --locked -- -D warnings
done
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
for features in "" ndarray fs npz npz,fs npz,rayon compressed compressed,fs; do
    cargo clippy -p npbytes --no-default-features --features "$features" --locked -- -D warnings
done
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked
