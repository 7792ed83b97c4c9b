# SPDX-License-Identifier: GPL-2.0-only
"""The scenes: which way the traffic takes, where it is mirrored, and how."""

from dataclasses import dataclass

import copies
from copies import Copy


@dataclass(frozen=True)
class Scene:
    """One run of the traffic, mirrored to all of its copies at once."""
    name: str
    what: str  # for the page
    family: int = 4  # of the traffic
    outer: int = 4  # of the collector's addresses
    hooks: tuple[str, ...] = ("inet forward",)
    policy: str = ""  # `mtu ..`
    vlan: bool = False  # of the sender's link
    masquerade: bool = False
    tracked: bool = False  # connection tracking is on
    own: bool = False  # the router itself is the server
    offload: bool = False  # TSO, GRO and what belongs to them, where the traffic passes
    merge: bool = False  # the same, on the router only: its cards merge the segments that the ends send
    gro: bool = False  # at the collector
    leaves_gro: bool = False  # Suricata does: else it turns GRO of its devices off
    cold: bool = False  # no collector's link address is known before
    reload: bool = False  # the ruleset is replaced while a transfer is under way
    flap: bool = False  # the routes to the collectors change twice meanwhile
    copies: tuple[Copy, ...] = copies.RMIRROR
    devices: bool = True  # the kernel's devices take the copies
    switch: bool = False  # Open vSwitch does
    bridge: bool = False  # the router's LAN is a bridge of Open vSwitch, which mirrors
    live: bool = False  # Suricata listens on the card and on the devices
    # Every receiver that knows the encapsulation has all. Else: that is not promised, and compared with the page only.
    whole: bool = True
    # As `whole`, of one copy: why it is not promised. The page says it below its tables.
    limits: tuple[tuple[str, str], ...] = ()

    @property
    def merges(self) -> bool:
        """The collector's devices put several copies together."""
        return self.gro and (self.leaves_gro or not self.live)

    @property
    def defragments(self) -> bool:
        """The hooks see whole datagrams: of this host, or after connection tracking, which Open vSwitch's module has."""
        return self.own or self.masquerade or self.tracked or self.switch


_CHOICE = copies.named("gre", "gre key 8 seq", "erspan key 9", "erspan3 key 10", "vxlan key 42",
                       "geneve key 43", "tzsp", "none")
_OTHERS = copies.named("TEE", "dup", "mirred to gretap nopmtudisc")
_TAKEN_BY_SWITCH = tuple(copy for copy in copies.RMIRROR if copy.port)
_LAN = ('netdev ingress device "lan"', 'netdev egress device "lan"')

SHORT = Scene("short", "forward, IPv4", copies=copies.named("gre", "erspan key 9", "vxlan key 42"))

SCENES = (
    Scene("forward", "hook forward, IPv4"),
    Scene("forward6", "hook forward, IPv6, collector IPv6", family=6, outer=6),
    Scene("ingress", "netdev ingress and egress, a VLAN", hooks=_LAN, vlan=True, copies=_CHOICE),
    Scene("own", "input and output, the mirroring host is the server", hooks=("inet input", "inet output"),
          own=True, copies=_CHOICE),
    Scene("masquerade", "hook forward, masqueraded, collector IPv6", outer=6, masquerade=True, copies=_CHOICE,
          limits=(("none", "masquerading has put the fragments together before the hook, and a bare copy that is too long "
                           "for an IPv6 next hop is not fragmented again if it is IPv4 (`too-big`)"),)),
    Scene("offload", "hook forward, TSO on the way of the traffic", offload=True),
    Scene("merge", "hook forward, GRO on the way of the traffic", merge=True, copies=_CHOICE),
    Scene("fragment", "hook forward, `mtu fragment`", policy="mtu fragment"),
    Scene("truncate", "hook forward, `mtu truncate`", policy="mtu truncate", whole=False),
    Scene("drop", "hook forward, `mtu drop`", policy="mtu drop", whole=False),
    Scene("reload", "hook forward, cold neighbours, the ruleset replaced during the transfer", cold=True,
          reload=True),
    Scene("flap", "hook forward, the routes to the collectors change twice during the transfer", flap=True),
    Scene("switch", "hook forward, Open vSwitch", copies=_TAKEN_BY_SWITCH, devices=False, switch=True),
    # One Suricata puts fragments of the same packet together from whichever device: here they are whole.
    Scene("live", "hook forward, tracked, Suricata on the card and on the devices, whose GRO it turns off", live=True,
          gro=True, tracked=True),
    Scene("gro", "the same, TSO on the way of the traffic, and Suricata leaves GRO on", live=True, offload=True,
          tracked=True, gro=True, leaves_gro=True, whole=False),
    Scene("others", "forwarded, IPv4", copies=_OTHERS),
    Scene("others-offload", "forwarded, IPv4, TSO on the way of the traffic", offload=True, copies=_OTHERS),
    Scene("others-df", "forwarded, IPv4", copies=copies.named("mirred to gretap")),
    Scene("others-switch", "IPv4, mirrored by a bridge of Open vSwitch", bridge=True,
          copies=tuple(copy for copy in copies.OTHERS if copy.port)),
)
BY_NAME = {scene.name: scene for scene in (SHORT, *SCENES)}
