# SPDX-License-Identifier: GPL-2.0-only
"""The tier that runs in a guest: the GoogleTest programs of build/tests/vm/."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from results import Case, Results, Verdict, read_gtest
from tiers import BUILD, ROOT, Filter

_RUN = ROOT / "tests/vm/run"
_SELFTEST = ROOT / "tests/vm/selftest"
_SUITE_SECONDS = 3600
_DEBUG_SUITE_SECONDS = 4 * 3600
_PROGRESS_SECONDS = 15
_SKIPPED = 77

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


def _run_program(results: Results, wanted: Filter, program: Path, kernel: str) -> None:
    prefix = f"vm {kernel}: "
    run_dir = BUILD / "vm" / f"tests-{kernel}-{program.name}"
    report = run_dir / "report.xml"
    report.unlink(missing_ok=True)
    progress = _Progress(f"vm {kernel}")
    seconds = _DEBUG_SUITE_SECONDS if kernel.endswith("-debug") else _SUITE_SECONDS
    command = [str(_RUN), "--kernel", kernel, "--timeout", str(seconds),
               "--run-dir", str(run_dir), "--", str(program), "--gtest_color=no",
               f"--gtest_output=xml:{report}"]
    if wanted.is_set:
        command.append(f"--gtest_filter={wanted.for_gtest()}")
    run_dir.mkdir(parents=True, exist_ok=True)
    with open(run_dir / "errors", "w+", encoding="utf-8") as errors, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
            errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            progress.feed(line)
    complaint = (run_dir / "errors").read_text(errors="replace")

    if process.returncode == _SKIPPED:
        results.add(Case(prefix + program.name, Verdict.SKIPPED, complaint))
        return
    cases = read_gtest(report, prefix)
    complete = bool(cases)
    if not complete:
        cases = progress.cases(prefix)
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if process.returncode not in (0, 1) or (process.returncode == 1 and not failed):
        during = f"while {progress.running} ran\n" if progress.running else ""
        results.add(Case(prefix + program.name, Verdict.FAILED,
                         f"{during}{complaint}exit status {process.returncode}"))
    elif not cases and not wanted.is_set:
        results.add(Case(prefix + program.name, Verdict.FAILED, "no test ran"))


def _run_selftest(results: Results, wanted: Filter, kernel: str) -> None:
    """The harness's own test speaks TAP: `ok NAME`, `not ok NAME`."""
    if wanted.is_set and not wanted.matches("selftest"):
        return
    done = subprocess.run([str(_SELFTEST), kernel], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          errors="replace")
    # Each verdict with the comment lines below it.
    verdicts: list[tuple[str, list[str]]] = []
    for line in done.stdout.splitlines():
        if line.startswith(("ok ", "not ok ")):
            verdicts.append((line, []))
        elif verdicts:
            verdicts[-1][1].append(line)
    for line, comment in verdicts:
        name = "vm selftest: " + line.removeprefix("not ").removeprefix("ok ")
        verdict = Verdict.PASSED if line.startswith("ok ") else Verdict.FAILED
        results.add(Case(name, verdict, "\n".join(comment)))
    if not verdicts or (done.returncode != 0 and done.stdout.find("not ok ") < 0):
        results.add(Case("vm selftest", Verdict.FAILED, done.stdout))


def run_vm(results: Results, wanted: Filter, kernels: list[str]) -> None:
    """All programs of build/tests/vm/ with each of KERNELS, after a test of the harness itself."""
    programs = [file for file in sorted((BUILD / "tests/vm").glob("*"))
                if file.is_file() and os.access(file, os.X_OK)]
    if not programs:
        results.add(Case("vm", Verdict.FAILED, "build/tests/vm holds no program"))
        return
    _run_selftest(results, wanted, kernels[0])
    for kernel in kernels:
        for program in programs:
            _run_program(results, wanted, program, kernel)
