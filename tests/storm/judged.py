# SPDX-License-Identifier: GPL-2.0-only
"""Whether the judge of the storms sees what they look for: each fault is made once, and has to be found.

What no program can have a kernel without faults do is made otherwise: a namespace is held by who opened it, lines of
/proc/net/rmirror and of the kernel's log are changed on their way.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

import hosts
import judge
import scene
from scene import Flood

_LATER = Path("/run/netns/later")


@contextmanager
def _rules(netns: str, rules: str) -> Iterator[None]:
    """In a table beside the storms'"""
    scene.nft(netns, f"table inet fault {{ chain c {{\n{rules}\n}}\n}}")
    try:
        yield
    finally:
        scene.nft(netns, "delete table inet fault")


def _dropping(netns: str, hook: str) -> AbstractContextManager[None]:
    """One of a hundred packets of the flood, or of copies"""
    return _rules(netns, f"type filter hook {hook} priority -400\n"
                  "meta l4proto { gre, udp } numgen inc mod 100 == 99 drop")


def _sent_twice() -> AbstractContextManager[None]:
    """One of a hundred copies, by a rule of somebody else"""
    return _rules("router", "type filter hook forward priority 0\n"
                  "meta l4proto udp numgen inc mod 100 == 99 rmirror to 10.0.0.5 len 64")


def _kept_memory() -> AbstractContextManager[None]:
    """Some 30 MB, as rules of the kernel's own"""
    return _rules("sender", "counter\n" * 200000)


@contextmanager
def _miscounted() -> Iterator[None]:
    """By one packet"""
    def counters(netns: str = "router") -> list[dict[str, str]]:
        return [line | {"matched": str(int(line["matched"]) + 1)} for line in real(netns)]
    real = scene.counters
    scene.nft("router", scene.ruleset())
    with mock.patch.object(scene, "counters", counters):
        yield


@contextmanager
def _held_namespace() -> Iterator[None]:
    """The one that the judge makes to see whether namespaces go"""
    over = threading.Event()

    def hold() -> None:
        namespaces = Path("/proc/self/ns/net").stat().st_dev
        while not over.is_set():
            try:
                with _LATER.open(encoding="ascii") as file:
                    # It is an empty file first.
                    if os.fstat(file.fileno()).st_dev == namespaces:
                        over.wait()
            except OSError:
                time.sleep(0.001)
    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _forgotten_rule() -> Iterator[None]:
    """In a namespace of its own"""
    hosts.sh("ip netns add forgotten")
    scene.nft("forgotten", scene.ruleset())
    try:
        yield
    finally:
        hosts.sh("ip netns del forgotten")


@contextmanager
def _complaint() -> Iterator[None]:
    """At the end of its log"""
    real = judge.kernel_log
    with mock.patch.object(judge, "kernel_log", lambda: [*real(), "[1.0] WARNING: CPU: 0 PID: 1 at made/up.c:1"]):
        yield


# The fault, and what the judge has to say of it. With 400 packets of which one in a hundred goes, 4 are missing.
_FAULTS: dict[str, tuple[Callable[[], AbstractContextManager[None]], str]] = {
    "originals that are lost": (lambda: _dropping("router", "forward"), "still not: 400 originals"),
    "copies that are lost": (lambda: _dropping("collector", "prerouting"), "still not: 400 copies"),
    "copies too many": (_sent_twice, r"400 packets, 40[1-9] copies"),
    "counters that do not add up": (_miscounted, "still not: counters add up"),
    "a namespace that stays": (_held_namespace, "still not: namespaces go"),
    "a rule that stays": (_forgotten_rule, r"nft_rmirror does not go: .*, \d+ users"),
    "memory that stays": (_kept_memory, r"\d+ kB of memory are not given back"),
    "a complaint of the kernel": (_complaint, r"the kernel log has:\n.*made/up\.c"),
}


def _found(name: str, make: Callable[[], AbstractContextManager[None]], words: str) -> None:
    verdict = judge.Judge()
    try:
        with make():
            verdict.check()
    except RuntimeError as fault:
        if not re.search(words, f"{fault}", re.DOTALL):
            raise RuntimeError(f"{name}: the judge said instead of {words!r}:\n{fault}") from fault
        scene.nft("router", "flush ruleset")
        return
    raise RuntimeError(f"{name}: the judge saw nothing")


def _flood_sees() -> None:
    """Traffic beside a storm is counted by who sends it."""
    try:
        with _dropping("router", "forward"), Flood() as flood:
            flood.pass_by(200)
    except RuntimeError as fault:
        if "originals" not in f"{fault}" or "are missing" not in f"{fault}":
            raise
        return
    raise RuntimeError("the flood missed nothing")


def judged() -> str:
    """Each fault, one after the other. What follows in _run() is the guest without one."""
    for name, (make, words) in _FAULTS.items():
        _found(name, make, words)
    _flood_sees()
    judge.load_modules()
    return f"{len(_FAULTS) + 1} faults were seen"


STORMS: dict[str, Callable[[int, int], str]] = {
    "the judge sees each fault": lambda seed, part: judged(),
}
