# SPDX-License-Identifier: GPL-2.0-only
"""What listens while the traffic passes: dumpcap, `rmirror collector`, Suricata."""

import re
import signal
import subprocess
import time
from pathlib import Path

_READY_SECONDS = 240
# Of dumpcap: received/dropped
_LOST = r"on interface '[^']+': \d+/[1-9]"


class Listener:
    """A program in a network namespace, which says when it is ready."""

    def __init__(self, netns: str, command: list[str], log: Path, ready: str, lost: str = "") -> None:
        """READY: what it says when it is; LOST: a pattern of what it says at its end if it has missed packets."""
        self._log, self._command, self._ready, self._lost = log, command, ready, lost
        with open(log, "wb") as out:
            # pylint: disable=consider-using-with
            self._process = subprocess.Popen(["ip", "netns", "exec", netns, *command], stdin=subprocess.DEVNULL,
                                             stdout=out, stderr=subprocess.STDOUT)

    def wait_until_ready(self) -> None:
        """Raises if it does not get there."""
        deadline = time.monotonic() + _READY_SECONDS
        while self._ready not in self._text():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(f"{' '.join(self._command)}: not ready: {self._text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it; raises if it had ended by itself, or failed."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._command[0]} ended early: {self._text()[-2000:]}")
        # What jobs of a shell would ignore, this one does not.
        self._process.send_signal(signal.SIGINT)
        if self._process.wait(_READY_SECONDS):
            raise RuntimeError(f"{self._command[0]} failed: {self._text()[-2000:]}")
        if self._lost and re.search(self._lost, self._text()):
            raise RuntimeError(f"{self._command[0]} has missed packets: {self._text()[-2000:]}")

    def _text(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


def dumpcap(netns: str, devices: list[str], file: Path) -> Listener:
    """Whole frames of these devices, each an interface of the file."""
    words = [word for device in devices for word in ("-i", device)]
    # The last two: what may wait to be written. Without them it is 1000 packets of all devices.
    command = ["dumpcap", "-q", "-B", "8", "-s", "262144", "-N", "1000000", "-C", "400000000", *words, "-w", str(file)]
    return Listener(netns, command, file.with_suffix(".log"), "File:", _LOST)
