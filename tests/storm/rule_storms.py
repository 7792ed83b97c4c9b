# SPDX-License-Identifier: GPL-2.0-only
"""Rules that come and go under traffic, and many of them."""

import random
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hosts
import scene
from scene import STATEMENTS, Flood, Worker

_PROCESSORS = 2
_IN_A_BATCH = 50
# Packets that meet every one of many rules
_MEET_ALL = 5


class _Table:
    """A table of one process, whose rules it adds and deletes."""

    def __init__(self, name: str, seed: int) -> None:
        self._name = name
        self._random = random.Random(seed)
        self._nft: Any = None

    def open(self) -> None:
        """In the process and the network namespace that use it"""
        self._nft = scene.libnftables()
        self._nft.set_echo_output(True)
        self._nft.set_handle_output(True)
        self._make()

    def _make(self) -> None:
        self._do(f"add table inet {self._name}\nadd chain inet {self._name} c "
                 "{ type filter hook forward priority 0; }")

    def _do(self, text: str) -> str:
        assert self._nft
        status, output, error = self._nft.cmd(text)
        if status:
            raise RuntimeError(f"nft: {error}\n{text}")
        return str(output)

    def step(self) -> int:
        """Adds as many rules as a batch has, and deletes them in one of the ways there are."""
        statements = self._random.choices(STATEMENTS, k=_IN_A_BATCH)
        added = "\n".join(f"add rule inet {self._name} c {statement}" for statement in statements)
        self._random.choice((self._flush, self._by_handle, self._with_the_table, self._in_vain, self._in_one))(added)
        return _IN_A_BATCH

    def _flush(self, added: str) -> None:
        self._do(added)
        self._do(f"flush chain inet {self._name} c")

    def _by_handle(self, added: str) -> None:
        handles = re.findall(r"# handle (\d+)", self._do(added))
        if len(handles) < _IN_A_BATCH:
            raise RuntimeError(f"{len(handles)} handles of {_IN_A_BATCH} rules")
        self._do("\n".join(f"delete rule inet {self._name} c handle {handle}" for handle in handles[-_IN_A_BATCH:]))

    def _with_the_table(self, added: str) -> None:
        self._do(added)
        self._do(f"delete table inet {self._name}")
        self._make()

    def _in_vain(self, added: str) -> None:
        """The batch fails at its end."""
        assert self._nft
        status, *_ = self._nft.cmd(f"{added}\ndelete rule inet {self._name} c handle 999999999")
        if not status:
            raise RuntimeError("a rule that is not there was deleted")

    def _in_one(self, added: str) -> None:
        """Added and deleted by the same transaction"""
        self._do(f"{added}\nflush chain inet {self._name} c")


def _read() -> int:
    """What a monitoring system does meanwhile, and one that resets"""
    time.sleep(0.01)
    Path("/proc/thread-self/net/rmirror").read_text(encoding="ascii")
    nft = scene.libnftables()
    nft.cmd("list ruleset")
    nft.cmd("reset rules")
    return 1


def come_and_go(rules: int, seed: int) -> str:
    """So many rules are added and deleted on two processors, while packets pass and others read."""
    with Flood() as flood:
        tables = [_Table(f"storm{number}", seed + number) for number in range(_PROCESSORS)]
        writers = [Worker(table.step, "router", number, table.open) for number, table in enumerate(tables)]
        reader = Worker(_read, "router")
        try:
            scene.wait(f"{rules} rules", lambda: sum(writer.count for writer in writers) >= rules, 600)
        finally:
            added = sum(writer.stop() for writer in writers)
            read = reader.stop()
    scene.nft("router", "flush ruleset")
    return f"{added} rules added and deleted, {flood.sent} packets passed, read {read} times"


def many(rules: int) -> str:
    """So many in one table, under traffic: listed, then deleted."""
    statements = [f"rmirror to 10.0.0.5 key {number}" for number in range(rules)]
    before = _memory()
    scene.nft("router", "table inet storm {\nchain many {\n" + "\n".join(statements) + "\n}\n"
              "chain c { type filter hook forward priority 0\nudp dport 10 jump many\n}\n}")
    taken = _memory() - before
    listed = hosts.sh("nft list table inet storm", "router")
    if (found := len(re.findall(r"^\s+rmirror to 10\.0\.0\.5 key \d+$", listed, re.MULTILINE))) != rules:
        raise RuntimeError(f"{found} of {rules} rules are listed")
    with Flood() as flood:
        # These meet all of them.
        hosts.run_within("sender", _send_to_all)
        if (counted := len(scene.counters())) != rules:
            raise RuntimeError(f"/proc/net/rmirror has {counted} of {rules} rules")
        if (matched := scene.check_counters()) != rules * _MEET_ALL:
            raise RuntimeError(f"{matched} copies of {_MEET_ALL} packets by {rules} rules")
        scene.nft("router", "delete table inet storm")
    if left := scene.counters():
        raise RuntimeError(f"{len(left)} rules are left")
    return f"{rules} rules, {taken / rules:.2f} kB each, listed and deleted, {flood.sent} packets passed"


def _send_to_all() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(_MEET_ALL):
            out.sendto(bytes(32), ("10.2.0.1", 10))


def _memory() -> int:
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    return sum(int(kb) for kb in re.findall(r"^(?:Slab|Percpu): +(\d+)", text, re.MULTILINE))


STORMS: dict[str, Callable[[int, int], str]] = {
    "rules come and go": lambda seed, part: come_and_go(10_000 // part, seed),
    "many rules in one table": lambda seed, part: many(10_000 // part),
}
