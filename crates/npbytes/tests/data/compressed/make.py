"""Makes the files of this folder. Run by CPython 3.11 with NumPy 1.26.4 and zstandard 0.25.0."""

import bz2
import gzip
import io
import lzma
import zlib

import numpy as np
import zstandard

ALONE = lzma.FORMAT_ALONE


def zstd(data, **options):
    return zstandard.ZstdCompressor(write_checksum=True, **options).compress(data)


def save(name, data):
    with open(name, "wb") as file:
        file.write(data)


buffer = io.BytesIO()
np.save(buffer, np.arange(40, dtype="<i4"))
npy = buffer.getvalue()
save("a.npy", npy)
save("a.npy.gz", gzip.compress(npy, mtime=0))
save("a.npy.zlib", zlib.compress(npy))
save("a.npy.bz2", bz2.compress(npy))
save("a.npy.xz", lzma.compress(npy))
save("a.npy.lzma", lzma.compress(npy, format=ALONE))
save("a.npy.zst", zstd(npy))

# Other settings: a gzip with a name and a time, zlib's other levels, xz with other checks and filters, zstd without
# size or checksum, and with a frame to be skipped before it.
named = io.BytesIO()
with gzip.GzipFile("dir/a.npy", "wb", fileobj=named, mtime=1700000000) as file:
    file.write(npy)
save("named.gz", named.getvalue())
for level in (0, 1, 9):
    save(f"level{level}.zlib", zlib.compress(npy, level))
for name, check in (("none", lzma.CHECK_NONE), ("crc32", lzma.CHECK_CRC32), ("sha256", lzma.CHECK_SHA256)):
    save(f"{name}.xz", lzma.compress(npy, check=check))
filters = [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 6}]
save("delta.xz", lzma.compress(npy, filters=filters))
save("plain.zst", zstandard.ZstdCompressor(write_content_size=False).compress(npy))
save("skip.zst", b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd(npy) + b"\x5f\x2a\x4d\x18\0\0\0\0")

# Wrappers around wrappers: as many as are taken off, and one more.
four = gzip.compress(bz2.compress(lzma.compress(zstd(npy))), mtime=0)
save("four.gz", four)
save("five.gz", gzip.compress(four, mtime=0))

# 64 MiB of zeros. Those that are not small are wrapped once more.
zeros = bytes(64 << 20)
save("zeros.gz.gz", gzip.compress(gzip.compress(zeros, mtime=0), mtime=0))
save("zeros.zlib.gz", gzip.compress(zlib.compress(zeros), mtime=0))
save("zeros.bz2", bz2.compress(zeros))
save("zeros.xz.gz", gzip.compress(lzma.compress(zeros), mtime=0))
save("zeros.lzma.gz", gzip.compress(lzma.compress(zeros, format=ALONE), mtime=0))
save("zeros.zst", zstd(zeros))

# Streams that ask for more memory than is given: the dictionary of xz stands in the 15th byte of a block header
# of 12 bytes, whose CRC follows (40 is 4 GiB - 1; 35 is 768 MiB).
xz = bytearray(lzma.compress(npy))
assert xz[14:17] == b"\x21\x01\x16" and xz[12] == 2, xz[12:24]
xz[16] = 35
xz[20:24] = zlib.crc32(bytes(xz[12:20])).to_bytes(4, "little")
save("dictionary.xz", bytes(xz))
alone = bytearray(lzma.compress(npy, format=ALONE))
alone[1:5] = (1 << 30).to_bytes(4, "little")
save("dictionary.lzma", bytes(alone))
# A frame whose window is 2 GiB: 10 + 21 bits.
save("window.zst", b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\0\0")
