# SPDX-License-Identifier: GPL-2.0-only
"""The receivers: what each gets of a scene, and how it is known that it has got all.

A copy's words are `whole`: everything that the sensor or tshark find in the original, and nothing wrong;
`nothing`: the receiver has not seen that there is a copy; or `part`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import copies
import hosts
import pcapng
import suricata
import wireshark
from copies import Copy
from pcapng import Frame
from scenes import SHORT, Scene

WHOLE, NOTHING, PART = "whole", "nothing", "part"
_MAC = bytes.fromhex(hosts.MIRROR_MAC.replace(":", ""))
_ARP, _IPV6 = b"\x08\x06", b"\x86\xdd"


@dataclass(frozen=True)
class Verdict:
    """Of a receiver on a copy: a word, and why it is not `whole`."""
    word: str
    why: str = ""


@dataclass
class Seen:
    """A scene that was played, below DIRECTORY; the Suricatas are those of these directories."""
    scene: Scene
    directory: Path
    suricatas: dict[str, Path]

    @cached_property
    def files(self) -> dict[str, Path]:
        """What was captured, as pcap files: c10 on the wire, d10 on Linux' device, b10 on Open vSwitch's port, r10 by
        `rmirror collector`; of each copy those that have a frame."""
        found: dict[str, list[Frame]] = {}
        for frame in pcapng.read(self.directory / "collector.pcapng"):
            if frame.interface[0] != "c" or _is_copy(frame):
                found.setdefault(frame.interface, []).append(frame)
        numbers = {copies.mirror(copy.number, self.scene.outer if copy.mirrored_by == "rmirror" else 4): copy.number
                   for copy in self.scene.copies}
        for path in self.directory.glob("rmirror.pcapng"):
            for frame in pcapng.read(path, whole=False):
                # The interface's name begins with the sender.
                if (number := numbers.get(frame.interface.split()[0])) is not None:
                    found.setdefault(f"r{number}", []).append(frame)
        for path in self.directory.glob("bare-*.pcapng"):
            found[f"r{path.stem.removeprefix('bare-')}"] = list(pcapng.read(path, whole=False))
        for name, frames in found.items():
            pcapng.write(self.directory / f"{name}.pcap", frames)
        return {name: self.directory / f"{name}.pcap" for name, frames in found.items() if frames}

    @cached_property
    def original(self) -> tuple[dict[str, suricata.Said], wireshark.Read]:
        """What is found in the traffic itself. Checksums may be left to a card there: they are not looked at."""
        path = self.directory / "original.pcap"
        pcapng.write(path, pcapng.read(self.directory / "original.pcapng"))
        read = {name: suricata.read(path, self.directory / f"original.{name}", programs, False)
                for name, programs in self.suricatas.items()}
        return read, wireshark.read(path, self.directory / "original.files", False)


def _is_copy(frame: Frame) -> bool:
    """Sent by the mirroring host, and not about the link itself."""
    data = frame.data
    if data[6:12] != _MAC or data[12:14] == _ARP:
        return False
    # Neighbour discovery between the ends of the link, and multicast groups
    own = data[12:14] == _IPV6 and (data[38:40] == b"\xff\x02" or (data[54] in (135, 136) and data[20] == 58))
    return not own


def _by_suricata(seen: Seen, version: str, name: str) -> Verdict:
    if name not in seen.files:
        return Verdict(NOTHING)
    said = suricata.read(seen.files[name], seen.directory / f"{name}.{version}", seen.suricatas[version], True)
    return compare(said, seen.original[0][version])


def compare(said: suricata.Said, original: suricata.Said) -> Verdict:
    """Is all that was said of the original said of the copy, and nothing else?"""
    if not said:
        return Verdict(NOTHING)
    faults = [f"alert {sid} is missing" for sid in sorted(original.alerts - said.alerts)]
    faults += [f"alert {sid} is too many" for sid in sorted(said.alerts - original.alerts)]
    faults += [f"missing: {record}" for record in original.records if record not in said.records]
    faults += [f"too many: {record}" for record in said.records if record not in original.records]
    # Not how often: a segment that the original repeats, the copy repeats as two.
    faults += [f"{name}: {count}, of the original none" for name, count in said.trouble.items()
               if name not in original.trouble]
    return Verdict(PART, "; ".join(faults)) if faults else Verdict(WHOLE)


def _by_tshark(seen: Seen, name: str) -> Verdict:
    if name not in seen.files:
        return Verdict(NOTHING)
    read = wireshark.read(seen.files[name], seen.directory / f"{name}.files", True)
    faults = [] if read.file else ["the file is not in there"]
    faults += [f"frame {' '.join(line.split())}" for line in read.wrong[:5]]
    return Verdict(PART, "; ".join(faults)) if faults else Verdict(WHOLE)


def _file_of(version: str) -> Callable[[Seen, Copy], Verdict]:
    return lambda seen, copy: _by_suricata(seen, version, f"c{copy.number}")


def _tshark(seen: Seen, copy: Copy) -> Verdict:
    return _by_tshark(seen, f"c{copy.number}")


def _handed_on(prefix: str) -> Callable[[Seen, Copy], Verdict]:
    """What a receiver hands on is judged by tshark, and by a sensor."""
    def judge(seen: Seen, copy: Copy) -> Verdict:
        first = _by_tshark(seen, f"{prefix}{copy.number}")
        if first.word != WHOLE or not seen.suricatas:
            return first
        return _by_suricata(seen, next(iter(seen.suricatas)), f"{prefix}{copy.number}")
    return judge


def _live(prefix: str) -> Callable[[Seen, Copy], Verdict]:
    def judge(seen: Seen, copy: Copy) -> Verdict:
        name = next(iter(seen.suricatas))
        original = seen.original[0][name]
        said = suricata.said(seen.directory / "eve.json", f"{prefix}{copy.number}")
        return compare(said, suricata.Said(original.alerts, original.records, {}))
    return judge


def _always(_scene: Scene) -> bool:
    return True


@dataclass(frozen=True)
class Receiver:
    """A column of the tables."""
    name: str
    judge: Callable[[Seen, Copy], Verdict]
    takes: Callable[[Copy, Scene], bool]  # does it claim to know this copy?
    plays: Callable[[Scene], bool] = _always  # in which scenes it was there


def _suricata_knows(copy: Copy, _scene: Scene) -> bool:
    return copy.name.split()[0] not in ("erspan3", "tzsp")


def _has_device(copy: Copy, scene: Scene) -> bool:
    return bool(hosts.device_of(copy, scene))


RECEIVERS = (
    Receiver("Suricata 7, file", _file_of("7"), _suricata_knows),
    # The short scene is a part of every run, which fetches one Suricata only.
    Receiver("Suricata 8, file", _file_of("8"), _suricata_knows, lambda scene: scene is not SHORT),
    Receiver("Suricata 7, on the card", _live("c"), _suricata_knows, lambda scene: scene.live),
    Receiver("Suricata 7, on Linux' device", _live("d"), _has_device, lambda scene: scene.live),
    Receiver("tshark, file", _tshark, lambda _copy, _scene: True),
    Receiver("Linux' device", _handed_on("d"), _has_device, lambda scene: scene.devices),
    Receiver("Open vSwitch", _handed_on("b"), lambda copy, _scene: bool(copy.port), lambda scene: scene.switch),
    Receiver("rmirror collector", _handed_on("r"), lambda _copy, _scene: True),
)
