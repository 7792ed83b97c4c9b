# SPDX-License-Identifier: GPL-2.0-only
"""The programs that hold tests, each in a session of its own. Whatever ends one early, or the runner itself
(a time limit, Ctrl-C, SIGTERM), ends all that it has started too: guests, systems below build/."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

_ROOT = Path(__file__).resolve().parents[3]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 10
_running: set[int] = set()


@contextlib.contextmanager
def started(command: list[str], errors: int | IO[str] = subprocess.STDOUT) -> Iterator[subprocess.Popen[str]]:
    """COMMAND, in the project's directory, with its stdout in a pipe; waits for its end."""
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=errors, text=True, errors="replace", start_new_session=True) as process:
        _running.add(process.pid)
        try:
            yield process
            process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            _running.discard(process.pid)


def run(command: list[str], seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Runs COMMAND to its end, its stderr in its stdout. Raises subprocess.TimeoutExpired after SECONDS."""
    with started(command) as process:
        output, _ = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess(command, process.returncode, output)


def end_with_the_runner() -> None:
    """From now on a signal that ends this process reaches the programs, in whatever thread they are waited for."""
    for number in _SIGNALS:
        signal.signal(number, _end_all)


def _end_all(number: int, _frame: FrameType | None) -> None:
    for group in tuple(_running):
        _send(group, signal.SIGTERM)
    sys.exit(128 + number)


def _end(process: subprocess.Popen[str]) -> None:
    _send(process.pid, signal.SIGTERM)
    # The pipe ends with the last that holds it.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=_GRACE_SECONDS)
    _send(process.pid, signal.SIGKILL)


def _send(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
