# SPDX-License-Identifier: GPL-2.0-only
"""What a guest needs more than others because its kernel checks itself (tests/vm/kernel, *-debug)."""

import user_mode

_SUFFIX = "-debug"
# KASAN takes an eighth of it for its shadow and keeps freed memory back; every object has a record.
_MEMORY = {False: "1G", True: "2G"}
_TIMEOUT = {False: 600.0, True: 2400.0}
# The times that tests wait are meant for an ordinary kernel: see tests/vm/support/time_scale.hpp.
_TIME_SCALE = {"QEMU": "4", "user mode": "2"}
# Every error is to be reported, not only the first. The firmware's interpreter takes 30 s a device to
# find an interrupt that MSI makes needless. TCG's time stamp counter can be relied on, and read fast.
_CMDLINE = "kasan_multi_shot acpi=noirq tsc=reliable"


def is_debug(kernel: str) -> bool:
    return kernel.endswith(_SUFFIX)


def default_memory(kernel: str) -> str:
    return _MEMORY[is_debug(kernel)]


def default_timeout(kernel: str) -> float:
    """How many seconds a command may take that did not say so itself."""
    return _TIMEOUT[is_debug(kernel)]


def cmdline(kernel: str) -> str:
    return _CMDLINE if is_debug(kernel) else ""


def environment(kernel: str) -> dict[str, str]:
    if not is_debug(kernel):
        return {}
    scale = _TIME_SCALE["user mode" if user_mode.is_user_mode(kernel) else "QEMU"]
    return {"RMIRROR_TIME_SCALE": scale}
