#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the demonstration showed, for a person.

Usage: report.py DIRECTORY: with the captures and the counters. Exit status 1 if a copy or a counter
is wrong.
"""

import re
import subprocess
import sys
from pathlib import Path

from compare import LEN, Comparison, compare, payload

_INFO_WIDTH = 40


def shorten(text: str, width: int = _INFO_WIDTH) -> str:
    return text if len(text) <= width else f"{text[:width].rstrip()} .."


def tshark(path: Path) -> list[str]:
    """One line a frame: addresses (outer and inner), protocol and summary."""
    fields = ("ip.src", "ip.dst", "frame.protocols", "_ws.col.Protocol", "_ws.col.Info")
    command = ["tshark", "-n", "-r", str(path), "-o", "tcp.relative_sequence_numbers:FALSE",
               "-T", "fields", *(word for field in fields for word in ("-e", field))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = []
    for line in done.stdout.splitlines():
        sources, destinations, protocols, protocol, info = line.split("\t")
        ways = [f"{source} > {destination}" for source, destination
                in zip(sources.split(","), destinations.split(","))]
        outer = f"{ways[0]} GRE | " if ":gre:" in protocols else ""
        # A TCP header that ends before its options do.
        info = re.sub(r"\[Malformed Packet.*", "", info)
        lines.append(f"{outer}{ways[-1]} {protocol} {shorten(info)}")
    return lines


def tcpdump(path: Path) -> list[str]:
    """One line a frame, as tcpdump prints it; the times left out."""
    command = ["tcpdump", "-n", "-t", "-r", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [shorten(line, 2 * _INFO_WIDTH) for line in done.stdout.splitlines()]


def examples(frames: list[bytes]) -> dict[str, int]:
    """Indices of frames worth showing: an ICMP one, a short and a long TCP one."""
    chosen: dict[str, int] = {}
    for index, frame in enumerate(frames):
        is_icmp, is_long = frame[23] == 1, len(frame) > 1000
        chosen.setdefault("ping" if is_icmp else "HTTP, data" if is_long else "HTTP, connection", index)
    return chosen


def print_examples(directory: Path, result: Comparison) -> None:
    originals, wire = tshark(directory / "originals.pcap"), tshark(directory / "collector.pcap")
    decoded = tcpdump(directory / "decoded.pcap")
    copies = [payload(packet) for packet in result.wire]
    print(f"\n--- Originals and copies: {len(result.originals)} packets came in, here are three")
    for name, index in examples(result.originals).items():
        frame = result.originals[index]
        on_wire, on_gretap = copies.index(frame[:LEN]), result.decoded.index(frame[:LEN])
        print(name)
        for place, size, text in (
                ("router, original", len(frame), originals[index]),
                ("collector, tshark", len(result.wire[on_wire]), wire[on_wire]),
                ("collector, gretap", len(result.decoded[on_gretap]), decoded[on_gretap])):
            print(f"  {place:<18}{size:>5} bytes  {text}")


def print_counters(result: Comparison) -> None:
    zero = [name for name, value in result.counters.items() if value == "0"]
    print("\n--- /proc/net/rmirror on the router, one column a line")
    for name, value in result.counters.items():
        if name not in zero:
            print(f"  {name:<14}{value:>10}")
    print(f"  and 0 in {', '.join(zero)}")


def main() -> int:
    directory = Path(sys.argv[1])
    result = compare(directory)
    if not result.faults:
        print_examples(directory, result)
    print_counters(result)
    print("\n--- Compared")
    print(f"{len(result.originals)} packets of {sum(map(len, result.originals))} bytes came in; "
          f"{len(result.wire)} copies of {LEN} bytes or less arrived,")
    if not result.faults:
        print("each with the bytes of its original; outer headers, gretap device and counters agree.")
    for fault in result.faults[:20]:
        print(f"WRONG: {fault}")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
