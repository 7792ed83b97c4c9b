# SPDX-License-Identifier: GPL-2.0-only
"""Copies, as far as they are the same on every machine.

What differs from run to run is checked and then blanked: identifications, source ports, the checksums over
these, and times, each of which must lie between the moments before and after its packet was sent.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from shapes import checksum, pseudo_header

_ETHER = 14
_GRE, _UDP, _FRAGMENT = 47, 17, 44
_VXLAN_LEN, _TZSP_LEN = 8, 15
_PORTS = range(49152, 65536)  # RFC 6335: dynamic ports
_SLACK = 20_000_000  # ns: a tick of the slowest clock, twice


@dataclass
class Copy:
    """One outer packet on its way to be compared."""
    packet: bytearray
    protocol: int = 0
    transport: int = 0
    first: bool = True      # not a later fragment
    fragment: tuple[bytes, int, bool] | None = None  # identification, offset, are there more?
    faults: list[str] = field(default_factory=list)

    def blank(self, at: int, length: int, value: int = 0) -> None:
        end = min(at + length, len(self.packet))
        if at < end:
            self.packet[at:end] = value.to_bytes(length, "big")[:end - at]

    def complain(self, what: str) -> None:
        self.faults.append(f"{what}: {self.packet[:80].hex()}")


def _read_outer(copy: Copy) -> None:
    packet = copy.packet
    if packet[0] >> 4 == 4:
        if checksum(bytes(packet[:20])) != 0xffff:
            copy.complain("checksum of the IP header")
        word = struct.unpack_from(">H", packet, 6)[0]
        copy.protocol, copy.transport, copy.first = packet[9], 20, word & 0x1fff == 0
        if word & 0x3fff:
            copy.fragment = (bytes(packet[4:6]), (word & 0x1fff) * 8, bool(word & 0x2000))
        return
    copy.protocol, copy.transport = packet[6], 40
    if copy.protocol == _FRAGMENT:
        word, identification = struct.unpack_from(">H4s", packet, 42)
        copy.protocol, copy.transport, copy.first = packet[40], 48, word & 0xfff8 == 0
        copy.fragment = (identification, word & 0xfff8, bool(word & 1))


def _check_udp(packet: bytes, version: int, payload: bytes) -> bool:
    """Does the checksum hold? Over IPv4 there may be none."""
    if version == 4 and payload[6:8] == bytes(2):
        return True
    source, target = (packet[12:16], packet[16:20]) if version == 4 else (packet[8:24], packet[24:40])
    return checksum(payload, pseudo_header(source, target, _UDP, len(payload))) == 0xffff


def _check_checksums(copies: list[Copy]) -> None:
    """Of UDP, over all fragments of a packet."""
    parts: dict[bytes, list[Copy]] = {}
    for number, copy in enumerate(copies):
        parts.setdefault(copy.fragment[0] if copy.fragment else str(number).encode(), []).append(copy)
    for together in parts.values():
        payload = b""
        for copy in together:
            offset = copy.fragment[1] if copy.fragment else 0
            if offset != len(payload):
                copy.complain(f"a fragment of offset {offset} after {len(payload)} bytes")
            payload += bytes(copy.packet[copy.transport:])
        if together[-1].fragment and together[-1].fragment[2]:
            together[-1].complain("the last fragment is missing")
        first = together[0]
        if first.protocol == _UDP and not _check_udp(bytes(first.packet), first.packet[0] >> 4, payload):
            first.complain("checksum of UDP")


class _Times:
    """Were what headers tell of the time written between two moments?"""

    def __init__(self, before: int, after: int) -> None:
        self._before, self._after = before - _SLACK, after + _SLACK

    def hold(self, value: int, unit: int, bits: int) -> bool:
        since = (value - self._before // unit) % (1 << bits)
        return since <= (self._after - self._before) // unit + 1


def _blank_time(copy: Copy, times: _Times, places: list[int], unit: int) -> None:
    """PLACES are those of its words of 32 bits, the upper first."""
    value = 0
    for place in places:
        value = value << 32 | int.from_bytes(copy.packet[place:place + 4], "big")
        copy.blank(place, 4)
    if not times.hold(value, unit, 32 * len(places)):
        copy.complain(f"time {value} in units of {unit} ns")


def _blank_gre(copy: Copy, times: _Times) -> int:
    """Where the frame starts"""
    flags, protocol = struct.unpack_from(">HH", copy.packet, copy.transport)
    at = copy.transport + 4 + (4 if flags & 0x2000 else 0) + (4 if flags & 0x1000 else 0)
    if protocol == 0x88be and flags & 0x1000:
        return at + 8
    if protocol != 0x22eb:
        return at
    if copy.packet[at + 11] & 1:  # the platform sub-header has the upper half
        _blank_time(copy, times, [at + 16, at + 4], 100)
        return at + 20
    _blank_time(copy, times, [at + 4], 100)
    return at + 12


def _blank_geneve(copy: Copy, times: _Times, at: int) -> int:
    options = (copy.packet[at] & 0x3f) * 4
    if options:
        _blank_time(copy, times, [at + 12, at + 16], 1)
    return at + 8 + options


def _blank_tzsp(copy: Copy, times: _Times, at: int) -> int:
    _blank_time(copy, times, [at + 6], 1000)
    return at + _TZSP_LEN


_BEHIND_UDP: dict[str, Callable[[Copy, _Times, int], int]] = {
    "vxlan": lambda copy, times, at: at + _VXLAN_LEN,
    "geneve": _blank_geneve,
    "tzsp": _blank_tzsp,
}


def _blank_udp(copy: Copy, times: _Times, encap: str) -> int:
    port = struct.unpack_from(">H", copy.packet, copy.transport)[0]
    if port not in _PORTS:
        copy.complain(f"source port {port}")
    copy.blank(copy.transport, 2)
    if copy.packet[0] >> 4 == 6:
        copy.blank(copy.transport + 6, 2)
    return _BEHIND_UDP[encap](copy, times, copy.transport + 8)


class _Numbers:
    """Identifications in the order in which they come: those of one packet stay one."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}

    def of(self, identification: bytes) -> int:
        return self._known.setdefault(bytes(identification), len(self._known) + 1)


def _blank_outer(copy: Copy, numbers: _Numbers) -> None:
    number = numbers.of(copy.fragment[0]) if copy.fragment else 0
    if copy.packet[0] >> 4 == 4:
        copy.blank(4, 2, number)
        copy.blank(10, 2)
    elif copy.fragment:
        copy.blank(44, 4, number)


def _blank_inner(copy: Copy, at: int, numbers: _Numbers) -> None:
    """The identification of an IPv6 fragment whose Ethernet header is at AT."""
    at += 12
    while copy.packet[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    at += 2
    if copy.packet[at - 2:at] == b"\x86\xdd" and copy.packet[at + 6:at + 7] == bytes([_FRAGMENT]):
        copy.blank(at + 44, 4, numbers.of(copy.packet[at + 44:at + 48]))


def encap_of(text: str) -> str:
    words = text.split()
    return words[words.index("encap") + 1] if "encap" in words else "gre"


def compared(frames: list[bytes], text: str, before: int, after: int) -> tuple[list[bytes], list[str]]:
    """What is left of the copies of one packet by a statement, Ethernet headers included, and what is wrong
    with them."""
    numbers = _Numbers()
    encap = encap_of(text)
    if encap == "none":
        bare = [Copy(bytearray(frame)) for frame in frames]
        for copy in bare:
            _blank_inner(copy, 0, numbers)
        return [bytes(copy.packet) for copy in bare], []
    copies = [Copy(bytearray(frame[_ETHER:])) for frame in frames]
    times = _Times(before, after)
    for copy in copies:
        _read_outer(copy)
    _check_checksums(copies)
    for copy in copies:
        _blank_outer(copy, numbers)
        if not copy.first:
            continue
        if copy.protocol == _GRE:
            inner = _blank_gre(copy, times)
        elif copy.protocol == _UDP:
            inner = _blank_udp(copy, times, encap)
        else:
            copy.complain(f"outer protocol {copy.protocol}")
            continue
        _blank_inner(copy, inner, numbers)
    return ([frame[:_ETHER] + bytes(copy.packet) for frame, copy in zip(frames, copies)],
            [fault for copy in copies for fault in copy.faults])
