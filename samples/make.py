#!/usr/bin/env python3
"""Makes the samples in this folder, and in expected/ the texts that NumPy prints for them.

    python samples/make.py

The texts are those of NumPy 2.4.6; the samples' bytes are the same with every NumPy since 1.24, those of
the archives with every Python since 3.11.4 and zlib. A second run changes nothing.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
EXPECTED = HERE / "expected"


def digit():
    """A 5 as a pen would draw it: 28 x 28 levels of grey, 0 to 255."""
    strokes = [
        [(19.5, 5.0), (10.5, 5.5), (9.0, 13.0)],
        [(9.0, 13.0), (13.0, 11.2), (17.5, 12.0), (19.8, 15.5), (18.8, 19.5), (15.0, 22.4),
         (10.8, 22.6), (7.8, 20.6)],
    ]
    y, x = np.mgrid[0:28, 0:28].astype(float)
    nearest = np.full((28, 28), np.inf)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in zip(stroke, stroke[1:]):
            dx, dy = x1 - x0, y1 - y0
            along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
            nearest = np.minimum(nearest, np.hypot(x - x0 - along * dx, y - y0 - along * dy))
    ink = np.clip(1.9 - nearest, 0, 1)
    return np.rint(ink * 255).astype("<i8")


def walk(steps):
    """A random walk that no change in NumPy's generators can alter."""
    state, position, path = 12345, 0.0, []
    for _ in range(steps):
        state = (state * 1103515245 + 12345) % 2**31
        position += state / 2**31 - 0.5
        path.append(position)
    return np.array(path, "<f4")


def particles():
    dtype = [("name", "<U6"), ("position", "<f4", (3,)), ("charge", "i1"), ("mass", ">f8")]
    return np.array(
        [
            ("pion", (0.5, -1.25, 3.0), 1, 139.57039),
            ("muon", (1e-3, 2.5, 0.0), -1, 105.6583755),
            ("photon", (0.0, 0.0, 0.0), 0, 0.0),
        ],
        dtype,
    )


ARRAYS = {
    "grid": np.array([[0.5, -1.25, 3.0, 1e-3], [2.5, 100.0, np.nan, 0.1], [7.0, 1 / 3, -np.inf, 8.0]]),
    "fortran": np.asfortranarray(np.arange(12, dtype="<f4").reshape(3, 4) / 8),
    "big_endian": np.array([[1, -2, 300], [-32768, 0, 32767]], ">i2"),
    "impedance": np.array([50 + 0j, 47.5 - 12.25j, 1e-3 + 1j, complex(np.nan, np.inf)], "<c16"),
    "dates": np.array(["2024-02-29T12:00", "1969-07-20T20:17", "NaT"], "<M8[s]"),
    "words": np.array([["naïve", "don't"], ["", "日本"]], "<U5"),
    "flags": np.array([True, False, True]),
    "particles": particles(),
    "walk": walk(1200),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 3), "<i4"),
}

# The members of the archives, with the digit.
MODEL = {
    "weights": np.arange(12, dtype="<f4").reshape(3, 4) / 8,
    "bias": np.array([0.5, -1.25, 3.0]),
}

# Other print options, by the name of the text.
OPTIONS = {
    "grid.precision3": ("grid", {"precision": 3}),
    "grid.suppress": ("grid", {"suppress": True}),
    "grid.linewidth30": ("grid", {"linewidth": 30}),
    "walk.full": ("walk", {"threshold": 2**62}),
    "walk.edgeitems2": ("walk", {"edgeitems": 2}),
    "walk.threshold1200": ("walk", {"threshold": 1200}),
    "digit.threshold100": ("digit", {"threshold": 100}),
}


def main():
    EXPECTED.mkdir(exist_ok=True)

    def expect(name, text):
        (EXPECTED / f"{name}.txt").write_text(text + "\n", encoding="utf-8")

    for name, array in ARRAYS.items():
        np.save(HERE / f"{name}.npy", array)
        loaded = np.load(HERE / f"{name}.npy")
        expect(name, str(loaded))
        expect(f"{name}.repr", repr(loaded))

    image = digit()
    (HERE / "digit.bin").write_bytes(image.tobytes())
    loaded = np.frombuffer((HERE / "digit.bin").read_bytes(), np.int64).reshape(28, 28)
    expect("digit", str(loaded))

    with open(HERE / "two.npy", "wb") as file:
        np.save(file, np.arange(3, dtype="<i4"))
        np.save(file, np.array([[1.5, 2.5]], ">f8"))
    with open(HERE / "two.npy", "rb") as file:
        expect("two", str(np.load(file)))
        expect("two.second", str(np.load(file)))

    np.savez(HERE / "model.npz", **MODEL, digit=image)
    np.savez_compressed(HERE / "packed.npz", **MODEL, digit=image)
    with np.load(HERE / "model.npz") as archive:
        expect("model.weights", str(archive["weights"]))
        expect("model.bias", str(archive["bias"]))

    loaded = {"digit": image, **{name: np.load(HERE / f"{name}.npy") for name in ARRAYS}}
    for name, (array, options) in OPTIONS.items():
        with np.printoptions(**options):
            expect(name, str(loaded[array]))
    expect("digit.slice", str(loaded["digit"][3:9, ::4]))
    expect("particles.position", str(loaded["particles"]["position"]))
    expect("particles.mass", repr(loaded["particles"]["mass"]))


main()
