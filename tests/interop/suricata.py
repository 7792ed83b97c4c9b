# SPDX-License-Identifier: GPL-2.0-only
"""Suricata: its configuration, how it is run, and what it said."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import capture
import traffic

_RULES = f"""
alert tcp any any -> any any (msg:"marker in the stream"; content:"{traffic.FILE_MARKER.decode()}"; sid:1;)
alert http any any -> any any (msg:"marker in the file"; file.data; content:"{traffic.FILE_MARKER.decode()}"; sid:2;)
alert http any any -> any any (msg:"request"; http.uri; content:"{traffic.FILE_NAME}"; sid:3;)
alert udp any any -> any any (msg:"marker in the datagram"; content:"{traffic.DATAGRAM_MARKER.decode()}"; sid:4;)
alert dns any any -> any any (msg:"name"; dns.query; content:"{traffic.DNS_NAME}"; sid:5;)
alert tls any any -> any any (msg:"server name"; tls.sni; content:"{traffic.TLS_NAME}"; sid:6;)
alert icmp any any -> any any (msg:"echo"; itype:8; sid:7;)
alert icmp any any -> any any (msg:"large echo"; itype:8; dsize:>2000; sid:8;)
alert ipv6 any any -> any any (msg:"echo"; ip_proto:58; itype:128; sid:9;)
"""

# As Debian has it, but that files are looked at to their end, and that type I is known. {more}: af-packet.
_CONFIGURATION = """%YAML 1.1
---
vars:
  address-groups: {{HOME_NET: any, EXTERNAL_NET: any}}
  port-groups: {{HTTP_PORTS: "80", VXLAN_PORTS: 4789, GENEVE_PORTS: 6081}}
stats: {{enabled: yes, interval: 3600, decoder-events: true, stream-events: true}}
logging:
  outputs:
    - console: {{enabled: yes}}
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      types:
        - alert
        - http: {{extended: yes}}
        - dns: {{version: 2}}
        - tls: {{extended: yes}}
        - files: {{force-hash: [sha256]}}
        - stats: {{totals: yes, threads: no}}
app-layer:
  protocols:
    http: {{enabled: yes, libhtp: {{default-config: {{personality: IDS, request-body-limit: 0, response-body-limit: 0}}}}}}
    dns: {{udp: {{enabled: yes, detection-ports: {{dp: 53}}}}, tcp: {{enabled: yes}}}}
    tls: {{enabled: yes, detection-ports: {{dp: 443}}}}
stream:
  memcap: 64mb
  checksum-validation: yes
  midstream: false
  reassembly: {{memcap: 128mb, depth: 0, toserver-chunk-size: 2560, toclient-chunk-size: 2560}}
defrag: {{memcap: 32mb, hash-size: 65536, trackers: 65535, max-frags: 65535, prealloc: yes, timeout: 60}}
flow: {{memcap: 64mb, hash-size: 65536, prealloc: 1000}}
vlan: {{use-for-tracking: true}}
livedev: {{use-for-tracking: true}}
decoder:
  teredo: {{enabled: false}}
  vxlan: {{enabled: true, ports: 4789}}
  geneve: {{enabled: true, ports: 6081}}
  erspan: {{typeI: {{enabled: true}}}}
max-pending-packets: 1024
{more}
"""
_DEVICE = """  - interface: {name}
    threads: 1
    cluster-id: {id}
    cluster-type: cluster_flow
    defrag: no
    use-mmap: yes
    tpacket-v3: {version}
    ring-size: 4096
    block-size: 262144
"""

# What one of them counts is a packet that it could not take as it was sent.
_TROUBLE = ("invalid_checksum", "reassembly_gap", "stream.", "decoder.event", "defrag.max", "memcap", "ssn_memcap",
            "insert_data", "pkt_too_small", "capture.kernel_drops")
# The sensor's own end cuts what is still going on; pseudo packets are its own.
_HARMLESS = ("memuse", "memcap_pressure", "stream_depth", "stream.wrong_thread")
# What it says of the outer packets: a datagram around a frame is one, too.
_OUTER = ("10.9.", "fd09:")


@dataclass(frozen=True)
class Said:
    """What Suricata found in some traffic, and in what it had trouble."""
    alerts: frozenset[int]
    records: tuple[str, ...]
    trouble: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.alerts or self.records)


def _command(receivers: Path, work: Path, devices: Iterable[str] = ()) -> list[str]:
    """The Suricata below RECEIVERS, with configuration and rules of its own in WORK."""
    more = "".join(_DEVICE.format(name=name, id=1 + number, version="no")
                   for number, name in enumerate(devices))
    work.mkdir(parents=True, exist_ok=True)
    (work / "suricata.yaml").write_text(_CONFIGURATION.format(more=f"af-packet:\n{more}" if more else ""))
    (work / "test.rules").write_text(_RULES)
    etc = receivers / "root/etc/suricata"
    return [str(receivers / "bin/suricata"), "-c", str(work / "suricata.yaml"), "-S", str(work / "test.rules"), "-l", str(work),
            "--set", f"classification-file={etc}/classification.config",
            "--set", f"reference-config-file={etc}/reference.config"]


def live(netns: str, devices: list[str], work: Path, leaves_gro: bool) -> capture.Listener:
    """Suricata on these devices, in a namespace; its words are in WORK/eve.json, each with its device. It turns GRO of its
    devices off, if it is not told to leave it."""
    command = _command(Path(os.environ["RECEIVERS"]), work, devices)
    command += ["--set", f"capture.disable-offloading={'no' if leaves_gro else 'yes'}"]
    command += ["--af-packet", "--runmode", "workers", "--pidfile", str(work / "suricata.pid")]
    return capture.Listener(netns, command, work / "suricata.log", "Engine started")


def read(pcap: Path, work: Path, receivers: Path, checksums: bool) -> Said:
    """What the Suricata below RECEIVERS says of a file, with checksums verified or not."""
    (work / "eve.json").unlink(missing_ok=True)
    command = [*_command(receivers, work), "-r", str(pcap), "-k", "all" if checksums else "none", "--runmode", "single"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode or not (work / "eve.json").exists():
        raise RuntimeError(f"suricata of {pcap}: status {done.returncode}: {done.stdout[-2000:]}")
    return said(work / "eve.json")


def _record(event: dict[str, dict[str, object]]) -> str:
    """What of an event does not depend on when and in which order packets came."""
    kind = str(event["event_type"])
    found = event.get(kind, {})
    fields = {"http": ("hostname", "url", "status", "length", "http_content_type"),
              "dns": ("type", "rrname", "rrtype", "rcode"),
              "tls": ("sni", "subject", "version", "fingerprint"),
              "fileinfo": ("filename", "size", "state", "gaps", "sha256")}.get(kind, ())
    return f"{kind} " + " ".join(f"{name}={found[name]}" for name in fields if name in found)


def _flat(counters: dict[str, object], prefix: str = "") -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in counters.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            found[prefix + name] = value
    return found


def said(eve: Path, device: str = "") -> Said:
    """The alerts, records and trouble of eve.json; with DEVICE those of one device, and nobody's trouble."""
    alerts, records, trouble = set(), set(), {}
    for line in eve.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event_type"] == "stats":
            trouble = {name: value for name, value in _flat(event["stats"]).items()
                       if value and any(word in name for word in _TROUBLE)
                       and not any(word in name for word in _HARMLESS)}
        elif (device and event.get("in_iface") != device) or event.get("src_ip", "").startswith(_OUTER):
            continue
        elif event["event_type"] == "alert":
            alerts.add(int(event["alert"]["signature_id"]))
        else:
            records.add(_record(event))
    return Said(frozenset(alerts), tuple(sorted(records)), {} if device else trouble)
