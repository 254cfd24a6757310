# The workflow, as recipes. Each is a script in ci/ or one cargo command; `just` is a convenience only.

# What CI runs.
default: ci

ci:
    bash .ci/run

# Formatting, clippy and documentation without a warning.
lint:
    bash ci/lint.sh

# Every test. Makes its own Python environments under target/ on first use.
test *args:
    cargo test --workspace --locked {{args}}

# Round trips against real NumPy as a table: byte-exact, value-equal, skipped with the reason, MB/s.
# `just test-roundtrip --all` adds every NumPy and Python that can be found.
test-roundtrip *args:
    cargo run --release --locked -p npbytes-harness -- roundtrip {{args}}

# Benchmarks beside npyz, ndarray-npy and plain copies; `just bench 'read file'` runs some.
bench *args:
    cargo bench --locked -p npbytes-harness --bench npy --bench npz --bench pickle -- {{args}}

# Archives, pickles and Arrow beside NumPy, npyz, ndarray-npy, serde-pickle and pyarrow, each built as its users have it; takes some minutes.
speed *args:
    cargo run --release --locked -p npbytes-harness -- speed {{args}}

# The command, built for speed: `just npbytes show samples/digit.bin --dtype int64 --shape 28,28`
npbytes *args:
    cargo run --release --locked -q -p npbytes-cli -- {{args}}

# Fuzz targets, briefly, from the committed corpus.
fuzz *args:
    bash ci/fuzz.sh {{args}}

# Shell completions and man pages under target/assets.
assets:
    bash ci/assets.sh
