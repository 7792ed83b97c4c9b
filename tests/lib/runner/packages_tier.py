# SPDX-License-Identifier: GPL-2.0-only
"""The tiers of the packages: the programs of tests/packaging/, and firewalld in a guest. Each reports
`ok NAME` line by line."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import programs
from results import Case, Results, Verdict, read_tap
from tiers import ROOT, Filter, jobs_beside

_DIRECTORY = ROOT / "tests/packaging"
# Each with the name of a Debian release as its argument; "host" and "firewalls" want what "deb" has built.
_PER_RELEASE = ("deb", "host", "install", "firewalls")
_BUILDS = ("tools", "rules", "service", "rpm", "openwrt", "luci")
_ONCE = (*_BUILDS, "rpm-install", "nftables-deb", "upgrade")
_SECONDS = 5400
_SKIPPED = 77


def _run(command: list[str], name: str) -> list[Case]:
    start = time.monotonic()
    try:
        done = programs.run(command, _SECONDS)
    except subprocess.TimeoutExpired:
        return [Case(name, Verdict.FAILED, f"still running after {_SECONDS} s")]
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    if done.returncode == _SKIPPED:
        return [Case(name, Verdict.SKIPPED, "\n".join(done.stdout.splitlines()[-1:]))]
    cases = read_tap(done.stdout, "packages: ")
    failed = any(case.verdict is Verdict.FAILED for case in cases)
    if not cases or (done.returncode != 0 and not failed):
        cases.append(Case(name, Verdict.FAILED, done.stdout))
    return cases


def _run_jobs(results: Results, wanted: Filter, jobs: list[tuple[str, list[str]]], beside: int) -> None:
    """BESIDE of the programs at a time."""
    with ThreadPoolExecutor(beside) as pool:
        runs = [pool.submit(_run, command, f"packages: {name}") for name, command in jobs if wanted.matches(name)]
        for run in runs:
            results.add_all(run.result())


def run_package_builds(results: Results, wanted: Filter) -> None:
    """What takes minutes: the packages build here, and those of OpenWrt work with stand-ins. Most wait or use one
    processor, and none looks at what another has made."""
    jobs = [("deb --build-only", [str(_DIRECTORY / "deb"), "--build-only"])]
    jobs += [(program, [str(_DIRECTORY / program)]) for program in _BUILDS]
    _run_jobs(results, wanted, jobs, jobs_beside())


def run_packages(results: Results, wanted: Filter, releases: list[str]) -> None:
    """All programs of the tier; the filter chooses among the programs, by `deb bookworm`, `rpm`, .."""
    jobs = [(f"{program} {release}", [str(_DIRECTORY / program), release])
            for release in releases for program in _PER_RELEASE]
    jobs += [(program, [str(_DIRECTORY / program)]) for program in _ONCE]
    jobs += [("firewalld", [str(ROOT / "tests/firewalld/run")])]
    _run_jobs(results, wanted, jobs, 1)
