# SPDX-License-Identifier: GPL-2.0-only
"""What nobody would write, by an ordinary user in namespaces of his own."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hosts

_BUILD = Path(os.environ.get("RMIRROR_BUILD", "build")) / "storm"
_HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
# With traffic.hpp's drawing
_DEVICES = """
set -e
ip link set lo up
ip -batch - <<'END'
link add v0 address 02:00:00:00:01:02 type veth peer name v1 address 02:00:00:00:01:01
link add b0 type veth peer name b1
link add br0 type bridge mcast_snooping 0
link add d0 type dummy
link set b0 master br0
link set d0 arp on
link set v1 up
link set v0 up
link set b0 up
link set b1 up
link set br0 up
link set d0 up
addr add 10.1.0.2/24 dev v0
addr add fd01::2/64 dev v0 nodad
addr add 10.2.0.2/24 dev d0
addr add fd02::2/64 dev d0 nodad
addr add 10.3.0.2/24 dev br0
neigh add 10.2.0.9 lladdr 02:00:00:00:00:09 dev d0 nud permanent
neigh add fd02::9 lladdr 02:00:00:00:00:09 dev d0 nud permanent
neigh add 10.1.0.1 lladdr 02:00:00:00:01:01 dev v0 nud permanent
route add default via 10.2.0.9
route add default via fd02::9
END
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
"""
_EXPEDITED, _MODPROBE = Path("/sys/kernel/rcu_expedited"), Path("/proc/sys/kernel/modprobe")


def _tables() -> str:
    """A table `t` of each family, with the chains of rules.cpp"""
    def chain(hook: str, device: str = "") -> str:
        return f"chain {hook} {{ type filter hook {hook} {device} priority 0; }}\n"
    inet = "".join(chain(hook) for hook in _HOOKS)
    plain = "chain plain { }\n"
    chains = {"ip": inet + plain, "ip6": inet, "bridge": inet, "inet": inet + plain + chain("ingress", "device v0"),
              "arp": chain("input") + chain("output"),
              "netdev": chain("ingress", "device v0") + chain("egress", "device d0") + plain}
    return "".join(f"table {family} t {{\n{text}}}\n" for family, text in chains.items())


@contextlib.contextmanager
def _set(path: Path, value: str) -> Iterator[None]:
    """A setting of the kernel, for a while"""
    before = path.read_text(encoding="ascii")
    path.write_text(value, encoding="ascii")
    try:
        yield
    finally:
        path.write_text(before, encoding="ascii")


def _as_nobody(script: str) -> str:
    """Runs a script as root of a user namespace that an ordinary user has made; returns its last line."""
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "-u",
                           "LD_LIBRARY_PATH", "unshare", "-Urn", "bash"], input=script, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode}: {done.stdout[-4000:]}")
    return done.stdout.splitlines()[-1]


def _run(script: str) -> str:
    # A rule that is refused waits for a grace period; what a name that is made up would load is nobody's.
    with _set(_EXPEDITED, "1"), _set(_MODPROBE, "\n"):
        return _as_nobody(_DEVICES + script)


def rules(seed: int, count: int) -> str:
    """Over netlink"""
    hosts.sh("modprobe -a veth bridge dummy nf_tables nft_rmirror")
    return _run(f"nft -f - <<'END'\n{_tables()}END\n{_BUILD}/rmirror_storm_rules {seed} {count}\n")


def blobs(seed: int, count: int, bits: int) -> str:
    """Over setsockopt, from a program of so many bits"""
    hosts.sh("modprobe -a veth bridge dummy iptable_filter xt_RMIRROR")
    try:
        return _run(f"{_BUILD}/blobs{bits} {seed} {count}\n")
    finally:
        hosts.sh("rmmod iptable_filter ip_tables 2>/dev/null || true")


def storms(seed: int, count_rules: int, count_blobs: int) -> dict[str, Callable[[], str]]:
    """What to run, by names"""
    return {
        "rules made up over netlink": lambda: rules(seed, count_rules),
        "tables of iptables made up by a 64-bit program": lambda: blobs(seed, count_blobs, 64),
        "tables of iptables made up by a 32-bit program": lambda: blobs(seed, count_blobs, 32),
    }
