# SPDX-License-Identifier: GPL-2.0-only
"""The network of the storms, as network namespaces of the guest, and a flood that passes it.

  sender eth0 ------ lan  router  wan ------ eth0 peer          10.1.0.1, .2; 10.2.0.2, .1
                          mon                                   10.0.0.1, fd00::1
                           |
                          eth0 collector                        10.0.0.5, fd00::5
"""

import ctypes
import multiprocessing
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import hosts

NAMES = ("sender", "router", "peer", "collector")
_CLONE_NEWNET = 0x40000000
_MACS = {"sender": "02:00:00:00:01:01", "lan": "02:00:00:00:01:02", "wan": "02:00:00:00:02:02",
         "peer": "02:00:00:00:02:01", "mon": "02:00:00:00:00:01", "collector": "02:00:00:00:00:05"}
# One that fits every path, one that fits none with an encapsulation around it
SIZES = (32, 1472)
PORT = 9
# Columns of /proc/net/rmirror that are no outcome of a packet
_WORDS = {"family", "table", "chain", "collector", "encap", "key"}
_NO_OUTCOMES = {"matched", "bytes", "refused"}
# A copy waits three seconds for its neighbour.
_PATIENCE = 10.0
_fork = multiprocessing.get_context("fork")

# What the storms mirror with, in turn: encapsulations, policies, a neighbour that never answers, a map
STATEMENTS = (
    "rmirror to 10.0.0.5",
    "rmirror to fd00::5 encap vxlan key 7",
    "rmirror to 10.0.0.77 key 1 seq",
    "rmirror to 10.0.0.5 encap erspan key 3 len 60",
    "rmirror to 10.0.0.5 encap geneve mtu fragment metadata",
    "rmirror to fd00::77 encap none",
    "rmirror to 10.0.0.5 encap erspan3 mtu truncate platform",
    "rmirror to fd00::5 encap tzsp dscp ef",
    "rmirror to 10.0.0.5 mtu drop device mon",
    "rmirror to 10.0.0.5 encap erspan1 from 10.0.0.1 mark 7",
    "rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 }",
)


def scale() -> float:
    """How much longer than in an ordinary kernel things may take."""
    return float(os.environ.get("RMIRROR_TIME_SCALE", "1"))


def wait(what: str, holds: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    """Until it holds; a RuntimeError after so many seconds."""
    end = time.monotonic() + seconds * scale()
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"after {seconds * scale():.0f} s still not: {what}")
        time.sleep(0.02)


def enter(netns: str) -> None:
    """Puts the calling thread into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{netns}", "rb") as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {netns}")


def be_modest() -> None:
    """Whoever makes a storm is to have most of the processors."""
    os.nice(5)


def nft(netns: str, text: str) -> str:
    """Loads a ruleset, by the plugin; returns what nft says."""
    return hosts.sh(f"nft -f - <<'END'\n{text}\nEND", netns)


def libnftables() -> Any:
    """Of the network namespace that the thread is in, with the plugin before it."""
    import nftables  # pylint: disable=import-outside-toplevel  # only the distribution's Python has it
    return nftables.Nftables()


def ruleset(statements: tuple[str, ...] = STATEMENTS) -> str:
    """A table whose rules mirror what the router forwards of the flood."""
    return (f"table inet storm {{ chain c {{ type filter hook forward priority 0\nudp dport != {PORT} return\n"
            "meta l4proto != udp return\n" +
            "".join(f"{statement}\n" for statement in statements) + "}\n}")


def set_up() -> None:
    """Makes the hosts. The flood's own neighbours never change, those of copies have to be found."""
    pairs = (("sender", "eth0", "lan", "sender"), ("peer", "eth0", "wan", "peer"))
    lines = [f"link add {near} netns router address {_MACS[near]} type veth peer name {far} netns {netns} "
             f"address {_MACS[mac]}" for netns, far, near, mac in pairs]
    # What the flood sends must not be lost in a queue of the kernel.
    script = ("sysctl -qw net.core.netdev_max_backlog=300000\n" +
              "".join(f"ip netns add {name}\n" for name in NAMES[:3]) + "".join(
                  f"ip netns exec {name} sysctl -qw net.ipv6.conf.{{all,default}}.accept_dad=0 "
                  "net.ipv6.conf.{all,default}.router_solicitations=0\n" for name in NAMES[:3]) +
              "ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n" +
              hosts.batch("", lines))
    script += hosts.batch("sender", ["link set eth0 up", "link set lo up", "addr add 10.1.0.1/24 dev eth0",
                                     "route add default via 10.1.0.2",
                                     f"neigh add 10.1.0.2 lladdr {_MACS['lan']} dev eth0 nud permanent"])
    script += hosts.batch("peer", ["link set eth0 up", "addr add 10.2.0.1/24 dev eth0",
                                   "route add default via 10.2.0.2"])
    script += hosts.batch("router", ["link set lan up", "link set wan up", "link set lo up",
                                     "addr add 10.1.0.2/24 dev lan", "addr add 10.2.0.2/24 dev wan",
                                     f"neigh add 10.2.0.1 lladdr {_MACS['peer']} dev wan nud permanent"])
    hosts.sh(script)
    nft("peer", "table ip seen { counter originals {}\n chain c { type filter hook prerouting priority raw\n"
        f"udp dport {PORT} counter name originals drop\n}}\n}}")
    make_collector()


def make_collector() -> None:
    """The collector and its link. It counts what GRE arrives, and answers nothing."""
    hosts.sh("ip netns add collector\n"
             "ip netns exec collector sysctl -qw net.ipv6.conf.{all,default}.accept_dad=0\n" +
             hosts.batch("", [f"link add mon netns router address {_MACS['mon']} type veth peer name eth0 "
                              f"netns collector address {_MACS['collector']}"]) +
             hosts.batch("collector", ["link set eth0 up", "addr add 10.0.0.5/24 dev eth0",
                                       "addr add fd00::5/64 dev eth0"]))
    hosts.sh(hosts.batch("router", mon_up()))
    nft("collector", "table inet seen { counter copies {}\n chain c { type filter hook prerouting priority raw\n"
        "ip protocol gre counter name copies drop\nmeta l4proto { gre, udp } drop\n}\n}")


def mon_up() -> list[str]:
    """Commands of ip: the collectors' link with all that it has."""
    return ["link set mon up mtu 1500", "addr replace 10.0.0.1/24 dev mon", "addr replace fd00::1/64 dev mon nodad"]


def tear_down() -> None:
    """The reverse, of what there is."""
    hosts.sh("".join(f"[[ ! -e /run/netns/{name} ]] || ip netns del {name}\n" for name in NAMES))


def counted(netns: str, name: str) -> int:
    """Packets of a named counter of a host."""
    family = "ip" if netns == "peer" else "inet"
    found = re.search(r"packets (\d+)", hosts.sh(f"nft list counter {family} seen {name}", netns))
    assert found
    return int(found[1])


def counters(netns: str = "router") -> list[dict[str, str]]:
    """The lines of /proc/net/rmirror, by their headings; none without the module."""
    headings, *lines = hosts.sh("cat /proc/net/rmirror 2>/dev/null || echo none", netns).splitlines()
    return [dict(zip(headings.split(), line.split(), strict=True)) for line in lines]


def _adds_up(line: dict[str, str]) -> bool:
    outcomes = sum(int(value) for name, value in line.items() if name not in _WORDS | _NO_OUTCOMES)
    return outcomes == int(line["matched"])


def check_counters(netns: str = "router") -> int:
    """Every packet that a rule matched has one outcome, at the latest when no copy waits any more. Returns how many
    were matched."""
    def holds() -> bool:
        return all(_adds_up(line) for line in counters(netns))
    try:
        wait("counters add up", holds)
    except RuntimeError as fault:
        raise RuntimeError(f"{fault}: {[line for line in counters(netns) if not _adds_up(line)]}") from fault
    return sum(int(line["matched"]) for line in counters(netns))


@dataclass
class _Flag:
    """What processes share"""
    stop: Any
    count: "Synchronized[int]"


def _datagrams() -> list[socket.socket]:
    """A socket for each of some flows."""
    found = []
    for _ in range(4):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.connect(("10.2.0.1", PORT))
        found.append(out)
    return found


class Worker:
    """A process in a network namespace and on a processor that does something again and again until it is stopped.
    What it returns is added up."""

    def __init__(self, step: Callable[[], int], netns: str = "", processor: int | None = None,
                 prepare: Callable[[], None] | None = None) -> None:
        self._flag = _Flag(_fork.Event(), _fork.Value("Q", 0))
        self._what = f"{getattr(step, '__name__', step)} in {netns or 'the guest'}"
        self._process = _fork.Process(target=self._run, args=(step, netns, processor, prepare), daemon=True)
        self._process.start()

    def _run(self, step: Callable[[], int], netns: str, processor: int | None,
             prepare: Callable[[], None] | None) -> None:
        if netns:
            enter(netns)
        if processor is not None and processor in os.sched_getaffinity(0):
            os.sched_setaffinity(0, {processor})
        if prepare:
            prepare()
        while not self._flag.stop.is_set():
            count = step()
            with self._flag.count.get_lock():
                self._flag.count.value += count

    @property
    def count(self) -> int:
        """What the steps returned so far."""
        if self._process.exitcode:
            raise RuntimeError(f"{self._what} ended with {self._process.exitcode}")
        return int(self._flag.count.value)

    def stop(self) -> int:
        """Returns the sum."""
        self._flag.stop.set()
        self._process.join(60 * scale())
        if self._process.exitcode != 0:
            raise RuntimeError(f"{self._what} ended with {self._process.exitcode}")
        return self.count


class Flood:
    """Datagrams from sender to peer, on both processors. Each is forwarded once: with lossless links a missing one is
    a fault."""

    def __init__(self) -> None:
        self._before = counted("peer", "originals")
        self._sent = 0
        self._sockets: list[socket.socket] = []
        self._workers = [Worker(self._step, "sender", processor, self._open) for processor in range(2)]

    def _open(self) -> None:
        be_modest()
        self._sockets = _datagrams()

    def _step(self) -> int:
        for out in self._sockets:
            for size in SIZES:
                out.send(bytes(size))
        return len(self._sockets) * len(SIZES)

    @property
    def count(self) -> int:
        """Packets so far"""
        return sum(worker.count for worker in self._workers)

    def pass_by(self, packets: int) -> None:
        """Until so many more were sent."""
        wanted = self.count + packets
        wait(f"{packets} packets more", lambda: self.count >= wanted, 120)

    def __enter__(self) -> "Flood":
        self.pass_by(100)
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._sent = sum(worker.stop() for worker in self._workers)
        if kind is None:
            self._check()

    def _check(self) -> None:
        try:
            wait("all arrived", lambda: self._missing() == 0, 5)
        except RuntimeError as fault:
            raise RuntimeError(f"of {self._sent} originals {self._missing()} are missing") from fault

    def _missing(self) -> int:
        return self._sent - (counted("peer", "originals") - self._before)

    @property
    def sent(self) -> int:
        """Packets, when it has ended"""
        return self._sent


def check_forwarding(packets: int = 400) -> None:
    """As many originals and copies arrive as datagrams are sent, one by one."""
    nft("router", "add table inet storm; delete table inet storm\n" + ruleset(("rmirror to 10.0.0.5 len 64",)))
    hosts.sh("busybox ping -qc1 -W10 10.0.0.5 >/dev/null", "router")
    before = counted("peer", "originals"), counted("collector", "copies")

    def send() -> None:
        for out in _datagrams():
            for number in range(packets // 4):
                out.send(bytes(SIZES[number % 2]))
            out.close()
    hosts.run_within("sender", send)
    for netns, name, old in (("peer", "originals", before[0]), ("collector", "copies", before[1])):
        def complete(netns: str = netns, name: str = name, old: int = old) -> bool:
            return counted(netns, name) - old >= packets
        wait(f"{packets} {name}", complete)
        if counted(netns, name) - old != packets:
            raise RuntimeError(f"{packets} packets, {counted(netns, name) - old} {name}")
    if check_counters() != packets:
        raise RuntimeError(f"{packets} packets: {counters()}")
    nft("router", "delete table inet storm")
