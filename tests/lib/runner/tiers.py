# SPDX-License-Identifier: GPL-2.0-only
"""The tiers that run on this machine itself: checks, unit, fuzz, plugin."""

import fnmatch
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import programs
from results import Case, Results, Verdict, read_ctest

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
_SKIPPED = 77
_CHECK_SECONDS = 1800
_TEST_SECONDS = 300


class Filter:
    """A GoogleTest filter, `positive:..-negative:..`; a word without a wildcard is a part of a name."""

    def __init__(self, pattern: str) -> None:
        positive, _, negative = pattern.partition("-")
        self._positive = _globs(positive) or ["*"]
        self._negative = _globs(negative)
        self.is_set = bool(pattern)

    def matches(self, name: str) -> bool:
        return (any(fnmatch.fnmatchcase(name, glob) for glob in self._positive)
                and not any(fnmatch.fnmatchcase(name, glob) for glob in self._negative))

    def for_gtest(self) -> str:
        return ":".join(self._positive) + ("-" + ":".join(self._negative) if self._negative else "")

    def for_ctest(self) -> list[str]:
        arguments = ["-R", _regex(self._positive)]
        return [*arguments, "-E", _regex(self._negative)] if self._negative else arguments


def _globs(text: str) -> list[str]:
    globs = [glob for glob in text.split(":") if glob]
    return [glob if "*" in glob or "?" in glob else f"*{glob}*" for glob in globs]


def jobs_beside() -> int:
    """As many as there are processors, or as RMIRROR_JOBS says."""
    return int(os.environ.get("RMIRROR_JOBS", os.cpu_count() or 1))


def _regex(globs: list[str]) -> str:
    # CMake's regular expressions know neither (?:..) nor escapes of common characters.
    parts = [re.sub(r"([.+()\[\]^$\\])", r"\\\1", glob).replace("*", ".*").replace("?", ".")
             for glob in globs]
    return "^(" + "|".join(parts) + ")$"


def _run_check(check: Path) -> Case:
    name = f"checks: {check.name}"
    try:
        done = programs.run([str(check)], _CHECK_SECONDS)
    except subprocess.TimeoutExpired:
        return Case(name, Verdict.FAILED, f"still running after {_CHECK_SECONDS} s")
    if done.returncode == 0:
        return Case(name, Verdict.PASSED)
    if done.returncode == _SKIPPED:
        return Case(name, Verdict.SKIPPED, "\n".join(done.stdout.splitlines()[-1:]))
    return Case(name, Verdict.FAILED, done.stdout)


def run_checks(results: Results, wanted: Filter) -> None:
    """Every executable of tests/checks/: 0 is right, 1 wrong, 77 could not be checked. Most use one processor
    only, so as many run beside each other as there are."""
    checks = [check for check in sorted((ROOT / "tests/checks").glob("*"))
              if os.access(check, os.X_OK) and check.is_file() and wanted.matches(check.name)]
    with ThreadPoolExecutor(jobs_beside()) as pool:
        for case in pool.map(_run_check, checks):
            results.add(case)


def run_label(results: Results, wanted: Filter, label: str) -> None:
    """The tests that ctest has under LABEL; none at all is a failure."""
    report = BUILD / "log" / f"{label}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", str(BUILD), "-L", f"^{label}$", "-j", str(jobs_beside()),
               "--timeout", str(_TEST_SECONDS), "--output-junit", str(report),
               "--test-output-size-passed", "4096", "--test-output-size-failed", "65536"]
    if wanted.is_set:
        command += wanted.for_ctest()
    done = programs.run(command)
    cases = read_ctest(report, f"{label}: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if done.returncode != 0 and not failed:
        results.add(Case(f"{label}: ctest", Verdict.FAILED, done.stdout))
    elif not cases and not wanted.is_set:
        results.add(Case(f"{label}: ctest", Verdict.FAILED, "no test ran"))
