# SPDX-License-Identifier: GPL-2.0-only
"""Builds frames, and takes them out of copies."""

import ipaddress
import struct
from dataclasses import dataclass

_VXLAN_PORT, _GENEVE_PORT, _TZSP_PORT = 4789, 6081, 37008
_TCP, _UDP, _GRE, _ICMP, _ICMP6 = 6, 17, 47, 1, 58


def _sum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _transport(kind: str, ports: tuple[int, int], payload: bytes, flags: int) -> tuple[int, bytes, int]:
    """Protocol, bytes, and where in them the checksum is."""
    if kind == "udp":
        return _UDP, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, 6
    if kind == "tcp":
        return _TCP, struct.pack("!HHIIBBHHH", *ports, 1, 1, 0x50, flags, 8192, 0, 0) + payload, 16
    return _ICMP, struct.pack("!BBHHH", 8, 0, 0, 1, 1) + payload, 2


def ip(source: str, target: str, kind: str, ports: tuple[int, int], payload: bytes, flags: int = 2) -> bytes:
    """An IP packet, of the family of its addresses; KIND is udp, tcp (FLAGS: those of TCP) or icmp."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    protocol, data, at = _transport(kind, ports, payload, flags)
    if protocol == _ICMP:
        pseudo = b""
    elif len(ends) == 8:
        pseudo = ends + struct.pack("!BBH", 0, protocol, len(data))
    else:
        pseudo = ends + struct.pack("!II", len(data), protocol)
    data = data[:at] + struct.pack("!H", _sum(pseudo + data) or 0xFFFF) + data[at + 2:]
    if len(ends) == 32:
        return struct.pack("!IHBB", 6 << 28, len(data), protocol, 64) + ends + data
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + data


def ethernet(target: str, source: str, packet: bytes, tags: bytes = b"") -> bytes:
    """A frame around an IP packet; TAGS stand before its EtherType."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return bytes.fromhex((target + source).replace(":", "")) + tags + kind + packet


@dataclass(frozen=True)
class Mirrored:
    """What a frame on a collector's link is a copy in: `10.0.0.5 gre key 7`; the frame that is in it; the outer
    packet's TOS and source."""
    way: str
    frame: bytes
    tos: int
    source: str


def _in_gre(data: bytes) -> tuple[str, bytes] | None:
    flags, kind = struct.unpack_from("!HH", data)
    at, words = 4, ""
    if flags & 0x2000:
        words += f" key {struct.unpack_from('!I', data, at)[0]}"
        at += 4
    if flags & 0x1000:
        at += 4
    if kind == 0x6558:
        return f"gre{words}", data[at:]
    if kind == 0x88BE and flags & 0x1000:
        return f"erspan key {struct.unpack_from('!H', data, at + 2)[0] & 0x3FF}", data[at + 8:]
    return None


def _in_udp(data: bytes) -> tuple[str, bytes] | None:
    port = struct.unpack_from("!H", data, 2)[0]
    if port == _VXLAN_PORT:
        return f"vxlan key {int.from_bytes(data[12:15], 'big')}", data[16:]
    if port == _TZSP_PORT:
        return "tzsp", _behind_tags(data[12:])
    return None


def _behind_tags(data: bytes) -> bytes:
    """What follows the tagged fields of TZSP."""
    at = 0
    while data[at] != 1:  # the last one; 0 pads; all others have a length
        at += 1 if data[at] == 0 else 2 + data[at + 1]
    return data[at + 1:]


def mirrored(data: bytes, bare: bool) -> Mirrored | None:
    """The copy that a frame is; None: none of those that the recipes make. BARE: every packet is one."""
    if data[12:14] == b"\x08\x00":
        head, protocol, tos = 14 + (data[14] & 15) * 4, data[23], data[15]
        ends = data[26:30], data[30:34]
    elif data[12:14] == b"\x86\xdd":
        head, protocol, tos = 54, data[20], (data[14] << 4 | data[15] >> 4) & 0xFF
        ends = data[22:38], data[38:54]
    else:
        return None
    source, target = (str(ipaddress.ip_address(end)) for end in ends)
    found = _in_gre(data[head:]) if protocol == _GRE else _in_udp(data[head:]) if protocol == _UDP else None
    if found:
        return Mirrored(f"{target} {found[0]}", found[1], tos, source)
    return Mirrored("none", data, tos, source) if bare else None
