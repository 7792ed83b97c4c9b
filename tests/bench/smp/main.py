# SPDX-License-Identifier: GPL-2.0-only
"""Boots the guest under the plugin's eyes and judges what it saw; TAP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
# pylint: disable=wrong-import-position
import environment  # noqa: E402
from symbols import Symbols  # noqa: E402
from scenarios import LEAST, PROCESSORS, RULE_BYTES_MOST, Scenario, recorded, sections  # noqa: E402

ROOT = HERE.parents[2]
PLUGIN = ROOT / "build/tests/bench/rmirror_bench_shared_lines.so"
TIMEOUT = 900
SKIPPED = 77


@dataclass(frozen=True)
class Line:
    """A cache line that both processors wrote: its address, how often, by which instructions."""
    address: int
    writes: tuple[int, int]
    writers: tuple[int, int]


def _sections(path: Path) -> list[list[Line]]:
    sections: list[list[Line]] = []
    for text in path.read_text(encoding="ascii").splitlines():
        words = text.split()
        if words == ["section"]:
            sections.append([])
        elif words == ["overflow"]:
            raise RuntimeError("the plugin's table is too small")
        else:
            address, first, first_by, second, second_by = words
            sections[-1].append(Line(int(address, 16), (int(first), int(second)),
                                     (int(first_by, 16), int(second_by, 16))))
    return sections


def _judge(scenario: Scenario, without: list[Line], with_it: list[Line], symbols: Symbols) -> Iterator[str]:
    known = {line.address for line in without}
    shared = [line for line in with_it if line.address not in known]
    # What the packets themselves write without a mirror is not the mirror's.
    name = f"shared-lines/{scenario.row.replace(' ', '-')}"
    if scenario.shares:
        yield f"{'ok' if shared else 'not ok'} {name}-is-noticed"
    else:
        yield f"{'not ok' if shared else 'ok'} {name}"
    for line in shared:
        yield (f"# {line.address:x}: {line.writes[0]} and {line.writes[1]} times, by "
               f"{' and '.join(sorted({symbols.name(writer) for writer in line.writers}))}")


def _judge_memory(rule_bytes: dict[str, float]) -> Iterator[str]:
    (other, least), (statement, most) = sorted(rule_bytes.items(), key=lambda entry: entry[1])
    good = 0 < least < most <= RULE_BYTES_MOST and statement.startswith("rmirror")
    yield f"{'ok' if good else 'not ok'} memory-of-a-rule"
    yield f"# {most:.0f} bytes with `{statement}`, {least:.0f} with `{other}`; at most {RULE_BYTES_MOST}"


def _run(kernel: str, run_dir: Path, lines: Path, out: Path) -> tuple[int, str]:
    """Returns the exit status of tests/vm/run and what was said."""
    cpus = ",".join(map(str, PROCESSORS))
    command = [ROOT / "tests/vm/run", "--kernel", kernel, "--run-dir", run_dir, "--accel", "tcg",
               "--timeout", str(TIMEOUT),
               # Those that send are left alone by timers and other threads.
               "--cpus", str(1 + max(PROCESSORS)),
               "--append", f"isolcpus=nohz,domain,managed_irq,{cpus} rcu_nocbs={cpus} irqaffinity=0",
               "--qemu-arg=-plugin",
               f"--qemu-arg={PLUGIN},out={lines},least={LEAST},first={PROCESSORS[0]}",
               *(word for name, value in environment.of_guest(ROOT / "build").items()
                 for word in ("--env", f"{name}={value}")),
               "--", "python3", "-B", HERE / "guest.py", out]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    return done.returncode, done.stdout.strip()


def main() -> int:
    """Returns the exit status."""
    kernel = sys.argv[1]
    run_dir = ROOT / "build/bench" / f"smp-{kernel}"
    run_dir.mkdir(parents=True, exist_ok=True)
    lines, out = run_dir / "lines", run_dir / "measured.json"
    if not PLUGIN.exists():
        print(f"not ok run\n# there is no {PLUGIN.relative_to(ROOT)}: build first")
        return 1
    status, said = _run(kernel, run_dir, lines, out)
    refused = [line for line in said.splitlines() if "Could not load plugin" in line]
    if status == SKIPPED or refused:
        print(f"ok shared-lines # SKIP {(refused or said.splitlines())[-1]}")
        return 0
    if status:
        print("not ok run\n#", said.replace("\n", "\n# "))
        return 1
    measured = json.loads(out.read_text(encoding="ascii"))
    # After each section that counts is one of preparations.
    lines_of = dict(zip(recorded(), _sections(lines)[::2], strict=True))
    symbols = Symbols(measured["symbols"])
    verdicts: list[str] = []
    for scenario, (without, with_it) in sections().items():
        verdicts += _judge(scenario, lines_of[without], lines_of[with_it], symbols)
    verdicts += _judge_memory(measured["rule_bytes"])
    print("\n".join(verdicts))
    return 1 if any(verdict.startswith("not ok") for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
