# SPDX-License-Identifier: GPL-2.0-only
"""What tests came to: collected, printed and summed up."""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    """One test; `detail` is why it failed or was skipped."""
    name: str
    verdict: Verdict
    detail: str = ""


class Results:
    """The cases of the whole run. Failures and skips are printed as they come."""

    def __init__(self) -> None:
        self._cases: list[Case] = []

    def add(self, case: Case) -> None:
        self._cases.append(case)
        if case.verdict is Verdict.FAILED:
            _print(f"FAIL {case.name}", case.detail)
        elif case.verdict is Verdict.SKIPPED:
            reason = case.detail.strip() or "no reason given"
            _print(f"SKIP {case.name}: {' '.join(reason.split())}", "")

    def add_all(self, cases: list[Case]) -> None:
        for case in cases:
            self.add(case)

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict is verdict for case in self._cases)

    def __len__(self) -> int:
        return len(self._cases)

    def since(self, start: int) -> str:
        """The sums of the cases from the index `start` on."""
        part = Results()
        part._cases = self._cases[start:]
        return part.summary()

    def summary(self) -> str:
        return ", ".join(f"{self.count(verdict)} {verdict.value}" for verdict in Verdict)


def _print(headline: str, detail: str) -> None:
    print(headline)
    for line in detail.rstrip().splitlines():
        print(f"  {line}")
    sys.stdout.flush()


def read_gtest(path: Path, prefix: str) -> list[Case]:
    """The cases of a GoogleTest XML report; none if it was not written."""
    if not path.exists():
        return []
    cases = []
    for element in ElementTree.parse(path).iter("testcase"):
        name = f"{prefix}{element.get('classname')}.{element.get('name')}"
        failures = [child.get("message", "") for child in element.iter("failure")]
        skipped = element.find("skipped")
        if failures:
            cases.append(Case(name, Verdict.FAILED, "\n".join(failures)))
        elif element.get("status") == "notrun":
            # Disabled tests, and those that the filter leaves out.
            if element.get("name", "").startswith("DISABLED_"):
                cases.append(Case(name, Verdict.SKIPPED, "disabled"))
        elif skipped is not None:
            # The first line is the place in the source, the reason follows.
            reason = skipped.get("message", "").partition("\n")[2]
            cases.append(Case(name, Verdict.SKIPPED, reason))
        else:
            cases.append(Case(name, Verdict.PASSED))
    return cases


def read_ctest(path: Path, prefix: str) -> list[Case]:
    """The cases of a JUnit report of ctest; none if it was not written."""
    if not path.exists():
        return []
    cases = []
    for element in ElementTree.parse(path).iter("testcase"):
        name = f"{prefix}{element.get('name')}"
        output = element.findtext("system-out") or ""
        status = element.get("status")
        if status == "run":
            cases.append(Case(name, Verdict.PASSED))
        elif status == "disabled":
            cases.append(Case(name, Verdict.SKIPPED, "disabled"))
        elif element.find("skipped") is not None and output.strip():
            cases.append(Case(name, Verdict.SKIPPED, _skip_reason(output)))
        else:
            # "notrun" without output is a program that is not there: never a skip.
            failure = element.find("failure")
            message = failure.get("message", "") if failure is not None else "did not run"
            cases.append(Case(name, Verdict.FAILED, f"{message}\n{output}"))
    return cases


def read_tap(output: str, prefix: str) -> list[Case]:
    """The cases of `ok NAME`, `ok NAME # SKIP REASON`, `not ok NAME`, each with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    for line in output.splitlines():
        if line.startswith(("ok ", "not ok ")):
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
    cases = []
    for line, comment in found:
        name, _, reason = line.removeprefix("not ").removeprefix("ok ").partition(" # SKIP ")
        if line.startswith("not ok "):
            cases.append(Case(prefix + name, Verdict.FAILED, "\n".join(comment)))
        elif reason:
            cases.append(Case(prefix + name, Verdict.SKIPPED, reason))
        else:
            cases.append(Case(prefix + name, Verdict.PASSED))
    return cases


def _skip_reason(output: str) -> str:
    """What a skipped program said: GoogleTest puts it between the place and its verdict."""
    lines = [line for line in output.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if line.endswith(": Skipped"):
            reason = []
            for follower in lines[index + 1:]:
                if follower.startswith("["):
                    break
                reason.append(follower)
            return "\n".join(reason)
    return lines[-1] if lines else ""
