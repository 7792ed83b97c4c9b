# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: does with doc/scale.md what it says, and counts flows. Speaks TAP.

  eth0, eth1: the router's networks, as in recipes.py
  eth2: the collectors' link; where they have to answer, a bridge with a network namespace for each: s5, s6 ..
"""

import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cookbook_guest
import hosts
from recipes import WAN, Recipe, Sent

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "doc/scale.md").read_text(encoding="utf-8")
_FLOWS = 800
_SENSORS = ("10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8")
_STEPS, _PACKETS = 40, 8000
_SCRIPT = Path("/tmp/rmirror-sensors")
# Bytes of an Ethernet wire around a frame: FCS, preamble, gap
_WIRE = 24

Flow = tuple[tuple[str, int], ...]
# Where the copies of each flow go: `10.0.0.5 gre`
Places = dict[Flow, str]


def _block(kind: str, after: str, number: int = 0) -> str:
    """A block of the page, the NUMBERth of its KIND behind some words."""
    part = _PAGE[_PAGE.index(after):]
    if kind == "nft" or kind == "sh":
        return re.findall(rf"^```{kind}\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)[number]
    found = re.findall(r"(?:^    .*\n)+", part, re.MULTILINE)[number]
    return re.sub("^    ", "", found, flags=re.MULTILINE)


def _nft(text: str) -> None:
    hosts.sh(f"nft -f - <<'END'\n{text}END", "router")


def _flows(number: int = _FLOWS) -> tuple[Sent, ...]:
    """A packet of each direction, of TCP: answers of hosts that live would quote a datagram."""
    found: list[Sent] = []
    for flow in range(number):
        host, port = f"10.244.{flow // 200}.{flow % 200 + 1}", 1024 + 7 * flow
        found += [Sent(host, WAN, kind="tcp", sport=port, dport=443, size=60),
                  Sent(WAN, host, kind="tcp", sport=443, dport=port, size=60, by="eth1")]
    return tuple(found)


def _send(sent: tuple[Sent, ...]) -> None:
    """With a socket for each device: the kernel takes its time to close one."""
    outs: dict[str, socket.socket] = {}
    for label, packet in enumerate(sent):
        if packet.by not in outs:
            outs[packet.by] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            outs[packet.by].bind((packet.by, 0))
        outs[packet.by].send(cookbook_guest.frame_of(packet, label))
    for out in outs.values():
        out.close()


def _place(sent: tuple[Sent, ...], where: tuple[str, str] = ("hosts", "eth2"), whole: bool = True) -> Places:
    """Sends both directions of flows, and looks where their copies go: not all to one place is an error; with WHOLE
    also if one is missing or is there twice."""
    recipe = Recipe("", sent)
    listeners: list[socket.socket] = []
    hosts.run_within(where[0], lambda: listeners.append(cookbook_guest.listen(where[1])))
    hosts.run_within("hosts", lambda: _send(sent))
    seen = cookbook_guest.received(listeners, recipe)
    listeners[0].close()
    copies: dict[Flow, list[str]] = {packet.flow: [] for packet in sent}
    for (label, way, _), count in seen.items():
        copies[sent[label].flow] += [way] * count
    wanted = Counter(packet.flow for packet in sent)
    for flow, ways in copies.items():
        if len(set(ways)) > 1 or (whole and len(ways) != wanted[flow]):
            raise RuntimeError(f"the copies of flow {flow} went to {ways}")
    return {flow: ways[0] for flow, ways in copies.items() if ways}


def _moved(before: Places, after: Places, those_of: str, to: set[str]) -> str:
    """Have the flows of a place moved to others, and no other flow? Returns how many; each has a part of them."""
    moved = {flow for flow in before if before[flow] != after[flow]}
    wanted = {flow for flow, place in before.items() if place == those_of}
    if moved != wanted:
        raise RuntimeError(f"{len(moved - wanted)} flows moved that did not have to, {len(wanted - moved)} stayed")
    shares = Counter(after[flow] for flow in moved)
    if set(shares) != to or min(shares.values()) * len(to) * 2 < len(moved):
        raise RuntimeError(f"{len(moved)} flows moved to {dict(shares)}")
    return f"{len(moved)} of {len(before)} flows moved"


def _share(places: Places, moved: int, least: float, most: float) -> None:
    if not least <= moved / len(places) <= most:
        raise RuntimeError(f"{moved} of {len(places)} flows moved")


def _way(sensor: str) -> str:
    return f"{sensor} gre"


def _map_of_all() -> str:
    """The elements of the page's map, in the form of its transaction."""
    elements = re.search(r"elements = (\{.*?\})", _block("nft", "## One host, N"), re.DOTALL)
    assert elements
    return f"flush map inet mirror sensors\nadd element inet mirror sensors {elements[1]}\n"


def _leaves() -> str:
    """By hand: the page's transaction."""
    _nft(_block("nft", "## One host, N"))
    before = _place(_flows())
    _nft(_block("text", "**A sensor leaves.**"))
    after = _place(_flows())
    words = _moved(before, after, _way("10.0.0.8"), {_way(sensor) for sensor in _SENSORS[:3]})
    _share(before, sum(before[flow] != after[flow] for flow in before), 0.15, 0.35)
    _nft(_map_of_all())
    if _place(_flows()) != before:
        raise RuntimeError("flows are not where they were before")
    return words


def _modulo() -> str:
    """What the page says of `mod N`: half of them move."""
    table = "table inet mirror {{ chain forward {{ type filter hook forward priority filter;\n" \
            "rmirror to symhash mod {number} map {{ {elements} }}\n}}\n}}\n"
    places = []
    for number in (4, 3):
        elements = ", ".join(f"{slot} : {sensor}" for slot, sensor in enumerate(_SENSORS[:number]))
        _nft("add table inet mirror\ndelete table inet mirror\n" + table.format(number=number, elements=elements))
        places.append(_place(_flows()))
    moved = sum(places[0][flow] != places[1][flow] for flow in places[0])
    _share(places[0], moved, 0.4, 0.6)
    return f"{moved} of {_FLOWS} flows moved"


def _replacing() -> str:
    """The map is replaced again and again while packets pass: each has its copy."""
    _nft(_block("nft", "## One host, N"))
    sent = _flows(50)
    stop, sending, listeners = threading.Event(), [0], list[socket.socket]()
    hosts.run_within("hosts", lambda: listeners.append(cookbook_guest.listen("eth2")))

    def send() -> None:
        while not stop.is_set() or sending[0] < _PACKETS:
            _send(sent)
            sending[0] += len(sent)
    thread = hosts.within("hosts", send)
    for _ in range(_STEPS):
        _nft(_block("text", "**A sensor leaves.**"))
        _nft(_map_of_all())
    stop.set()
    thread.join()
    copies = sum(cookbook_guest.received(listeners, Recipe("", sent)).values())
    listeners[0].close()
    if copies != sending[0]:
        raise RuntimeError(f"{sending[0]} packets have {copies} copies")
    return f"{copies} copies of {sending[0]} packets, {2 * _STEPS} times replaced"


def _make_sensors() -> None:
    """They answer, each in a network namespace of its own."""
    hosts.sh(hosts.batch("hosts", ["link add sensors type bridge mcast_snooping 0", "link set sensors up",
                                   "link set eth2 master sensors"]))
    for sensor in _SENSORS:
        name = f"s{sensor[-1]}"
        hosts.sh(f"ip netns add {name}\nip -n hosts link add {name} type veth peer name eth0 netns {name}\n" +
                 hosts.batch("hosts", [f"link set {name} master sensors up"]) +
                 hosts.batch(name, [f"addr add {sensor}/24 dev eth0", "link set eth0 up"]) +
                 f"ip -n router neigh del {sensor} dev eth2 || true")


def _look_after() -> None:
    """What the timer does."""
    hosts.sh(f"sh {_SCRIPT}", "router")


def _health() -> str:
    """A sensor dies, its flows move; a second one does; they come back."""
    _nft(_block("nft", "## One host, N"))
    _make_sensors()
    _SCRIPT.write_text(_block("sh", "**Who notices?**"), encoding="utf-8")
    _look_after()
    all_live = _place(_flows())
    if Counter(all_live.values()).keys() != {_way(sensor) for sensor in _SENSORS}:
        raise RuntimeError("not every sensor has flows")
    hosts.sh("ip link set eth0 down", "s8")
    _look_after()
    without_8 = _place(_flows())
    words = [_moved(all_live, without_8, _way("10.0.0.8"), {_way(sensor) for sensor in _SENSORS[:3]})]
    hosts.sh("ip link set eth0 down", "s6")
    _look_after()
    without_both = _place(_flows())
    words.append(_moved(without_8, without_both, _way("10.0.0.6"), {_way("10.0.0.5"), _way("10.0.0.7")}))
    hosts.sh("ip link set eth0 up", "s8")
    _look_after()
    without_6 = _place(_flows())
    wrong = [flow for flow in all_live if without_6[flow] != without_both[flow] and
             without_6[flow] != _way("10.0.0.8")]
    home = [flow for flow in all_live if all_live[flow] == _way("10.0.0.8") != without_6[flow]]
    if wrong or home:
        raise RuntimeError(f"{len(wrong)} flows moved to others than the one that came back, {len(home)} not to it")
    hosts.sh("ip link set eth0 up", "s6")
    _look_after()
    if _place(_flows()) != all_live:
        raise RuntimeError("all live, and flows are not where they were before")
    # None answers: the map stays.
    hosts.sh("for name in s5 s6 s7 s8; do ip -n $name link set eth0 down; done")
    before = hosts.sh("nft list map inet mirror sensors", "router")
    _look_after()
    if hosts.sh("nft list map inet mirror sensors", "router") != before:
        raise RuntimeError("no sensor lives, and the map was changed")
    return ", then ".join(words)


def _end_sensors() -> None:
    hosts.sh("for name in s5 s6 s7 s8 spine leaf1 leaf2; do ! ip netns list | grep -qw $name || ip netns del $name; done")


def _host_keys() -> str:
    """The files of a fleet: a define of the host's own, the rest is the same everywhere."""
    define, _, rest = _block("nft", "**The same rules everywhere.**").partition("\n")
    keys = []
    for host in ("17", "18"):
        cookbook_guest.set_up(Recipe("", ()))
        hosts.sh(f"mkdir -p /tmp/fleet\ncat >/tmp/fleet/00-host.nft <<'END'\n{define.replace('17', host)}\nEND\n"
                 f"cat >/tmp/fleet/10-mirror.nft <<'END'\n{rest}END\n"
                 f"{_ROOT}/packaging/rmirror-rules --directory /tmp/fleet load", "router")
        keys += sorted(set(_place(_flows(3)).values()))
        cookbook_guest.tear_down()
    if keys != [f"10.0.0.5 vxlan key {host}" for host in ("17", "18")]:
        raise RuntimeError(f"copies with {keys}")
    return "keys 17 and 18"


def _two_ways() -> str:
    """The two directions of connections pass two hosts, which choose the same sensor."""
    ruleset = _block("nft", "**A connection that passes two mirroring hosts**")
    ways: list[dict[Flow, str]] = []
    for by in ("eth0", "eth1"):
        cookbook_guest.set_up(Recipe("", ()))
        _nft(ruleset)
        ways.append(_place(tuple(sent for sent in _flows() if sent.by == by)))
        cookbook_guest.tear_down()
    if ways[0] != ways[1] or len(ways[0]) != _FLOWS:
        raise RuntimeError("the directions of some connections have different sensors")
    shares = Counter(ways[0].values())
    if min(shares.values()) < _FLOWS // 4 or len(shares) != 2:
        raise RuntimeError(f"{dict(shares)}")
    return f"{_FLOWS} connections, {' and '.join(str(count) for count in sorted(shares.values()))} on each"


def _make_leaves() -> None:
    """10.0.0.5 is behind a router, at two places. It chooses by addresses and ports."""
    lines = ["link set eth0 up"]
    hosts.sh("ip netns add spine\nip netns exec spine sysctl -qw net.ipv4.ip_forward=1 "
             "net.ipv4.fib_multipath_hash_policy=1\n"
             f"ip -n hosts link add wire type veth peer name eth0 address {cookbook_guest.COLLECTOR_MAC} netns spine\n"
             "ip -n hosts link set wire up")
    for number in (1, 2):
        hosts.sh(f"ip netns add leaf{number}\n"
                 f"ip -n spine link add leaf{number} type veth peer name eth0 netns leaf{number}\n" +
                 hosts.batch(f"leaf{number}", [f"addr add 10.8.{number}.2/24 dev eth0", "link set eth0 up",
                                               "link set lo up", "addr add 10.0.0.5/32 dev lo"]))
        lines += [f"addr add 10.8.{number}.1/24 dev leaf{number}", f"link set leaf{number} up"]
    hosts.sh(hosts.batch("spine", [*lines, "addr add 10.0.0.254/24 dev eth0",
                                   "route add 10.0.0.5 nexthop via 10.8.1.2 nexthop via 10.8.2.2"]))


def _be_wire(stop: threading.Event) -> threading.Thread:
    """Takes frames from the collectors' link to that router. Between devices of one kernel a packet keeps the hash of
    what was mirrored, and the router would choose by it."""
    def carry() -> None:
        with cookbook_guest.listen("eth2") as near, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as far:
            far.bind(("wire", 0))
            near.settimeout(0.2)
            while not stop.is_set():
                try:
                    data, where = near.recvfrom(65535)
                except TimeoutError:
                    continue
                if where[2] != 4:  # PACKET_OUTGOING
                    far.send(data)
    return hosts.within("hosts", carry)


def _rows_of_anycast() -> dict[str, bool]:
    """Encapsulations of the page's table, and whether flows are spread."""
    part = _PAGE[_PAGE.index("## One address for all sensors"):]
    rows = re.findall(r"^\| (`.*?) \|.*\| (.*?) \|$", part.partition("\n- ")[0], re.MULTILINE)
    return {word: outcome.startswith("flows are spread") for words, outcome in rows
            for word in re.findall("`(.*?)`", words)}


def _anycast() -> str:
    _make_leaves()
    stop = threading.Event()
    wire = _be_wire(stop)
    found = []
    rows = _rows_of_anycast()
    for encap, is_spread in rows.items():
        _nft("add table inet mirror\ndelete table inet mirror\n"
             "table inet mirror {\nchain c {\ntype filter hook forward "
             f"priority filter;\nrmirror to 10.0.0.5 encap {encap}\n}}\n}}\n")
        sent = _flows(200)
        listeners: list[socket.socket] = []
        for leaf in ("leaf1", "leaf2"):
            hosts.run_within(leaf, lambda: listeners.append(cookbook_guest.listen("eth0")))
        hosts.run_within("hosts", lambda sent=sent: _send(sent))
        flows = [{sent[label].flow for label in _labels(listener)} for listener in listeners]
        if flows[0] & flows[1] or len(flows[0] | flows[1]) != 200:
            raise RuntimeError(f"{encap}: {len(flows[0] & flows[1])} flows are at both places")
        fewer = min(map(len, flows))
        if (fewer > 50) != is_spread or (fewer and not is_spread):
            raise RuntimeError(f"{encap}: {len(flows[0])} flows at one place, {len(flows[1])} at the other")
        found.append(f"{encap} {len(flows[0])}:{len(flows[1])}")
    stop.set()
    wire.join()
    if len(found) < 7:
        raise RuntimeError(f"the page's table has {found} only")
    return ", ".join(found)


def _labels(listener: socket.socket) -> set[int]:
    """Of the packets that arrive in whatever encapsulation."""
    listener.settimeout(0.5)
    found = set()
    with listener:
        while True:
            try:
                data, where = listener.recvfrom(65535)
            except TimeoutError:
                return found
            if where[2] != 4 and (label := cookbook_guest.LABEL.search(data)):
                found.add(int(label[1]))


def _wire(frame: int, kept: int) -> int:
    """Bytes of a wire for a copy of so many of a frame's bytes in gre over IPv4, with an Ethernet header of its own."""
    return min(frame, kept) + 4 + 20 + 14 + _WIRE


def _tables() -> str:
    """The page's tables are what its formulas give."""
    # Segments of 1410 and 38 bytes, whose TCP has timestamps
    split = _wire(66 + 1410, 1514) + _wire(66 + 38, 1514)
    rows = []
    for speed in (1, 10, 100):
        cells = []
        for frame, wire in ((1514, _wire(1514, 1514)), (1514, split), (1514, _wire(1514, 128)), (800, _wire(800, 128))):
            rate = speed * 125e6 / wire
            traffic = rate * (frame + _WIRE) * 8 / 1e9
            cells.append(f"{rate / 1000:,.0f}".replace(",", " ") + f" 000: {traffic:.3g} Gbit/s")
        rows.append(f"| {speed} Gbit/s | {' | '.join(cells)} |")
    times = re.search(r"\[measured\]\(performance.md\) (\d+) ns and (\d+) ns", _PAGE)
    assert times
    performance = " ".join((_ROOT / "doc/performance.md").read_text(encoding="utf-8").split())
    if f"took {times[1]} ns" not in performance or f"frame it was {times[2]}" not in performance:
        raise RuntimeError("performance.md has other times")
    for frame, time_of_one in ((60, int(times[1])), (1514, int(times[2]))):
        rate = 1e9 / time_of_one
        traffic = rate * (frame + _WIRE) * 8 / 1e9
        rows.append(f"| {frame} bytes | {rate / 1e6:.1f} million | {traffic:.2g} | {100 / traffic:.0f} % |")
    if missing := [row for row in rows if row not in _PAGE]:
        raise RuntimeError("\n".join(["not in the page:", *missing]))
    return f"{len(rows)} rows"


def _at_router(test: Callable[[], str]) -> Callable[[], str]:
    """On a router of its own."""
    def run() -> str:
        cookbook_guest.set_up(Recipe("", ()))
        try:
            return test()
        finally:
            _end_sensors()
            cookbook_guest.tear_down()
    return run


_TESTS: dict[str, Callable[[], str]] = {
    "the tables are those of the formulas": _tables,
    "a sensor leaves and comes back: its flows move, no others": _at_router(_leaves),
    "with a modulus of the sensors' number half of them move": _at_router(_modulo),
    "no packet is lost while the map is replaced": _at_router(_replacing),
    "sensors die, and the timer's script moves their flows, no others": _at_router(_health),
    "hosts are told apart by their keys": _host_keys,
    "two hosts choose the same sensor for a connection": _two_ways,
    "one address for all sensors": _at_router(_anycast),
}


def main() -> int:
    """Returns the exit status."""
    subprocess.run(["modprobe", "-a", "nft_rmirror", "veth", "bridge"], check=True)
    good = True
    for name, test in _TESTS.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        begun = time.monotonic()
        try:
            print(f"ok scale: {name} ({test()}; {time.monotonic() - begun:.0f} s)", flush=True)
        except (RuntimeError, AssertionError, LookupError, OSError) as fault:
            good = False
            print(f"not ok scale: {name}\n  {fault!r}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
