# SPDX-License-Identifier: GPL-2.0-only
"""The devices of the benchmark's guest: packets come in by in0 or gso0, copies leave by out0."""

import os
import subprocess
from pathlib import Path

import pktgen

HERE = Path(__file__).resolve().parent

SET_UP = f"""
modprobe -a dummy tun pktgen nft_rmirror sch_ingress cls_matchall act_mirred act_gact
ip link add in0 address {pktgen.MAC} type dummy
ip link add out0 mtu 9000 type dummy
sysctl -qw net.ipv6.conf.in0.disable_ipv6=1
ip tuntap add dev gso0 mode tap vnet_hdr
ip link set gso0 address 02:00:00:00:00:02
sysctl -qw net.ipv6.conf.gso0.disable_ipv6=1
ip link set in0 up
ip link set gso0 up
ip link set out0 up
ip addr add 10.1.0.2/24 dev in0
ip addr add 10.3.0.2/24 dev gso0
ip addr add 10.0.0.1/16 dev out0
ip addr add fd00::1/64 dev out0 nodad
ip neigh add fd00::5 lladdr 02:00:00:00:05:05 dev out0 nud permanent
ip link add gretap9 mtu 8000 type gretap local 10.0.0.1 remote 10.0.0.5 nopmtudisc
ip link add erspan9 mtu 8000 type erspan local 10.0.0.1 remote 10.0.0.5 seq key 9 erspan_ver 1 nopmtudisc
ip link add vxlan9 mtu 8000 type vxlan id 9 local 10.0.0.1 remote 10.0.0.5 dstport 4789
for device in gretap9 erspan9 vxlan9; do
    sysctl -qw net.ipv6.conf.$device.disable_ipv6=1
    ip link set $device up
done
"""

TEAR_DOWN = """
nft flush ruleset
if [ -e /proc/net/ip_tables_names ]; then iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; fi
for device in in0 gso0; do tc qdisc del dev $device clsact 2>/dev/null || true; done
"""


def sh(script: str, device: str = "") -> None:
    """Runs a script; its failure ends the run, with the script."""
    environment = os.environ | {"BENCH": str(HERE), "IN": device}
    done = subprocess.run(["bash", "-e"], input=script, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode} of:\n{script}\n{done.stdout}")


def set_up() -> None:
    """Devices, addresses and a permanent neighbour for every collector."""
    sh(SET_UP)
    neighbours = "".join(
        f"neigh add 10.0.{i >> 8}.{i & 255} lladdr 02:00:00:00:{i >> 8:02x}:{i & 255:02x} "
        "dev out0 nud permanent\n" for i in (5, *range(256, 512)))
    subprocess.run(["ip", "-batch", "-"], input=neighbours, text=True, check=True)
