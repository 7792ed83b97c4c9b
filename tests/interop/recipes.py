# SPDX-License-Identifier: GPL-2.0-only
"""What is sent past the recipes of doc/cookbook.md, and which copies must come of it: of each packet these, and
no others.

  lan host 10.1.0.1 --- eth0 router eth1 --- wan: 10.2.0.1, and the world behind it
                             eth2 --- the collectors' link
"""

from dataclasses import dataclass

_FIN = 1
C5, C6 = "10.0.0.5", "10.0.0.6"


@dataclass(frozen=True)
class Sent:
    """A packet, and its copies: `10.0.0.5 gre`, with `len N` behind it where it is cut."""
    source: str
    target: str
    copies: tuple[str, ...] = ()
    kind: str = "udp"
    sport: int = 1000
    dport: int = 2000
    by: str = "eth0"  # the router's device that receives it; empty: the router itself sends it
    size: int = 400  # of the payload
    tags: str = ""  # of VLANs, as hexadecimal digits
    user: int = 0  # who sends it, on the router
    times: int = 1
    few: bool = False  # of several the number of copies is a matter of chance or rate: some, not all


@dataclass(frozen=True)
class Recipe:
    """The block below a heading of the cookbook (of several: the first, or NUMBER), and what is sent past it."""
    heading: str
    sent: tuple[Sent, ...]
    number: int = 0
    devices: tuple[str, ...] = ()  # that the router has besides, each with a host behind it
    script: str = ""  # run on the router before
    bare: bool = False
    dscp: int = 0
    outer_source: str = ""


# An answer of the router's own would quote a datagram: where it would be mirrored, the packet is one of TCP.
LAN, WAN, ROUTER = "10.1.0.1", "10.2.0.1", "10.1.0.2"
GRE = f"{C5} gre"


def _out(copies: str = "", **words) -> Sent:
    """From the LAN to the world."""
    return Sent(LAN, WAN, (copies,) if copies else (), **words)


def _back(copies: str = "", **words) -> Sent:
    """From the world to the LAN."""
    return Sent(WAN, LAN, (copies,) if copies else (), by="eth1", **words)


RECIPES = (
    Recipe("Headers of what comes in", (
        Sent(LAN, ROUTER, (f"{GRE} len 128",)), Sent(LAN, ROUTER, (GRE,), size=40), _out())),
    Recipe("Whole frames, for an IDS", (_out(GRE), _back(GRE), Sent(LAN, ROUTER))),
    Recipe("One direction, one service", (
        Sent(LAN, ROUTER, (f"{GRE} key 7",), kind="tcp", dport=443), Sent(LAN, ROUTER, kind="tcp", dport=22),
        Sent(LAN, ROUTER, dport=443), Sent(WAN, ROUTER, kind="tcp", dport=443, by="eth1"))),
    Recipe("Both directions of this host", (
        Sent(LAN, ROUTER, (f"{GRE} key 1",), kind="tcp"), Sent(ROUTER, LAN, (f"{GRE} key 2",), by=""), _out())),
    Recipe("One host", (
        Sent(LAN, "192.0.2.7", (GRE,)), Sent("192.0.2.7", LAN, (GRE,), by="eth1"), Sent(LAN, "192.0.2.8"))),
    Recipe("One MAC address", (_out(GRE), _back(GRE), Sent(ROUTER, LAN, (GRE,), by=""), Sent(ROUTER, WAN, by=""))),
    Recipe("One port", (
        _out(GRE, dport=53), _back(GRE, sport=53), _out(GRE, kind="tcp", dport=53), _out(dport=54))),
    Recipe("One user", (
        Sent(ROUTER, LAN, (GRE,), by="", user=1000, sport=7001, dport=7002),
        Sent(LAN, ROUTER, (GRE,), sport=7002, dport=7001),
        Sent(ROUTER, LAN, by="", user=1001, sport=7003, dport=7004), Sent(LAN, ROUTER, sport=7004, dport=7003))),
    Recipe("New connections only", (
        _out(f"{GRE} len 128", sport=7011, dport=7012), _back(sport=7012, dport=7011),
        _out(sport=7011, dport=7012))),
    Recipe("The beginning of each connection whole, the rest as headers", (
        _out(GRE, sport=7021, dport=7022, size=1400, times=10), _back(GRE, sport=7022, dport=7021, size=1400, times=4),
        _out(f"{GRE} key 2 len 128", sport=7021, dport=7022, size=1400, times=3))),
    Recipe("Only what is dropped", (
        Sent("203.0.113.7", ROUTER, (GRE,), by="eth1"), Sent(LAN, ROUTER, (f"{GRE} len 128",)),
        Sent(LAN, ROUTER, kind="tcp", dport=22))),
    Recipe("Suspects, for ten minutes", (
        Sent("203.0.113.7", LAN, by="eth1", dport=80), Sent("203.0.113.7", LAN, (GRE,), kind="tcp", by="eth1", dport=23),
        Sent("203.0.113.7", LAN, (GRE,), by="eth1", dport=80), Sent(LAN, "203.0.113.7", (GRE,)),
        Sent("203.0.113.8", LAN, by="eth1", dport=80))),
    Recipe("A whole interface, before flow offload", (
        _out(f"{C5} vxlan key 1"), _back(f"{C5} vxlan key 2"), Sent(LAN, ROUTER, (f"{C5} vxlan key 1",)),
        Sent(ROUTER, LAN, by=""))),
    Recipe("One packet in a hundred", (_out(f"{GRE} len 128", times=1500, few=True),)),
    Recipe("So much a second", (
        _out(GRE, kind="icmp", times=400, few=True), _out(GRE, kind="tcp", dport=443), _out())),
    Recipe("Two sensors", (Sent(LAN, WAN, (GRE, f"{C6} vxlan key 100 len 128")),)),
    Recipe("A sensor for each network", (
        _out(GRE), _back(GRE), Sent("10.2.0.9", "192.0.2.7", (f"{C6} gre",)), Sent("10.3.0.9", "192.0.2.7"))),
    Recipe("A key for each tenant", (
        Sent("10.11.0.1", WAN, (f"{C5} vxlan key 1001",), by="tap1"),
        Sent("10.12.0.1", WAN, (f"{C5} vxlan key 1002",), by="tap2"),
        Sent(WAN, "10.12.0.1", (f"{C5} vxlan key 1002",), by="eth1"),
        Sent("10.11.0.1", "10.12.0.1", (f"{C5} vxlan key 1001", f"{C5} vxlan key 1002"), by="tap1"), _out()),
        devices=("tap1", "tap2")),
    Recipe("A key for each tenant", (
        Sent("10.11.0.1", WAN, (f"{C5} vxlan key 1001",), by="tap1"),
        Sent(WAN, "10.12.0.1", (f"{C5} vxlan key 1002 len 128",), by="eth1"), _out()),
        number=1, devices=("tap1", "tap2")),
    Recipe("A sensor on the same link", (_out("none"), Sent(LAN, ROUTER, ("none",)), _back()), bare=True),
    Recipe("IPv6", (
        _out("2001:db8::5 gre"),
        Sent("fd01::1", "fd02::1", ("2001:db8::5 gre", "fe80::5 erspan key 6")))),
    Recipe("Across a WAN", (_out("198.51.100.5 gre len 128"), _out("198.51.100.5 gre", size=20)),
           dscp=8, outer_source="198.51.100.1"),
    Recipe("NAT", (
        _out(GRE), _back(GRE), Sent(ROUTER, WAN, (GRE,), by=""), Sent(LAN, ROUTER))),
    Recipe("Bridge", (
        Sent("10.20.0.1", "10.20.0.2", (GRE,), by="port1"), Sent("10.20.0.2", "10.20.0.1", (GRE,), by="port2"), _out()),
        devices=("port1", "port2"),
        script="ip link add br0 type bridge mcast_snooping 0\nip link set port1 master br0\n"
               "ip link set port2 master br0\nip link set br0 addrgenmode none up\n"),
    Recipe("VLAN trunk", (
        Sent(LAN, WAN, (f"{GRE} key 100",), tags="81000064"), Sent(LAN, WAN, (f"{GRE} key 200",), tags="810000c8"),
        Sent(LAN, WAN, tags="8100012c"), _out())),
    Recipe("QinQ", (
        Sent(LAN, WAN, (f"{GRE} key 100",), tags="88a8000a81000064"), Sent(LAN, WAN, tags="88a8000b81000064"),
        Sent(LAN, WAN, tags="81000064"))),
    Recipe("Docker", (
        Sent("172.17.0.2", WAN, (GRE,), by="docker0"), Sent(WAN, "172.17.0.2", (GRE,), by="eth1"),
        Sent("172.17.0.2", "172.18.0.2", (GRE,), by="docker0"), _out()), devices=("docker0", "br-12ab")),
    Recipe("A Kubernetes node", (
        Sent("10.244.1.1", WAN, (GRE,)), Sent(WAN, "10.244.1.1", (GRE,), by="eth1"),
        Sent("10.244.1.1", "10.244.2.1", (GRE,)), _out())),
    Recipe("A home router to Snort", (
        _out(GRE), _back(GRE), Sent(WAN, "10.2.0.2", (GRE,), kind="tcp", by="eth1"),
        Sent(ROUTER, WAN, (GRE,), by=""), Sent(LAN, ROUTER))),
    Recipe("From the original RMIRROR", (
        Sent(LAN, ROUTER, (GRE, f"{GRE} len 60", GRE, GRE), kind="tcp"),
        Sent("10.1.0.9", ROUTER, (GRE, f"{GRE} len 60", GRE), kind="tcp"),
        Sent(ROUTER, LAN, (GRE,), by=""), _out())),
)
