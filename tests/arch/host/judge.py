# SPDX-License-Identifier: GPL-2.0-only
"""What must be true of an outcome. Each function gives the name of a test, with what it saw, and what is wrong."""

import kernel_log  # of tests/vm/harness: machine.py puts it on the path

import copies
from corpus import Corpus
from outcome import Outcome
from statement import Library, without_counters

_OURS = ("rmirror_core", "nft_rmirror", "xt_RMIRROR")
Verdict = tuple[str, list[str]]


def complete(corpus: Corpus, outcome: Outcome) -> Verdict:
    """Every rule was taken, every packet sent."""
    wrong = list(outcome.faults)
    if not outcome.ended:
        wrong.append("the program did not end")
    wrong += [f"{name}: refused with errno {error}" for name, error in outcome.refused.items()]
    expected = [f"{rule.name}/{packet}" for rule in corpus.rules for packet in rule.packets]
    wrong += [f"{key}: not sent" for key in expected if key not in outcome.times]
    wrong += [f"{rule.name}: no dump" for rule in corpus.rules if rule.name not in outcome.dumps]
    return f"{len(outcome.dumps)} rules, {len(outcome.times)} packets", wrong


def statements(corpus: Corpus, outcome: Outcome, library: Library) -> Verdict:
    """Dumps of the golden statements are their attributes, which mean their text; of the others, too, what
    was added."""
    wrong = []
    for name, added in corpus.attributes.items():
        if name not in outcome.dumps:
            wrong.append(f"{name}: no dump")
            continue
        dumped, _ = without_counters(outcome.dumps[name])
        if dumped != added:
            wrong.append(f"{name}: {dumped.hex()} instead of {added.hex()}")
        elif name in corpus.statements and library.decode(dumped) != corpus.statements[name].prints:
            wrong.append(f"{name}: {library.decode(dumped)}")
    return f"{len(corpus.statements)} golden statements, {len(corpus.attributes)} dumps", wrong


def golden_packets(corpus: Corpus, outcome: Outcome) -> Verdict:
    wrong = []
    for name, packet in corpus.packets.items():
        seen = outcome.copies.get(f"{name}/{name}", [])
        if len(seen) != 1:
            wrong.append(f"{name}: {len(seen)} copies")
            continue
        copy = seen[0][14:]
        if len(copy) != len(packet.copy) or any(
                wanted is not None and wanted != byte for wanted, byte in zip(packet.copy, copy)):
            wrong.append(f"{name}: {copy.hex()}")
    return f"{len(corpus.packets)} golden packets", wrong


def comparable(corpus: Corpus, outcome: Outcome) -> tuple[dict[str, list[bytes]], Verdict]:
    """The copies as they are on every machine, and whether what differs is in order."""
    texts = {rule.name: rule.text for rule in corpus.rules}
    left, wrong, count = {}, [], 0
    for key, (before, after) in outcome.times.items():
        frames = outcome.copies.get(key, [])
        left[key], faults = copies.compared(frames, texts[key.partition("/")[0]], before, after)
        wrong += [f"{key}: {fault}" for fault in faults]
        count += len(frames)
    return left, (f"checksums, ports and times of {count} copies", wrong)


def same_copies(ours: dict[str, list[bytes]], reference: dict[str, list[bytes]]) -> Verdict:
    wrong, count = [], 0
    for key, expected in reference.items():
        got = ours.get(key, [])
        count += len(expected)
        if len(got) != len(expected):
            wrong.append(f"{key}: {len(got)} copies instead of {len(expected)}")
        wrong += [f"{key}: {one.hex()} instead of {other.hex()}" for one, other in zip(got, expected)
                  if one != other]
    return f"{count} copies equal amd64's", wrong


def same_counters(ours: Outcome, reference: Outcome) -> Verdict:
    wrong = []
    for name, dump in reference.dumps.items():
        expected, got = (without_counters(dump)[1], without_counters(ours.dumps.get(name, b""))[1])
        if got != expected:
            wrong.append(f"{name}: {got} instead of {expected}")
    return f"counters of {len(reference.dumps)} rules equal amd64's", wrong


def alignment(outcome: Outcome) -> Verdict:
    """No access of our modules had to be mended, and the kernel would have counted it. Its own segmenter reads
    the headers in a copy, of which only the outer ones can be aligned."""
    before, traffic, provoked = outcome.alignment
    wrong = []
    if before < 0 or provoked <= traffic:
        wrong.append(f"the kernel does not count: {outcome.alignment}")
    if traffic - before != sum(outcome.unaligned.values()):
        wrong.append(f"{traffic - before} unaligned accesses, of which the places of "
                     f"{sum(outcome.unaligned.values())} are known")
    wrong += [f"{count} unaligned accesses in {function} [{module}]"
              for (module, function), count in outcome.unaligned.items() if module in _OURS]
    others = {place: count for place, count in outcome.unaligned.items() if place[0] not in _OURS}
    functions = sorted({function.partition("+")[0] for _, function in others})
    return (f"none of our modules' accesses is unaligned, {sum(others.values())} of the kernel's own "
            f"({' '.join(functions) or 'none'})", wrong)


def log(outcome: Outcome) -> Verdict:
    wrong = kernel_log.find_trouble("\n".join(outcome.log))
    if not any("rmirror" in line for line in outcome.log):
        wrong.append("the kernel log does not say that a module of ours was loaded")
    return f"kernel log of {len(outcome.log)} lines", wrong
