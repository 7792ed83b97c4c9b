# SPDX-License-Identifier: GPL-2.0-only
"""Short memory under traffic."""

import mmap
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import hosts
import scene
from scene import Flood, Worker

_SECONDS = 20.0
_PAGE = 4096
# MB that are left free. Less, and the kernel says of every allocation that fails whose it was.
_LEFT = 24
_GROUP = Path("/run/storm-cgroup")
# Bytes from which on who adds rules has to give memory back first. Not a limit: at one the kernel ends processes.
_HIGH = 1 << 20


def _megabytes(name: str) -> int:
    """Of /proc/meminfo"""
    found = re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) // 1024


class _Hog:
    """Takes all memory but little, gives half of it back, takes it again."""

    def __init__(self) -> None:
        self._taken: list[mmap.mmap] = []

    def step(self) -> int:
        """Returns 1 when memory was short."""
        while _megabytes("MemAvailable") > _LEFT:
            block = mmap.mmap(-1, 4 << 20)
            for page in range(0, len(block), _PAGE):
                block[page] = 1
            self._taken.append(block)
        time.sleep(0.05)
        for block in self._taken[::2]:
            block.close()
        self._taken = self._taken[1::2]
        return 1


def _join() -> None:
    (_GROUP / "storm/cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


def _add_and_delete() -> int:
    """A table of many rules, in a group whose memory is short; ENOMEM is an answer."""
    nft = scene.libnftables()
    rules = "".join(f"rmirror to 10.0.0.5 key {number}\n" for number in range(200))
    status, _, error = nft.cmd("table inet more { chain c { type filter hook forward priority 1\n" + rules + "}\n}\n"
                               "delete table inet more")
    if status and "Cannot allocate memory" not in error:
        raise RuntimeError(f"nft: {error}")
    return 0 if status else 200


def pressure() -> str:
    """Of the whole guest, and of the group of who adds rules."""
    hosts.sh(f"mkdir -p {_GROUP}\nmount -t cgroup2 none {_GROUP}\necho +memory >{_GROUP}/cgroup.subtree_control\n"
             f"mkdir -p {_GROUP}/storm\necho {_HIGH} >{_GROUP}/storm/memory.high")
    try:
        return _press()
    finally:
        hosts.sh(f"rmdir {_GROUP}/storm; umount {_GROUP}")


def _press() -> str:
    scene.nft("router", scene.ruleset())
    hog = _Hog()
    least = _megabytes("MemFree")
    with Flood() as flood:
        hogging = Worker(hog.step)
        adding = Worker(_add_and_delete, "router", prepare=_join)
        end = time.monotonic() + _SECONDS * scene.scale()
        while time.monotonic() < end or hogging.count < 3:
            least = min(least, _megabytes("MemFree"))
            time.sleep(0.01)
        short = hogging.stop()
        added = adding.stop()
    events = Path(_GROUP / "storm/memory.events").read_text(encoding="ascii")
    high = int(events.partition("high ")[2].split()[0])
    if not high or not added:
        raise RuntimeError(f"memory was not short: {added} rules, {events}")
    matched = scene.check_counters()
    if matched != flood.sent * len(scene.STATEMENTS):
        raise RuntimeError(f"of {flood.sent} packets and {len(scene.STATEMENTS)} rules {matched} were matched")
    scene.nft("router", "flush ruleset")
    return (f"{short} times down to {least} MB, {high} times the group of who added {added} rules; "
            f"{flood.sent} packets passed")


STORMS: dict[str, Callable[[int, int], str]] = {
    "memory is short": lambda seed, part: pressure(),
}
