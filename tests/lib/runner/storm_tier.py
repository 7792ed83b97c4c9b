# SPDX-License-Identifier: GPL-2.0-only
"""What comes at once, and what nobody would write: tests/storm/run."""

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter

_RUN = ROOT / "tests/storm/run"


def run_storm(results: Results, wanted: Filter, kernels: list[str]) -> None:
    """The filter chooses among the storms."""
    listed = programs.run([str(_RUN), "--list"]).stdout.splitlines()
    chosen = [name for name in listed if wanted.matches(name)]
    for kernel in kernels if chosen else ():
        done = programs.run([str(_RUN), "--no-setup", "--kernel", kernel, *chosen])
        cases = read_tap(done.stdout, f"storm {kernel}: ")
        results.add_all(cases)
        failed = any(case.verdict is Verdict.FAILED for case in cases)
        if len(cases) != len(chosen) or (done.returncode != 0 and not failed):
            results.add(Case(f"storm {kernel}", Verdict.FAILED, done.stdout))
