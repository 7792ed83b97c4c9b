# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: sends packets from two processors under each rule, with and without the statement.

Each sending is a section of what the plugin records, followed by one of no interest.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
# pylint: disable=wrong-import-position
import pktgen  # noqa: E402
import rows as table  # noqa: E402
import scene  # noqa: E402
from scenarios import PACKETS, PROCESSORS, RULES, Section, recorded  # noqa: E402

_MARK = Path(os.environ["BENCH_BUILD"]) / "rmirror_bench_mark"


def _record(section: Section) -> None:
    scene.sh(section.script, "in0")
    pktgen.send(section.source, 300, PROCESSORS)
    subprocess.run([_MARK], check=True)
    pktgen.send(section.source, PACKETS, PROCESSORS)
    subprocess.run([_MARK], check=True)
    scene.sh(scene.TEAR_DOWN)


def _memory() -> int:
    """Bytes in the kernel's allocators."""
    time.sleep(1)  # what was freed is given back after a grace period
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    sizes = {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
    return 1024 * (sizes["Slab"] + sizes["Percpu"] + sizes["VmallocUsed"])


def _rule_bytes(statement: str) -> float:
    """Memory of one rule that has mirrored a packet on both processors."""
    script = table.input_rules([statement] * RULES)
    scene.sh(script, "in0")  # the caches of the allocators fill
    scene.sh(scene.TEAR_DOWN)
    before = _memory()
    scene.sh(script, "in0")
    pktgen.send(table.Source(), 64, PROCESSORS)
    used = (_memory() - before) / RULES
    scene.sh(scene.TEAR_DOWN)
    return used


def main() -> int:
    """Argument: the file for what a rule takes and for the kernel's symbols."""
    out = Path(sys.argv[1])
    scene.set_up()
    for section in recorded():
        _record(section)
    rule_bytes = {statement: _rule_bytes(f"meta mark 0 {statement}")
                  for statement in ("accept", f"rmirror to {table.COLLECTOR}")}
    symbols = Path("/proc/kallsyms").read_text(encoding="ascii")
    out.write_text(json.dumps({"rule_bytes": rule_bytes, "symbols": symbols}), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
