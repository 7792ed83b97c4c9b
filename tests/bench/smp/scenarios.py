# SPDX-License-Identifier: GPL-2.0-only
"""What is sent by two processors at once, known to the guest and to who judges."""

from dataclasses import dataclass

import rows as table

# The first does whatever else there is to do.
PROCESSORS = (1, 2)

# Packets of each processor; and how often a line has to be written, by both, to count. What is taken
# from a shared place for many packets at a time is not written per packet.
PACKETS = 1024
LEAST = PACKETS // 10

RULES = 2000
RULE_BYTES_MOST = 2048


@dataclass(frozen=True)
class Scenario:
    """A row of the benchmark (rows.py)."""
    row: str
    shares: bool = False  # it does write a line for each packet, which the plugin has to notice


SCENARIOS = (
    *map(Scenario, ("gre 60", "gre 1514", "gre 1514 len 60", "gre6 60", "vxlan 60", "geneve 60",
                    "tzsp 60", "none 60", "gre 60 ingress", "xt 60")),
    # One sequence of numbers, by which the collector sees what was lost
    Scenario("gre 60 seq", shares=True),
    Scenario("erspan 60", shares=True),
)


@dataclass(frozen=True)
class Section:
    """One sending that the plugin records."""
    source: table.Source
    script: str


def sections() -> dict[Scenario, tuple[Section, Section]]:
    """Of each scenario that without the statement and that with it. Some share the first."""
    rows = {row.name: row for row in table.all_rows()}
    return {scenario: (Section(rows[scenario.row].source, rows[scenario.row].without_it),
                       Section(rows[scenario.row].source, rows[scenario.row].with_it))
            for scenario in SCENARIOS}


def recorded() -> list[Section]:
    """All sections, in the order of their recording, each once."""
    return list(dict.fromkeys(section for pair in sections().values() for section in pair))
