# SPDX-License-Identifier: GPL-2.0-only
"""README by the letter, from "The first rule" to "See it arrive": what a newcomer types on the two hosts, and what he
then sees."""

import os
import re
import subprocess
import time
from pathlib import Path

import hosts

_README = Path(__file__).resolve().parents[2] / "README.md"
_SECONDS = 8


def _commands(heading: str) -> list[str]:
    """The lines of a section's first block, without their comments."""
    part = _README.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    found = re.search(r"(?:^    .*\n)+", part, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"README.md has no commands below '{heading}'")
    return [re.sub(r"\s{2,}#.*", "", line.strip()) for line in found[0].splitlines()]


def _type(netns: str, command: str, out: str) -> subprocess.Popen[bytes]:
    """As in a terminal of its own, and after some seconds Ctrl-C."""
    directory = os.path.dirname(os.environ["RMIRROR"])
    script = f"PATH={directory}:$PATH; exec timeout -s INT {_SECONDS} bash -c '{command}'"
    with open(out, "wb") as file:
        return subprocess.Popen(["ip", "netns", "exec", netns, "bash", "-c", script], stdout=file,
                                stderr=subprocess.STDOUT)


def play() -> list[str]:
    """Returns what is wrong."""
    hosts.sh("ip netns add router; ip netns add hosts\n"
             "ip -n router link add eth0 type veth peer name eth0 netns hosts\n" +
             hosts.batch("router", ["addr add 10.0.0.1/24 dev eth0", "link set lo up", "link set eth0 up"]) +
             hosts.batch("hosts", ["addr add 10.0.0.5/24 dev eth0", "link set lo up", "link set eth0 up"]))
    try:
        for command in _commands("The first rule"):
            hosts.sh(command, "router")
        first, *rest = [command for command in _commands("See it arrive") if "wireshark" not in command]
        typed = [_type("hosts", first, "/tmp/readme.collector")]
        time.sleep(1)
        typed.append(_type("hosts", "\n".join(rest), "/tmp/readme.device"))
        time.sleep(2)
        hosts.sh("ping -qnc 3 -i 0.2 10.0.0.1", "hosts")
        for program in typed:
            program.wait(4 * _SECONDS)
    finally:
        hosts.sh("ip netns del router; ip netns del hosts")
    collector, device = (Path(f"/tmp/readme.{name}").read_text(errors="replace") for name in ("collector", "device"))
    faults = [] if re.search(r"10\.0\.0\.1\b.*\bgre\b", collector) else [f"`{first}` shows: {collector}"]
    if device.count("ICMP echo request") != 3:
        faults.append(f"the device shows: {device}")
    return faults
