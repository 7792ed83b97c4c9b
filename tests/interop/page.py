# SPDX-License-Identifier: GPL-2.0-only
"""doc/receivers.md: tables of what was seen, and their comparison with those that are committed."""

from collections.abc import Callable, Iterable

from copies import OTHERS, RMIRROR, Copy
from receivers import PART, RECEIVERS, WHOLE, Receiver
from scenes import SCENES, Scene

# What was seen, by the names of scene, receiver and copy
Words = dict[tuple[str, str, str], str]

_HEAD = """# Receivers, seen

What sensors and tools make of the copies. A test writes this page: `tests/interop/run --save` plays the scenes below in a
QEMU guest, with traffic through a router, and hands the copies to the receivers. `tests/run --tier interop` plays them
again, and fails where a row comes out otherwise.

The traffic is ping, also in fragments, DNS, a UDP datagram in fragments, an HTTP transfer of 400 kB with a marker in its
middle, and TLS. All paths have an MTU of 1500, so that full-size copies do not fit.

- **all**, of Suricata: its alerts and its records of http, files (with their SHA-256), dns and tls are those of the
  original. No checksum is wrong, no stream has a gap, and the original has every event of decoder and stream, too.
- **all**, of tshark: no frame is malformed or has an error (checksums are verified), and the file is there byte by byte.
- **all**, of the others: both is true of the frames that they hand on.
- **part**: some of it. **nothing**: the receiver does not see that there is a copy, and says nothing.
- Nothing in a cell: the receiver was not there.
"""
_ENCAPSULATIONS = """
## Encapsulations

In all scenes but `truncate`, `drop` and `gro`:

"""
_WAYS = """
## Scenes

Of those encapsulations that the receiver knows:

"""
_MERGING = """
## GRO

GRO is off at the collector but in `live` and `gro`. Suricata turns it off on its devices while it runs, which is what
`live` shows. In `gro` it is told not to (`capture.disable-offloading: no`), and what is merged there has a checksum that
does not hold and is longer than any frame of the wire: above it says what becomes of it. Tunnel devices of Linux merge
also what their card has not (`ethtool -K mirror0 gro off`).

"""
_OTHERS = """
## What else mirrors

The same traffic. The gretap device is on the mirroring host, `nopmtudisc ignore-df` or with its defaults, which set DF.
The tunnel ports of Open vSwitch are there, too, with `df_default=false`: full-size packets with DF do not get through
those of vxlan and geneve.
"""
_TAIL = """

- Where GRO is on, devices of Open vSwitch (`gre_sys`, `vxlan_sys_4789`) merge, too: it is off in these scenes.
- Suricata needs `decoder.erspan.typeI.enabled` for `erspan1`. Its devices have `mtu 9000`.

Seen last with {versions}.

## Not run

Snort, Zeek and Arkime are not in Debian 12, 13 or sid. What [collector.md](collector.md#a-line-for-each-receiver) says
of them is from their sources. Of Open vSwitch the datapath of the kernel was run, not that of user space.
"""


# Devices of the collector by the first letter of their names, and their columns
_MERGERS = {"c": "the card", "d": "Linux' device"}


def merging(scene: Scene, merged: dict[str, int]) -> Words:
    """The words for what the devices of a scene have merged: how many long frames each has had."""
    return {(scene.name, name, copy.name): "merges" if merged[device] else "does not" for copy in scene.copies
            for name in _MERGERS if (device := f"{name}{copy.number}") in merged}


def _row(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def _sum(words: dict[str, str]) -> str:
    """One cell, of what was seen several times, by a name that tells where."""
    found = set(words.values())
    if not found:
        return ""
    if len(found) == 1:
        return found.pop().replace(WHOLE, "all")
    if WHOLE not in found:
        return PART
    whole = [f"`{name}`" for name, word in words.items() if word == WHOLE]
    others = [f"`{name}`" for name, word in words.items() if word != WHOLE]
    return f"all of {', '.join(whole)}" if len(whole) < len(others) else f"all but {', '.join(others)}"


def _table(corner: str, rows: dict[str, Callable[[Receiver], dict[str, str]]]) -> str:
    text = _row([corner, *(receiver.name for receiver in RECEIVERS)])
    text += "|" + "---|" * (1 + len(RECEIVERS)) + "\n"
    for name, words in rows.items():
        text += _row([name, *(_sum(words(receiver)) for receiver in RECEIVERS)])
    return text


def _of_copy(words: Words, copy: Copy, scenes: Iterable[Scene]) -> Callable[[Receiver], dict[str, str]]:
    return lambda receiver: {scene.name: words[key] for scene in scenes
                             if (key := (scene.name, receiver.name, copy.name)) in words}


def _of_scene(words: Words, scene: Scene) -> Callable[[Receiver], dict[str, str]]:
    return lambda receiver: {copy.name: words[key] for copy in scene.copies if receiver.takes(copy, scene)
                             if (key := (scene.name, receiver.name, copy.name)) in words}


def tables(words: Words) -> str:
    """The part of the page that is compared."""
    whole = [scene for scene in SCENES if scene.whole]
    text = _ENCAPSULATIONS + _table("`rmirror to ..`", {
        f"`{copy.name}`": _of_copy(words, copy, whole) for copy in RMIRROR})
    mirrored = [scene for scene in SCENES if any(copy in RMIRROR for copy in scene.copies)]
    text += _WAYS + _table("", {f"`{scene.name}`: {scene.what}": _of_scene(words, scene) for scene in mirrored})
    text += "\n- `tracked`: connection tracking has put fragments together before the hook.\n"
    text += "".join(f"- `{scene.name}`, `{name}`: {why}.\n" for scene in mirrored for name, why in scene.limits)
    text += _MERGING + _row(["`rmirror to ..`", *_MERGERS.values()]) + "|---|---|---|\n"
    for copy in RMIRROR:
        seen = [{scene.name: words[key] for scene in SCENES if (key := (scene.name, name, copy.name)) in words}
                for name in _MERGERS]
        text += _row([f"`{copy.name}`", *map(_sum, seen)])
    for scene in SCENES:
        if scene not in mirrored:
            text += _OTHERS if "What else" not in text else ""
            text += f"\n`{scene.name}`: {scene.what}\n\n" + _table("", {
                copy.name: _of_copy(words, copy, [scene]) for copy in OTHERS if copy in scene.copies})
    return text


def page(words: Words, versions: str) -> str:
    """All of it."""
    return _HEAD + tables(words) + _TAIL.format(versions=versions)


def rows(text: str) -> list[str]:
    """The rows of the tables, without their headings."""
    return [line for line in text.splitlines()
            if line.startswith("|") and RECEIVERS[0].name not in line and not line.startswith("|---")]
