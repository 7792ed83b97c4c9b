# SPDX-License-Identifier: GPL-2.0-only
"""The tiers of the packages: the programs of tests/packaging/, and firewalld in a guest. Each reports
`ok NAME` line by line."""

import subprocess
import sys
import time

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter

_DIRECTORY = ROOT / "tests/packaging"
# Each with the name of a Debian release as its argument; "host" and "firewalls" want what "deb" has built.
_PER_RELEASE = ("deb", "host", "install", "firewalls")
_BUILDS = ("tools", "rules", "service", "rpm", "openwrt", "luci")
_ONCE = (*_BUILDS, "rpm-install", "nftables-deb", "upgrade")
_SECONDS = 5400
_SKIPPED = 77


def _run(results: Results, command: list[str], name: str) -> None:
    start = time.monotonic()
    try:
        done = programs.run(command, _SECONDS)
    except subprocess.TimeoutExpired:
        results.add(Case(name, Verdict.FAILED, f"still running after {_SECONDS} s"))
        return
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    if done.returncode == _SKIPPED:
        results.add(Case(name, Verdict.SKIPPED, "\n".join(done.stdout.splitlines()[-1:])))
        return
    cases = read_tap(done.stdout, "packages: ")
    results.add_all(cases)
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        results.add(Case(name, Verdict.FAILED, done.stdout))


def _run_jobs(results: Results, wanted: Filter, jobs: list[tuple[str, list[str]]]) -> None:
    for name, command in jobs:
        if wanted.matches(name):
            _run(results, command, f"packages: {name}")


def run_package_builds(results: Results, wanted: Filter) -> None:
    """What takes minutes: the packages build here, and those of OpenWrt work with stand-ins."""
    jobs = [("deb --build-only", [str(_DIRECTORY / "deb"), "--build-only"])]
    jobs += [(program, [str(_DIRECTORY / program)]) for program in _BUILDS]
    _run_jobs(results, wanted, jobs)


def run_packages(results: Results, wanted: Filter, releases: list[str]) -> None:
    """All programs of the tier; the filter chooses among the programs, by `deb bookworm`, `rpm`, .."""
    jobs = [(f"{program} {release}", [str(_DIRECTORY / program), release])
            for release in releases for program in _PER_RELEASE]
    jobs += [(program, [str(_DIRECTORY / program)]) for program in _ONCE]
    jobs += [("firewalld", [str(ROOT / "tests/firewalld/run")])]
    _run_jobs(results, wanted, jobs)
