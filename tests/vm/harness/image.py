# SPDX-License-Identifier: GPL-2.0-only
"""Takes the kernel proper out of a compressed image: under TCG unpacking it costs 3 s a boot."""

import lzma
import os
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path


def _zstd(data: bytes) -> bytes:
    # What follows the frame is the rest of the image: zstd writes the kernel, then complains.
    return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=False).stdout


_FORMATS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\xfd7zXZ\x00", lambda data: lzma.LZMADecompressor().decompress(data)),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"\x1f\x8b\x08", lambda data: zlib.decompressobj(wbits=31).decompress(data)),
)


def extract(kernel: Path) -> Path:
    """The ELF kernel of KERNEL, made from its vmlinuz once; vmlinuz itself where none is found."""
    compressed, out = kernel / "vmlinuz", kernel / "vmlinux"
    if out.exists() and out.stat().st_mtime >= (kernel / "stamp").stat().st_mtime:
        return out
    image = compressed.read_bytes()
    for magic, decompress in _FORMATS:
        at = image.find(magic)
        while at >= 0:
            try:
                data = decompress(image[at:])
            except (lzma.LZMAError, zlib.error):
                data = b""
            # An Xen/PVH note is what lets QEMU boot an ELF kernel.
            if data.startswith(b"\x7fELF") and b"Xen\0" in data:
                temporary = out.with_suffix(f".{os.getpid()}")  # another guest may do the same
                temporary.write_bytes(data)
                temporary.replace(out)
                return out
            at = image.find(magic, at + 1)
    return compressed
