# SPDX-License-Identifier: GPL-2.0-only
"""The hosts of a scene, as network namespaces of the guest.

  sender eth0 ------ lan  router  wan ------ eth0 peer          10.1.0.1, .2; 10.2.0.2, .1; fd01::, fd02::
                          m10, m11 ..
                           |    |                               10.9.10.1, 10.9.11.1 ..; fd09:10::1 ..
                          c10, c11 ..  collector                10.9.10.5 ..
                          d10, d11 ..                           what the kernel's devices took out of the copies
                          b10, b11 ..                           what ports of Open vSwitch did
"""

import ctypes
import subprocess
import threading
from collections.abc import Callable

import copies
import offload
from copies import Copy
from scenes import Scene

NAMES = ("sender", "router", "peer", "collector")
SENDER, PEER, ROUTER = {4: "10.1.0.1", 6: "fd01::1"}, {4: "10.2.0.1", 6: "fd02::1"}, {4: "10.1.0.2", 6: "fd01::2"}
_CLONE_NEWNET = 0x40000000
# Of every frame that the mirroring host sends to a collector, and of no other there
MIRROR_MAC = "02:00:00:00:09:01"


def sh(script: str, netns: str = "") -> str:
    """Runs a script, in a network namespace; its failure ends the run, with the script. Returns its output."""
    command = (["ip", "netns", "exec", netns] if netns else []) + ["bash", "-euo", "pipefail"]
    done = subprocess.run(command, input=script, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode} of, in {netns or 'the guest'}:\n{script}\n{done.stdout}")
    return done.stdout


def within(netns: str, function: Callable[[], None]) -> threading.Thread:
    """A thread that runs FUNCTION in a network namespace; its sockets are made there."""
    def run() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{netns}", "rb") as file:
            if libc.setns(file.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {netns}")
        function()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def run_within(netns: str, function: Callable[[], None]) -> None:
    """The same, to its end; raises what it raised."""
    faults: list[Exception] = []

    def run() -> None:
        try:
            function()
        except Exception as fault:  # pylint: disable=broad-exception-caught
            faults.append(fault)
    within(netns, run).join()
    if faults:
        raise faults[0]


def _links(scene: Scene) -> tuple[list[str], dict[str, list[str]]]:
    """A line for each pair of devices, and the devices of each host."""
    pairs = [("lan", "02:00:00:00:01:02", "sender", "eth0", "02:00:00:00:01:01"),
             ("wan", "02:00:00:00:02:02", "peer", "eth0", "02:00:00:00:02:01")]
    pairs += [(f"m{copy.number}", MIRROR_MAC, "collector", f"c{copy.number}", "02:00:00:00:09:05")
              for copy in scene.copies]
    devices: dict[str, list[str]] = {name: [] for name in NAMES}
    lines = []
    for near, near_mac, netns, far, far_mac in pairs:
        devices["router"].append(near)
        devices[netns].append(far)
        lines.append(f"link add {near} netns router address {near_mac} type veth "
                     f"peer name {far} netns {netns} address {far_mac}")
    return lines, devices


def _addresses(scene: Scene) -> list[tuple[str, str]]:
    """Commands of ip, each for a host."""
    tag = ".7" if scene.vlan else ""
    ends = [("sender", f"eth0{tag}", "10.1.0.1", "fd01::1"), ("router", f"lan{tag}", "10.1.0.2", "fd01::2"),
            ("router", "wan", "10.2.0.2", "fd02::2"), ("peer", "eth0", "10.2.0.1", "fd02::1")]
    for copy in scene.copies:
        ends.append(("router", f"m{copy.number}", *(copies.mirror(copy.number, family) for family in (4, 6))))
        ends.append(("collector", f"c{copy.number}", *(copies.collector(copy.number, family) for family in (4, 6))))
    found = [(netns, f"link add link {device.removesuffix(tag)} name {device} up type vlan id 7")
             for netns, device, *_ in ends if tag and device.endswith(tag)]
    for netns, device, *both in ends:
        found += [(netns, f"addr add {address}/{'64' if ':' in address else '24'} dev {device}") for address in both]
    for netns, number in (("sender", 1), ("peer", 2)):
        found += [(netns, f"route add default via 10.{number}.0.2"),
                  (netns, f"route add default via fd0{number}::2")]
    return found


def set_up(scene: Scene) -> None:
    """Makes the hosts and their links."""
    hosts = " ".join(NAMES)
    # Those of every new namespace
    script = f"""
sysctl -qw net.core.netdev_max_backlog=30000
for name in {hosts}; do ip netns add $name; done
for name in {hosts}; do
    ip netns exec $name sysctl -qw net.ipv6.conf.{{all,default}}.accept_dad=0 \
        net.ipv6.conf.{{all,default}}.router_solicitations=0
done
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# Superframes of a fast host
ip netns exec peer sysctl -qw net.ipv4.tcp_min_tso_segs=16
"""
    lines, devices = _links(scene)
    script += batch("", lines)
    for netns in NAMES:
        script += batch(netns, [f"link set {device} up" for device in ("lo", *devices[netns])])
        script += batch(netns, [line for whose, line in _addresses(scene) if whose == netns])
    sh(script)
    _switch_offloads(scene, devices)


def _switch_offloads(scene: Scene, devices: dict[str, list[str]]) -> None:
    # The links to collectors are as wires: what leaves by them is segments with their checksums.
    ends = [device for device in devices["router"] if device[0] != "m"]
    wires = [device for device in devices["router"] if device not in ends]
    plan = [("sender", devices["sender"], scene.offload), ("peer", devices["peer"], scene.offload),
            ("router", ends, scene.offload or scene.merge), ("router", wires, False),
            ("collector", devices["collector"], False)]
    for netns, names, on in plan:
        run_within(netns, lambda names=names, on=on: offload.switch(names, on))
    if scene.gro:
        run_within("collector", lambda: offload.switch(devices["collector"], True, ("gro",)))


def batch(netns: str, lines: list[str]) -> str:
    """A script: these commands of ip, in a network namespace."""
    where = f"-n {netns} " if netns else ""
    text = "\n".join(lines)
    return f"ip {where}-batch - <<'END'\n{text}\nEND\n"


def tear_down() -> None:
    """The reverse. What the kernel still has to do for a namespace, it does by and by."""
    sh("ip netns exec router nft flush ruleset\n" + "".join(f"ip netns del {name}\n" for name in NAMES))


def device_of(copy: Copy, scene: Scene) -> str:
    """What follows `ip link add .. type` at the collector; empty: no device takes this copy."""
    words = copy.device if scene.outer == 4 or copy.mirrored_by != "rmirror" else copy.device6
    outer = scene.outer if copy.mirrored_by == "rmirror" else 4
    return words.format(local=copies.collector(copy.number, outer), remote=copies.mirror(copy.number, outer))


def make_devices(scene: Scene) -> list[str]:
    """The kernel's devices that take the copies; returns their names."""
    names, lines = [], []
    for copy in scene.copies:
        if words := device_of(copy, scene):
            name = f"d{copy.number}"
            names.append(name)
            # As collector.md has it
            lines += [f"link add {name} type {words}",
                      f"link set {name} mtu 9000 arp off multicast off addrgenmode none", f"link set {name} up"]
    sh(batch("collector", lines))
    # They merge what their card has not.
    run_within("collector", lambda: offload.switch(names, scene.gro, ("gro",)))
    return names


def warm(scene: Scene) -> None:
    """The hosts' and the collectors' link addresses become known."""
    targets = [] if scene.cold else [copies.collector(copy.number, family)
                                     for copy in scene.copies for family in (4, 6)]
    sh("".join(f"busybox ping -qc1 -W10 {target} >/dev/null &\n" for target in targets) + "wait", "router")
    sh(f"busybox ping -qc1 -W10 {ROUTER[scene.family]} >/dev/null", "sender")
    sh(f"busybox ping -qc1 -W10 {(ROUTER if scene.own else PEER)[scene.family]} >/dev/null", "sender")

