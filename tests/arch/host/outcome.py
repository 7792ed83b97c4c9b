# SPDX-License-Identifier: GPL-2.0-only
"""What the guest program printed: see tests/arch/guest/main.c."""

from dataclasses import dataclass, field

from statement import reordered


@dataclass
class Outcome:
    """By the names of rules, and of a rule's packets as RULE/PACKET."""
    dumps: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    copies: dict[str, list[bytes]] = field(default_factory=dict)
    times: dict[str, tuple[int, int]] = field(default_factory=dict)
    unaligned: dict[tuple[str, str], int] = field(default_factory=dict)  # by module and function
    alignment: tuple[int, int, int] = (-1, -1, -1)
    faults: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    ended: bool = False


def read(said: str, order: str) -> Outcome:
    """Of a guest of that byte order; dumps are turned into little-endian ones."""
    outcome = Outcome()
    for line in said.splitlines():
        word, _, rest = line.partition(" ")
        if word == "dmesg":
            outcome.log.append(rest)
        elif word == "dump":
            name, _, data = rest.partition(" ")
            outcome.dumps[name] = reordered(bytes.fromhex(data), order, "<")
        elif word == "copy":
            name, _, data = rest.partition(" ")
            outcome.copies.setdefault(name, []).append(bytes.fromhex(data))
        elif word == "time":
            name, before, after = rest.split()
            outcome.times[name] = (int(before), int(after))
        elif word == "refused":
            name, error = rest.split()
            outcome.refused[name] = int(error)
        elif word == "unaligned":
            count, module, function = rest.split()
            place = (module, function)
            outcome.unaligned[place] = outcome.unaligned.get(place, 0) + int(count)
        elif word == "alignment":
            before, traffic, provoked = map(int, rest.split())
            outcome.alignment = (before, traffic, provoked)
        elif word == "end":
            outcome.ended = True
        elif word not in ("status", "done"):
            outcome.faults.append(line)
    return outcome
