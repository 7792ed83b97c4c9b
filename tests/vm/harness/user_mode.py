# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that is a program of this machine (ARCH=um): its command line."""

from pathlib import Path

_WORD = "um"
# What the guest's first script mounts: all else is built in or the command's business.
MODULES = ("overlay",)


def is_user_mode(kernel: str) -> bool:
    return _WORD in kernel.split("-")


def command_line(kernel: Path, initramfs: Path, run_dir: Path, *, append: str = "",
                 memory: str = "1G") -> list[str]:
    """The argument vector that boots KERNEL; its stdout is the command's, its stderr the kernel's log.

    After a panic the whole log is on stdout, too.

    The host's root is mounted read only by the guest's first script, the run directory writable.
    """
    return [str(kernel / "vmlinuz"), f"mem={memory}", f"initrd={initramfs}",
            "con=null", "con0=null,fd:2", "console=tty0", "stderr=1", "ssl=null", "ssl0=fd:0,fd:1",
            f"uml_dir={run_dir}/", "umid=um", "loglevel=5", "panic=-1", "random.trust_cpu=on", f"rmirror.hostfs={run_dir}",
            *append.split()]
