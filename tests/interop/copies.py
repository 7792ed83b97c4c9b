# SPDX-License-Identifier: GPL-2.0-only
"""The copies that a scene makes of its traffic: rmirror's encapsulations, and what else mirrors.

Each copy goes to a collector's link of its own: NUMBER is in its addresses and in the names of its devices.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Copy:
    """A way to mirror."""
    name: str  # as it is written behind the collector's address
    number: int
    device: str = ""  # `ip link add .. type`: the kernel's device that takes it, of {local} and {remote}
    device6: str = ""  # the same over IPv6; empty: none does
    port: str = ""  # an Open vSwitch port's type and options; empty: it has none for it
    mirrored_by: str = "rmirror"  # or another, see others.py

    @property
    def slug(self) -> str:
        """The name in a file's name."""
        return self.name.replace(" ", "-")

    @property
    def bare(self) -> bool:
        """No header around it: the copy is a packet of the link."""
        return self.name in ("none", "TEE", "dup")


def collector(number: int, family: int) -> str:
    """The address of the collector's end of a link."""
    return f"10.9.{number}.5" if family == 4 else f"fd09:{number}::5"


def mirror(number: int, family: int) -> str:
    """The address of the mirroring host's end of a link."""
    return f"10.9.{number}.1" if family == 4 else f"fd09:{number}::1"


_ENDS = "local {local} remote {remote}"


def _gre(key: str) -> tuple[str, str]:
    return f"gretap {_ENDS} {key}".strip(), f"ip6gretap {_ENDS} {key}".strip()


def _erspan(words: str) -> tuple[str, str]:
    return f"erspan {_ENDS} oseq {words}", f"ip6erspan {_ENDS} oseq {words}"


_TYPE_III = "erspan_ver 2 erspan_dir ingress erspan_hwid 0"

RMIRROR = (
    Copy("gre", 10, *_gre(""), port="gre"),
    Copy("gre key 7", 11, *_gre("key 7"), port="gre options:key=7"),
    Copy("gre key 8 seq", 12, *_gre("key 8"), port="gre options:key=8"),
    Copy("erspan1", 13, f"erspan {_ENDS} erspan_ver 0"),
    Copy("erspan key 9", 14, *_erspan("key 9 erspan_ver 1"),
         port="erspan options:key=9 options:erspan_ver=1 options:erspan_idx=0"),
    Copy("erspan3 key 10", 15, *_erspan(f"key 10 {_TYPE_III}"),
         port="erspan options:key=10 options:erspan_ver=2 options:erspan_dir=0 options:erspan_hwid=0"),
    Copy("erspan3 key 11 platform", 16),
    Copy("vxlan key 42", 17, *("vxlan id 42 local {local} nolearning dstport 4789",) * 2,
         port="vxlan options:key=42"),
    Copy("geneve key 43", 18, *("geneve id 43 remote {remote} dstport 6081",) * 2, port="geneve options:key=43"),
    Copy("geneve key 44 metadata", 19, *("geneve id 44 remote {remote} dstport 6081",) * 2,
         port="geneve options:key=44"),
    Copy("tzsp", 20),
    Copy("none", 21),
)

# Of the collector they know no more than its address, or a device of the mirroring host's.
OTHERS = (
    Copy("TEE", 30, mirrored_by="xt_TEE"),
    Copy("dup", 31, mirrored_by="nft dup"),
    Copy("mirred to gretap nopmtudisc", 32, *_gre(""), mirrored_by="mirred"),
    Copy("mirred to gretap", 33, *_gre(""), mirrored_by="mirred"),
)
# Mirrors of an Open vSwitch bridge, by its ports
SWITCH = "Open vSwitch"
OTHERS += (
    Copy("Open vSwitch to gre", 34, *_gre(""), port="gre", mirrored_by=SWITCH),
    Copy("Open vSwitch to erspan", 35, *_erspan("key 9 erspan_ver 1"),
         port="erspan options:key=9 options:erspan_ver=1 options:erspan_idx=0", mirrored_by=SWITCH),
    Copy("Open vSwitch to vxlan", 36, *("vxlan id 42 local {local} nolearning dstport 4789",) * 2,
         port="vxlan options:key=42", mirrored_by=SWITCH),
    Copy("Open vSwitch to geneve", 37, *("geneve id 43 remote {remote} dstport 6081",) * 2,
         port="geneve options:key=43", mirrored_by=SWITCH),
)

ALL = RMIRROR + OTHERS
BY_NAME = {copy.name: copy for copy in ALL}


def named(*names: str) -> tuple[Copy, ...]:
    """The copies of these names, in this order."""
    return tuple(BY_NAME[name] for name in names)
