# SPDX-License-Identifier: GPL-2.0-only
"""Boots the architectures and compares what they did with amd64: the part of tests/arch/run after the builds."""

import sys
import time
from pathlib import Path

import machine
import corpus as corpora
import judge
import outcome as outcomes
from statement import Library

_LIBRARY = Path(__file__).resolve().parents[3] / "build/libnftnl-ext/librmirror/librmirror.so"
_LINES_MAX = 20


def _report(name: str, verdict: judge.Verdict) -> bool:
    what, wrong = verdict
    print(f"{'not ok' if wrong else 'ok'} {name}: {what}")
    for line in wrong[:_LINES_MAX]:
        print("\n".join(f"# {part}" for part in line[:4000].splitlines()))
    if len(wrong) > _LINES_MAX:
        print(f"# and {len(wrong) - _LINES_MAX} more")
    sys.stdout.flush()
    return not wrong


def _judge(name: str, corpus: corpora.Corpus, outcome: outcomes.Outcome,
           library: Library) -> tuple[bool, dict[str, list[bytes]]]:
    """What is true by itself, without a comparison."""
    left, sound = judge.comparable(corpus, outcome)
    verdicts = [judge.complete(corpus, outcome), judge.statements(corpus, outcome, library),
                judge.golden_packets(corpus, outcome), sound]
    return all([_report(name, verdict) for verdict in verdicts]), left


def main(names: list[str]) -> int:
    library = Library(_LIBRARY)
    corpus = corpora.build(library)
    try:
        reference = outcomes.read(machine.boot_reference(corpus.text("<")), "<")
    except machine.NoGuest as reason:
        _report(machine.REFERENCE, ("the guest", [str(reason)]))
        return 1
    good, expected = _judge(machine.REFERENCE, corpus, reference, library)
    for name in names:
        one, start = machine.MACHINES[name], time.monotonic()
        try:
            outcome = outcomes.read(machine.boot(name, corpus.text(one.order)), one.order)
        except machine.NoGuest as reason:
            good = _report(name, ("the guest", [str(reason)])) and good
            continue
        print(f"{name}: the guest took {time.monotonic() - start:.0f} s", file=sys.stderr)
        own, left = _judge(name, corpus, outcome, library)
        verdicts = [judge.same_copies(left, expected), judge.same_counters(outcome, reference),
                    judge.log(outcome)]
        if one.counts_unaligned:
            verdicts.append(judge.alignment(outcome))
        good = all([own, *(_report(name, verdict) for verdict in verdicts), good])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
