# SPDX-License-Identifier: GPL-2.0-only
"""Did what a scene is about happen at all? Superframes pass the mirror, GRO merges copies, fragments are copied as
fragments: in the scenes that are about them, and in no other."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pcapng
from copies import Copy
from pcapng import Frame
from scenes import SHORT, Scene

_LONGEST = 1518  # on a wire with an MTU of 1500 and a VLAN
_VLAN, _IPV4, _IPV6 = 0x8100, 0x0800, 0x86DD
_TCP, _FRAGMENT = 6, 44


@dataclass(frozen=True)
class Found:
    """What was looked for, whether it is as the scene has it, and what was seen."""
    what: str
    good: bool
    seen: str


def _packet(data: bytes) -> tuple[int, bytes]:
    """EtherType and IP packet, behind a VLAN's tag."""
    at = 12
    while (kind := struct.unpack_from("!H", data, at)[0]) == _VLAN:
        at += 4
    return kind, data[at + 2:]


def _is_long_tcp(frame: Frame) -> bool:
    if frame.wire <= _LONGEST:
        return False
    kind, packet = _packet(frame.data)
    return (kind == _IPV4 and packet[9] == _TCP) or (kind == _IPV6 and packet[6] == _TCP)


def _is_fragment(frame: Frame) -> bool:
    kind, packet = _packet(frame.data)
    if kind == _IPV4 and len(packet) >= 20:
        return bool(struct.unpack_from("!H", packet, 6)[0] & 0x3FFF)
    return kind == _IPV6 and len(packet) >= 40 and packet[6] == _FRAGMENT


def _found(what: str, wanted: bool, frames: Iterable[Frame]) -> Found:
    number = sum(1 for _ in frames)
    return Found(f"{what}: {'some' if wanted else 'none'}", bool(number) == wanted, f"seen: {number}")


def merged(directory: Path) -> dict[str, int]:
    """How many frames on each of the collector's devices are longer than any on its wires; of TCP only on those
    that hand on what is in the copies, as a datagram may be long there."""
    found: dict[str, int] = {}
    for frame in pcapng.read(directory / "collector.pcapng"):
        card = frame.interface[0] == "c"
        found[frame.interface] = found.get(frame.interface, 0) + (frame.wire > _LONGEST if card else
                                                                  _is_long_tcp(frame))
    return found


def _first_handed_on(scene: Scene, directory: Path) -> Iterator[Frame]:
    """What `rmirror collector` took out of the copies of the first rule."""
    copy: Copy = scene.copies[0]
    number = f".{copy.number}." if scene.outer == 4 else f":{copy.number}::"
    return (frame for frame in pcapng.read(directory / "rmirror.pcapng", whole=False)
            if number in frame.interface.split()[0])


def look(scene: Scene, directory: Path) -> list[Found]:
    """Looks at the captures below DIRECTORY."""
    found = [_found("superframes pass", scene.offload or scene.merge,
                    filter(_is_long_tcp, pcapng.read(directory / "original.pcapng")))]
    on_devices = merged(directory)
    where = ", ".join(f"{name} {count}" for name, count in on_devices.items() if count)
    found.append(Found(f"GRO merges copies: {'some' if scene.merges else 'none'}", bool(where) == scene.merges,
                       f"seen: {where or 'none'}"))
    if scene is not SHORT and scene.copies[0].mirrored_by == "rmirror":
        found.append(_found("fragments at the hook", not scene.defragments,
                            filter(_is_fragment, _first_handed_on(scene, directory))))
    return found
