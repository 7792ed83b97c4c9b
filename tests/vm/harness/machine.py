# SPDX-License-Identifier: GPL-2.0-only
"""The QEMU command line of a guest, and the choice of the accelerator."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import debug_kernel
import image

QEMU = "qemu-system-x86_64"
_PROBE_SECONDS = 8
# Programs stand at the same addresses each time: TCG translates their code once, not at each start.
# TCG shares the host's processors with everything else: a guest that gets none for some seconds is
# not a guest whose kernel hangs.
_CMDLINE = ("console=ttyS0,115200 loglevel=5 panic=-1 oops=panic nokaslr mitigations=off "
            "random.trust_cpu=on log_buf_len=8M printk.time=1 "
            "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=100 audit=0 selinux=0 apparmor=0 "
            "norandmaps")
# Clears and copies pages eight bytes at a time; with these TCG would do it byte by byte.
_WITHOUT_STRING_INSTRUCTIONS = ",erms=off,fsrm=off"


@functools.cache
def _version() -> tuple[int, ...]:
    """(7, 2) of "QEMU emulator version 7.2.22 (Debian ...)"."""
    said = subprocess.run([QEMU, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", said)
    if found is None:
        raise RuntimeError(f"{QEMU} --version: no version in {said!r}")
    return tuple(map(int, found.groups()))


def _threads(counted: bool, patched: bool) -> str:
    """One thread for all processors of a guest, or one for each.

    A guest whose instructions are counted has to run in one. Before QEMU 8.1 one whose code is PATCHED
    while it runs has to, too: a page was not locked while it was translated, so that what another
    processor wrote in just that moment was kept as it had been: "Oops: int3" where the kernel flips a
    static branch. The debug kernel has none (CONFIG_JUMP_LABEL).
    """
    return "single" if counted or (patched and _version() < (8, 1)) else "multi"


def _base(accelerator: str, kernel: Path, initramfs: Path, console: Path, append: str,
          counted: bool = False) -> list[str]:
    threads = _threads(counted, patched=not debug_kernel.is_debug(kernel.name))
    accel = {"tcg": ["-accel", f"tcg,thread={threads},tb-size=512"],
             "kvm": ["-accel", "kvm"]}[accelerator]
    cpu = {"tcg": "max,la57=off,pcid=off", "kvm": "host"}[accelerator]
    # What is counted is to be what a processor of today does.
    if accelerator == "tcg" and not counted:
        cpu += _WITHOUT_STRING_INSTRUCTIONS
    return [QEMU, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "pc,vmport=off,hpet=off", *accel, "-cpu", cpu,
            "-kernel", str(image.extract(kernel)), "-initrd", str(initramfs),
            "-append", f"{_CMDLINE} {append}".strip(),
            "-serial", f"file:{console}"]


def command_line(accelerator: str, kernel: Path, initramfs: Path, run_dir: Path, *, append: str = "",
                 shell: bool = False, memory: str = "1G", processors: int = 2,
                 extra: list[str] | None = None) -> list[str]:
    """The argument vector that boots KERNEL; its stdout is the command's output."""
    if shell:
        port = ["-device", "virtconsole,chardev=stdio"]
    else:
        port = ["-device", "virtserialport,chardev=stdio,name=rmirror.output"]
    counted = "-icount" in (extra or [])
    return [*_base(accelerator, kernel, initramfs, run_dir / "console", append, counted),
            "-m", memory, "-smp", str(processors),
            "-device", "virtio-rng-pci",
            "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
            "-virtfs", f"local,path={_escaped(run_dir)},mount_tag=run,security_model=none",
            "-chardev", "stdio,id=stdio,signal=off",
            "-device", "virtio-serial-pci", *port, *(extra or [])]


def root_disk_command_line(accelerator: str, kernel: Path, initramfs: Path, console: Path, report: Path,
                           disk: Path, *, memory: str = "1G", processors: int = 2) -> list[str]:
    """The argument vector that boots a system from DISK; its second serial port writes to REPORT."""
    return [*_base(accelerator, kernel, initramfs, console, "root=/dev/vda rw"),
            "-serial", f"file:{report}",
            "-m", memory, "-smp", str(processors), "-device", "virtio-rng-pci",
            "-drive", f"file={_escaped(disk)},if=virtio,format=raw,cache=unsafe"]


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")  # QEMU's own way to quote a comma


def choose_accelerator(kernel: Path, initramfs: Path, cache: Path) -> str:
    """kvm when a guest comes up with it in a few seconds, else tcg; the answer is kept in CACHE."""
    device = Path("/dev/kvm")
    if not os.access(device, os.R_OK | os.W_OK):
        return "tcg"
    # Another boot of the host may bring a KVM that works.
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    if cache.exists():
        known_boot, _, answer = cache.read_text().strip().partition(" ")
        if known_boot == boot and answer in ("kvm", "tcg"):
            return answer
    cache.parent.mkdir(parents=True, exist_ok=True)
    answer = "kvm" if _boots_with_kvm(kernel, initramfs, cache.with_suffix(".console")) else "tcg"
    cache.write_text(f"{boot} {answer}\n")
    return answer


def _boots_with_kvm(kernel: Path, initramfs: Path, console: Path) -> bool:
    console.unlink(missing_ok=True)
    command = [*_base("kvm", kernel, initramfs, console, "rmirror.probe"), "-m", "512M"]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=_PROBE_SECONDS, check=True)
    except (subprocess.SubprocessError, OSError):
        return False
    return console.exists() and "rmirror-vm: alive" in console.read_text(errors="replace")


def is_installed() -> bool:
    return shutil.which(QEMU) is not None
