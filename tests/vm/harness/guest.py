# SPDX-License-Identifier: GPL-2.0-only
"""Runs one command in a guest and judges the run."""

import contextlib
import fcntl
import os
import selectors
import shlex
import shutil
import signal
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
import user_mode

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


def _pump(guest: subprocess.Popen[bytes], run_dir: Path, timeout: float) -> str | None:
    """Passes the guest's output on until it powers off; returns what went wrong with that, if any."""
    assert guest.stdout is not None
    deadline = time.monotonic() + timeout
    ended: float | None = None
    with open(run_dir / "output", "wb") as copy, selectors.DefaultSelector() as selector:
        selector.register(guest.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=0.5):
                data = os.read(guest.stdout.fileno(), 65536)
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


def _run_machine(arguments: list[str], run_dir: Path, options: Options) -> str | None:
    program = Path(arguments[0]).name
    if options.shell:
        code = subprocess.run(arguments, check=False).returncode
        return f"{program} failed with status {code}" if code else None
    fault = None
    # A kernel without QEMU speaks for itself, and a panic of it is the end of a program, not its failure.
    alone = user_mode.is_user_mode(options.kernel)
    complaints = run_dir / ("console" if alone else "qemu.err")
    with open(complaints, "wb") as errors, subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            start_new_session=True) as guest:
        try:
            timeout = options.timeout or debug_kernel.default_timeout(options.kernel)
            fault = _pump(guest, run_dir, timeout)
            if fault is None:
                guest.wait(timeout=_POWER_OFF_SECONDS)
        finally:
            # A guest that hangs, or whose run was interrupted, must not outlive this process, nor the
            # processes that are the programs of a kernel without QEMU.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(guest.pid, signal.SIGKILL)
    panicked = alone and not (run_dir / "status").exists()
    if fault is None and guest.returncode != 0 and not panicked:
        fault = f"{program} failed with status {guest.returncode}: {_read(complaints).strip()}"
    return fault


def _arguments(options: Options, kernel: Path, run_dir: Path) -> list[str]:
    """The argument vector that boots KERNEL; see machine.py and user_mode.py."""
    append = f"{debug_kernel.cmdline(options.kernel)} {options.append}"
    memory = options.memory or debug_kernel.default_memory(options.kernel)
    if user_mode.is_user_mode(options.kernel):
        archive = initramfs.build(kernel, _GUEST / "init", user_mode.MODULES)
        return user_mode.command_line(kernel, archive, run_dir, append=append, memory=memory)
    archive = initramfs.build(kernel, _GUEST / "init")
    accelerator = options.accelerator
    if accelerator == "auto":
        accelerator = machine.choose_accelerator(kernel, archive, BUILD / "vm/accelerator")
    return machine.command_line(
        accelerator, kernel, archive, run_dir, shell=options.shell, append=append, memory=memory,
        processors=options.processors, extra=options.qemu_args)


def run(command: list[str], options: Options) -> Result:
    """Boots a guest, runs COMMAND in it with its output on this process's stdout."""
    # As an interrupt from the keyboard: the guest goes first.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    kernel = BUILD / "kernels" / options.kernel
    run_dir = _new_run_dir(options)
    arguments = _arguments(options, kernel, run_dir)
    with open(run_dir / "lock", "w", encoding="utf-8") as lock:
        # Two runs that were given the same directory take turns.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _write_run_dir(run_dir, command, options, kernel)
        if options.verbose:
            print(shlex.join(arguments), file=sys.stderr)
        return _judge(run_dir, _run_machine(arguments, run_dir, options), options)


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _judge(run_dir: Path, fault: str | None, options: Options) -> Result:
    faults = [fault] if fault else []
    text = _read(run_dir / "status").strip()
    status = int(text) if text else None
    console = _read(run_dir / "console")
    if status is None and user_mode.is_user_mode(options.kernel):
        console += _read(run_dir / "output")  # where a panic prints the whole log
    if status is None and not fault:
        faults.append("the guest went down before the command ended")
    if status is None:
        faults += [f"last words: {line}" for line in console.splitlines()[-5:]]
    log = "\n".join((_read(run_dir / "dmesg"), console, _read(run_dir / "kmemleak")))
    faults += [f"kernel log: {line}"
               for line in kernel_log.find_trouble(log, allowed=options.allowed_trouble)]
    return Result(status, faults, run_dir)
