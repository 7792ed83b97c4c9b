# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: measures rows, and writes what one packet costs with and without the statement.

The clock counts instructions where QEMU counts them (-icount shift=0: a nanosecond is one); then one
round says all. Where it is the machine's, rounds over all rows follow each other.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pktgen
import rows as table
import scene

# So many that a ring of 256 copies is full, and what was taken for it comes back
WARM_UP = 1200


def _gso(source: table.Source, count: int) -> float:
    program = Path(os.environ["BENCH_BUILD"]) / "rmirror_bench_gso"
    done = subprocess.run([str(program), str(source.size), str(count)], text=True, check=True,
                          stdout=subprocess.PIPE)
    return float(done.stdout)


def _mark() -> None:
    subprocess.run([Path(os.environ["BENCH_BUILD"]) / "rmirror_bench_mark"], check=True)


@dataclass(frozen=True)
class Measured:
    """Of one packet under a ruleset: nanoseconds, and how often the device that copies leave by told of it."""
    cost: float
    notifications: float


def measure(source: table.Source, out: str, script: str, times: int = 1, mark: bool = False) -> Measured:
    """Over TIMES as many packets as table.COUNT says"""
    count = table.COUNT[source.kind] * times
    notifying = out in table.NOTIFYING
    scene.out_up(out, '"$BENCH/register"' in script)
    if source.hashed:
        scene.hash_originals(True)
    scene.sh(script, {"pktgen": "in0", "gso": "gso0"}[source.kind])
    send = {"pktgen": pktgen.send, "gso": _gso}[source.kind]
    send(source, max(WARM_UP, source.ports) if source.kind == "pktgen" else 20)
    if mark:
        _mark()
    before = scene.notifications() if notifying else 0
    cost = send(source, count)
    notifications = scene.notifications() - before if notifying else 0
    if mark:
        _mark()
    scene.sh(scene.TEAR_DOWN)
    if source.hashed:
        scene.hash_originals(False)
    scene.out_down()
    return Measured(cost, notifications / count)


def missing(row: table.Row) -> str:
    """What the row needs and is not there."""
    if row.out in table.NOTIFYING and not shutil.which("ethtool"):
        return "there is no ethtool"
    if row.needs == "nft_tunnel" and not (Path(os.environ["NEWEST"]) / "usr/sbin/nft").exists():
        return "there is no nft of sid: tests/plugin/suite fetch sid"
    if row.needs == "nft_tunnel" and os.uname().release.startswith("6.12."):
        return "the nft_tunnel of 6.12 has a warning about itself in the kernel's log"
    if not row.needs or shutil.which(row.needs):
        return ""
    if subprocess.run(["modprobe", "-q", row.needs], check=False).returncode == 0:
        return ""
    return f"there is no {row.needs}"


def play_round(rows: list[table.Row], times: int, mark: bool) -> dict[str, tuple[Measured, Measured]]:
    """What a packet costs with each row's statement and without it, by the rows' names."""
    baselines: dict[tuple[table.Source, str, str], Measured] = {}
    results: dict[str, tuple[Measured, Measured]] = {}
    for row in rows:
        key = (row.source, row.out, row.without_it)
        if mark or key not in baselines:
            baselines[key] = measure(*key, times, mark)
        results[row.name] = (measure(row.source, row.out, row.with_it, times, mark), baselines[key])
        with_it, without = results[row.name]
        print(f"{row.name:30} {with_it.cost - without.cost:8.0f}", flush=True)
    return results


def summary(rounds: list[tuple[Measured, Measured]], notifying: bool) -> dict[str, object]:
    """A row's entry in the results: of several rounds the medians, and each one's difference."""
    entry: dict[str, object] = {"with": round(median(with_it.cost for with_it, _ in rounds), 1),
                                "without": round(median(without.cost for _, without in rounds), 1)}
    if notifying:
        entry["notifications"] = round(median(with_it.notifications for with_it, _ in rounds), 2)
    if len(rounds) > 1:
        entry["copies"] = [round(with_it.cost - without.cost, 1) for with_it, without in rounds]
    return entry


def main() -> int:
    """Writes the results of the rows named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--times", type=int, default=1, help="as many packets as table.COUNT says")
    parser.add_argument("--mark", action="store_true",
                        help="tell the profiler where the packets of a row begin and end")
    parser.add_argument("--symbols", type=Path, help="a file for the kernel's")
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", help="of rows, in the order in which they are to be measured")
    arguments = parser.parse_args()
    scene.sh(scene.SET_UP)
    named = {row.name: row for row in table.all_rows()}
    wanted = [named[name] for name in arguments.names]
    reasons = {row.name: missing(row) for row in wanted}
    rows = [row for row in wanted if not reasons[row.name]]
    rounds = [play_round(rows, arguments.times, arguments.mark) for _ in range(arguments.rounds)]
    if arguments.symbols:
        arguments.symbols.write_text(Path("/proc/kallsyms").read_text(encoding="ascii"), encoding="ascii")
    results = {row.name: {"skipped": reasons[row.name]} if reasons[row.name] else
               summary([played[row.name] for played in rounds], row.out in table.NOTIFYING)
               for row in wanted}
    arguments.out.write_text(json.dumps(results, indent=1), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
