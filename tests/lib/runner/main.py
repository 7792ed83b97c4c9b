# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tiers and sums up: the part of tests/run that follows the set-up."""

import argparse
import sys
import time

import programs
from arch_tier import run_arch
from interop_tier import run_interop
from kernels_tier import run_kernels
from packages_tier import run_package_builds, run_packages
from results import Results, Verdict
from storm_tier import run_storm
from suites import run_suites
from tiers import Filter, run_checks, run_label
from vm_tier import run_vm


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiers", type=str.split, required=True)
    parser.add_argument("--kernels", type=str.split, required=True)
    parser.add_argument("--releases", type=str.split, required=True)
    parser.add_argument("--filter", default="")
    arguments = parser.parse_args()
    programs.end_with_the_runner()
    wanted = Filter(arguments.filter)
    results = Results()
    tiers = {
        "checks": lambda: run_checks(results, wanted),
        "unit": lambda: run_label(results, wanted, "unit"),
        "fuzz": lambda: run_label(results, wanted, "fuzz"),
        "plugin": lambda: (run_label(results, wanted, "plugin"), run_suites(results, wanted)),
        "native": lambda: run_label(results, wanted, "native"),
        "vm": lambda: run_vm(results, wanted, arguments.kernels),
        "interop": lambda: run_interop(results, wanted, arguments.kernels),
        "kernels": lambda: run_kernels(results, wanted),
        "storm": lambda: run_storm(results, wanted, arguments.kernels),
        "arch": lambda: run_arch(results, wanted),
        "package-builds": lambda: run_package_builds(results, wanted),
        "packages": lambda: run_packages(results, wanted, arguments.releases),
    }
    for name in arguments.tiers:
        if name not in tiers:
            parser.error(f"no tier {name}; there are {', '.join(tiers)}")
    for name, run in tiers.items():
        if name not in arguments.tiers:
            continue
        print(f"== {name}", flush=True)
        start, first = time.monotonic(), len(results)
        run()
        print(f"== {name}: {results.since(first)} in {time.monotonic() - start:.0f} s", flush=True)
    print(results.summary())
    return 1 if results.count(Verdict.FAILED) else 0


if __name__ == "__main__":
    sys.exit(main())
