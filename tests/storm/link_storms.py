# SPDX-License-Identifier: GPL-2.0-only
"""Devices, routes, neighbours and processors that come and go under traffic, and a collector that does."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import hosts
import scene
from scene import Flood, Worker

# Commands of ip
_CHANGES = 300
_PROCESSOR = Path("/sys/devices/system/cpu/cpu1/online")
# Each leaves the collectors' link as it may; the end puts all of it in order.
_FLAPS: tuple[tuple[str, ...], ...] = (
    ("link set mon down", "link set mon up"),
    ("addr del 10.0.0.1/24 dev mon", "addr add 10.0.0.1/24 dev mon"),
    ("addr del fd00::1/64 dev mon", "addr add fd00::1/64 dev mon nodad"),
    ("route replace 10.0.0.5/32 via 10.2.0.1", "route del 10.0.0.5/32"),
    ("route replace blackhole 10.0.0.5/32", "route del blackhole 10.0.0.5/32"),
    ("route replace 10.0.0.5/32 dev mon mtu 600", "route del 10.0.0.5/32"),
    ("-6 route replace fd00::5/128 dev mon mtu 1280", "-6 route del fd00::5/128"),
    ("route replace default nexthop via 10.2.0.1 nexthop via 10.0.0.5", "route del default"),
    ("neigh flush dev mon",),
    ("neigh replace 10.0.0.5 lladdr 02:00:00:00:00:07 dev mon nud permanent", "neigh del 10.0.0.5 dev mon"),
    ("neigh replace fd00::5 lladdr 02:00:00:00:00:07 dev mon nud reachable", "neigh del fd00::5 dev mon"),
    ("link set mon down", "link set mon name other", "link set other up", "link set other down",
     "link set other name mon", "link set mon up"),
    ("link set mon mtu 1280", "link set mon mtu 9000", "link set mon mtu 68", "link set mon mtu 1500",
     "addr replace fd00::1/64 dev mon nodad"),
    ("link set mon address 02:00:00:00:00:02", "link set mon address 02:00:00:00:00:01"),
    ("link add d0 type dummy", "link set d0 up", "addr add 10.0.0.77/32 dev d0", "link del d0"),
    ("link add v0 type vrf table 7", "link set v0 up", "link set mon master v0", "link set mon nomaster", "link del v0",
     "addr replace fd00::1/64 dev mon nodad"),
)


def _flap(chooser: random.Random) -> int:
    """One of these, with whatever the others have left: what is there already, or not any more, is no failure."""
    lines = chooser.choice(_FLAPS)
    hosts.sh(f"ip -force -batch - >/dev/null 2>&1 <<'END' || true\n{chr(10).join(lines)}\nEND")
    return len(lines)


def _switch_processor() -> int:
    for word in ("0", "1"):
        _PROCESSOR.write_text(word, encoding="ascii")
        time.sleep(0.1)
    return 2


# What a flap may have left behind; most of it has not.
_LEFTOVERS = """
for words in 'link set other name mon' 'link del d0' 'link del v0' 'link set mon nomaster' 'route del default' \\
    'route del 10.0.0.5/32' 'route del blackhole 10.0.0.5/32' '-6 route del fd00::5/128' 'link set mon down' \\
    'neigh del 10.0.0.5 dev mon' 'neigh del fd00::5 dev mon'; do
    ip $words 2>/dev/null || true
done
ip link set mon address 02:00:00:00:00:01
"""


def _mend() -> None:
    hosts.sh(_LEFTOVERS + hosts.batch("", scene.mon_up()), "router")


def flap(seed: int) -> str:
    """All of them at once."""
    scene.nft("router", scene.ruleset())
    with Flood() as flood:
        workers = [Worker(lambda number=number, chooser=random.Random(seed + number): _flap(chooser), "router")
                   for number in range(2)]
        if _PROCESSOR.exists():
            workers.append(Worker(_switch_processor))
        scene.wait(f"{_CHANGES} changes", lambda: sum(worker.count for worker in workers[:2]) >= _CHANGES, 600)
        changes = [worker.stop() for worker in workers]
    _mend()
    matched = scene.check_counters()
    if matched != flood.sent * len(scene.STATEMENTS):
        raise RuntimeError(f"of {flood.sent} packets and {len(scene.STATEMENTS)} rules {matched} were matched")
    scene.nft("router", "flush ruleset")
    switched = f"a processor switched {changes[2]} times" if len(changes) > 2 else "no processor that can be switched"
    return f"{sum(changes[:2])} changes, {switched}; {flood.sent} packets passed, {matched} were matched"


def _outcomes() -> dict[str, int]:
    """Of all rules that have a collector which answers"""
    sums: dict[str, int] = {}
    for line in scene.counters():
        if not line["collector"].endswith(".77"):
            for name, value in line.items():
                if value.isdigit():
                    sums[name] = sums.get(name, 0) + int(value)
    return sums


def _without(how: str, least: tuple[str, ...], flood: Flood) -> str:
    """Packets pass without the collector. When that has been noticed, their copies have one of these outcomes, and none
    is sent."""
    hosts.sh(how)
    # Neighbours are known for a while.
    flood.pass_by(2000)
    time.sleep(5)
    before = _outcomes()
    flood.pass_by(2000)
    after = _outcomes()
    more = {name: after[name] - before[name] for name in after if after[name] > before[name]}
    if not any(more.get(name) for name in least) or more.get("sent"):
        raise RuntimeError(f"after {how!r}: {more}")
    return "/".join(name for name in least if more.get(name))


# How the collector goes, how it comes back, what its copies may be counted as meanwhile
_AWAY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ip -n collector link set eth0 down", "ip -n collector link set eth0 up\n"
     "ip -n collector addr replace fd00::5/64 dev eth0", ("no-route", "tx-drop", "no-neighbour")),
    ("ip -n collector link set eth0 arp off\nip -n collector addr flush dev eth0\n"
     "for address in 10.0.0.5 fd00::5; do ip -n router neigh del $address dev mon || true; done",
     "ip -n collector link set eth0 arp on\nip -n collector addr add 10.0.0.5/24 dev eth0\n"
     "ip -n collector addr add fd00::5/64 dev eth0", ("no-neighbour",)),
    ("ip netns del collector", "", ("no-route",)),
)


def vanish() -> str:
    """The collector's link goes down, its neighbour does not answer, its namespace is gone; each time it comes back."""
    scene.nft("router", scene.ruleset(("rmirror to 10.0.0.5", "rmirror to fd00::5 encap vxlan",
                                       "rmirror to 10.0.0.5 encap none", "rmirror to 10.0.0.77")))
    seen = []
    with Flood() as flood:
        for away, back, least in _AWAY:
            seen.append(_without(away, least, flood))
            if back:
                hosts.sh(back)
            else:
                scene.wait("the link goes", lambda: "mon" not in hosts.sh("ip -br link", "router"), 30)
                scene.make_collector()
            _comes_back(flood)
    scene.nft("router", "flush ruleset")
    return f"{', '.join(seen)} while it was away; {flood.sent} packets passed"


def _comes_back(flood: Flood) -> None:
    """Without a new rule"""
    def holds() -> bool:
        before = scene.counted("collector", "copies")
        flood.pass_by(200)
        return scene.counted("collector", "copies") - before > 100
    scene.wait("copies arrive again", holds, 30)


STORMS: dict[str, Callable[[int, int], str]] = {
    "devices, routes, neighbours and processors flap": lambda seed, part: flap(seed),
    "the collector vanishes and comes back": lambda seed, part: vanish(),
}
