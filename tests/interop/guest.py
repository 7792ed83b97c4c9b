# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: plays scenes, and leaves what was captured in a directory for each.

  original.pcapng   the traffic on the router's device `lan`
  collector.pcapng  c10, c11 ..: the copies on the wire; d10 ..: what the kernel's devices make of them; b10 ..
                    what Open vSwitch does
  rmirror.pcapng    what `rmirror collector` writes; bare.pcapng the same for `none`
  eve.json          of Suricata, which listened on all of these
  counters, rules   of rmirror
"""

import os
import shutil
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import capture
import copies
import hosts
import rules
import suricata
import switch
import traffic
from scenes import BY_NAME, SHORT, Scene

_MODULES = ("nft_rmirror", "veth", "8021q", "ip_gre", "ip6_gre", "vxlan", "geneve", "sch_ingress", "cls_matchall",
            "act_mirred", "xt_TEE", "nft_dup_ipv4")


def _collectors(scene: Scene, work: Path) -> list[capture.Listener]:
    """`rmirror collector` on all links, and another for bare copies."""
    program = os.environ["RMIRROR"]
    found = []
    if any(not copy.bare for copy in scene.copies):
        found.append(capture.Listener("collector", [program, "collector", "--pcapng", str(work / "rmirror.pcapng")],
                                      work / "rmirror.log", "receiving"))
    for copy in scene.copies:
        if copy.bare:
            command = [program, "collector", "--encap", "none", "--device", f"c{copy.number}",
                       "--pcapng", str(work / f"bare-{copy.number}.pcapng")]
            found.append(capture.Listener("collector", command, work / f"bare-{copy.number}.log", "receiving"))
    return found


def _settle() -> None:
    """Until the last packets have arrived: the devices count no more."""
    before = ""
    for _ in range(40):
        time.sleep(1)
        now = hosts.sh("cat /sys/class/net/*/statistics/rx_packets", "collector")
        if now == before:
            return
        before = now
    raise RuntimeError("packets do not end to arrive at the collector")


def _flap(scene: Scene) -> None:
    """Another route to each collector comes, and goes: there is always one."""
    for word in ("add", "del"):
        routes = [f"{copies.collector(copy.number, scene.outer)} dev m{copy.number}" for copy in scene.copies]
        hosts.sh(hosts.batch("router", [f"route {word} {route}" for route in routes]))
        time.sleep(0.5)


def _middle(scene: Scene) -> threading.Thread | None:
    """What a scene does while the transfer is under way."""
    function = rules.load if scene.reload else _flap if scene.flap else None
    if function is None:
        return None
    thread = threading.Thread(target=function, args=(scene,))
    thread.start()
    return thread


def _listen(scene: Scene, work: Path) -> list[capture.Listener]:
    devices = hosts.make_devices(scene) if scene.devices else []
    if scene.switch:
        devices += switch.start(scene)
    cards = [f"c{copy.number}" for copy in scene.copies]
    listeners = [capture.dumpcap("router", ["lan"], work / "original.pcapng"),
                 capture.dumpcap("collector", cards + devices, work / "collector.pcapng"),
                 *_collectors(scene, work)]
    if scene.live:
        listeners.append(suricata.live("collector", cards + devices, work, scene.leaves_gro))
    for listener in listeners:
        listener.wait_until_ready()
    return listeners


def play(scene: Scene, work: Path, certificate: Path) -> None:
    """One scene, its captures in WORK."""
    if scene.switch or scene.bridge:
        subprocess.run(["modprobe", "openvswitch"], check=True)
    hosts.set_up(scene)
    if scene.bridge:
        switch.mirror(scene)
    hosts.warm(scene)
    listeners = _listen(scene, work)
    rules.load(scene)
    rules.load_others(scene)
    traffic.play(scene, certificate, lambda: _middle(scene), scene is SHORT)
    _settle()
    for listener in listeners:
        listener.stop()
    if scene.switch or scene.bridge:
        switch.stop()
    (work / "rules").write_text(hosts.sh("nft list ruleset", "router"), encoding="utf-8")
    (work / "counters").write_text(hosts.sh("cat /proc/net/rmirror", "router"), encoding="ascii")
    hosts.tear_down()


def main() -> int:
    """Plays the scenes named. One that fails ends the run: what it left behind would be in the next one."""
    results = Path(os.environ["RMIRROR_RESULTS"])
    subprocess.run(["modprobe", "-a", *_MODULES], check=True)
    # The module openvswitch has connection tracking put fragments together in every network namespace.
    for name in sorted(sys.argv[1:], key=lambda name: BY_NAME[name].switch or BY_NAME[name].bridge):
        start = time.monotonic()
        # In the guest's memory first: the shared directory is slow.
        work = Path("/tmp") / f"interop-{name}"
        work.mkdir()
        try:
            play(BY_NAME[name], work, results / "certificate.pem")
        except (RuntimeError, OSError, subprocess.SubprocessError):
            traceback.print_exc()
            shutil.copytree(work, results / f"{name}.failed", dirs_exist_ok=True)
            return 1
        shutil.copytree(work, results / name)
        shutil.rmtree(work)
        print(f"scene {name}: {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
