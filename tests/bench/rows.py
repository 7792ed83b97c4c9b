# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: one row a way to mirror, packet size and circumstance.

A row's cost is that of its packets with the statement minus that of the same packets with the same rule
without it. Both are scripts for bash that the guest runs before it sends packets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# So many packets are measured that what the kernel does beside them, now and then, is less than a hundredth of a row.
COUNT = {"pktgen": 4096, "gso": 2000}
COLLECTOR = "10.0.0.5"
COLLECTOR6 = "fd00::5"
REGISTER_COLLECTORS = (1, 16, 256)
SIZES = (60, 512, 1514)
# The devices beside the dummy one (scene.py), each with every other way to mirror and these of ours
DEVICES = {"card": "a card", "four": "four queues", "fq_codel": "fq_codel", "held": "256 copies in flight",
           "veth": "veth", "virtio": "virtio-net"}
# Of these it is counted how often they tell the other end of packets.
NOTIFYING = ("virtio",)
DEVICE_SIZES = (60, 1514)
DEVICE_ENCAPSULATIONS = ("gre", "erspan", "vxlan", "none")


def _encapsulations() -> list[str]:
    """The words of RMIRROR_ENCAP_TABLE."""
    tables = (Path(__file__).resolve().parents[2] / "kernel/include/rmirror_tables.h").read_text()
    rows = re.search(r"#define RMIRROR_ENCAP_TABLE\(X\)(?:.*\\\n)*.*", tables)
    return re.findall(r'X\(\w+,\s*"([^"]+)"', rows[0])


ENCAPSULATIONS = _encapsulations()


@dataclass(frozen=True)
class Source:
    """The packets of a row."""
    kind: str = "pktgen"  # or "gso": TCP superframes from a tap device
    size: int = 60  # bytes of the frame
    ports: int = 1  # destination ports, from 9 on, one after another
    hashed: bool = False  # they have a flow hash when the statement sees them, as a network card gives one
    alone: bool = False  # one for each time that softirqs are served, as few packets come; else 64


@dataclass(frozen=True)
class Row:
    """NAME is the key in results; GROUP is a heading of the table; OUT is where copies leave, see scene.py."""
    name: str
    group: str
    source: Source
    with_it: str
    without_it: str
    needs: str = ""  # a program or module the row cannot do without
    out: str = "dummy"

    @property
    def suffix(self) -> str:
        """What the names of rows with such packets and such a device end with."""
        words = ["gso" if self.source.kind == "gso" else str(self.source.size)]
        words += [self.out] if self.out != "dummy" else []
        words += ["hashed"] if self.source.hashed else []
        words += ["alone"] if self.source.alone else []
        return " ".join(words)


def _nft(rules: str, header: str) -> str:
    return f"nft -f - <<'END'\n{header}\n\t\t{rules}\n\t}}\n}}\nEND\n"


_INPUT = """table {family} bench {{
	chain input {{
		type filter hook input priority filter; policy drop;"""
_INGRESS = """table netdev bench {
	chain ingress {
		type filter hook ingress device "in0" priority filter; policy drop;"""


def input_rules(statements: list[str]) -> str:
    """A script that makes one rule for each statement, for all packets of the hook input."""
    return _nft("\n\t\t".join(statements), _INPUT.format(family="inet"))


def _input(statement: str, family: str = "inet") -> str:
    return _nft(f"meta mark 0 {statement}", _INPUT.format(family=family))


def _ingress(statement: str) -> str:
    return _nft(f"meta mark 0 {statement}", _INGRESS)


def _tunnel(kind: str, settings: str = ""):
    """The rule of a statement beside a tunnel object of nft's, and a device of that KIND, out9, which takes from a
    packet where it goes. Debian 12's nft does not know the object: see environment.py."""
    tunnel = ("table netdev bench {\n\ttunnel way {\n\t\tid 9\n\t\tip saddr 10.0.0.1\n"
              f"\t\tip daddr {COLLECTOR}\n\t\tttl 64\n{settings}\t}}")
    header = _INGRESS.replace("table netdev bench {", tunnel)
    device = f"ip link add out9 mtu 8000 type {kind} external\nip link set out9 addrgenmode none up\n"
    return lambda statement: f'{device}chroot "$NEWEST" ' + _nft(f"meta mark 0 {statement}", header)


def _legacy(target: str) -> str:
    return ("iptables-legacy -P INPUT DROP\n"
            f"iptables-legacy -A INPUT -m mark --mark 0 {target}\n")


def _tc(action: str) -> str:
    return ("tc qdisc add dev $IN clsact\n"
            f"tc filter add dev $IN ingress matchall {action} action drop\n")


def _row(name: str, group: str, source: Source, rule, statement: str, **more) -> Row:
    return Row(name, group, source, rule(statement), rule(""), **more)


def _peers(source: Source, suffix: str, on: str = "", **more) -> Iterator[Row]:
    """ON follows the name of a group."""
    group = f"others, no encapsulation{on}"
    yield _row(f"mirred {suffix}", group, source, _tc, "action mirred egress mirror dev out0", **more)
    yield _row(f"netdev-dup {suffix}", group, source, _ingress, "dup to \"out0\"", **more)
    yield _row(f"tee {suffix}", group, source, _legacy, f"-j TEE --gateway {COLLECTOR}",
               needs="iptables-legacy", **more)
    yield _row(f"nft-dup {suffix}", group, source, lambda s: _input(s, "ip"),
               f"dup to {COLLECTOR} device \"out0\"", **more)
    group = f"others, encapsulated{on}"
    for device in ("gretap", "erspan", "vxlan"):
        yield _row(f"mirred-{device} {suffix}", group, source, _tc,
                   f"action mirred egress mirror dev {device}9", **more)
    yield _row(f"netdev-dup-gretap {suffix}", group, source, _ingress, "dup to \"gretap9\"", **more)
    by_tunnel = 'tunnel name "way" dup to "out9"'
    erspan = "\t\terspan {\n\t\t\tversion 1\n\t\t\tindex 9\n\t\t}\n"
    yield _row(f"nft-tunnel-erspan {suffix}", group, source, _tunnel("erspan", erspan), by_tunnel,
               needs="nft_tunnel", **more)
    yield _row(f"nft-tunnel-geneve {suffix}", group, source, _tunnel("geneve"), by_tunnel,
               needs="nft_tunnel", **more)


def _ours(source: Source, suffix: str, options: str = "") -> Iterator[Row]:
    for collector, version in ((COLLECTOR, ""), (COLLECTOR6, "6")):
        group = f"rmirror, nft, IPv{version or 4} outer"
        for encap in ENCAPSULATIONS:
            yield _row(f"{encap}{version} {suffix}", group, source, _input,
                       f"rmirror to {collector} encap {encap} {options}")


def _on_device(out: str, on: str, hashed: bool = False) -> Iterator[Row]:
    for size in DEVICE_SIZES:
        source = Source(size=size, hashed=hashed)
        suffix = Row("", "", source, "", "", out=out).suffix
        yield from _peers(source, suffix, f", {on}", out=out)
        for encap in DEVICE_ENCAPSULATIONS:
            yield _row(f"{encap} {suffix}", f"rmirror, {on}", source, _input,
                       f"rmirror to {COLLECTOR} encap {encap}", out=out)


def _alone() -> Iterator[Row]:
    """As few packets come: there is nothing to be gained by sending several at a time."""
    for out in ("virtio", "fq_codel"):
        for size in DEVICE_SIZES:
            source = Source(size=size, alone=True)
            suffix = Row("", "", source, "", "", out=out).suffix
            group = f"one packet at a time, {DEVICES[out]}"
            yield _row(f"mirred {suffix}", group, source, _tc, "action mirred egress mirror dev out0", out=out)
            yield _row(f"tee {suffix}", group, source, _legacy, f"-j TEE --gateway {COLLECTOR}",
                       needs="iptables-legacy", out=out)
            yield _row(f"gre {suffix}", group, source, _input, f"rmirror to {COLLECTOR}", out=out)


def _no_match() -> Iterator[Row]:
    group = "rules that do not match"
    for count in (1, 10, 100):
        for word, statement in (("counter", "counter"), ("rmirror", f"rmirror to {COLLECTOR}")):
            yield Row(f"no-match {word} x{count}", group, Source(),
                      input_rules([f"udp dport 7 {statement}"] * count), input_rules([]))


def _conntrack(name: str, rule, statement: str, **more) -> Row:
    track = ("nft -f - <<'END'\ntable inet track {\n\tchain pre {\n"
             "\t\ttype filter hook prerouting priority mangle; ct state invalid\n\t}\n}\nEND\n")
    return Row(f"{name} 60 ct", "with connection tracking", Source(), track + rule(statement),
               track + rule(""), **more)


def _register() -> Iterator[Row]:
    group = "collector from a register"
    for collectors in (0, *REGISTER_COLLECTORS):
        source = Source(ports=max(collectors, 1))
        name = f"register x{collectors}" if collectors else "register constant"
        script = f'"$BENCH/register" {collectors} '
        yield Row(f"{name} 60", group, source, script + "with", script + "without")


def _gso() -> Iterator[Row]:
    group = "64 KB GSO"
    source = Source(kind="gso", size=65226)
    yield _row("tee gso", group, source, _legacy, f"-j TEE --gateway {COLLECTOR}",
               needs="iptables-legacy")
    yield _row("mirred gso", group, source, _tc, "action mirred egress mirror dev out0")
    yield _row("mirred-gretap gso", group, source, _tc, "action mirred egress mirror dev gretap9")
    yield _row("mirred-erspan gso", group, source, _tc, "action mirred egress mirror dev erspan9")
    for statement in ("gre", "vxlan", "erspan", "gre seq", "gre len 60"):
        yield _row(f"{statement} gso", group, source, _input,
                   f"rmirror to {COLLECTOR} encap {statement}")


def _xt() -> Iterator[Row]:
    group = "rmirror, iptables"
    for size in SIZES:
        yield _row(f"xt {size}", group, Source(size=size), _legacy,
                   f"-j RMIRROR --target {COLLECTOR}", needs="xt_RMIRROR")
    yield _row("xt 1514 len 60", group, Source(size=1514), _legacy,
               f"-j RMIRROR --target {COLLECTOR} --len 60", needs="xt_RMIRROR")


def all_rows() -> list[Row]:
    """Every row, in the order of the table."""
    rows: list[Row] = []
    for size in SIZES:
        rows += _peers(Source(size=size), str(size))
    for size in SIZES:
        rows += _ours(Source(size=size), str(size))
    rows += _ours(Source(size=1514), "1514 len 60", "len 60")
    rows.append(_row("gre 60 seq", "rmirror, nft, with options", Source(), _input,
                     f"rmirror to {COLLECTOR} seq"))
    for size in SIZES:
        rows.append(_row(f"gre {size} ingress", "rmirror, nft, netdev ingress", Source(size=size),
                         _ingress, f"rmirror to {COLLECTOR}"))
    for out, on in DEVICES.items():
        rows += _on_device(out, on)
    rows += _on_device("four", "four queues, originals with a hash", hashed=True)
    rows += _alone()
    rows += _xt()
    rows += _gso()
    rows += _register()
    rows += _no_match()
    rows.append(_conntrack("tee", _legacy, f"-j TEE --gateway {COLLECTOR}", needs="iptables-legacy"))
    rows.append(_conntrack("gre", _input, f"rmirror to {COLLECTOR}"))
    return rows

