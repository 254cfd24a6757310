#!/usr/bin/env bash
# Every test, as README's second command runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --workspace --locked
