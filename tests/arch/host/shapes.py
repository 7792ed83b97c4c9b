# SPDX-License-Identifier: GPL-2.0-only
"""The packets that come in by lan: one for each way in which a frame can lie in memory."""

import socket
import struct
from dataclasses import dataclass

_ETHER = bytes.fromhex("020000000102 020000000101")
_IPV4, _IPV6, _VLAN, _SERVICE_VLAN = 0x0800, 0x86dd, 0x8100, 0x88a8
_TCP, _UDP, _GRE = 6, 17, 47
# VIRTIO_NET_HDR_GSO_*; UDP's are IP fragments of one datagram, which is what a 6.1 kernel's tap takes.
_NO_GSO, _GSO_TCP4, _GSO_UDP, _GSO_TCP6 = 0, 1, 3, 4
_CHECKSUM_OFFSET = {_TCP: 16, _UDP: 6}
_SOURCE = {4: socket.inet_pton(socket.AF_INET, "10.1.0.1"), 6: socket.inet_pton(socket.AF_INET6, "fd00:1::1")}
_TARGET = {4: socket.inet_pton(socket.AF_INET, "10.1.0.2"), 6: socket.inet_pton(socket.AF_INET6, "fd00:1::2")}


@dataclass(frozen=True)
class Shape:
    """A frame and what the tap device is told of it."""
    name: str
    frame: bytes
    tagged: bool = False
    gso_type: int = _NO_GSO
    header_len: int = 0
    gso_size: int = 0
    checksum_start: int = 0
    checksum_offset: int = 0


def checksum(data: bytes, start: int = 0) -> int:
    """RFC 1071: the sum, folded, not yet complemented."""
    total = start + sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo_header(source: bytes, target: bytes, protocol: int, length: int) -> int:
    return checksum(source + target + struct.pack(">II", length, protocol))


def _transport(version: int, protocol: int, payload: bytes, partial: bool) -> bytes:
    if protocol == _GRE:
        return payload
    if protocol == _TCP:
        header = struct.pack(">HHIIBBHHH", 1000, 9, 0x01020304, 0x05060708, 5 << 4, 0x18, 512, 0, 0)
    else:
        header = struct.pack(">HHHH", 1000, 9, 8 + len(payload), 0)
    total = pseudo_header(_SOURCE[version], _TARGET[version], protocol, len(header) + len(payload))
    if not partial:
        total = 0xffff ^ checksum(header + payload, total)
    place = _CHECKSUM_OFFSET[protocol]
    return header[:place] + struct.pack(">H", total) + header[place + 2:] + payload


def _packet(version: int, protocol: int, payload: bytes, partial: bool = False) -> bytes:
    inside = _transport(version, protocol, payload, partial)
    if version == 6:
        return struct.pack(">IHBB", 6 << 28, len(inside), protocol, 64) + _SOURCE[6] + _TARGET[6] + inside
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(inside), 0x1234, 0, 64, protocol, 0)
    header += _SOURCE[4] + _TARGET[4]
    return header[:10] + struct.pack(">H", 0xffff ^ checksum(header)) + header[12:] + inside


def _frame(packet: bytes, *tags: tuple[int, int]) -> bytes:
    lines = b"".join(struct.pack(">HH", ether_type, tag) for ether_type, tag in tags)
    return _ETHER + lines + struct.pack(">H", _IPV6 if packet[0] >> 4 == 6 else _IPV4) + packet


def _partial(name: str, version: int, protocol: int, payload: bytes, gso_type: int = _NO_GSO,
             gso_size: int = 0, tags: tuple[tuple[int, int], ...] = ()) -> Shape:
    """A frame whose checksum somebody else has to finish, of as many segments as it takes."""
    start = 14 + 4 * len(tags) + (40 if version == 6 else 20)
    return Shape(name, _frame(_packet(version, protocol, payload, partial=True), *tags), bool(tags), gso_type,
                 start + (20 if protocol == _TCP else 8), gso_size, start, _CHECKSUM_OFFSET[protocol])


def _wrapped(version: int, protocol: int, header: bytes, inner: bytes, port: int = 0) -> bytes:
    """A frame in a tunnel of its own, to somebody who is no collector."""
    payload = header + inner
    if protocol == _UDP:
        payload = struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload
    outer = _packet(version, protocol, b"")
    if version == 6:
        return _frame(outer[:4] + struct.pack(">H", len(payload)) + outer[6:40] + payload)
    outer = outer[:2] + struct.pack(">H", 20 + len(payload)) + outer[4:10] + bytes(2) + outer[12:20]
    return _frame(outer[:10] + struct.pack(">H", 0xffff ^ checksum(outer)) + outer[12:] + payload)


def _nested() -> list[Shape]:
    """Frames in frames, as copies of copies are: each header inside stands at another address."""
    gre, gre_key = bytes.fromhex("00006558"), bytes.fromhex("20006558 00000007")
    erspan = bytes.fromhex("100088be 00000001 1000c000 00000000")
    vxlan, geneve = bytes.fromhex("08000000 00000700"), bytes.fromhex("01006558 00000700 01020300")
    tzsp = bytes.fromhex("01000001 0d04 00000001 2902 0080 01")
    plain4, plain6 = _frame(_packet(4, _UDP, _bytes(60))), _frame(_packet(6, _UDP, _bytes(60)))
    return [
        Shape("nested-gre", _wrapped(4, _GRE, gre, _wrapped(4, _GRE, gre_key, plain4))),
        Shape("nested-erspan", _wrapped(4, _GRE, erspan, _wrapped(6, _UDP, vxlan, plain6, 4789))),
        Shape("nested-geneve", _wrapped(6, _UDP, geneve, _wrapped(4, _UDP, vxlan, plain4, 4789), 6081)),
        Shape("nested-tzsp", _wrapped(4, _UDP, tzsp, _wrapped(6, _GRE, gre, plain6), 37008)),
    ]


def _bytes(length: int) -> bytes:
    return bytes((i * 7 + i // 256) % 256 for i in range(length))


def shapes() -> list[Shape]:
    tag, outer = (_VLAN, 0xa007), (_SERVICE_VLAN, 0x4003)
    return [
        Shape("plain4", _frame(_packet(4, _UDP, _bytes(100)))),
        Shape("plain6", _frame(_packet(6, _UDP, _bytes(101)))),
        Shape("vlan", _frame(_packet(4, _UDP, _bytes(100)), tag), tagged=True),
        Shape("qinq", _frame(_packet(6, _TCP, _bytes(102)), outer, tag), tagged=True),
        _partial("partial4", 4, _UDP, _bytes(99)),
        _partial("partial6", 6, _TCP, _bytes(98)),
        _partial("tcp4", 4, _TCP, _bytes(2500), _GSO_TCP4, 1000),
        _partial("tcp6", 6, _TCP, _bytes(2500), _GSO_TCP6, 1200),
        _partial("tcp4-vlan", 4, _TCP, _bytes(2500), _GSO_TCP4, 1000, (tag,)),
        _partial("udp4", 4, _UDP, _bytes(2500), _GSO_UDP, 1000),
        _partial("udp6", 6, _UDP, _bytes(2500), _GSO_UDP, 1000),
        Shape("long-udp4", _frame(_packet(4, _UDP, _bytes(1400)))),
        Shape("long-udp6", _frame(_packet(6, _UDP, _bytes(1400)))),
        Shape("long-tcp4", _frame(_packet(4, _TCP, _bytes(1400)))),
        Shape("long-tcp6", _frame(_packet(6, _TCP, _bytes(1400)))),
        Shape("short", _frame(_packet(4, _UDP, b""))[:34]),
        *_nested(),
    ]
