# SPDX-License-Identifier: GPL-2.0-only
"""The modules in every kernel of Debian's archive: tests/kernels/run."""

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter
from vm_tier import run_vm_programs

_RUN = ROOT / "tests/kernels/run"
# What a kernel's own shape of a function could break: statements in and out of it, every
# encapsulation, every hook, routes, segments.
_BOOTED = ("*GoldenPacket*:*Hook*:*Netlink*:*Register*:*Attribute*:*Route*:*Segment*:*Teardown*:"
           "*XtTraffic*")


def _tap(results: Results, *arguments: str) -> None:
    done = programs.run([str(_RUN), *arguments])
    cases = read_tap(done.stdout, "kernels: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        results.add(Case("kernels", Verdict.FAILED, done.stdout))


def run_kernels(results: Results, wanted: Filter) -> None:
    """Builds for all of them, then boots the first and the last of each series."""
    _tap(results, *([wanted.pattern] if wanted.is_set else []))
    booted = programs.run([str(_RUN), "--boot"])
    if booted.returncode != 0:
        results.add(Case("kernels: --boot", Verdict.FAILED, booted.stdout))
        return
    kernels = [kernel for kernel in booted.stdout.split()
               if not wanted.is_set or wanted.matches(kernel)]
    run_vm_programs(results, Filter(_BOOTED), kernels)
