#!/usr/bin/env bash
# Shell completions and man pages, under target/assets.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -q -p npbytes-cli
out=target/assets
mkdir -p "$out/completions" "$out/man"
for shell in bash zsh fish powershell elvish; do
    target/release/npbytes completions "$shell" >"$out/completions/npbytes.$shell"
done
target/release/npbytes man "$out/man"
ls "$out"/*
