# SPDX-License-Identifier: GPL-2.0-only
"""Runs one command in a guest and judges the run."""

import fcntl
import os
import selectors
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import debug_kernel
import initramfs
import kernel_log
import machine

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
_GUEST = ROOT / "tests/vm/guest"
# How long a guest may take to power off once its command has ended; a kmemleak scan included.
_POWER_OFF_SECONDS = 120


@dataclass
class Options:
    """What a run needs to know besides the command."""
    kernel: str = "6.1"
    timeout: float | None = None
    append: str = ""
    qemu_args: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    accelerator: str = "auto"
    memory: str | None = None
    processors: int = 2
    shell: bool = False
    run_dir: Path | None = None
    allowed_trouble: str | None = None
    verbose: bool = False


@dataclass
class Result:
    """How a run ended: the command's exit status (None when it never ended) and what was wrong."""
    status: int | None
    faults: list[str]
    run_dir: Path


def _new_run_dir(options: Options) -> Path:
    if options.run_dir is not None:
        options.run_dir.mkdir(parents=True, exist_ok=True)
        return options.run_dir.resolve()
    parent = BUILD / "vm"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%H%M%S-"), dir=parent))


def _write_run_dir(run_dir: Path, command: list[str], options: Options, kernel: Path) -> None:
    for stale in ("status", "dmesg", "kmemleak", "console", "output"):
        (run_dir / stale).unlink(missing_ok=True)
    release = (kernel / "release").read_text().strip()
    size = shutil.get_terminal_size()
    settings = {
        "RUN_DIR": str(run_dir),
        "MODE": "shell" if options.shell else "run",
        "MODULE_TREE": str((kernel / "root/lib/modules" / release).resolve()),
        "ROWS": str(size.lines),
        "COLUMNS": str(size.columns),
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    (run_dir / "settings").write_text("".join(lines))
    # Copied, so that the guest's kernel log can be read beside the script that produced it.
    shutil.copy(_GUEST / "main", run_dir / "main")
    environment = debug_kernel.environment(options.kernel) | options.environment
    script = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    script.append(f"cd {shlex.quote(os.getcwd())}")
    script.append("exec " + shlex.join(command))
    (run_dir / "command").write_text("\n".join(script) + "\n")


def _pump(qemu: subprocess.Popen[bytes], run_dir: Path, timeout: float) -> str | None:
    """Passes the guest's output on until it powers off; returns what went wrong with that, if any."""
    assert qemu.stdout is not None
    deadline = time.monotonic() + timeout
    ended: float | None = None
    with open(run_dir / "output", "wb") as copy, selectors.DefaultSelector() as selector:
        selector.register(qemu.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=0.5):
                data = os.read(qemu.stdout.fileno(), 65536)
                if not data:
                    return None
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
                copy.write(data)
                copy.flush()
            now = time.monotonic()
            if ended is None and (run_dir / "status").exists():
                ended = now
            if ended is not None and now > ended + _POWER_OFF_SECONDS:
                return f"the guest did not power off within {_POWER_OFF_SECONDS} s of the command's end"
            if ended is None and now > deadline:
                return f"the guest was still running after {timeout:g} s"


def _run_qemu(arguments: list[str], run_dir: Path, options: Options) -> str | None:
    if options.shell:
        code = subprocess.run(arguments, check=False).returncode
        return f"QEMU failed with status {code}" if code else None
    fault = None
    with open(run_dir / "qemu.err", "wb") as errors, subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as qemu:
        try:
            timeout = options.timeout or debug_kernel.default_timeout(options.kernel)
            fault = _pump(qemu, run_dir, timeout)
            if fault is None:
                qemu.wait(timeout=_POWER_OFF_SECONDS)
        finally:
            # A guest that hangs, or whose run was interrupted, must not outlive this process.
            qemu.kill()
    if fault is None and qemu.returncode != 0:
        fault = f"QEMU failed: {(run_dir / 'qemu.err').read_text(errors='replace').strip()}"
    return fault


def run(command: list[str], options: Options) -> Result:
    """Boots a guest, runs COMMAND in it with its output on this process's stdout."""
    kernel = BUILD / "kernels" / options.kernel
    run_dir = _new_run_dir(options)
    archive = initramfs.build(kernel, _GUEST / "init")
    accelerator = options.accelerator
    if accelerator == "auto":
        accelerator = machine.choose_accelerator(kernel, archive, BUILD / "vm/accelerator")
    with open(run_dir / "lock", "w", encoding="utf-8") as lock:
        # Two runs that were given the same directory take turns.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _run_in(run_dir, command, options, kernel, archive, accelerator)


def _run_in(run_dir: Path, command: list[str], options: Options, kernel: Path, archive: Path,
            accelerator: str) -> Result:
    _write_run_dir(run_dir, command, options, kernel)
    arguments = machine.command_line(
        accelerator, kernel, archive, run_dir, shell=options.shell,
        append=f"{debug_kernel.cmdline(options.kernel)} {options.append}",
        memory=options.memory or debug_kernel.default_memory(options.kernel), processors=options.processors, extra=options.qemu_args)
    if options.verbose:
        print(shlex.join(arguments), file=sys.stderr)
    fault = _run_qemu(arguments, run_dir, options)
    return _judge(run_dir, fault, options)


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _judge(run_dir: Path, fault: str | None, options: Options) -> Result:
    faults = [fault] if fault else []
    text = _read(run_dir / "status").strip()
    status = int(text) if text else None
    console = _read(run_dir / "console")
    if status is None and not fault:
        faults.append("the guest went down before the command ended")
    if status is None:
        faults += [f"last words: {line}" for line in console.splitlines()[-5:]]
    log = "\n".join((_read(run_dir / "dmesg"), console, _read(run_dir / "kmemleak")))
    faults += [f"kernel log: {line}"
               for line in kernel_log.find_trouble(log, allowed=options.allowed_trouble)]
    return Result(status, faults, run_dir)
