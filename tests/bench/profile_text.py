# SPDX-License-Identifier: GPL-2.0-only
"""What the profiler saw, by function: of each row the packets without the statement, then those with it."""

from collections import Counter
from pathlib import Path

import rows as table
from symbols import Symbols

SHOWN = 45


def _sections(path: Path, symbols: Symbols) -> list[Counter[str]]:
    """The instructions of each function, section by section."""
    sections: list[Counter[str]] = []
    for text in path.read_text(encoding="ascii").splitlines():
        if text == "section":
            sections.append(Counter())
        else:
            address, instructions = text.split()
            sections[-1][symbols.name(int(address, 16))] += int(instructions)
    return sections


def _of_row(name: str, packets: int, without: Counter[str], with_it: Counter[str]) -> list[str]:
    difference = Counter({function: count - without[function] for function, count in with_it.items()})
    difference.subtract({function: count for function, count in without.items() if function not in with_it})
    lines = [f"\n{name}: instructions for one copy, by function"]
    shown = [entry for entry in difference.most_common() if abs(entry[1]) >= packets]
    lines += [f"{count / packets:10.1f}  {function}" for function, count in shown[:SHOWN]]
    rest = sum(difference.values()) - sum(count for _, count in shown[:SHOWN])
    return lines + [f"{rest / packets:10.1f}  all others"]


def of_rows(run_dir: Path, names: list[str]) -> str:
    """NAMES in the order in which they were measured"""
    symbols = Symbols((run_dir / "symbols").read_text(encoding="ascii"))
    # After each section that counts is one of preparations.
    sections = _sections(run_dir / "profile", symbols)[::2]
    named = {row.name: row for row in table.all_rows()}
    lines: list[str] = []
    for i, name in enumerate(names):
        lines += _of_row(name, table.COUNT[named[name].source.kind], *sections[2 * i:2 * i + 2])
    return "\n".join(lines)
