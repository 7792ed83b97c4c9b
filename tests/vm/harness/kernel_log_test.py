# SPDX-License-Identifier: GPL-2.0-only
"""What the scan of the kernel log must find, and what it must not: lines of real kernels."""

import unittest

from kernel_log import find_trouble

_TROUBLE = (
    "[    5.1] WARNING: CPU: 0 PID: 1 at net/core/dev.c:42 f+0x1/0x2 [rmirror_core]",
    "[    5.1] BUG: kernel NULL pointer dereference, address: 0000000000000000",
    "[    5.1] kernel BUG at net/core/skbuff.c:112!",
    "[    5.1] Oops: 0000 [#1] PREEMPT SMP PTI",
    "[    5.1] general protection fault, probably for non-canonical address",
    "[    5.1] BUG: scheduling while atomic: swapper/0/0/0x00000100",
    "[    5.1] BUG: sleeping function called from invalid context at mm/slab.h:1",
    "[    5.1] refcount_t: underflow; use-after-free.",
    "[    5.1] WARNING: suspicious RCU usage",
    "[    5.1] WARNING: possible circular locking dependency detected",
    "[    5.1] INFO: task modprobe:123 blocked for more than 120 seconds.",
    "[    5.1] rcu: INFO: rcu_sched self-detected stall on CPU",
    "[    5.1] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [nft:12]",
    "[    5.1] BUG: KASAN: use-after-free in rmirror_xmit+0x1/0x2",
    "[    5.1] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "unreferenced object 0xffff888003a7c000 (size 192):",
    "[    5.1] unregister_netdevice: waiting for lo to become free. Usage count = 2",
    "[    5.1] list_del corruption. prev->next should be ffff8880",
    "[    5.1] skbuff: skb_over_panic: text:ffffffff len:100 put:100",
    "[    5.1] Kernel panic - not syncing: Fatal exception in interrupt",
    "[    5.1] eth0: hw csum failure",
    "[    5.1] Disabling lock debugging due to kernel taint",
    "[    5.1] ODEBUG: Out of memory. ODEBUG disabled",
    "[    5.1] kmemleak: Cannot allocate a kmemleak_object structure",
    "[    5.1] UBSAN: array-index-out-of-bounds in lib/test_ubsan.c:79:5",
    "[    5.1] leaked reference.",
)
_HARMLESS = (
    "[    0.0] Kernel command line: console=ttyS0 oops=panic panic=-1",
    "[    0.1] Spectre V2 : WARNING: Unprivileged eBPF is enabled",
    "[    0.2] rcu: Hierarchical RCU implementation.",
    "[    4.3] rmirror_core: loading out-of-tree module taints kernel.",
    "[    4.3] rmirror_core: module verification failed: signature and/or required key missing",
    "[    1.9] Unstable clock detected, switching default tracing clock to \"global\"",
    "[    5.0] random: crng init done",
)


class FindTrouble(unittest.TestCase):
    """The two tables above, and how lines are joined."""

    def test_finds_every_trouble(self) -> None:
        for line in _TROUBLE:
            with self.subTest(line):
                self.assertTrue(find_trouble(line))

    def test_passes_what_healthy_kernels_say(self) -> None:
        self.assertEqual(find_trouble("\n".join(_HARMLESS)), [])

    def test_says_a_line_of_both_logs_once(self) -> None:
        line = "BUG: kernel NULL pointer dereference"
        self.assertEqual(find_trouble(f"[    5.123456] {line}\n<1>[ 5.123456] {line}"), [line])

    def test_lets_expected_lines_pass(self) -> None:
        self.assertEqual(find_trouble(_TROUBLE[0], allowed="at net/core/dev.c:42"), [])


if __name__ == "__main__":
    unittest.main()
