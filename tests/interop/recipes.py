# SPDX-License-Identifier: GPL-2.0-only
"""What is sent past the recipes of doc/cookbook.md, and which copies must come of it: of each packet these, and
no others.

  lan host 10.1.0.1 --- eth0 router eth1 --- wan: 10.2.0.1, and the world behind it
                             eth2 --- the collectors' link
"""

import ipaddress

from dataclasses import dataclass

_FIN = 1
C5, C6 = "10.0.0.5", "10.0.0.6"


@dataclass(frozen=True)
class Sent:
    """A packet, and its copies: `10.0.0.5 gre`, with ` by DEVICE` where it comes by one of the recipe's, and `len N`
    behind it where it is cut."""
    source: str
    target: str
    copies: tuple[str, ...] = ()
    kind: str = "udp"
    sport: int = 1000
    dport: int = 2000
    # The router's device that receives it; empty: the router itself sends it; hosts: a socket of the other end does
    by: str = "eth0"
    size: int = 400  # of the payload
    tags: str = ""  # of VLANs, as hexadecimal digits
    user: int = 0  # who sends it, on the router
    times: int = 1
    few: bool = False  # of several the number of copies is a matter of chance or rate: some, not all

    @property
    def flow(self) -> tuple[tuple[str, int], ...]:
        """The same for both directions."""
        return tuple(sorted(((self.source, self.sport), (self.target, self.dport))))


@dataclass(frozen=True)
class Recipe:
    """The block below a heading of the cookbook (of several: the first, or NUMBER), and what is sent past it."""
    heading: str
    sent: tuple[Sent, ...]
    number: int = 0
    devices: tuple[str, ...] = ()  # that the router has besides, each with a host behind it
    script: str = ""  # run on the router before
    hosts_script: str = ""  # run before that, where the hosts are
    edit: tuple[str, str] = ("", "")  # a number of the ruleset, and one that a test reaches
    # Each flow has all its copies this way, and how many of a hundred flows at least and at most; `-` is none. Then
    # SENT does not say which.
    shares: tuple[tuple[str, int, int], ...] = ()
    bare: bool = False
    tunnels: tuple[str, ...] = ()  # devices of the hosts' on which copies come, too
    no_link: bool = False  # what hosts send comes by a device without Ethernet: the header has zero addresses
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


def _flows(number: int) -> tuple[Sent, ...]:
    """A packet of each direction of so many flows, of as many hosts."""
    lan = [str(ipaddress.ip_address("10.244.0.1") + host) for host in range(number)]
    return tuple(sent for host in lan
                 for sent in (Sent(host, WAN, sport=7031, dport=7032, size=60),
                              Sent(WAN, host, sport=7032, dport=7031, size=60, by="eth1")))


_SERVICE = """
mount -t cgroup2 none /sys/fs/cgroup
serve() {
    mkdir -p /sys/fs/cgroup/system.slice/$1
    (echo $BASHPID >/sys/fs/cgroup/system.slice/$1/cgroup.procs; exec python3 -c "
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(('', $2))
    server.settimeout(10)
    while True:
        server.sendto(*server.recvfrom(2000))
") >/dev/null 2>&1 &
    until [[ $(ss -Hlun "sport = :$2") ]]; do sleep 0.1; done
}
serve nginx.service 7041
serve other.service 7042
"""
_MONITOR = """
ip link add vrf-mon type vrf table 200
ip link set vrf-mon up
ip link set mon0 master vrf-mon
ip addr add 10.7.0.2/24 dev mon0
ip route add 10.0.0.5 via 10.7.0.1 table 200
ip neigh add 10.7.0.1 lladdr 02:00:00:00:00:05 dev mon0 nud permanent
"""
_STATE = "ip xfrm state add src {0} dst {1} proto esp spi {2} mode transport enc 'cbc(aes)' " \
         "0x00112233445566778899aabbccddeeff auth 'hmac(sha256)' 0x0011\n"
_POLICY = "ip xfrm policy add src {0} dst {1} proto udp dir {2} tmpl src {0} dst {1} proto esp mode transport\n"
_TO_ROUTER, _TO_LAN = (LAN, ROUTER, "0x100"), (ROUTER, LAN, "0x200")
_WIREGUARD = """
for name in hosts router; do
    [[ -s /tmp/wg.$name ]] || (umask 077 && wg genkey >/tmp/wg.$name && wg pubkey </tmp/wg.$name >/tmp/wg.$name.public)
done
ip link add wg0 type wireguard
ip addr add {own}/24 dev wg0
wg set wg0 listen-port 51820 private-key /tmp/wg.{name} \\
    peer $(</tmp/wg.{other}.public) endpoint {peer}:51820 allowed-ips 0.0.0.0/0
ip link set wg0 up
"""
_PPP = "{root}/tests/packaging/openwrt.d/pppoe dsl0 {peer} >/tmp/ppp.{name} 2>&1 &\necho $! >>/tmp/children\n"
_PPP_UP = """
for name in hosts router; do
    for i in {1..100}; do ! grep -q ppp0 /tmp/ppp.$name || break; sleep 0.1; done
    ip -n $name addr add $([[ $name == router ]] && echo 10.9.0.1 peer 10.9.0.2 || echo 10.9.0.2 peer 10.9.0.1) dev ppp0
    ip -n $name link set ppp0 up
done
ip -n hosts route add default dev ppp0
"""

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
    Recipe("One service of systemd", (
        Sent(LAN, ROUTER, (GRE, GRE), dport=7041), Sent(LAN, ROUTER, dport=7042)), script=_SERVICE),
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
        Sent("203.0.113.7", LAN, by="eth1", dport=80),
        Sent("203.0.113.7", LAN, (GRE,), kind="tcp", by="eth1", dport=23),
        Sent("203.0.113.7", LAN, (GRE,), by="eth1", dport=80), Sent(LAN, "203.0.113.7", (GRE,)),
        Sent("203.0.113.8", LAN, by="eth1", dport=80))),
    Recipe("Once per packet, over several hooks", (
        _out(GRE, kind="tcp", dport=443), _back(GRE, kind="tcp", sport=443), Sent(LAN, ROUTER, (GRE,), kind="tcp"),
        Sent(ROUTER, WAN, (GRE,), by="", kind="tcp"), Sent("10.1.0.1", "10.1.0.9", (GRE,), kind="tcp", dport=443),
        Sent(ROUTER, LAN, by="", kind="tcp"), Sent(WAN, ROUTER, kind="tcp", by="eth1"))),
    Recipe("A whole interface, before flow offload", (
        _out(f"{C5} vxlan key 1"), _back(f"{C5} vxlan key 2"), Sent(LAN, ROUTER, (f"{C5} vxlan key 1",)),
        Sent(ROUTER, LAN, by=""))),
    Recipe("One packet in a hundred", (_out(f"{GRE} len 128", times=1500, few=True),)),
    Recipe("One flow in a hundred", _flows(800), shares=((GRE, 0, 5), ("-", 95, 100))),
    Recipe("One flow in a hundred", _flows(800), number=1, shares=((GRE, 0, 5), ("-", 95, 100))),
    Recipe("So much a second", (
        _out(GRE, kind="icmp", times=400, few=True), _out(GRE, kind="tcp", dport=443), _out())),
    Recipe("So much, and no more", (
        Sent("192.0.2.7", LAN, (GRE,), by="eth1"), Sent("192.0.2.8", LAN, by="eth1"),
        Sent("192.0.2.7", LAN, by="eth1")),
        edit=("500 mbytes", "500 mbytes used 524287500 bytes")),
    Recipe("Balanced by flow", _flows(200), shares=((GRE, 30, 70), (f"{C6} gre", 30, 70))),
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
    Recipe("By a network of its own", (
        _out(f"{GRE} by mon0", kind="tcp", dport=443), _out(f"{GRE} by mon1", dport=53), _out()),
        devices=("mon0", "mon1"),
        script=_MONITOR + "ip addr add 10.9.0.2/24 dev mon1\nip neigh add 10.9.0.1 lladdr 02:00:00:00:00:05 dev mon1 "
               "nud permanent\nip rule add fwmark 0x10 table 100\nip route add default via 10.9.0.1 table 100\n"),
    # The collector's end is a tunnel's, which hands its copies to the link behind it.
    Recipe("An encrypted mirror", (_out("10.9.0.5 gre by wg0"), _back("10.9.0.5 gre by wg0")),
           hosts_script="ip addr add 10.0.0.5/24 dev eth2\n" +
                        _WIREGUARD.format(own="10.9.0.5", name="hosts", other="router",
                                          peer="10.0.0.1"),
           script=_WIREGUARD.format(own="10.9.0.1", name="router", other="hosts", peer=C5),
           tunnels=("wg0",)),
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
    Recipe("VRF", (_out(f"{GRE} by mon0"), Sent(LAN, ROUTER, (f"{GRE} by mon0",), kind="tcp"), _back()),
           devices=("mon0",),
           script=_MONITOR + "ip link add vrf-lan type vrf table 300\nip link set vrf-lan up\n"
                             "ip link set eth0 master vrf-lan\n"),
    Recipe("PPPoE", (
        Sent("10.9.0.2", LAN, (GRE,), by="hosts"), Sent(LAN, "10.9.0.2", (GRE,), kind="tcp"), _out(),
        Sent("10.9.0.2", "10.9.0.1", by="hosts")),
        devices=("dsl0",), no_link=True,
        hosts_script="modprobe -a ppp_generic pppoe\n" + _PPP.format(root="{root}", peer="{router}", name="hosts"),
        script=_PPP.format(root="{root}", peer="{host}", name="router") + _PPP_UP),
    Recipe("An IPsec host", (
        Sent(LAN, ROUTER, (f"{GRE} key 1",), by="hosts"), Sent(ROUTER, LAN, (f"{GRE} key 2",), by=""),
        Sent(LAN, ROUTER, kind="tcp"), Sent(ROUTER, WAN, by="")),
        hosts_script="ip addr add 10.1.0.1/24 dev eth0\n" + _STATE.format(*_TO_ROUTER) + _STATE.format(*_TO_LAN) +
                     _POLICY.format(LAN, ROUTER, "out"),
        script=_STATE.format(*_TO_ROUTER) + _STATE.format(*_TO_LAN) + _POLICY.format(ROUTER, LAN, "out")),
    Recipe("A WireGuard host", (
        Sent("10.9.0.2", WAN, (GRE,), by="hosts"), Sent(WAN, "10.9.0.2", (GRE,), kind="tcp", by="eth1"),
        Sent("10.9.0.2", "10.9.0.3", (GRE, GRE), by="hosts"), _out()),
        no_link=True,
        hosts_script="ip addr add 10.1.0.1/24 dev eth0\n" +
                     _WIREGUARD.format(own="10.9.0.2", name="hosts", other="router", peer=ROUTER) +
                     "ip route add 10.2.0.0/24 dev wg0\n",
        script=_WIREGUARD.format(own="10.9.0.1", name="router", other="hosts", peer=LAN)),
    Recipe("A home router to Snort", (
        _out(GRE), _back(GRE), Sent(WAN, "10.2.0.2", (GRE,), kind="tcp", by="eth1"),
        Sent(ROUTER, WAN, (GRE,), by=""), Sent(LAN, ROUTER))),
    Recipe("From the original RMIRROR", (
        Sent(LAN, ROUTER, (GRE, f"{GRE} len 60", GRE, GRE), kind="tcp"),
        Sent("10.1.0.9", ROUTER, (GRE, f"{GRE} len 60", GRE), kind="tcp"),
        Sent(ROUTER, LAN, (GRE,), by=""), _out())),
    Recipe("From TEE and nft dup", (
        Sent(LAN, WAN, ("none", "10.2.0.9 gre")), Sent(LAN, ROUTER, ("none", "10.2.0.9 gre")), _back()), bare=True),
    Recipe("From tc mirred", (_out(GRE), _back(GRE), Sent(ROUTER, LAN, (GRE,), by=""), Sent(ROUTER, WAN, by=""))),
    Recipe("From an Open vSwitch mirror", (
        Sent("10.11.0.1", WAN, (f"{C5} erspan key 7",), by="tap1"),
        Sent(WAN, "10.11.0.1", (f"{C5} erspan key 7",), by="eth1"), _out()), devices=("tap1",)),
    Recipe("From OpenWrt's port-mirroring", (
        _out("10.1.4.2 tzsp"), Sent("10.12.0.1", WAN, ("10.1.4.2 tzsp",), by="wlan0"), _back()), devices=("wlan0",),
        script="ip route add 10.1.4.2 via 10.0.0.5\n"),
    Recipe("From MikroTik", (_out(f"{C5} tzsp", dport=53), _out(dport=54), _back(sport=53))),
    Recipe("From AWS traffic mirroring", (
        Sent(LAN, ROUTER, (f"{C5} vxlan key 100 len 128",), kind="tcp", dport=443),
        Sent(ROUTER, LAN, (f"{C5} vxlan key 100 len 128",), kind="tcp", sport=443, by=""),
        Sent(ROUTER, LAN, kind="tcp", sport=80, by=""), Sent(WAN, ROUTER, kind="tcp", dport=443, by="eth1"))),
    Recipe("From Cisco SPAN and ERSPAN", (
        _out(f"{C5} erspan key 7"), _back(f"{C5} erspan key 7"), Sent(ROUTER, LAN, (f"{C5} erspan key 7",), by=""),
        Sent(ROUTER, WAN, by="")), outer_source="10.0.0.1"),
)
