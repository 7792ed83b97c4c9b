# SPDX-License-Identifier: GPL-2.0-only
"""The machines: QEMU's full-system emulation of each architecture, and this project's own guest for amd64."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_BUILD = _ROOT / "build"
sys.path.append(str(_ROOT / "tests/vm/harness"))

import initramfs  # noqa: E402  (of tests/vm/harness)

REFERENCE = "amd64"
_INIT = _ROOT / "tests/arch/guest/init"
_SECONDS = 900
_MODULES = ("virtio_console", "tun", "nf_tables", "nft_rmirror")
# Nothing but the first words of a kernel that dies has to be on the console.
_CMDLINE = "loglevel=4 panic=-1 oops=panic random.trust_cpu=on audit=0 log_buf_len=4M"


@dataclass(frozen=True)
class Machine:
    """How QEMU emulates one, and what is particular to the architecture."""
    qemu: str
    arguments: tuple[str, ...]
    console: str
    port: str
    order: str = "<"
    modules: tuple[str, ...] = ("virtio_pci", *_MODULES)
    counts_unaligned: bool = False


MACHINES = {
    "arm64": Machine("qemu-system-aarch64", ("-machine", "virt", "-cpu", "cortex-a57"), "ttyAMA0",
                     "virtio-serial-pci"),
    "armhf": Machine("qemu-system-arm", ("-machine", "virt,highmem=off", "-cpu", "cortex-a15"), "ttyAMA0",
                     "virtio-serial-pci", counts_unaligned=True),
    "mipsel": Machine("qemu-system-mipsel", ("-machine", "malta", "-cpu", "24Kf"), "ttyS0",
                      "virtio-serial-pci", counts_unaligned=True),
    "s390x": Machine("qemu-system-s390x", ("-machine", "s390-ccw-virtio", "-cpu", "max"), "ttysclp0",
                     "virtio-serial-ccw", order=">", modules=_MODULES),
}


class NoGuest(Exception):
    """It did not run to its end; the message is why."""


def _archive(directory: Path, machine: Machine, corpus: str) -> Path:
    release = (directory / "release").read_text().strip()
    modules = initramfs.module_files(directory / "root", release, machine.modules)
    out = directory / "initramfs"
    out.write_bytes(initramfs.pack(_INIT, directory / "busybox", modules,
                                   {"program": (directory / "program").read_bytes(),
                                    "corpus": corpus.encode()}))
    return out


def _command(directory: Path, machine: Machine, archive: Path, output: Path) -> list[str]:
    console = directory / "console"
    return [machine.qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            *machine.arguments, "-m", "512M", "-kernel", str(directory / "kernel"), "-initrd", str(archive),
            "-append", f"console={machine.console} {_CMDLINE}", "-serial", f"file:{console}",
            "-device", machine.port, "-chardev", f"file,id=port,path={output}",
            "-device", "virtserialport,chardev=port"]


def boot(name: str, corpus: str) -> str:
    """What the guest of that architecture says; raises NoGuest."""
    machine, directory = MACHINES[name], _BUILD / "arch" / name
    output = directory / "output"
    output.unlink(missing_ok=True)
    command = _command(directory, machine, _archive(directory, machine, corpus), output)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise NoGuest(f"still running after {_SECONDS} s, see {directory}/console") from late
    said = output.read_text(errors="replace") if output.exists() else ""
    if not said.endswith("done\n"):
        console = directory / "console"
        words = console.read_text(errors="replace").splitlines()[-30:] if console.exists() else []
        raise NoGuest("\n".join([f"the guest went down: {done.stderr.strip()}", *words]))
    return said


def boot_reference(corpus: str) -> str:
    """The same of amd64, in the guest of tests/vm, which looks at the kernel log itself."""
    directory = _BUILD / "arch" / REFERENCE
    (directory / "corpus").write_text(corpus)
    script = "modprobe -a tun nf_tables nft_rmirror && exec \"$@\""
    done = subprocess.run([str(_ROOT / "tests/vm/run"), "--timeout", str(_SECONDS), "--", "sh", "-c", script,
                           "sh", str(directory / "program"), str(directory / "corpus")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoGuest(done.stderr + done.stdout[-500:])
    return done.stdout
