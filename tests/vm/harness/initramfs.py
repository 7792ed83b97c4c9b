# SPDX-License-Identifier: GPL-2.0-only
"""Builds the guest's initramfs: busybox, the first script, the modules that mount the host's root."""

import io
import lzma
import os
import shutil
import subprocess
from pathlib import Path

_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console", "virtio_rng")
_DIRECTORIES = ("bin", "dev", "modules", "overlay", "proc", "root", "sys")


class _Cpio:
    """A writer of cpio's `newc` format, what the kernel unpacks."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._inode = 0

    def add(self, name: str, mode: int, data: bytes = b"") -> None:
        self._inode += 1
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        self._out.write(b"070701" + b"".join(b"%08X" % field for field in fields))
        self._write_padded(name.encode() + b"\0")
        self._write_padded(data)

    def _write_padded(self, data: bytes) -> None:
        self._out.write(data)
        self._out.write(b"\0" * (-self._out.tell() % 4))

    def finish(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return self._out.getvalue()


def module_files(root: Path, release: str, modules: tuple[str, ...]) -> list[Path]:
    """The files of MODULES and all they depend on, in the order of loading."""
    files: dict[Path, None] = {}
    modprobe = shutil.which("modprobe", path="/usr/sbin:/sbin:/usr/bin:/bin") or "modprobe"
    for module in modules:
        found = subprocess.run(
            [modprobe, "-d", str(root), "-S", release, "--show-depends", module],
            check=False, capture_output=True, text=True)
        # Some packages have no list of what is built in: what is no file is taken to be that.
        if found.returncode != 0 and (root / "lib/modules" / release / "modules.builtin").exists():
            raise RuntimeError(found.stderr.strip())
        for line in found.stdout.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "insmod":
                files.setdefault(Path(rest.strip()))
    return list(files)


def pack(init: Path, busybox: Path, modules: list[Path], programs: dict[str, bytes] | None = None) -> bytes:
    """The archive of these, and of PROGRAMS by their names in it."""
    cpio = _Cpio()
    for name in _DIRECTORIES:
        cpio.add(name, 0o040755)
    cpio.add("init", 0o100755, init.read_bytes())
    cpio.add("bin/busybox", 0o100755, busybox.read_bytes())
    for index, file in enumerate(modules):
        data = file.read_bytes()
        name = file.name
        if name.endswith(".xz"):  # busybox's insmod takes plain files only
            data, name = lzma.decompress(data), name.removesuffix(".xz")
        cpio.add(f"modules/{index:02}-{name}", 0o100644, data)
    for name, data in (programs or {}).items():
        cpio.add(name, 0o100755, data)
    return cpio.finish()


def build(kernel: Path, init: Path, modules: tuple[str, ...] = _MODULES) -> Path:
    """Writes KERNEL/initramfs.cpio unless it is newer than everything in it; returns its path."""
    out = kernel / "initramfs.cpio"
    busybox = Path(shutil.which("busybox") or "/bin/busybox")
    sources = (kernel / "stamp", init, Path(__file__), busybox)
    if out.exists() and all(out.stat().st_mtime > source.stat().st_mtime for source in sources):
        return out
    release = (kernel / "release").read_text().strip()
    temporary = out.with_suffix(f".{os.getpid()}")  # another guest may do the same
    temporary.write_bytes(pack(init, busybox, module_files(kernel / "root", release, modules)))
    temporary.replace(out)
    return out
