# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: one storm after the other, and judges each. Speaks TAP."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(_TESTS / "interop"), str(_TESTS / "vm/harness")]

import fuzz  # noqa: E402
import judge  # noqa: E402
import judged  # noqa: E402
import link_storms  # noqa: E402
import memory_storms  # noqa: E402
import module_storms  # noqa: E402
import namespace_storms  # noqa: E402
import rule_storms  # noqa: E402
import scene  # noqa: E402

_SEED = 1


def _run(name: str, storm: Callable[[], str]) -> bool:
    begun = time.monotonic()
    try:
        try:
            scene.set_up()
            verdict = judge.Judge()
            said = storm()
            memory = verdict.check()
        finally:
            scene.tear_down()
    except (RuntimeError, AssertionError, LookupError, OSError, ValueError) as fault:
        print(f"not ok {name}\n  " + f"{fault}".replace("\n", "\n  "), flush=True)
        return False
    print(f"ok {name}\n  {said}; memory {memory}; {time.monotonic() - begun:.0f} s", flush=True)
    return True


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--part", type=int, default=1)
    parser.add_argument("--fuzz-rules", type=int, default=5000)
    parser.add_argument("--fuzz-blobs", type=int, default=3000)
    parser.add_argument("word", nargs="*")
    options = parser.parse_args()
    storms: dict[str, Callable[[], str]] = {}
    for module in (judged, rule_storms, namespace_storms, link_storms, module_storms, memory_storms):
        for name, storm in module.STORMS.items():
            storms[name] = lambda storm=storm: storm(options.seed, options.part)
    storms |= fuzz.storms(options.seed, options.fuzz_rules, options.fuzz_blobs)
    if options.list:
        print("\n".join(storms))
        return 0
    print(f"# seed {options.seed}", flush=True)
    judge.load_modules()
    good = [_run(name, storm) for name, storm in storms.items()
            if not options.word or any(word in name for word in options.word)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
