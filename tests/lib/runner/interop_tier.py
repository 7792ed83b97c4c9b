# SPDX-License-Identifier: GPL-2.0-only
"""Real receivers, of copies of real traffic: tests/interop/run; the cookbook's recipes: tests/interop/cookbook; flows
and sensors: tests/interop/scale."""

from pathlib import Path

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter

_RUN = ROOT / "tests/interop/run"
_PAGES = {page: ROOT / "tests/interop" / page for page in ("cookbook", "scale")}
_SKIPPED = 77


def _run(results: Results, name: str, options: list[str], program: Path = _RUN) -> None:
    done = programs.run([str(program), "--no-setup", *options])
    if done.returncode == _SKIPPED:
        results.add(Case(name, Verdict.SKIPPED, "\n".join(done.stdout.splitlines()[-1:])))
        return
    cases = read_tap(done.stdout, f"{name}: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        results.add(Case(name, Verdict.FAILED, done.stdout))


def run_interop(results: Results, wanted: Filter, kernels: list[str]) -> None:
    """All scenes, and what pages say. The filter chooses among the scenes' names, `cookbook` and `scale`; the tables
    are compared only if all scenes are played."""
    for page, program in _PAGES.items():
        for kernel in kernels if not wanted.is_set or wanted.matches(page) else ():
            _run(results, f"interop {kernel}", ["--kernel", kernel], program)
    if not wanted.is_set:
        for kernel in kernels:
            _run(results, f"interop {kernel}", ["--kernel", kernel])
        return
    listed = programs.run([str(_RUN), "--no-setup", "--list"]).stdout.split()
    scenes = [word for name in listed if wanted.matches(name) for word in ("--scene", name)]
    for kernel in kernels if scenes else ():
        _run(results, f"interop {kernel}", ["--kernel", kernel, *scenes])


def run_short(results: Results, kernel: str) -> None:
    """One transfer in three encapsulations: what every run has."""
    _run(results, f"vm {kernel} interop", ["--short", "--kernel", kernel])
