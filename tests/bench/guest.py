# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: measures rows, and writes what one packet costs with and without the statement.

The guest's clock counts instructions (QEMU -icount shift=0): a nanosecond is one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import rows as table

HERE = Path(__file__).resolve().parent
PKTGEN = Path("/proc/net/pktgen")
MAC = "02:00:00:00:00:01"
WARM_UP = 300
COUNT = {"pktgen": 4096, "gso": 200}

SET_UP = f"""
modprobe -a dummy tun pktgen nft_rmirror sch_ingress cls_matchall act_mirred act_gact
ip link add in0 address {MAC} type dummy
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
    done = subprocess.run(["bash", "-ec", script], env=environment, text=True,
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


def _write(path: Path, line: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(line + "\n")


def _pktgen(source: table.Source, count: int) -> float:
    """Sends COUNT packets; returns nanoseconds for each."""
    device = PKTGEN / "in0"
    if not device.exists():
        _write(PKTGEN / "kpktgend_0", "add_device in0")
    # The same skb again and again, unless packets differ
    burst = 64 if source.ports == 1 else 1
    for line in (f"count {count}", "xmit_mode netif_receive", "delay 0", "clone_skb 0",
                 f"burst {burst}", f"pkt_size {source.size}", f"dst_mac {MAC}",
                 "dst 10.1.0.2", "src_min 10.1.0.1", "src_max 10.1.0.1", "udp_src_min 9",
                 "udp_src_max 9", "udp_dst_min 9", f"udp_dst_max {9 + source.ports - 1}"):
        _write(device, line)
    _write(PKTGEN / "pgctrl", "start")
    result = device.read_text(encoding="ascii")
    found = re.search(r"OK: (\d+)\(.*?\) usec, (\d+) ", result)
    if not found:
        raise RuntimeError(f"pktgen says:\n{result}")
    return int(found[1]) * 1000 / int(found[2])


def _gso(source: table.Source, count: int) -> float:
    program = Path(os.environ["BENCH_BUILD"]) / "rmirror_bench_gso"
    done = subprocess.run([str(program), str(source.size), str(count)], text=True, check=True,
                          stdout=subprocess.PIPE)
    return float(done.stdout)


def measure(source: table.Source, script: str) -> float:
    """Nanoseconds for one packet under a ruleset."""
    sh(script, {"pktgen": "in0", "gso": "gso0"}[source.kind])
    send = {"pktgen": _pktgen, "gso": _gso}[source.kind]
    send(source, max(WARM_UP, source.ports) if source.kind == "pktgen" else 20)
    cost = send(source, COUNT[source.kind])
    sh(TEAR_DOWN)
    return cost


def missing(row: table.Row) -> str:
    """What the row needs and is not there."""
    if not row.needs or shutil.which(row.needs):
        return ""
    if subprocess.run(["modprobe", "-q", row.needs], check=False).returncode == 0:
        return ""
    return f"there is no {row.needs}"


def main() -> int:
    """Arguments: the file for the results, then the names of rows."""
    out, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    set_up()
    baselines: dict[tuple[table.Source, str], float] = {}
    results: dict[str, object] = {}
    for row in table.all_rows():
        if row.name not in wanted:
            continue
        if reason := missing(row):
            results[row.name] = {"skipped": reason}
            continue
        key = (row.source, row.without_it)
        if key not in baselines:
            baselines[key] = measure(*key)
        with_it = measure(row.source, row.with_it)
        results[row.name] = {"with": round(with_it, 1), "without": round(baselines[key], 1)}
        print(f"{row.name:30} {with_it - baselines[key]:8.0f}", flush=True)
    out.write_text(json.dumps(results, indent=1), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
