# SPDX-License-Identifier: GPL-2.0-only
"""Boots a test host from its root directory, again and again until it says that it is done.

    boot_host.py [--kernel-root ROOT2] [--spare MEGABYTES] [--seconds SECONDS] ROOT WORK

ROOT is the unpacked system, with its own kernel; WORK gets the disk, the consoles and the reports. From the second
boot on the kernel is that of ROOT2. Prints the host's reports (`ok NAME`, `not ok NAME` and details), and one of its
own for each boot. Exit status 1: one of them is bad.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vm/harness"))

import initramfs  # noqa: E402
import kernel_log  # noqa: E402
import machine  # noqa: E402

_INIT = Path(__file__).resolve().parent / "guest/init"
_MODULES = ("virtio_pci", "virtio_blk", "ext4", "virtio_rng")
_BOOTS_AT_MOST = 8
# A boot and its tests take a minute or two on an idle machine, and ten on a busy one.
_BOOT_SECONDS = 1800
_SPARE_MEGABYTES = 300


def _make_disk(root: Path, disk: Path, spare: int) -> None:
    used = subprocess.run(["du", "-sm", str(root)], check=True, capture_output=True, text=True).stdout
    megabytes = int(used.split()[0]) * 11 // 10 + spare
    disk.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0",
                    "-d", str(root), str(disk), f"{megabytes}M"], check=True)


def _make_kernel(root: Path, work: Path) -> Path:
    """The directory that the harness wants: the image, the modules, a name."""
    kernel = work / f"kernel-{root.name}"
    kernel.mkdir(exist_ok=True)
    image = max((root / "boot").glob("vmlinuz-*"))
    release = image.name.removeprefix("vmlinuz-")
    (kernel / "vmlinuz").write_bytes(image.read_bytes())
    (kernel / "release").write_text(release + "\n")
    (kernel / "stamp").write_text(release + "\n")
    link = kernel / "root"
    link.unlink(missing_ok=True)
    link.symlink_to(root)
    (kernel / "initramfs.cpio").unlink(missing_ok=True)
    return kernel


def _boot(kernel: Path, accelerator: str, work: Path, number: int, seconds: int) -> str:
    """One boot, until the guest resets or powers off; returns what it reported."""
    console, report = work / f"console-{number}", work / f"report-{number}"
    for file in (console, report):
        file.unlink(missing_ok=True)
    archive = initramfs.build(kernel, _INIT, _MODULES)
    command = machine.root_disk_command_line(accelerator, kernel, archive, console, report,
                                             work / "disk")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as qemu:
        try:
            qemu.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            qemu.kill()
    return report.read_text(errors="replace").replace("\r", "") if report.exists() else ""


def _judge(number: int, seconds: float, report: str, console: str) -> bool:
    """Prints a report and the verdict on the boot itself; were all good?"""
    lines = [line for line in report.splitlines() if line.strip()]
    ended = bool(lines) and lines[-1] in ("next", "done")
    for line in lines:
        if line not in ("next", "done"):
            print(line)
    faults = kernel_log.find_trouble(console)
    if not ended:
        faults += ["it never came to an end; last words:", *console.splitlines()[-15:]]
    print(f"{'not ok' if faults else 'ok'} boot {number} and its kernel log")
    for fault in faults:
        print(f"# {fault}")
    print(f"boot {number}: {seconds:.0f} s", file=sys.stderr)
    return ended and not faults and not any(line.startswith("not ok ") for line in lines)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel-root", type=Path)
    parser.add_argument("--spare", type=int, default=_SPARE_MEGABYTES)
    parser.add_argument("--seconds", type=int, default=_BOOT_SECONDS)
    parser.add_argument("root", type=Path)
    parser.add_argument("work", type=Path)
    args = parser.parse_args()
    root, work = args.root.resolve(), args.work.resolve()
    first = _make_kernel(root, work)
    later = _make_kernel(args.kernel_root.resolve(), work) if args.kernel_root else first
    accelerator = machine.choose_accelerator(first, initramfs.build(first, _INIT, _MODULES), work / "accelerator")
    _make_disk(root, work / "disk", args.spare)
    good = True
    for number in range(1, _BOOTS_AT_MOST + 1):
        start = time.monotonic()
        report = _boot(first if number == 1 else later, accelerator, work, number, args.seconds)
        console = (work / f"console-{number}").read_text(errors="replace")
        good &= _judge(number, time.monotonic() - start, report, console)
        sys.stdout.flush()
        if not report.rstrip().endswith("next"):
            break
    (work / "disk").unlink()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
