# SPDX-License-Identifier: GPL-2.0-only
"""The rich rule action rmirror in a patched firewalld: text, XML, statement, errors. No daemon.

action_test.py PATCHED_DIRECTORY SOURCE_DIRECTORY: of the patched Python packages, of this project
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PATCHED, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(PATCHED))

from firewall.core import rmirror  # noqa: E402
from firewall.core.io import policy as io_policy  # noqa: E402
from firewall.core.io import zone as io_zone  # noqa: E402
from firewall.core.rich import Rich_Rule  # noqa: E402
from firewall.errors import FirewallError  # noqa: E402

ALL = ('rule family="ipv4" source address="10.1.0.0/24" rmirror to-addr="10.0.0.5" encap="erspan3" '
       'key="7" len="128" mtu="truncate" ttl="9" dscp="ef" from-addr="10.0.0.1" device="eth1" '
       'mark="5" seq="yes" platform="yes" limit value="100/s"')


def action(words):
    return Rich_Rule(rule_str=f'rule family="ipv4" source address="10.1.0.1" rmirror {words}').action


class Text(unittest.TestCase):
    def test_everything_is_written_as_it_was_read(self):
        self.assertEqual(str(Rich_Rule(rule_str=ALL)), ALL)

    def test_spelling_and_order_are_canonical(self):
        self.assertEqual(
            str(action('seq=true len=0x3c key=007 to-addr="FD00:0::5" platform="no"')),
            'rmirror to-addr="fd00::5" key="7" len="60" seq="yes"')

    def test_rule_needs_nothing_but_the_action(self):
        text = 'rule rmirror to-addr="10.0.0.5"'
        self.assertEqual(str(Rich_Rule(rule_str=text)), text)
        with self.assertRaises(FirewallError):
            Rich_Rule(rule_str="rule accept")

    def test_elements_log_and_priority_stand_beside_it(self):
        text = ('rule priority="-5" family="ipv6" source NOT address="fd00::/16" port port="80" '
                'protocol="tcp" log prefix="x" rmirror to-addr="10.0.0.5"')
        self.assertEqual(str(Rich_Rule(rule_str=text)), text)

    def test_equal_rules_are_equal_and_have_an_order(self):
        self.assertEqual(action("to-addr=10.0.0.5 len=60"), action("len=0x3c to-addr=10.0.0.5"))
        self.assertEqual(len({action("to-addr=10.0.0.5"), action("to-addr=10.0.0.5")}), 1)
        self.assertNotEqual(action("to-addr=10.0.0.5"), action("to-addr=10.0.0.6"))
        self.assertLess(action("to-addr=10.0.0.5"), action("to-addr=10.0.0.6"))

    def test_other_actions_take_none_of_its_attributes(self):
        for text in ("rule priority=1 mark set=1 len=60", "rule priority=1 accept key=1"):
            with self.assertRaises(FirewallError):
                Rich_Rule(rule_str=text)

    def test_errors_name_the_word_and_the_range(self):
        for words, expected in (
                ("len=60", "'to-addr' is missing"),
                ("to-addr=10.0.0", "invalid to-addr '10.0.0', expected an IPv4 or IPv6 address"),
                ("to-addr=0.0.0.0", "invalid to-addr '0.0.0.0', the unspecified address is nobody's"),
                ("to-addr=::", "the unspecified address is nobody's"),
                ("to-addr=255.255.255.255", "a copy is not broadcast"),
                ("to-addr=224.0.0.1", "invalid to-addr '224.0.0.1', a multicast address needs 'device'"),
                ("to-addr=fe80::5", "a link-local address needs 'device'"),
                ("to-addr=febf:ffff::5 encap=none", "a link-local address needs 'device'"),
                ("to-addr=10.0.0.5 len=13", "invalid len '13', expected 14..65535"),
                ("to-addr=10.0.0.5 len=65536", "14..65535"), ("to-addr=10.0.0.5 len=x", "'x'"),
                ("to-addr=10.0.0.5 len=-1", "'-1'"),
                ("to-addr=10.0.0.5 encap=none len=19", "invalid len '19', expected 20..65535 with encap none"),
                ("to-addr=10.0.0.5 encap=gree", "one of gre, erspan1, erspan, erspan3, vxlan"),
                ("to-addr=10.0.0.5 encap=erspan key=1024", "invalid key '1024', expected 0..1023 with encap erspan"),
                ("to-addr=10.0.0.5 encap=tzsp key=1", "'key' does not belong to encap tzsp"),
                ("to-addr=10.0.0.5 port=1", "'port' does not belong to encap gre"),
                ("to-addr=10.0.0.5 mtu=small", "one of resegment, fragment, truncate, drop"),
                ("to-addr=10.0.0.5 ttl=0", "1..255"), ("to-addr=10.0.0.5 dscp=64", "0..63 or a name"),
                ("to-addr=10.0.0.5 from-addr=fd00::1", "an IPv4 address, as the collector"),
                ("to-addr=10.0.0.5 from-addr=0.0.0.0", "a unicast address"),
                ("to-addr=10.0.0.5 device=0123456789abcdef", "a name of 1..15 bytes"),
                ("to-addr=10.0.0.5 device=a/b", "a name of 1..15 bytes without white space"),
                ("to-addr=10.0.0.5 device=eth*", "a name of 1..15 bytes"),
                ("to-addr=10.0.0.5 device=voil\u00e0", "a name of 1..15 bytes"),
                ("to-addr=10.0.0.5 seq=maybe", "yes or no"),
                ("to-addr=10.0.0.5 set=1", "unknown attribute 'set'"),
                ("to-addr=10.0.0.5 len=60 len=61", "'len' is given twice"),
                ("to-addr=10.0.0.5 bogus=1", "bogus")):
            with self.subTest(words), self.assertRaises(FirewallError) as raised:
                action(words)
            self.assertIn(expected, str(raised.exception))

    def test_only_one_action(self):
        with self.assertRaises(FirewallError):
            action("to-addr=10.0.0.5 accept")


class Backends(unittest.TestCase):
    def test_statement_for_nftables(self):
        self.assertEqual(Rich_Rule(rule_str=ALL).action.to_json(), {"rmirror": {
            "to": "10.0.0.5", "encap": "erspan3", "key": 7, "len": 128, "mtu": "truncate", "ttl": 9,
            "dscp": "ef", "from": "10.0.0.1", "device": "eth1", "mark": 5, "seq": True,
            "platform": True}})
        self.assertEqual(action("to-addr=fd00::5 encap=vxlan key=0 port=4790 dscp=46").to_json(), {
            "rmirror": {"to": "fd00::5", "encap": "vxlan", "key": 0, "dscp": 46, "port": 4790}})

    def test_target_for_iptables(self):
        self.assertEqual(action("to-addr=10.0.0.5 len=60 encap=gre seq=yes").to_iptables(), [
            "-j", "RMIRROR", "--target", "10.0.0.5", "--encap", "gre", "--len", "60", "--seq"])


class Tables(unittest.TestCase):
    """The tables are the kernel's: both sides of the X-macros, seen by the C compiler."""

    @classmethod
    def setUpClass(cls):
        program = r"""
            #include <linux/netfilter.h>
            #include <stdio.h>
            #include "rmirror_tables.h"
            int main(void) {
            #define X(id, word, key, port) printf("encap %s %u\n", word, (unsigned)(key));
            RMIRROR_ENCAP_TABLE(X)
            #undef X
            #define X(id, word) printf("mtu %s\n", word);
            RMIRROR_MTU_TABLE(X)
            #undef X
            #define X(id, word, kind, min, max, encaps) \
                printf("option %s %s %lld %lld %lu\n", word, #kind, (long long)(min), \
                       (long long)(max), (unsigned long)(encaps));
            RMIRROR_OPTION_TABLE(X)
            printf("len %d\n", RMIRROR_LEN_MIN_NONE);
            return 0; }"""
        with tempfile.TemporaryDirectory() as scratch:
            binary = f"{scratch}/tables"
            subprocess.run(["c++", "-x", "c++", "-", "-o", binary, f"-I{SOURCE}/kernel/include",
                            f"-I{SOURCE}/kernel/include/uapi"], input=program, text=True, check=True)
            lines = subprocess.run([binary], stdout=subprocess.PIPE, text=True, check=True).stdout
        cls.rows = [line.split() for line in lines.splitlines()]

    def of(self, kind):
        return [row[1:] for row in self.rows if row[0] == kind]

    def test_words(self):
        self.assertEqual([(word, int(key)) for word, key in self.of("encap")],
                         list(rmirror.ENCAPS.items()))
        self.assertEqual([word for (word,) in self.of("mtu")], list(rmirror.MTU_POLICIES))
        self.assertEqual(self.of("len"), [[str(rmirror.LEN_MIN_NONE)]])

    def test_options(self):
        self.assertEqual([row[:2] for row in self.of("option")],
                         [[option.word, option.kind] for option in rmirror.OPTIONS])
        words = list(rmirror.ENCAPS)
        for (word, kind, low, high, encaps), option in zip(self.of("option"), rmirror.OPTIONS):
            with self.subTest(word):
                if kind in ("NUM", "DSCP", "NAME"):
                    self.assertEqual((int(low), int(high)), (option.low, option.high))
                expected = [word for bit, word in enumerate(words) if int(encaps) >> bit & 1]
                self.assertEqual(expected, list(option.encaps))

    def test_code_points(self):
        text = (SOURCE / "kernel/include/rmirror_tables.h").read_text()
        points = {name: int(value, 16) for name, value in re.findall(r'X\("(\w+)", (0x\w+)\)', text)}
        self.assertGreater(len(points), 20)
        self.assertEqual(points, rmirror._DSCP)


class Xml(unittest.TestCase):
    def round_trip(self, reader, writer, name, body):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / name
            path.write_text(body)
            read = reader(name, directory)
            writer(read, directory)
            again = reader(name, directory)
            return read, again, path.read_text()

    def rules(self, item):
        return sorted(str(rule) for rule in item.rules)

    def test_zone(self):
        body = """<?xml version="1.0" encoding="utf-8"?>
<zone><short>x</short>
  <rule family="ipv4"><source address="10.1.0.0/24"/>
    <rmirror to-addr="10.0.0.5" len="0x3c" seq="yes"><limit value="10/m"/></rmirror></rule>
  <rule><rmirror to-addr="fd00::5" encap="vxlan" key="7" from-addr="fd00::1"/></rule></zone>"""
        read, again, text = self.round_trip(io_zone.zone_reader, io_zone.zone_writer, "x.xml", body)
        self.assertEqual(self.rules(read), [
            'rule family="ipv4" source address="10.1.0.0/24" '
            'rmirror to-addr="10.0.0.5" len="60" seq="yes" limit value="10/m"',
            'rule rmirror to-addr="fd00::5" encap="vxlan" key="7" from-addr="fd00::1"'])
        self.assertEqual(self.rules(read), self.rules(again))
        self.assertIn('<rmirror to-addr="10.0.0.5" len="60" seq="yes">', text)

    def test_policy(self):
        body = """<?xml version="1.0" encoding="utf-8"?>
<policy target="CONTINUE"><ingress-zone name="ANY"/><egress-zone name="HOST"/>
  <rule><rmirror to-addr="10.0.0.5"/></rule></policy>"""
        read, again, _ = self.round_trip(io_policy.policy_reader, io_policy.policy_writer, "p.xml",
                                         body)
        self.assertEqual(self.rules(read), ['rule rmirror to-addr="10.0.0.5"'])
        self.assertEqual(self.rules(read), self.rules(again))

    def test_policy_without_the_chain_is_refused(self):
        for ingress, egress in ((["HOST"], ["ANY"]), (["public"], ["HOST"])):
            with self.subTest(ingress), self.assertRaises(FirewallError) as raised:
                rmirror.check_policy_zones("p", ingress, egress)
            self.assertIn("only from ANY to HOST", str(raised.exception))
        rmirror.check_policy_zones("p", ["ANY"], ["HOST"])
        rmirror.check_policy_zones("p", ["public"], ["ANY"])


class Probe(unittest.TestCase):
    """What happens to rules where the host refuses them."""

    class Policies:
        class Policy:
            derived_from_zone = "public"

        def get_policy(self, _):
            return self.Policy

    def setUp(self):
        self.rule = Rich_Rule(rule_str='rule rmirror to-addr="10.0.0.5"')
        self.answers = ["no such statement"]
        self.asked = 0

    def support(self):
        def probe(_):
            self.asked += 1
            return self.answers[0]
        return rmirror.Support("test", probe)

    def test_refused_rule_is_left_out_when_enabled_and_when_disabled(self):
        support = self.support()
        self.assertTrue(support.leaves_out(True, self.Policies(), "p", self.rule))
        # It works by now, but this rule is not there to be deleted.
        self.answers[0] = ""
        support.SECONDS = -1
        self.assertTrue(support.leaves_out(False, self.Policies(), "p", self.rule))
        self.assertFalse(support.leaves_out(True, self.Policies(), "p", self.rule))
        self.assertFalse(support.leaves_out(False, self.Policies(), "p", self.rule))

    def test_host_is_asked_once_for_each_action(self):
        support = self.support()
        support.SECONDS = 3600
        for _ in range(3):
            self.assertTrue(support.leaves_out(True, self.Policies(), "p", self.rule))
        self.assertEqual(self.asked, 1)
        support.problem(action("to-addr=10.0.0.6"))
        self.assertEqual(self.asked, 2)

    def test_probe_leaves_nothing_and_restores_echo(self):
        commands, echo = [], []

        class Nftables:
            def set_echo_output(self, on):
                echo.append(on)

            def json_cmd(self, command):
                commands.extend(command["nftables"])
                return 1, {}, "\nError: no\nmore"

        support = rmirror.nftables_support(Nftables(), "t")
        self.assertEqual(support.problem(self.rule.action), "nftables refuses it: Error: no")
        self.assertEqual(echo, [False, True])
        self.assertIn("delete", commands[-1])
        self.assertEqual(commands[3]["add"]["rule"]["expr"], [{"rmirror": {"to": "10.0.0.5"}}])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
