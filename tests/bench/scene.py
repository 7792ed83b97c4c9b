# SPDX-License-Identifier: GPL-2.0-only
"""The devices of the benchmark's guest: packets come in by in0 or gso0, copies leave by out0.

out0 is one of several: `dummy` has one queue, no queueing discipline, and frees a copy at once. A `card` is
that of nic/, which is no virtual device: with one queue, with `four`, with `fq_codel`, or with 256 copies
`held` as its ring of descriptors does. `veth` leads to a netns that drops what comes. `virtio` is a virtio-net
device of QEMU's whose other end drops what comes.
"""

import os
import re
import subprocess
from pathlib import Path

import pktgen

HERE = Path(__file__).resolve().parent

SET_UP = f"""
modprobe -a dummy tun veth pktgen nft_rmirror sch_ingress cls_matchall act_mirred act_gact
modprobe -q sch_fq_codel || true  # some kernels have it built in; tc says what is missing
ip link add in0 address {pktgen.MAC} type dummy
sysctl -qw net.ipv6.conf.in0.disable_ipv6=1
ip tuntap add dev gso0 mode tap vnet_hdr
ip link set gso0 address 02:00:00:00:00:02
sysctl -qw net.ipv6.conf.gso0.disable_ipv6=1
ip link set in0 up
ip link set gso0 up
ip addr add 10.1.0.2/24 dev in0
ip addr add 10.3.0.2/24 dev gso0
ip netns add sink
ip -n sink link set lo up
"""

_CARD = "modprobe rmirror_bench_nic queues={queues} held={held}\ntc qdisc replace dev out0 root {qdisc}\n"
_OUT = {
    "dummy": "ip link add out0 type dummy\n",
    "card": _CARD.format(queues=1, held=0, qdisc="noqueue"),
    "four": _CARD.format(queues=4, held=0, qdisc="noqueue"),
    "fq_codel": _CARD.format(queues=1, held=0, qdisc="fq_codel"),
    "held": _CARD.format(queues=1, held=256, qdisc="noqueue"),
    "veth": "ip link add out0 type veth peer name in0 netns sink mtu 9000\n"
            "ip -n sink link set in0 up\n"
            "tc -n sink qdisc add dev in0 clsact\n"
            "tc -n sink filter add dev in0 ingress matchall action drop\n",
    "virtio": "modprobe virtio_net\n"
              "for device in /sys/bus/virtio/drivers/virtio_net/virtio*/net/*; do\n"
              "    ip link set \"${device##*/}\" name out0\n"
              "done\n",
}

# The collector is a permanent neighbour; the tunnels of the others
_ADDRESSES = "".join(f"{line}\n" for line in (
    "link set out0 mtu 9000 up",
    "addr add 10.0.0.1/16 dev out0",
    "addr add fd00::1/64 dev out0 nodad",
    "neigh add fd00::5 lladdr 02:00:00:00:05:05 dev out0 nud permanent",
    "neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 dev out0 nud permanent",
    "link add gretap9 mtu 8000 type gretap local 10.0.0.1 remote 10.0.0.5 nopmtudisc",
    "link add erspan9 mtu 8000 type erspan local 10.0.0.1 remote 10.0.0.5 seq key 9 erspan_ver 1 nopmtudisc",
    "link add vxlan9 mtu 8000 type vxlan id 9 local 10.0.0.1 remote 10.0.0.5 dstport 4789",
    *(f"link set {device} addrgenmode none up" for device in ("gretap9", "erspan9", "vxlan9"))))

# Those that a register names
_MORE_COLLECTORS = "".join(
    f"neigh add 10.0.{i >> 8}.{i & 255} lladdr 02:00:00:00:{i >> 8:02x}:{i & 255:02x} dev out0 "
    "nud permanent\n" for i in range(256, 512))

_OUT_DOWN = """
for device in gretap9 erspan9 vxlan9; do echo link del $device; done | ip -batch -
if [ -d /sys/module/rmirror_bench_nic ]; then
    rmmod rmirror_bench_nic
elif [ -d /sys/module/virtio_net ]; then
    rmmod virtio_net
else
    ip link del out0
fi
"""

# What the guest did before is not to be seen in the state of its memory.
_SETTLE = """
echo 3 >/proc/sys/vm/drop_caches
echo 1 >/proc/sys/vm/compact_memory
"""

# A flow hash comes from whoever distributes packets to processors: here there is only one.
_HASH = """
echo {entries} >/proc/sys/net/core/rps_sock_flow_entries
echo {entries} >/sys/class/net/in0/queues/rx-0/rps_flow_cnt
"""

TEAR_DOWN = """
nft flush ruleset
if [ -e /proc/net/ip_tables_names ]; then iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; fi
for device in in0 gso0; do tc qdisc del dev $device clsact 2>/dev/null || true; done
ip link del out9 2>/dev/null || true
"""


def sh(script: str, device: str = "") -> None:
    """Runs a script; its failure ends the run, with the script."""
    environment = os.environ | {"BENCH": str(HERE), "IN": device}
    done = subprocess.run(["bash", "-e"], input=script, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode} of:\n{script}\n{done.stdout}")


def set_up(out: str = "dummy") -> None:
    """What packets come in by, and a device that copies leave by."""
    sh(SET_UP)
    out_up(out, False)


def out_up(out: str, register: bool) -> None:
    """The device that copies leave by, its addresses and neighbours, and the tunnels on it."""
    batch = _ADDRESSES + (_MORE_COLLECTORS if register else "")
    sh(_OUT[out] + f"ip -batch - <<'END'\n{batch}END\n" + _SETTLE)


def out_down() -> None:
    """The reverse of out_up()."""
    sh(_OUT_DOWN)


def notifications() -> int:
    """How often the device that copies leave by has told its other end of packets, since it came up: the sum of its
    queues. Newer kernels have that, too."""
    said = subprocess.run(["ethtool", "-S", "out0"], text=True, check=True, stdout=subprocess.PIPE).stdout
    return sum(int(count) for count in re.findall(r"\btx\w*\d_kicks: (\d+)", said))


def hash_originals(on: bool) -> None:
    """Whether packets that come in by in0 have a flow hash"""
    sh(_HASH.format(entries=32 if on else 0))
