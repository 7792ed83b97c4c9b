# SPDX-License-Identifier: GPL-2.0-only
"""The modules in every kernel of Debian's archive: tests/kernels/run."""

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter
from vm_tier import run_vm_programs

_RUN = ROOT / "tests/kernels/run"
# What a kernel's own shape of a function could break: statements in and out of it, every
# encapsulation, every hook, routes, segments.
_BOOTED = ("*Golden*:*Hook*:*Netlink*:*Register*:*Attribute*:*Route*:*Segment*:*Teardown*:"
           "*XtTraffic*")


def _listed(results: Results, wanted: Filter, option: str) -> list[str]:
    listed = programs.run([str(_RUN), option])
    if listed.returncode != 0:
        results.add(Case(f"kernels: {option}", Verdict.FAILED, listed.stdout))
        return []
    # Whatever else is said has blanks.
    return [line for line in listed.stdout.splitlines()
            if " " not in line and (not wanted.is_set or wanted.matches(line))]


def _build(results: Results, kernels: list[str]) -> None:
    done = programs.run([str(_RUN), *kernels])
    cases = read_tap(done.stdout, "kernels: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        results.add(Case("kernels", Verdict.FAILED, done.stdout))


def run_kernels(results: Results, wanted: Filter) -> None:
    """Builds for all of them, then boots the first and the last of each series."""
    if kernels := _listed(results, wanted, "--list"):
        _build(results, kernels)
    run_vm_programs(results, Filter(_BOOTED), _listed(results, wanted, "--boot"))
