# SPDX-License-Identifier: GPL-2.0-only
"""Costs as a table, against the goals, and against an earlier result."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import rows as table

ENCAPSULATING = ("mirred-gretap", "mirred-erspan", "mirred-vxlan", "netdev-dup-gretap", "nft-tunnel-erspan",
                 "nft-tunnel-geneve")
WORSE = 1.03
# Below so many instructions for a packet a difference is the guest's timer, not the row.
NOISE = 15


@dataclass(frozen=True)
class Cost:
    """Instructions, or nanoseconds, for a packet, with the statement and without.

    Of several rounds these are medians, and COPIES holds each round's difference. NOTIFICATIONS is how often
    the device told its other end, for one copy; negative: that was not counted.
    """
    with_it: float = 0
    without_it: float = 0
    skipped: str = ""
    copies: tuple[float, ...] = ()
    notifications: float = -1

    @property
    def copy(self) -> float:
        """What the statement costs."""
        return median(self.copies) if self.copies else self.with_it - self.without_it

    @property
    def spread(self) -> float:
        """Half the way from the first to the third quartile of the rounds."""
        first, _, third = quantiles(self.copies)
        return (third - first) / 2


def load(path: Path) -> dict[str, Cost]:
    """Costs by the names of rows."""
    return {name: Cost(entry.get("with", 0), entry.get("without", 0), entry.get("skipped", ""),
                       tuple(entry.get("copies", ())), entry.get("notifications", -1))
            for name, entry in json.loads(path.read_text(encoding="ascii")).items()}


def _entry(cost: Cost) -> dict[str, object]:
    if cost.skipped:
        return {"skipped": cost.skipped}
    entry: dict[str, object] = {"with": cost.with_it, "without": cost.without_it}
    if cost.notifications >= 0:
        entry["notifications"] = cost.notifications
    return entry


def save(path: Path, costs: dict[str, Cost]) -> None:
    """The reverse of load()."""
    entries = {name: _entry(cost) for name, cost in costs.items()}
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="ascii")


def cheapest_encapsulating(costs: dict[str, Cost], suffix: str) -> float:
    """Of the others, at a packet size; 0 if none was measured."""
    found = [costs[name].copy for name in (f"{peer} {suffix}" for peer in ENCAPSULATING)
             if name in costs and not costs[name].skipped]
    return min(found, default=0)


def _ratio(cost: float, reference: float) -> str:
    return f"{cost / reference:.2f}" if reference else "-"


def text(costs: dict[str, Cost]) -> str:
    """The table: a line a row, with its ratios to rows of the same packet size."""
    lines: list[str] = []
    group = ""
    heading = f"{'':32}{'copy':>8}{'/ TEE':>8}{'/ encap':>9}{'/ floor':>9}"
    for row in table.all_rows():
        cost = costs.get(row.name)
        if cost is None:
            continue
        if row.group != group:
            group = row.group
            lines += ["", f"{group:32}{heading[32:]}"]
        if cost.skipped:
            lines.append(f"  {row.name:30}  skipped: {cost.skipped}")
            continue
        suffix = row.suffix
        lines.append(f"  {row.name:30}{cost.copy:8.0f}"
                     f"{_ratio(cost.copy, _copy(costs, f'tee {suffix}')):>8}"
                     f"{_ratio(cost.copy, cheapest_encapsulating(costs, suffix)):>9}"
                     f"{_ratio(cost.copy, _copy(costs, f'mirred {suffix}')):>9}"
                     + (f"   +- {cost.spread:.0f}" if cost.copies else "")
                     + (f"   {cost.notifications:.2f} notifications" if cost.notifications >= 0 else ""))
    return "\n".join(lines) + "\n"


def _copy(costs: dict[str, Cost], name: str) -> float:
    cost = costs.get(name)
    return cost.copy if cost and not cost.skipped else 0


@dataclass(frozen=True)
class Goal:
    """One line of what this benchmark is for: a ratio, or a number of instructions."""
    what: str
    value: float
    most: float
    digits: int = 2

    @property
    def reached(self) -> bool:
        """To the digits that it is stated with"""
        return round(self.value, self.digits) <= round(self.most, self.digits)

    def __str__(self) -> str:
        verdict = "ok  " if self.reached else "MISS"
        return f"{verdict} {self.value:.{self.digits}f} (<= {self.most:.{self.digits}f}) {self.what}"


# What gre may cost of TEE, and any encapsulation more than mirred, by the same device
OF_TEE = {60: 0.40, 1514: 0.45}
ABOVE_MIRRED = {60: 500, 1514: 750}


def _suffixes(size: int) -> list[str]:
    """What the names of rows with packets of SIZE bytes end with: one for each device."""
    outs = ["dummy", *table.DEVICES]
    suffixes = [table.Row("", "", table.Source(size=size), "", "", out=out).suffix for out in outs]
    return [*suffixes, table.Row("", "", table.Source(size=size, hashed=True), "", "", out="four").suffix]


def _ratios() -> Iterator[tuple[str, str, str, float]]:
    """What is compared, the row, the other row, and what it may cost of that."""
    for size, most in OF_TEE.items():
        for suffix in _suffixes(size):
            yield f"gre {suffix} against TEE", f"gre {suffix}", f"tee {suffix}", most
    yield "gre 1514 len 60 against TEE", "gre 1514 len 60", "tee 1514", 0.38
    yield "gre of 64 KB GSO against TEE", "gre gso", "tee gso", 0.55
    yield ("register of 256 collectors against a constant", "register x256 60", "register constant 60",
           1.25)
    yield ("a rule that does not match against one with counter", "no-match rmirror x100",
           "no-match counter x100", 1.00)
    for suffix in ("60", "512", "1514", "1514 len 60"):
        for encap in ("vxlan", "erspan", "geneve", "tzsp"):
            yield f"{encap} {suffix} against gre", f"{encap} {suffix}", f"gre {suffix}", 1.15
        yield f"gre {suffix}: IPv6 outer against IPv4", f"gre6 {suffix}", f"gre {suffix}", 1.10


def goals(costs: dict[str, Cost]) -> Iterator[Goal]:
    """Those whose rows were measured."""
    for what, row, reference, most in _ratios():
        if _copy(costs, row) and _copy(costs, reference):
            yield Goal(what, _copy(costs, row) / _copy(costs, reference), most)
    for size, more in ABOVE_MIRRED.items():
        for suffix in _suffixes(size):
            floor = _copy(costs, f"mirred {suffix}")
            for encap in table.DEVICE_ENCAPSULATIONS:
                if floor and _copy(costs, f"{encap} {suffix}"):
                    yield Goal(f"{encap} {suffix} against mirred and {more} more",
                               _copy(costs, f"{encap} {suffix}"), floor + more, digits=0)
    for suffix, most in (("60", 0.36), ("1514", 0.42)):
        reference_cost = cheapest_encapsulating(costs, suffix)
        if reference_cost and _copy(costs, f"gre {suffix}"):
            yield Goal(f"gre {suffix} against the cheapest of the others that encapsulates",
                       _copy(costs, f"gre {suffix}") / reference_cost, most)


def worse(before: dict[str, Cost], now: dict[str, Cost]) -> list[str]:
    """The rows that cost more than 3 % more than they did."""
    lines = []
    for name, cost in now.items():
        old = _copy(before, name)
        if old and not cost.skipped and cost.copy > old * WORSE and cost.copy > old + NOISE:
            lines.append(f"{name}: {cost.copy:.0f} instructions, {old:.0f} in the committed result "
                         f"(+{100 * (cost.copy / old - 1):.1f} %)")
    return lines
