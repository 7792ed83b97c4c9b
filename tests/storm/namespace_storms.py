# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces that go with all that they have."""

import ctypes
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hosts
import judge
import scene
from scene import Flood, Worker

_BATCH = 10
_PACKETS = 10
_SILENT = ("rmirror to 10.9.0.77", "rmirror to fd00:9::77 encap vxlan", "rmirror to 10.9.0.78 encap none",
           "rmirror to 10.9.0.79 encap erspan3")
_ESP = "reqid 1 mode transport"
_CIPHER = "aead rfc4106(gcm(aes)) 0x0102030405060708090a0b0c0d0e0f1011121314 128"


@dataclass(frozen=True)
class _Kind:
    """What a namespace has when it goes"""
    word: str
    commands: tuple[str, ...]
    queue: bool


# The devices are dummies: what is not held by a queue is gone at once.
_KINDS = (
    _Kind("copies in flight", tuple(f"neigh add {address} lladdr 02:00:00:00:00:09 dev d0 nud permanent"
                                    for address in ("10.9.0.77", "10.9.0.78", "10.9.0.79", "fd00:9::77")), True),
    _Kind("copies that wait for a neighbour", (), False),
    _Kind("copies that wait for a key",
          (f"xfrm policy add src 10.9.0.1 dst 10.9.0.77 proto gre dir out tmpl proto esp {_ESP}",
           f"xfrm policy add src fd00:9::1 dst fd00:9::77 proto udp dir out tmpl proto esp {_ESP}"), False),
    _Kind("copies encrypted",
          ("neigh add 10.9.0.77 lladdr 02:00:00:00:00:09 dev d0 nud permanent",
           f"xfrm state add src 10.9.0.1 dst 10.9.0.77 proto esp spi 7 {_ESP} {_CIPHER}",
           f"xfrm policy add src 10.9.0.1 dst 10.9.0.77 proto gre dir out tmpl proto esp {_ESP}"), True),
)


def _make(name: str, kind: _Kind) -> str:
    lines = ["link add d0 type dummy", "link set d0 arp on up", "link set lo up", "addr add 10.9.0.1/24 dev d0",
             "addr add fd00:9::1/64 dev d0 nodad", "neigh add 10.9.0.9 lladdr 02:00:00:00:00:08 dev d0 nud permanent"]
    queue = f"tc -n {name} qdisc add dev d0 root netem delay 300ms limit 10000\n" if kind.queue else ""
    return f"ip netns add {name}\n" + hosts.batch(name, [*lines, *kind.commands]) + queue


def _load() -> None:
    """Rules of the namespace that the thread is in"""
    status, _, error = scene.libnftables().cmd("table inet t { chain c { type filter hook output priority 0\n" +
                                      "".join(f"udp dport 9 {rule}\n" for rule in _SILENT) + "}\n}")
    if status:
        raise RuntimeError(f"nft: {error}")


def _send() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for number in range(_PACKETS):
            out.sendto(bytes(scene.SIZES[number % 2]), ("10.9.0.9", 9))
    return _PACKETS


def _send_on() -> int:
    time.sleep(0.005)
    return _send()


def _matched() -> None:
    lines = Path("/proc/thread-self/net/rmirror").read_text(encoding="ascii").splitlines()
    column = lines[0].split().index("matched")
    if [line.split()[column] for line in lines[1:]].count(str(_PACKETS)) != len(_SILENT):
        raise RuntimeError("not every packet was matched:\n" + "\n".join(lines))


def _fill() -> None:
    _load()
    _send()
    _matched()


def _go(kind: _Kind) -> int:
    """A batch of them; some have a process in them that still sends, and that is the last to hold them."""
    names = [f"n{number}" for number in range(_BATCH)]
    hosts.sh("".join(_make(name, kind) for name in names))
    for name in names:
        hosts.run_within(name, _fill)
    senders = [Worker(_send_on, name, prepare=scene.be_modest) for name in names[::5]]
    for sender in senders:
        scene.wait("packets", lambda sender=sender: sender.count > 0, 30)
    hosts.sh("".join(f"ip netns del {name}\n" for name in names))
    for sender in senders:
        sender.stop()
    return _BATCH


def go_with_copies(namespaces: int) -> str:
    """So many, of each kind as many; the router's flood goes on beside."""
    hosts.sh("modprobe -a dummy sch_netem esp4 esp6")
    gone = 0
    with Flood() as flood:
        while gone < namespaces:
            gone += _go(_KINDS[gone // _BATCH % len(_KINDS)])
    return f"{gone} namespaces with {', '.join(kind.word for kind in _KINDS)}; {flood.sent} packets passed beside"


def _many_here(namespaces: int) -> list[int]:
    """Makes them, each with a rule; returns what holds them."""
    libc = ctypes.CDLL(None, use_errno=True)
    held = []
    for _ in range(namespaces):
        if libc.unshare(0x40000000):
            raise OSError(ctypes.get_errno(), "unshare")
        held.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        status, _, error = scene.libnftables().cmd("table inet t { chain c { type filter hook output priority 0\n"
                                          "rmirror to 10.9.0.77\n}\n}")
        if status:
            raise RuntimeError(f"nft: {error}")
    return held


def many(namespaces: int) -> str:
    """So many namespaces with a rule each, which go at once."""
    held: list[int] = []
    hosts.sh("ip netns add start")
    before = judge.taken()
    hosts.run_within("start", lambda: held.extend(_many_here(namespaces)))
    taken = judge.taken() - before
    with Flood() as flood:
        for namespace in held:
            os.close(namespace)
        hosts.sh("ip netns del start")
        judge.namespaces_gone()
    return f"{len(held)} namespaces of {taken // len(held)} kB, each with a rule; {flood.sent} packets passed beside"


STORMS: dict[str, Callable[[int, int], str]] = {
    "namespaces go with their copies": lambda seed, part: go_with_copies(200 // part),
    "many namespaces, each with a rule, go": lambda seed, part: many(1000 // part),
}
