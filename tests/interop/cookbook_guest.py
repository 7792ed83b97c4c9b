# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: loads each recipe of the cookbook on a router, sends packets past it, and looks which copies
come. Speaks TAP; its arguments are parts of headings."""

import ctypes
import ipaddress
import re
import socket
import sys
import time
from collections import Counter
from pathlib import Path

import frames
import hosts
import readme_guest
from recipes import RECIPES, Recipe, Sent

_ROOT = Path(__file__).resolve().parents[2]
_COOKBOOK = _ROOT / "doc/cookbook.md"
_HOST_MAC, _ROUTER_MAC, COLLECTOR_MAC = "02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:00:05"
LABEL = re.compile(rb"<(\d{4})>")
_QUIET_SECONDS = 0.5
_ETHER = 1  # ARPHRD_ETHER
_ENDS = ("eth0", "eth1", "eth2")  # every recipe's devices
_COLLECTORS = ("10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "198.51.100.5", "2001:db8::5")
# Networks of tests that are behind a device of their own; all others are behind eth1.
_BEHIND = {"tap1": "10.11.0.0/24", "tap2": "10.12.0.0/24", "docker0": "172.17.0.0/16", "br-12ab": "172.18.0.0/16"}


def blocks(heading: str) -> list[str]:
    """The rulesets below a heading."""
    text = _COOKBOOK.read_text(encoding="utf-8")
    part = re.split(r"^#+ .*$", text.partition(f"\n### {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```nft\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def uncovered() -> list[str]:
    """The rulesets of the cookbook that no recipe here is about."""
    headings = re.findall(r"^### (.*)$", _COOKBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    covered = {(recipe.heading, recipe.number) for recipe in RECIPES}
    return [f"{heading}, ruleset {number + 1}" for heading in headings for number in range(len(blocks(heading)))
            if (heading, number) not in covered]


def _run(script: str, netns: str) -> None:
    for word, value in (("{root}", str(_ROOT)), ("{router}", _ROUTER_MAC), ("{host}", _HOST_MAC)):
        script = script.replace(word, value)
    hosts.sh(script, netns)


def set_up(recipe: Recipe) -> None:
    """The router, and hosts that never answer: they have no addresses."""
    devices = ("eth0", "eth1", "eth2", *recipe.devices)
    lines = [f"link add {name} netns router address {_ROUTER_MAC} type veth peer name {name} netns hosts "
             f"address {COLLECTOR_MAC if name == 'eth2' else _HOST_MAC}" for name in devices]
    script = """
for name in router hosts; do ip netns add $name; done
ip netns exec hosts sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 net.ipv4.icmp_ratemask=0 \
    net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.all.send_redirects=0
"""
    script += hosts.batch("", lines)
    script += hosts.batch("hosts", [f"link set {name} promisc on up" for name in devices])
    router = [f"link set {name} up" for name in ("lo", *devices)]
    router += ["addr add 10.1.0.2/24 dev eth0", "addr add 10.2.0.2/24 dev eth1", "addr add 10.0.0.1/24 dev eth2",
               "addr add fd01::2/64 dev eth0", "addr add fd02::2/64 dev eth1", "addr add 2001:db8::1/64 dev eth2",
               "addr add 198.51.100.1/24 dev eth2"]
    near = {"eth0": ("10.1.0.1", "10.1.0.9", "fd01::1", "fe80::5"), "eth1": ("10.2.0.1", "10.2.0.9", "fd02::1")}
    for name, addresses in near.items():
        router += [f"neigh add {address} lladdr {_HOST_MAC} dev {name} nud permanent" for address in addresses]
    router += [f"neigh add {address} lladdr {COLLECTOR_MAC} dev eth2 nud permanent" for address in _COLLECTORS]
    router += ["route add default via 10.2.0.1", "route add 10.244.0.0/16 via 10.1.0.1"]
    for name in recipe.devices:
        if network := _BEHIND.get(name):
            router += [f"route add {network} dev {name}"]
            router += [f"neigh add {ipaddress.ip_network(network)[host]} lladdr {_HOST_MAC} dev {name} nud permanent"
                       for host in (1, 2)]
    script += hosts.batch("router", router)
    hosts.sh(script)
    _run(recipe.hosts_script, "hosts")
    _run(recipe.script, "router")


def tear_down() -> None:
    """The reverse, and what scripts have started."""
    hosts.sh("[[ ! -s /tmp/children ]] || kill $(</tmp/children)\nrm -f /tmp/children\n"
             "ip netns del router; ip netns del hosts")


def _packet(sent: Sent, label: int) -> bytes:
    return frames.ip(sent.source, sent.target, sent.kind, (sent.sport, sent.dport), _payload(sent, label))


def _payload(sent: Sent, label: int) -> bytes:
    return f"<{label:04}>".encode().ljust(sent.size, b".")


def frame_of(sent: Sent, label: int) -> bytes:
    """As it comes from a host to the router."""
    return frames.ethernet(_ROUTER_MAC, _HOST_MAC, _packet(sent, label), bytes.fromhex(sent.tags))


def send(sent: Sent, label: int) -> None:
    """One packet, from the network namespace that the thread is in."""
    if sent.by == "hosts":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((sent.source, sent.sport))
            out.sendto(_payload(sent, label), (sent.target, sent.dport))
        return
    if sent.by:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
            out.bind((sent.by, 0))
            for _ in range(sent.times):
                out.send(frame_of(sent, label))
        return
    if sent.kind != "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
            out.sendto(_packet(sent, label), (sent.target, 0))
        return
    # `meta skuid` is who opened the socket, of this thread alone.
    libc = ctypes.CDLL(None)
    libc.setfsuid(sent.user)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        libc.setfsuid(0)
        out.bind((sent.source, sent.sport))
        out.sendto(_payload(sent, label), (sent.target, sent.dport))


def listen(device: str) -> socket.socket:
    """Hears all that arrives there."""
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
    listener.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    listener.bind((device, 0))
    return listener


def received(listeners: list[socket.socket], recipe: Recipe) -> Counter[tuple[int, str, int]]:
    """How often a packet of this label came this way with so many bytes, until nothing more comes."""
    found: Counter[tuple[int, str, int]] = Counter()
    for listener in listeners:
        listener.settimeout(_QUIET_SECONDS)
        device = listener.getsockname()[0]
        bare = recipe.bare and device == "eth2"
        while True:
            try:
                data, where = listener.recvfrom(65535)
            except TimeoutError:
                break
            if where[2] == 4:  # PACKET_OUTGOING
                continue
            if where[3] != _ETHER:
                data = bytes(12) + (b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\x00") + data
            copy = frames.mirrored(data, bare)
            label = LABEL.search(copy.frame) if copy else None
            if copy is None or label is None:
                continue
            if copy.tos >> 2 != recipe.dscp or (recipe.outer_source and copy.source != recipe.outer_source):
                raise RuntimeError(f"the outer header has DSCP {copy.tos >> 2} and the source {copy.source}")
            if recipe.no_link and recipe.sent[int(label[1])].by == "hosts" and any(copy.frame[:12]):
                raise RuntimeError(f"packet {label[1].decode()} has the Ethernet addresses {copy.frame[:12].hex()}")
            found[int(label[1]), copy.way + ("" if device in _ENDS else f" by {device}"), len(copy.frame)] += 1
    return found


def _wanted(recipe: Recipe) -> Counter[tuple[int, str, int]]:
    """The same, as it must be; of those with `few` all."""
    wanted: Counter[tuple[int, str, int]] = Counter()
    for label, sent in enumerate(recipe.sent):
        header = {"udp": 8, "tcp": 20, "icmp": 8}[sent.kind] + (40 if ":" in sent.source else 20)
        whole = 14 + len(sent.tags) // 2 + header + sent.size
        for copy in sent.copies:
            way, _, length = copy.partition(" len ")
            wanted[label, way, int(length or whole)] += sent.times
    return wanted


def _faults_of_shares(recipe: Recipe, seen: Counter[tuple[int, str, int]]) -> list[str]:
    """Has each flow all its copies one way, whole, and each way its share of the flows?"""
    ways: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for label, sent in enumerate(recipe.sent):
        copies = [way for (number, way, length), count in seen.items() for _ in range(count)
                  if number == label and length == 42 + sent.size]
        ways.setdefault(sent.flow, []).append(" and ".join(copies) or "-")
    faults = [f"flow {flow}: {', '.join(found)}" for flow, found in ways.items() if len(set(found)) != 1]
    shares = Counter(found[0] for found in ways.values())
    for way, least, most in recipe.shares:
        if not least * len(ways) <= 100 * shares[way] <= most * len(ways) or not shares[way]:
            faults.append(f"{shares[way]} of {len(ways)} flows: {way}")
    faults += [f"{way}: no way of the recipe's" for way in shares if way not in {share[0] for share in recipe.shares}]
    return faults[:20]


def _faults(recipe: Recipe, seen: Counter[tuple[int, str, int]]) -> list[str]:
    if recipe.shares:
        return _faults_of_shares(recipe, seen)
    faults, wanted = [], _wanted(recipe)
    for key in sorted(set(seen) | set(wanted)):
        sent = recipe.sent[key[0]]
        few = sent.few and key in wanted
        if few and 0 < seen[key] < sent.times // 2:
            continue
        if few or seen[key] != wanted[key]:
            number = f"1..{sent.times // 2 - 1}" if few else str(wanted[key])
            faults.append(f"packet {key[0]} ({sent.kind} {sent.source} > {sent.target}): copies `{key[1]}` of "
                          f"{key[2]} bytes: {seen[key]}, not {number}")
    return faults


def play(recipe: Recipe) -> list[str]:
    """Returns what is wrong."""
    found = blocks(recipe.heading)
    if len(found) <= recipe.number:
        return [f"cookbook.md has no ruleset {recipe.number} below '{recipe.heading}'"]
    set_up(recipe)
    seen: Counter[tuple[int, str, int]] = Counter()

    def at_the_hosts() -> None:
        listeners.extend(listen(device) for device in (*_ENDS, *recipe.devices, *recipe.tunnels))

    listeners: list[socket.socket] = []
    hosts.run_within("hosts", at_the_hosts)
    try:
        if recipe.edit[0] not in found[recipe.number]:
            return [f"the ruleset has no '{recipe.edit[0]}'"]
        # `ip netns exec` has a /sys of its own.
        hosts.sh("mount -t cgroup2 none /sys/fs/cgroup\n"
                 f"nft -f - <<'END'\n{found[recipe.number].replace(*recipe.edit)}END", "router")
        for label, sent in enumerate(recipe.sent):
            hosts.run_within("hosts" if sent.by else "router", lambda sent=sent, label=label: send(sent, label))
            # Answers come after questions.
            time.sleep(0 if recipe.shares else 0.02)
        seen = received(listeners, recipe)
    finally:
        for listener in listeners:
            listener.close()
        tear_down()
    return _faults(recipe, seen)


def main() -> int:
    """Returns the exit status."""
    good = not (left := uncovered())
    print("\n".join([f"{'ok' if good else 'not ok'} cookbook: every ruleset is run", *left]), flush=True)
    if not sys.argv[1:] or "README" in sys.argv[1:]:
        faults = readme_guest.play()
        good = good and not faults
        print("\n".join([f"{'ok' if not faults else 'not ok'} README: the first rule, and see it arrive", *faults]), flush=True)
    for recipe in RECIPES:
        name = recipe.heading + (f", ruleset {recipe.number + 1}" if recipe.number else "")
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        faults = play(recipe)
        good = good and not faults
        print("\n".join([f"{'not ok' if faults else 'ok'} cookbook: {name}", *faults]), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
