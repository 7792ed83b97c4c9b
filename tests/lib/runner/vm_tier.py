# SPDX-License-Identifier: GPL-2.0-only
"""The tier that runs in a guest: the GoogleTest programs of build/tests/vm/."""

import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import programs
from interop_tier import run_short
from results import Case, Results, Verdict, read_gtest, read_tap
from tiers import BUILD, ROOT, Filter

_RUN = ROOT / "tests/vm/run"
_SELFTEST = ROOT / "tests/vm/selftest"
_DEMO = ROOT / "tests/demo"
_DEMO_PICTURE = ROOT / "tests/demo.d/picture"
_SMP = ROOT / "tests/bench/smp/run"
_SUITE_SECONDS = 3600
_DEBUG_SUITE_SECONDS = 4 * 3600
_PROGRESS_SECONDS = 15
_SKIPPED = 77
# Each takes 1 or 2 GB.
_GUESTS_MAX = 4

_STARTED = re.compile(r"^\[ RUN      \] (\S+)")
_ENDED = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (\S+) \(\d+ ms\)")


class _Progress:
    """Follows GoogleTest's output: what has ended, what is running; a word now and then."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = time.monotonic()
        self.ended: dict[str, str] = {}
        self.running = ""

    def feed(self, line: str) -> None:
        if started := _STARTED.match(line):
            self.running = started[1]
        elif ended := _ENDED.match(line):
            self.ended[ended[2]] = ended[1]
            self.running = ""
        if time.monotonic() - self._said > _PROGRESS_SECONDS:
            self._said = time.monotonic()
            print(f"{self._name}: {len(self.ended)} tests so far", file=sys.stderr)

    def cases(self, prefix: str) -> list[Case]:
        """What is known of a program that did not live to write its report."""
        verdicts = {"OK": Verdict.PASSED, "FAILED": Verdict.FAILED, "SKIPPED": Verdict.SKIPPED}
        return [Case(prefix + name, verdicts[word], "see the output in build/vm")
                for name, word in self.ended.items()]


@dataclass(frozen=True)
class _Shard:
    """A part of the tests of a program, in a guest of its own: GoogleTest's sharding."""
    index: int
    total: int

    def environment(self) -> list[str]:
        return ["--env", f"GTEST_TOTAL_SHARDS={self.total}",
                "--env", f"GTEST_SHARD_INDEX={self.index}"]


def _run_shard(wanted: Filter, program: Path, kernel: str, shard: _Shard) -> list[Case]:
    prefix = f"vm {kernel}: "
    run_dir = BUILD / "vm" / f"tests-{kernel}-{program.name}-{shard.index}"
    report = run_dir / "report.xml"
    report.unlink(missing_ok=True)
    progress = _Progress(f"vm {kernel}, guest {shard.index + 1} of {shard.total}")
    seconds = _DEBUG_SUITE_SECONDS if kernel.endswith("-debug") else _SUITE_SECONDS
    command = [str(_RUN), "--kernel", kernel, "--timeout", str(seconds),
               "--run-dir", str(run_dir), *shard.environment(), "--", str(program),
               "--gtest_color=no", f"--gtest_output=xml:{report}"]
    if wanted.is_set:
        command.append(f"--gtest_filter={wanted.for_gtest()}")
    run_dir.mkdir(parents=True, exist_ok=True)
    with (open(run_dir / "errors", "w+", encoding="utf-8") as errors,
          programs.started(command, errors) as process):
        assert process.stdout is not None
        for line in process.stdout:
            progress.feed(line)
    complaint = (run_dir / "errors").read_text(errors="replace")

    if process.returncode == _SKIPPED:
        return [Case(prefix + program.name, Verdict.SKIPPED, complaint)]
    cases = read_gtest(report, prefix) or progress.cases(prefix)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if process.returncode not in (0, 1) or (process.returncode == 1 and not failed):
        during = f"while {progress.running} ran\n" if progress.running else ""
        cases.append(Case(prefix + program.name, Verdict.FAILED,
                          f"{during}{complaint}exit status {process.returncode}"))
    return cases


def _run_program(results: Results, wanted: Filter, program: Path, kernel: str) -> None:
    total = min(int(os.environ.get("RMIRROR_JOBS", os.cpu_count() or 1)), _GUESTS_MAX)
    with ThreadPoolExecutor(total) as guests:
        shards = [guests.submit(_run_shard, wanted, program, kernel, _Shard(index, total))
                  for index in range(total)]
        cases = [case for shard in shards for case in shard.result()]
    # What every guest says for the same reason is said once.
    cases = list(dict.fromkeys(cases))
    results.add_all(cases)
    if not cases and not wanted.is_set:
        results.add(Case(f"vm {kernel}: {program.name}", Verdict.FAILED, "no test ran"))


def _run_tap(results: Results, name: str, command: list[str]) -> None:
    """A test that speaks TAP: `ok NAME`, `not ok NAME`, `ok NAME # SKIP reason`."""
    done = programs.run(command)
    cases = read_tap(done.stdout, f"{name}: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        results.add(Case(name, Verdict.FAILED, done.stdout))


def _run_demo(results: Results, kernel: str) -> None:
    """README's first command, which judges by itself what it has shown, and README's picture of it."""
    done = programs.run([str(_DEMO), "--no-setup", "--kernel", kernel])
    if done.returncode == 0:
        output = BUILD / "demo/output"
        output.write_text(done.stdout)
        done = programs.run([str(_DEMO_PICTURE), "--check", str(output), str(ROOT / "doc/session.svg")])
    passed = done.returncode == 0
    results.add(Case(f"vm {kernel}: demo", Verdict.PASSED if passed else Verdict.FAILED,
                     "" if passed else done.stdout))


def run_vm_programs(results: Results, wanted: Filter, kernels: list[str]) -> None:
    """All programs of build/tests/vm/ with each of KERNELS."""
    programs = [file for file in sorted((BUILD / "tests/vm").glob("*"))
                if file.is_file() and os.access(file, os.X_OK)]
    if not programs:
        results.add(Case("vm", Verdict.FAILED, "build/tests/vm holds no program"))
    for kernel in kernels:
        for program in programs:
            _run_program(results, wanted, program, kernel)


def run_vm(results: Results, wanted: Filter, kernels: list[str]) -> None:
    """The suite with each of KERNELS, after a test of the harness itself and one of what no program in
    the guest sees. Kernels from source, with a word after the version, have cache lines of their own that
    processors share, or one processor."""
    if not wanted.is_set or wanted.matches("selftest"):
        _run_tap(results, "vm selftest", [str(_SELFTEST), kernels[0]])
    for kernel in kernels:
        if (not wanted.is_set or wanted.matches("demo")) and "-" not in kernel:
            _run_demo(results, kernel)
        if (not wanted.is_set or wanted.matches("smp")) and "-" not in kernel:
            _run_tap(results, f"vm {kernel} smp", [str(_SMP), kernel])
        if (not wanted.is_set or wanted.matches("interop")) and "-" not in kernel:
            run_short(results, kernel)
        run_vm_programs(results, wanted, [kernel])
