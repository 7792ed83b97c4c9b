# SPDX-License-Identifier: GPL-2.0-or-later
"""The rich rule action rmirror: copies of packets to a collector.

    rmirror to-addr="ADDRESS" [encap="TYPE"] [OPTION="VALUE"]... [limit value="RATE/DURATION"]

Everything about the action but its places in firewalld's own files: options and their ranges, spelling,
the statement of nftables, the target of iptables, and whether this host can do it.
"""

import json
import re
import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from firewall import errors
from firewall.core.logger import log
from firewall.core.prog import runProg
from firewall.errors import FirewallError

# Word and highest key; 0: it has none. Tables, checks and messages are those of every other front end; as this file
# is one of firewalld's, it has its own, which the project's tests compare.
ENCAPS = {
    "gre": 0xFFFFFFFF,
    "erspan1": 0,
    "erspan": 1023,
    "erspan3": 1023,
    "vxlan": 0xFFFFFF,
    "geneve": 0xFFFFFF,
    "tzsp": 0,
    "none": 0,
}
# Networks of one kind. (What ip_address says of a mapped IPv4 address depends on the version of Python.)
UNSPECIFIED = (ip_network("0.0.0.0"), ip_network("::"))
BROADCAST = (ip_network("255.255.255.255"),)
# Such an address means nothing without a device.
OF_A_LINK = {
    "multicast": (ip_network("224.0.0.0/4"), ip_network("ff00::/8")),
    "link-local": (ip_network("fe80::/10"),),
}
MTU_POLICIES = ("resegment", "fragment", "truncate", "drop")
LEN_MIN_NONE = 20

_ALL = tuple(ENCAPS)
_OUTER = tuple(encap for encap in ENCAPS if encap != "none")
_DSCP = {"cs%d" % n: 8 * n for n in range(8)}
_DSCP.update({"af%d%d" % (n, m): 8 * n + 2 * m for n in range(1, 5) for m in range(1, 4)})
_DSCP.update({"df": 0, "be": 0, "lephb": 1, "va": 44, "ef": 46})


class Option:
    """One attribute: its name here, the statement's word, its kind, its range and its encapsulations."""

    def __init__(self, attribute, word, kind, low, high, encaps):
        self.attribute = attribute
        self.word = word
        self.kind = kind
        self.low = low
        self.high = high
        self.encaps = encaps


# In the order in which they are written.
OPTIONS = (
    Option("encap", "encap", "ENCAP", 0, 0, _ALL),
    Option("key", "key", "NUM", 0, 0xFFFFFFFF, tuple(e for e in ENCAPS if ENCAPS[e])),
    Option("len", "len", "NUM", 14, 65535, _ALL),
    Option("mtu", "mtu", "MTU", 0, 0, _ALL),
    Option("ttl", "ttl", "NUM", 1, 255, _OUTER),
    Option("dscp", "dscp", "DSCP", 0, 63, _OUTER),
    Option("from-addr", "from", "ADDR", 0, 0, _OUTER),
    Option("device", "device", "NAME", 1, 15, _ALL),
    Option("mark", "mark", "NUM", 0, 0xFFFFFFFF, _ALL),
    Option("port", "port", "NUM", 1, 65535, ("vxlan", "geneve", "tzsp")),
    Option("seq", "seq", "FLAG", 0, 0, ("gre", "erspan", "erspan3")),
    Option("platform", "platform", "FLAG", 0, 0, ("erspan3",)),
    Option("metadata", "metadata", "FLAG", 0, 0, ("geneve",)),
)
OPTIONAL_ATTRIBUTES = [option.attribute for option in OPTIONS]
ATTRIBUTES = ["to-addr"] + OPTIONAL_ATTRIBUTES


def _error(text):
    return FirewallError(errors.INVALID_RULE, "rmirror: " + text)


def _number(text):
    """The number of a decimal or 0x word, None for anything else."""
    if not re.fullmatch(r"[0-9]{1,10}|0[xX][0-9a-fA-F]{1,8}", text):
        return None
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text)


def _address(text):
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else address


def _is_in(address, networks):
    return any(address in network for network in networks)


def _collector_refused(address, has_device):
    """Why there can be no such collector, or nothing."""
    if _is_in(address, UNSPECIFIED):
        return "the unspecified address is nobody's"
    if _is_in(address, BROADCAST):
        return "a copy is not broadcast"
    for kind, networks in OF_A_LINK.items():
        if _is_in(address, networks) and not has_device:
            return "a %s address needs 'device'" % kind
    return ""


def _is_device_name(name, option):
    """As the kernel sees it: byte 0xa0 is white space there, wherever in UTF-8 it stands. To nft a `*` at the end
    is a wildcard."""
    return (
        option.low <= len(name.encode()) <= option.high
        and name not in (".", "..")
        and not name.endswith("*")
        and not re.search(rb'[\s/:"\x00-\x1f\x7f\xa0]', name.encode())
    )


def _canonical(attribute, text):
    """`text` as it is written back; what is wrong stays as it is, for check() to name."""
    if attribute in ("to-addr", "from-addr"):
        address = _address(text)
        return text if address is None else str(address)
    kind = next(o.kind for o in OPTIONS if o.attribute == attribute)
    if kind in ("NUM", "DSCP"):
        number = _number(text)
        return text if number is None else str(number)
    if kind == "FLAG":
        if text.lower() in ("yes", "true", "1"):
            return "yes"
        return "" if text.lower() in ("no", "false", "0") else text
    return text


@dataclass(unsafe_hash=True)
class Rich_RMirror:
    """The action: `attributes` are pairs of name and value in their canonical order and spelling."""

    attributes: tuple
    limit: object = None

    @classmethod
    def from_attrs(cls, attrs, limit=None):
        """Takes what it knows out of a mapping of names to texts. Says what is wrong in check() only."""
        pairs = []
        for name in ATTRIBUTES:
            if attrs.get(name) is not None:
                value = _canonical(name, str(attrs[name]))
                if value != "":
                    pairs.append((name, value))
        return cls(tuple(pairs), limit)

    def get(self, name):
        return dict(self.attributes).get(name)

    @property
    def encap(self):
        return self.get("encap") or "gre"

    def check(self):
        """Raises a FirewallError that names the word and what is accepted."""
        self._check_collector()
        if self.encap not in ENCAPS:
            raise _error("invalid encap '%s', expected one of %s" % (self.encap, ", ".join(ENCAPS)))
        for option in OPTIONS:
            value = self.get(option.attribute)
            if value is None:
                continue
            if self.encap not in option.encaps:
                raise _error(
                    "'%s' does not belong to encap %s, only to %s"
                    % (option.attribute, self.encap, ", ".join(option.encaps))
                )
            wrong = self._wrong(option, value)
            if wrong:
                raise _error("invalid %s '%s', expected %s" % (option.attribute, value, wrong))

    def _check_collector(self):
        text = self.get("to-addr")
        if text is None:
            raise _error("'to-addr' is missing: the address of the collector")
        address = _address(text)
        if address is None:
            raise _error("invalid to-addr '%s', expected an IPv4 or IPv6 address" % text)
        why = _collector_refused(address, self.get("device") is not None)
        if why:
            raise _error("invalid to-addr '%s', %s" % (text, why))

    def _range(self, option):
        low, high = option.low, option.high
        if option.attribute == "key":
            high = ENCAPS[self.encap]
        elif option.attribute == "len" and self.encap == "none":
            low = LEN_MIN_NONE
        return low, high

    def _wrong(self, option, value):
        """What was expected instead of `value`, or nothing."""
        if option.kind == "MTU":
            return "" if value in MTU_POLICIES else "one of " + ", ".join(MTU_POLICIES)
        if option.kind == "FLAG":
            return "" if value == "yes" else "yes or no"
        if option.kind == "NAME":
            ok = _is_device_name(value, option)
            return "" if ok else "a name of 1..15 bytes without white space, '/', ':' and '\"'"
        if option.kind == "ADDR":
            address, collector = _address(value), _address(self.get("to-addr"))
            if address is None or address.version != collector.version:
                return "an IPv%d address, as the collector" % collector.version
            usable = not _is_in(address, UNSPECIFIED + BROADCAST + OF_A_LINK["multicast"])
            return "" if usable else "a unicast address"
        if option.kind in ("NUM", "DSCP"):
            if option.kind == "DSCP" and value in _DSCP:
                return ""
            low, high = self._range(option)
            number = _number(value)
            if number is None or not low <= number <= high:
                narrowed = "" if (low, high) == (option.low, option.high) else " with encap " + self.encap
                names = " or a name such as cs1, af11, ef" if option.kind == "DSCP" else ""
                return "%d..%d%s%s" % (low, high, narrowed, names)
        return ""

    def __str__(self):
        words = ['%s="%s"' % pair for pair in self.attributes]
        if self.limit:
            words.append(str(self.limit))
        return " ".join(["rmirror"] + words)

    def __lt__(self, other):
        return str(self) < str(other)

    def to_xml(self):
        return dict(self.attributes)

    def _pairs(self):
        """Word, kind and value of every option that is given, in order."""
        for option in OPTIONS:
            value = self.get(option.attribute)
            if value is not None:
                yield option.word, option.kind, value

    def to_json(self):
        """The statement for libnftables."""
        statement = {"to": self.get("to-addr")}
        for word, kind, value in self._pairs():
            if kind == "FLAG":
                statement[word] = True
            elif kind == "NUM" or (kind == "DSCP" and _number(value) is not None):
                statement[word] = int(value)
            else:
                statement[word] = value
        return {"rmirror": statement}

    def to_iptables(self):
        """The target and its options for iptables and ip6tables."""
        words = ["-j", "RMIRROR", "--target", self.get("to-addr")]
        for word, kind, value in self._pairs():
            words.append("--" + word)
            if kind != "FLAG":
                words.append(value)
        return words


class Lexer:
    """Collects the attributes of the action while a rich rule is read from text."""

    @staticmethod
    def take(attrs, name, value):
        if name not in ATTRIBUTES:
            raise _error("unknown attribute '%s', expected one of %s" % (name, ", ".join(ATTRIBUTES)))
        if name in attrs:
            raise _error("'%s' is given twice" % name)
        attrs[name] = value


class Support:
    """Whether a backend of this host can do an action; asked of the kernel, not guessed.

    A permanent rule that the host refuses would fail the start of firewalld as a whole: it is left
    out with a warning instead. `probe` takes an action and returns an error message, or nothing.
    """

    # A start or a reload asks once for each different action; a later attempt asks again.
    SECONDS = 5

    def __init__(self, backend, probe):
        self._backend = backend
        self._probe = probe
        self._asked = {}
        self._left_out = set()

    def problem(self, action):
        """Why the action cannot be done here; empty if it can."""
        key = tuple(action.attributes)
        now = time.monotonic()
        if key not in self._asked or now - self._asked[key][0] > self.SECONDS:
            self._asked[key] = (time.monotonic(), self._probe(action))
        return self._asked[key][1]

    def leaves_out(self, enable, fw_policy, policy, rule):
        """Is this rule not to be given to the backend? Says so in the log when it is loaded."""
        key = (policy, str(rule))
        if not enable:
            left_out = key in self._left_out
            self._left_out.discard(key)
            return left_out
        problem = chain_problem(fw_policy, policy) or self.problem(rule.action)
        if not problem:
            self._left_out.discard(key)
            return False
        self._left_out.add(key)
        log.warning("%s: '%s' is not in force: %s", self._backend, rule, problem)
        return True


def chain_problem(fw_policy, policy):
    """Why a policy has no chain for the action: packets get there by mangle PREROUTING alone."""
    obj = fw_policy.get_policy(policy)
    if obj.derived_from_zone:
        return ""
    if ("mangle", "PREROUTING") in fw_policy._get_table_chains_for_policy_dispatch(policy):
        return ""
    return (
        "rmirror cannot be used in policy '%s': it works on packets that come in, before it is known "
        "where they go. Use a zone, or a policy from ANY to HOST or from any zone to ANY" % policy
    )


def check_policy_zones(name, ingress_zones, egress_zones):
    """The part of chain_problem() that permanent configuration can tell."""
    if "HOST" in ingress_zones or ("HOST" in egress_zones and "ANY" not in ingress_zones):
        raise FirewallError(
            errors.INVALID_ZONE,
            "Policy '%s': 'rmirror' action cannot be used from '%s' to '%s', only from ANY to HOST or "
            "from any zone to ANY" % (name, ", ".join(ingress_zones), ", ".join(egress_zones)),
        )


def require(fw_policy, policy, rule):
    """Refuses a rule that somebody adds and this host cannot do."""
    if not isinstance(rule.action, Rich_RMirror):
        return
    problem = chain_problem(fw_policy, policy)
    families = [rule.family] if rule.family else ["ipv4", "ipv6"]
    for family in families:
        if not problem and fw_policy._fw.is_ipv_enabled(family):
            problem = fw_policy._fw.get_backend_by_ipv(family).rmirror.problem(rule.action)
    if problem:
        raise _error(problem)


def nftables_support(nftables, table):
    """The support of the nftables backend, by way of its libnftables; `table` is a name to try with."""

    def probe(action):
        where = {"family": "inet", "table": table}
        # One transaction that leaves nothing: the kernel checks every part of it.
        commands = [
            {"metainfo": {"json_schema_version": 1}},
            {"add": {"table": {"family": "inet", "name": table}}},
            {"add": {"chain": dict(where, name="rmirror")}},
            {"add": {"rule": dict(where, chain="rmirror", expr=[action.to_json()])}},
            {"delete": {"table": {"family": "inet", "name": table}}},
        ]
        nftables.set_echo_output(False)
        try:
            status, _, complaint = nftables.json_cmd({"nftables": commands})
        finally:
            nftables.set_echo_output(True)
        if status == 0:
            return ""
        lines = [line for line in (complaint or "").splitlines() if line.strip()]
        return "nftables refuses it: %s" % (lines[0].strip() if lines else json.dumps(action.to_json()))

    return Support("nftables", probe)


def iptables_support(command, name):
    """The support of an iptables backend, with its `command`."""

    def probe(action):
        chain = "rmirror_probe"
        table = ["-w", "-t", "mangle"]
        status, complaint = runProg(command, table + ["-N", chain])
        if status == 0:
            status, complaint = runProg(command, table + ["-A", chain] + action.to_iptables())
            runProg(command, table + ["-F", chain])
            runProg(command, table + ["-X", chain])
        if status == 0:
            return ""
        lines = [line for line in (complaint or "").splitlines() if line.strip()]
        return "%s refuses it: %s" % (name, lines[0].strip() if lines else "no reason given")

    return Support(name, probe)
