# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's packet generator, handing packets to the device in0 as if it had received them."""

import re
from pathlib import Path

import rows as table

MAC = "02:00:00:00:00:01"
_PROC = Path("/proc/net/pktgen")


def _write(path: Path, line: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(line + "\n")


def _configure(device: Path, source: table.Source, count: int) -> None:
    # The same skb again and again with BHs off, unless packets differ, or come alone
    burst = 64 if source.ports == 1 and not source.alone else 1
    for line in (f"count {count}", "xmit_mode netif_receive", "delay 0", "clone_skb 0",
                 f"burst {burst}", f"pkt_size {source.size}", f"dst_mac {MAC}",
                 "dst 10.1.0.2", "src_min 10.1.0.1", "src_max 10.1.0.1", "udp_src_min 9",
                 "udp_src_max 9", "udp_dst_min 9", f"udp_dst_max {9 + source.ports - 1}"):
        _write(device, line)


def send(source: table.Source, count: int, processors: tuple[int, ...] = (0,)) -> float:
    """Sends COUNT packets from each of PROCESSORS; returns how many nanoseconds one took the first."""
    names = [f"in0@{cpu}" for cpu in processors]
    for cpu, name in zip(processors, names):
        if not (_PROC / name).exists():
            _write(_PROC / f"kpktgend_{cpu}", f"add_device {name}")
        _configure(_PROC / name, source, count)
    _write(_PROC / "pgctrl", "start")
    costs = []
    for name in names:
        result = (_PROC / name).read_text(encoding="ascii")
        found = re.search(r"OK: (\d+)\(.*?\) usec, (\d+) ", result)
        if not found:
            raise RuntimeError(f"pktgen says:\n{result}")
        costs.append(int(found[1]) * 1000 / int(found[2]))
    return costs[0]
