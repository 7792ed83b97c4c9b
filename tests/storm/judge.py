# SPDX-License-Identifier: GPL-2.0-only
"""What must hold when a storm is over."""

import ctypes
import errno
import os
import re
import time
from pathlib import Path

import hosts
import scene
from kernel_log import find_trouble

MODULES = ("nft_rmirror", "xt_RMIRROR", "rmirror_core")
# kB that a storm may leave behind: partly used slabs. A leak of a thousand rules or namespaces is more.
_SLACK = 16384
_O_NONBLOCK = 0o4000
_libc = ctypes.CDLL(None, use_errno=True)


def load_modules() -> None:
    """All of them. The kernel may lack x_tables."""
    hosts.sh("modprobe -a nft_rmirror; modprobe -q xt_RMIRROR || true")


def remove_module(name: str, seconds: float = 20) -> int:
    """Again and again, until nothing uses it any more; returns how often."""
    end = time.monotonic() + seconds * scene.scale()
    tries = 0
    while True:
        tries += 1
        if not _libc.delete_module(name.encode(), _O_NONBLOCK):
            return tries
        error = ctypes.get_errno()
        if error == errno.ENOENT:
            return tries
        if error not in (errno.EAGAIN, errno.EBUSY) or time.monotonic() > end:
            users = Path(f"/sys/module/{name}/refcnt").read_text(encoding="ascii").strip()
            raise RuntimeError(f"{name} does not go: {os.strerror(error)}, {users} users")


def remove_modules() -> int:
    """Returns how many tries it took."""
    return sum(remove_module(name) for name in MODULES)


def namespaces_gone() -> None:
    """One worker of the kernel takes namespaces apart, one batch after the other. The end of a link into a later one
    goes only when nothing holds the earlier ones."""
    hosts.sh("ip netns add keeper\nip netns add later\n"
             "ip link add k netns keeper type veth peer name l netns later\nip netns del later")
    try:
        scene.wait("namespaces go", lambda: "k@" not in hosts.sh("ip -n keeper link"), 60)
    finally:
        hosts.sh("ip netns del keeper")


def taken() -> int:
    """kB of memory in slabs and of processors"""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    return sum(int(kb) for kb in re.findall(r"^(?:SUnreclaim|Percpu): +(\d+)", text, re.MULTILINE))


class Judge:
    """Of one storm. Made before it."""

    def __init__(self) -> None:
        self._memory = self._settled_memory()
        self._log = len(kernel_log())

    @staticmethod
    def _settled_memory() -> int:
        """When what is freed by and by has been."""
        namespaces_gone()
        Path("/proc/sys/vm/drop_caches").write_text("3\n", encoding="ascii")
        least = taken()
        for _ in range(10):
            time.sleep(0.2)
            least = min(least, taken())
        return least

    def check(self) -> str:
        """Raises a RuntimeError; else returns what to say of it."""
        scene.check_counters()
        scene.check_forwarding()
        namespaces_gone()
        remove_modules()
        if left := [name for name in MODULES if Path(f"/sys/module/{name}").exists()]:
            raise RuntimeError(f"still loaded: {left}")
        load_modules()
        more = self._settled_memory() - self._memory
        if more > _SLACK:
            raise RuntimeError(f"{more} kB of memory are not given back")
        if trouble := find_trouble("\n".join(kernel_log()[self._log:])):
            raise RuntimeError("the kernel log has:\n" + "\n".join(trouble))
        return f"{more:+} kB"


def kernel_log() -> list[str]:
    """Its lines"""
    return hosts.sh("dmesg").splitlines()
