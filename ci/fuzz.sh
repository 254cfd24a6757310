#!/usr/bin/env bash
# Replays the fuzz corpus and changed copies of it on a stable compiler; then, where there are a nightly
# compiler and cargo-fuzz, runs each target for some seconds from the corpus.
#   FUZZ_SECONDS  seconds a target, 20 by default; 0 for the replay only
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${FUZZ_SECONDS:-20}"

cargo test --manifest-path fuzz/Cargo.toml --no-default-features --locked -- --nocapture
echo "fuzz: the corpus was replayed"

if [[ "$seconds" == 0 ]]; then
    echo "fuzz: no fuzzing was asked for"
    exit 0
fi
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: NOT fuzzed: it takes a nightly compiler and cargo-fuzz (cargo install cargo-fuzz)"
    exit 0
fi
found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT
for target in $(cargo +nightly fuzz list); do
    mkdir "$found/$target"
    # New inputs go to the first folder; the committed corpus is only read.
    log="$found/$target.log"
    if ! cargo +nightly fuzz run "$target" "$found/$target" "fuzz/corpus/$target" -- \
        -dict=fuzz/npbytes.dict -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 >"$log" 2>&1; then
        tail -n 60 "$log"
        echo "fuzz: $target FAILED; the input is under fuzz/artifacts/$target"
        exit 1
    fi
    echo "fuzz: $target: $(grep '^Done ' "$log" | tail -n 1)"
done
echo "fuzz: each target was fuzzed"
