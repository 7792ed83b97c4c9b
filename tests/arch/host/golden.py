# SPDX-License-Identifier: GPL-2.0-only
"""The files of tests/golden: see tests/golden/README.md."""

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Netlink:
    """A statement and its attributes, in little-endian order."""
    name: str
    text: str
    prints: str
    attributes: bytes


@dataclass(frozen=True)
class Packet:
    """A frame, and the outer packet of its copy; None is a byte that differs from run to run."""
    name: str
    family: str
    hook: str
    statement: str
    sent: bytes
    copy: list[int | None]


def _read(path: Path) -> dict[str, str]:
    """`key: value` lines; the lines of bytes are below their key."""
    values: dict[str, str] = {}
    key = ""
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        line = line.split("#")[0].rstrip()
        word, colon, value = line.partition(":")
        if colon and word.isalpha() and not line.startswith(" "):
            key = word
            values[key] = value.strip()
        else:
            values[key] += " " + line
    return values


def read_netlink() -> list[Netlink]:
    found = []
    for path in sorted((_ROOT / "tests/golden/netlink").glob("*.txt")):
        values = _read(path)
        text = values.get("text", "")
        found.append(Netlink(path.stem, text, values.get("prints", text), bytes.fromhex(values["bytes"])))
    return found


def read_packets() -> list[Packet]:
    found = []
    for path in sorted((_ROOT / "tests/golden/packet").glob("*.txt")):
        values = _read(path)
        family, hook = values["chain"].split()
        copy = [None if word == "**" else int(word, 16) for word in values["copy"].split()]
        found.append(Packet(path.stem, family, hook, values["statement"], bytes.fromhex(values["send"]),
                            copy))
    return found
