# SPDX-License-Identifier: GPL-2.0-only
"""Finds what a healthy kernel never says in a kernel log."""

import re

# Each is a complaint of the kernel about itself. Words that modules' ordinary messages hold
# ("warning: ... deprecated") are anchored by the kernel's own spelling.
_TROUBLE = re.compile("|".join((
    r"\bWARNING: ",
    r"\bBUG: ",
    r"kernel BUG at",
    r"\bOops\b",
    r"Kernel panic",
    r"[Gg]eneral protection",
    r"Call Trace:",
    r"Unable to handle kernel",
    r"unable to handle page fault",
    r"scheduling while atomic",
    r"sleeping function called from invalid context",
    r"suspicious RCU usage",
    r"rcu: INFO:",
    r"self-detected stall",
    r"detected stalls? on",
    r"INFO: task .* blocked",
    r"INFO: possible",
    r"INFO: lockdep",
    r"INFO: trying to register non-static key",
    r"possible (circular|recursive|irq) lock",
    r"inconsistent lock state",
    r"possible deadlock",
    r"bad unlock balance",
    r"refcount_t: ",
    r"KASAN: ",
    r"KCSAN: ",
    r"UBSAN: ",
    r"kmemleak: [1-9]\d* new suspected",
    r"unreferenced object",
    r"unregister_netdevice: waiting for",
    r"ref_tracker: .*(leaked|has \d+/\d+ users)",
    r"leaked reference",
    r"double free",
    r"list_(add|del) corruption",
    r"Bad page state",
    r"stack-protector:",
    r"Attempt to release",
    r"skb_over_panic|skb_under_panic",
    r"hw csum failure",
    # A check that gave up sees nothing any more.
    r"Disabling lock debugging",
    r"ODEBUG: Out of memory",
    r"kmemleak: Cannot ",
    r"rmirror-vm: cannot",
)))
# What these kernels say in any QEMU guest, whatever runs in it.
_HARMLESS = re.compile("|".join((
    r"spectre|Spectre|RETBleed|L1TF|MDS CPU bug",
)))


def find_trouble(log: str, allowed: str | None = None) -> list[str]:
    """The lines of LOG that tell of a fault in the kernel, in order, each once.

    ALLOWED is a regular expression for lines that a test provokes on purpose.
    """
    expected = re.compile(allowed) if allowed else None
    found: dict[str, None] = {}
    for line in log.splitlines():
        if not _TROUBLE.search(line) or _HARMLESS.search(line):
            continue
        if expected and expected.search(line):
            continue
        # The console and dmesg carry the same line, with and without a level.
        found.setdefault(re.sub(r"^(<\d+>)?\[ *[\d.]+\](\[ *[TC]\d+\])? *", "", line).strip())
    return list(found)
