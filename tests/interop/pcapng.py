# SPDX-License-Identifier: GPL-2.0-only
"""Reads pcapng files, and writes what was chosen of them as pcap."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_IF_NAME, _IF_TSRESOL = 2, 9
_HEADER = 14
_ETHERNET, _RAW = 1, 101  # the second: IP packets without a header of the link


@dataclass(frozen=True)
class Frame:
    """An Ethernet frame, where it was captured and when (ns); WIRE: how long it was."""
    interface: str
    time: int
    data: bytes
    wire: int


def _options(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("=HH", data, at)
        if not code:
            break
        found[code] = data[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return found


def _with_header(packet: bytes) -> bytes:
    return bytes(_HEADER - 2) + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


def read(path: Path, whole: bool = True) -> Iterator[Frame]:
    """The frames, in the file's order. Raises where one is not WHOLE but should be, or the file is of another kind."""
    data = path.read_bytes()
    interfaces: list[tuple[str, int, int]] = []
    at = 0
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("=II", data, at)
        body = data[at + 8:at + size - 4]
        if kind == _SECTION:
            if body[:4] != struct.pack("=I", 0x1A2B3C4D):
                raise ValueError(f"{path}: not of this machine's byte order")
            interfaces = []
        elif kind == _INTERFACE:
            if (link := struct.unpack_from("=H", body)[0]) not in (_ETHERNET, _RAW):
                raise ValueError(f"{path}: an interface of the link type {link}")
            options = _options(body[8:])
            digits = options.get(_IF_TSRESOL, b"\6")[0]
            if digits > 9:
                raise ValueError(f"{path}: a resolution of {digits:#x}")
            interfaces.append((options.get(_IF_NAME, b"").decode(), 10 ** (9 - digits), link))
        elif kind == _PACKET:
            number, high, low, kept, wire = struct.unpack_from("=5I", body)
            if whole and kept != wire:
                raise ValueError(f"{path}: the capture has cut a frame of {wire} bytes to {kept}")
            name, unit, link = interfaces[number]
            packet = body[20:20 + kept]
            if link == _RAW:
                packet, wire = _with_header(packet), wire + _HEADER
            yield Frame(name, ((high << 32) + low) * unit, packet, wire)
        at += size


def write(path: Path, frames: Iterable[Frame]) -> int:
    """A pcap file of nanoseconds, in the order of time; returns how many there are."""
    chosen = sorted(frames, key=lambda frame: frame.time)
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for frame in chosen:
            out.write(struct.pack("=IIII", *divmod(frame.time, 10 ** 9), len(frame.data), frame.wire))
            out.write(frame.data)
    return len(chosen)
