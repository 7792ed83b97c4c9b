# SPDX-License-Identifier: GPL-2.0-only
"""Compares what the collector got with what the router received, byte by byte."""

import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROUTER, COLLECTOR = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 5))
LEN = 60
ETH_HLEN, IPV4_HLEN, GRE_HLEN = 14, 20, 4
IPPROTO_GRE, GRE_TEB = 47, bytes.fromhex("00006558")  # no flags, transparent Ethernet bridging


def read_pcap(path: Path) -> list[bytes]:
    """The frames of a classic pcap file of this machine's byte order."""
    data = path.read_bytes()
    magic, _, _, _, _, _, linktype = struct.unpack_from("=IHHiIII", data)
    if magic != 0xA1B2C3D4 or linktype != 1:
        raise ValueError(f"{path}: not a pcap file of Ethernet frames")
    frames, at = [], 24
    while at < len(data):
        _, _, captured, wire = struct.unpack_from("=IIII", data, at)
        if captured != wire:
            raise ValueError(f"{path}: the capture itself cut a frame of {wire} bytes")
        frames.append(data[at + 16:at + 16 + captured])
        at += 16 + captured
    return frames


def header_sum(header: bytes) -> int:
    """The Internet checksum over an IPv4 header: 0xffff if its own is right."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def outer_fault(packet: bytes) -> str | None:
    """What is wrong with the headers of a mirror packet (from its Ethernet header on)."""
    ip, gre = packet[ETH_HLEN:ETH_HLEN + IPV4_HLEN], packet[ETH_HLEN + IPV4_HLEN:]
    checks = {
        "version or header length": ip[0] == 0x45,
        "TOS": ip[1] == 0,
        "total length": struct.unpack_from("!H", ip, 2)[0] == len(packet) - ETH_HLEN,
        "fragmentation": ip[6:8] == b"\0\0",
        "TTL": ip[8] == 255,
        "protocol": ip[9] == IPPROTO_GRE,
        "checksum": header_sum(ip) == 0xFFFF,
        "source": ip[12:16] == ROUTER,
        "destination": ip[16:20] == COLLECTOR,
        "GRE header": gre[:GRE_HLEN] == GRE_TEB,
    }
    wrong = [name for name, right in checks.items() if not right]
    return f"outer {', '.join(wrong)}: {packet.hex()}" if wrong else None


def difference(name: str, expected: list[bytes], found: list[bytes]) -> list[str]:
    """Faults: frames that are in one list only. Order is not a promise of the network."""
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    return ([f"{name}: not there: {frame.hex()}" for frame in missing.elements()] +
            [f"{name}: unexpected: {frame.hex()}" for frame in extra.elements()])


def counter_faults(path: Path, originals: int, wire: list[bytes]) -> tuple[list[str], dict[str, str]]:
    """Faults of the counters, and the counters by their column."""
    lines = [line.split() for line in path.read_text().splitlines()]
    if len(lines) != 2:
        return [f"/proc/net/rmirror has {len(lines)} lines, not a heading and a rule"], {}
    columns = dict(zip(*lines))
    expected = dict.fromkeys(columns, "0") | {
        "family": "inet", "table": "filter", "chain": "input", "collector": "10.0.0.5", "encap": "gre", "key": "-", "matched": str(originals),
        "sent": str(originals), "bytes": str(sum(len(packet) - ETH_HLEN for packet in wire))}
    return [f"counter {name} is {columns[name]}, not {value}"
            for name, value in expected.items() if columns[name] != value], columns


@dataclass
class Comparison:
    """The frames of the three captures, the counters by column, and a line for each thing wrong."""
    originals: list[bytes]
    wire: list[bytes]
    decoded: list[bytes]
    counters: dict[str, str]
    faults: list[str]


def payload(packet: bytes) -> bytes:
    """The frame in a mirror packet."""
    return packet[ETH_HLEN + IPV4_HLEN + GRE_HLEN:]


def compare(directory: Path) -> Comparison:
    """Judges originals.pcap, collector.pcap, decoded.pcap and counters of DIRECTORY."""
    originals = read_pcap(directory / "originals.pcap")
    wire = read_pcap(directory / "collector.pcap")
    decoded = read_pcap(directory / "decoded.pcap")
    expected = [frame[:LEN] for frame in originals]
    faults = [fault for packet in wire if (fault := outer_fault(packet))]
    faults += difference("payload of GRE", expected, [payload(packet) for packet in wire])
    faults += difference("gretap device", expected, decoded)
    if not any(len(frame) > 1000 for frame in originals):
        faults.append("the transfer left no long frame: nothing was shown")
    wrong, counters = counter_faults(directory / "counters", len(originals), wire)
    return Comparison(originals, wire, decoded, counters, faults + wrong)
