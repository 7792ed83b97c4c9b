# SPDX-License-Identifier: GPL-2.0-only
"""What mirrors in a scene: the ruleset for nft with the plugin, and the commands of other mirrors."""

import copies
import hosts
from copies import Copy
from scenes import Scene

# The others' part; they mirror what is forwarded, in both directions.
_TEE = "iptables -t mangle -A FORWARD -j TEE --gateway {to}\n"
_DUP = "add table ip other\nadd chain ip other c {{ type filter hook forward priority 0; }}\n" \
       "add rule ip other c dup to {to}\n"
# {more}: a word of the device's
_MIRRED = """
ip link add gre{number} type gretap local {mirror} remote {to} {more}
sysctl -qw net.ipv6.conf.gre{number}.disable_ipv6=1
ip link set gre{number} up
tc qdisc add dev {lan} clsact 2>/dev/null || true
tc filter add dev {lan} ingress matchall action mirred egress mirror dev gre{number} continue
tc filter add dev {lan} egress matchall action mirred egress mirror dev gre{number} continue
"""


def statement(copy: Copy, scene: Scene) -> str:
    """The rule of a copy."""
    word, _, more = copy.name.partition(" ")
    encap = "" if word == "gre" else f"encap {word}"
    words = ("rmirror", "to", copies.collector(copy.number, scene.outer), encap, more, scene.policy)
    return " ".join(word for word in words if word)


def ruleset(scene: Scene) -> str:
    """A file for `nft -f` that also replaces what an earlier one has loaded."""
    text = ""
    mirrored = [copy for copy in scene.copies if copy.mirrored_by == "rmirror"]
    for number, hook in enumerate(scene.hooks if mirrored else ()):
        family, rest = hook.split(" ", 1)
        # The traffic only, and not what the hosts say of themselves
        which = "" if family == "netdev" else \
            f"meta l4proto {{ tcp, udp, icmp, icmpv6 }} {_of_the_traffic(scene, rest)}"
        table = f"{family} mirror{number}"
        rules = "".join(f"\t\t{which} {statement(copy, scene)}\n" for copy in mirrored)
        text += f"table {table}\ndelete table {table}\ntable {table} {{\n\tchain c {{\n" \
                f"\t\ttype filter hook {rest} priority 0; policy accept;\n{rules}\t}}\n}}\n"
    return text


def _of_the_traffic(scene: Scene, hook: str) -> str:
    address = "ip" if scene.family == 4 else "ip6"
    if hook == "input":
        return f"{address} saddr {hosts.SENDER[scene.family]}"
    if hook == "output":
        return f"{address} daddr {hosts.SENDER[scene.family]}"
    return ""


def load(scene: Scene) -> None:
    """Loads, or replaces, the rules of the scene."""
    hosts.sh(f"nft -f - <<'END'\n{ruleset(scene)}END", "router")


def load_others(scene: Scene) -> None:
    """Masquerading, connection tracking, and mirrors that are not rmirror."""
    if scene.masquerade:
        hosts.sh("nft -f - <<'END'\ntable inet nat {\nchain c { type nat hook postrouting priority srcnat;\n"
                 "oifname wan masquerade\n}\n}\nEND", "router")
    if scene.tracked:
        hosts.sh("nft -f - <<'END'\ntable inet track {\nchain c { type filter hook forward priority 10;\n"
                 "ct state established accept\n}\n}\nEND", "router")
    for copy in scene.copies:
        to, mirror = copies.collector(copy.number, 4), copies.mirror(copy.number, 4)
        if copy.mirrored_by == "xt_TEE":
            hosts.sh(_TEE.format(to=to), "router")
        elif copy.mirrored_by == "nft dup":
            hosts.sh(f"nft -f - <<'END'\n{_DUP.format(to=to)}END", "router")
        elif copy.mirrored_by == "mirred":
            more = "nopmtudisc ignore-df" if copy.name.endswith("nopmtudisc") else ""
            hosts.sh(_MIRRED.format(to=to, mirror=mirror, number=copy.number, lan="lan", more=more), "router")
