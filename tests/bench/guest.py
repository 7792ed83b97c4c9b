# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: measures rows, and writes what one packet costs with and without the statement.

The guest's clock counts instructions (QEMU -icount shift=0): a nanosecond is one.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pktgen
import rows as table
import scene

WARM_UP = 300
COUNT = {"pktgen": 4096, "gso": 200}


def _gso(source: table.Source, count: int) -> float:
    program = Path(os.environ["BENCH_BUILD"]) / "rmirror_bench_gso"
    done = subprocess.run([str(program), str(source.size), str(count)], text=True, check=True,
                          stdout=subprocess.PIPE)
    return float(done.stdout)


def measure(source: table.Source, script: str) -> float:
    """Nanoseconds for one packet under a ruleset."""
    scene.sh(script, {"pktgen": "in0", "gso": "gso0"}[source.kind])
    send = {"pktgen": pktgen.send, "gso": _gso}[source.kind]
    send(source, max(WARM_UP, source.ports) if source.kind == "pktgen" else 20)
    cost = send(source, COUNT[source.kind])
    scene.sh(scene.TEAR_DOWN)
    return cost


def missing(row: table.Row) -> str:
    """What the row needs and is not there."""
    if not row.needs or shutil.which(row.needs):
        return ""
    if subprocess.run(["modprobe", "-q", row.needs], check=False).returncode == 0:
        return ""
    return f"there is no {row.needs}"


def main() -> int:
    """Arguments: the file for the results, then the names of rows."""
    out, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    scene.set_up()
    baselines: dict[tuple[table.Source, str], float] = {}
    results: dict[str, object] = {}
    for row in table.all_rows():
        if row.name not in wanted:
            continue
        if reason := missing(row):
            results[row.name] = {"skipped": reason}
            continue
        key = (row.source, row.without_it)
        if key not in baselines:
            baselines[key] = measure(*key)
        with_it = measure(row.source, row.with_it)
        results[row.name] = {"with": round(with_it, 1), "without": round(baselines[key], 1)}
        print(f"{row.name:30} {with_it - baselines[key]:8.0f}", flush=True)
    out.write_text(json.dumps(results, indent=1), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
