# SPDX-License-Identifier: GPL-2.0-only
"""The modules on other processors: tests/arch/run."""

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter

_RUN = ROOT / "tests/arch/run"


def run_arch(results: Results, wanted: Filter) -> None:
    """The filter chooses among the architectures. One that cannot be had is a skip of its own."""
    listed = programs.run([str(_RUN), "--list"]).stdout.split()
    chosen = [name for name in listed if not wanted.is_set or wanted.matches(name)]
    if not chosen:
        return
    done = programs.run([str(_RUN), "--no-setup", *chosen])
    cases = read_tap(done.stdout, "arch: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    skipped = bool(cases) and all(case.verdict is Verdict.SKIPPED for case in cases)
    if not cases or (done.returncode != 0 and not failed and not skipped):
        results.add(Case("arch", Verdict.FAILED, done.stdout))
