# SPDX-License-Identifier: GPL-2.0-only
"""What the guest program is told to do: see tests/arch/guest/main.c."""

from dataclasses import dataclass, field

import golden
from shapes import Shape, shapes
from statement import ENCAP, MTU, Library, reordered

_COLLECTORS = {4: "10.0.0.5", 6: "fd00::5"}
# Registers that a golden statement reads the collector from: any address of the family does.
_REGISTERS = {"register_ipv4": (9, "0a000005"), "register_ipv6": (1, "fd000000000000000000000000000005")}


@dataclass(frozen=True)
class Rule:
    """A statement in a hook, and the names of what is sent through it."""
    name: str
    family: str
    hook: str
    text: str
    packets: tuple[str, ...] = ()


@dataclass
class Corpus:
    """The rules, and the golden ones among their packets and statements, by name."""
    rules: list[Rule] = field(default_factory=list)
    attributes: dict[str, bytes] = field(default_factory=dict)
    statements: dict[str, golden.Netlink] = field(default_factory=dict)
    packets: dict[str, golden.Packet] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)

    def add(self, rule: Rule, attributes: bytes) -> None:
        self.rules.append(rule)
        self.attributes[rule.name] = attributes

    def text(self, order: str) -> str:
        """The lines for a guest of that byte order. Every rule has a network of its own, so that sequence
        numbers start with it."""
        lines = [f"packet {shape.name} {shape.gso_type} {shape.header_len} {shape.gso_size} "
                 f"{shape.checksum_start} {shape.checksum_offset} {shape.frame.hex()}"
                 for shape in self.shapes]
        for rule in self.rules:
            lines.append("network")
            if rule.name in _REGISTERS:
                lines.append("load {} {}".format(*_REGISTERS[rule.name]))
            attributes = reordered(self.attributes[rule.name], "<", order).hex()
            lines.append(f"rule {rule.name} {rule.family} {rule.hook} {attributes}")
            lines += [f"send {packet}" for packet in rule.packets]
            lines.append("dump")
        return "\n".join(lines) + "\n"


def _matrix(library: Library, tagged: tuple[str, ...], untagged: tuple[str, ...]) -> list[Rule]:
    """Every encapsulation with every policy, cut and not, to collectors of both families, in two hooks."""
    rules = []
    for version, collector in _COLLECTORS.items():
        for encap in library.words(ENCAP):
            text = f"rmirror to {collector} encap {encap}"
            for policy in library.words(MTU):
                rules.append(Rule(f"ingress-{encap}-{policy}-{version}", "netdev", "ingress",
                                  f"{text} mtu {policy}", untagged + tagged))
            rules.append(Rule(f"ingress-{encap}-len-{version}", "netdev", "ingress", f"{text} len 63",
                              untagged + tagged))
            rules.append(Rule(f"prerouting-{encap}-{version}", "inet", "prerouting", text, untagged))
    return rules


def build(library: Library) -> Corpus:
    corpus = Corpus(shapes=shapes())
    for statement in golden.read_netlink():
        corpus.statements[statement.name] = statement
        corpus.add(Rule(statement.name, "inet", "input", statement.text), statement.attributes)
    for packet in golden.read_packets():
        name = f"golden-{packet.name}"
        corpus.packets[name] = packet
        corpus.shapes.append(Shape(name, packet.sent))
        corpus.add(Rule(name, packet.family, packet.hook, packet.statement, (name,)),
                   library.encode(packet.statement))
    for rule in _matrix(library, tuple(shape.name for shape in shapes() if shape.tagged),
                        tuple(shape.name for shape in shapes() if not shape.tagged)):
        corpus.add(rule, library.encode(rule.text))
    return corpus
