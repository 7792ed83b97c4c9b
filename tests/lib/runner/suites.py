# SPDX-License-Identifier: GPL-2.0-only
"""The plugin tier once more, with the nft of other Debian suites: tests/plugin/suite."""

import os
import subprocess

import programs
from results import Case, Results, Verdict, read_gtest
from tiers import BUILD, ROOT, Filter

SUITES = ("trixie", "sid")
_SUITE = ROOT / "tests/plugin/suite"
_PROGRAM_SECONDS = 900
_SKIPPED = 77


def run_suites(results: Results, wanted: Filter) -> None:
    """All programs of build/tests/plugin/ in each suite."""
    programs = [file for file in sorted((BUILD / "tests/plugin").glob("plugin_*"))
                if file.is_file() and os.access(file, os.X_OK)]
    for suite in SUITES:
        for program in programs:
            if not _run_program(results, wanted, suite, str(program)):
                break


def _run_program(results: Results, wanted: Filter, suite: str, program: str) -> bool:
    """False: the suite is not here."""
    name = f"plugin {suite}"
    report = BUILD / "log" / f"{os.path.basename(program)}-{suite}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [str(_SUITE), "run", suite, program, "--gtest_color=no",
               f"--gtest_output=xml:{report}"]
    if wanted.is_set:
        command.append(f"--gtest_filter={wanted.for_gtest()}")
    try:
        done = programs.run(command, _PROGRAM_SECONDS)
    except subprocess.TimeoutExpired:
        results.add(Case(f"{name}: {os.path.basename(program)}", Verdict.FAILED,
                         f"still running after {_PROGRAM_SECONDS} s"))
        return True
    if done.returncode == _SKIPPED:
        results.add(Case(name, Verdict.SKIPPED, done.stdout))
        return False
    cases = read_gtest(report, f"{name}: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if (done.returncode != 0 and not failed) or (not cases and not wanted.is_set):
        results.add(Case(f"{name}: {os.path.basename(program)}", Verdict.FAILED, done.stdout))
    return True
