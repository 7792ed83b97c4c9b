# SPDX-License-Identifier: GPL-2.0-only
"""Modules that are unloaded the moment their last rule goes."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hosts
import judge
import scene
from scene import Flood, Worker

_IPTABLES = "/usr/sbin/iptables-legacy"


def _iptables(command: str) -> None:
    build = os.environ["RMIRROR_BUILD"]
    hosts.sh(f"env -u LD_LIBRARY_PATH XTABLES_LIBDIR={build}/xtables:/usr/lib/x86_64-linux-gnu/xtables "
             f"{_IPTABLES} {command}", "router")


def _read() -> int:
    """/proc/net/rmirror, which comes and goes"""
    time.sleep(0.002)
    try:
        return len(Path("/proc/thread-self/net/rmirror").read_text(encoding="ascii").splitlines())
    except OSError:
        return 0


def _round(nft: Any, flood: Flood, legacy: bool) -> int:
    """Rules, some packets, no rules, no modules; returns how often the modules had to be asked to go."""
    status, _, error = nft.cmd(scene.ruleset())
    if status:
        raise RuntimeError(f"nft: {error}")
    if legacy:
        _iptables("-A FORWARD -j RMIRROR --target 10.0.0.77 --encap vxlan")
        _iptables("-A FORWARD -j RMIRROR --target 10.0.0.5")
    flood.pass_by(50)
    if legacy:
        _iptables("-F FORWARD")
    status, _, error = nft.cmd("delete table inet storm")
    if status:
        raise RuntimeError(f"nft: {error}")
    tries = judge.remove_modules()
    if left := [name for name in judge.MODULES if Path(f"/sys/module/{name}").exists()]:
        raise RuntimeError(f"still loaded: {left}")
    return tries


def unload(rounds: int) -> str:
    """The next rule loads them again."""
    tries = 0

    def repeat() -> None:
        nonlocal tries
        nft = scene.libnftables()
        for number in range(rounds):
            tries += _round(nft, flood, has_legacy and number % 4 == 0)
    has_legacy = hosts.sh("modprobe -q iptable_filter && echo yes || true") != ""
    with Flood() as flood:
        reader = Worker(_read, "router")
        hosts.run_within("router", repeat)
        reader.stop()
    judge.load_modules()
    targets = "" if has_legacy else ", without iptables' legacy tables, which this kernel has not"
    return f"{rounds} times unloaded, asked {tries} times{targets}; {flood.sent} packets passed"


STORMS: dict[str, Callable[[int, int], str]] = {
    "modules unload the moment the last rule goes": lambda seed, part: unload(100 // part),
}
