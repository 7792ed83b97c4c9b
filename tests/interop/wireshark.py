# SPDX-License-Identifier: GPL-2.0-only
"""tshark: what it finds wrong in a capture, and the files it takes out of it."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import traffic

_CHECKSUMS = [word for name in ("ip", "tcp", "udp") for word in ("-o", f"{name}.check_checksum:TRUE")]
_WHOLE = [word for name in ("tcp.reassemble_out_of_order", "tcp.desegment_tcp_streams", "ip.defragment",
                            "ipv6.defragment") for word in ("-o", f"{name}:TRUE")]
# PI_ERROR of epan/proto.h: malformed packets and wrong checksums are of it, too.
_ERROR = 0x00800000


@dataclass(frozen=True)
class Read:
    """What is wrong, a line each, and whether the transferred file is in there byte by byte."""
    wrong: tuple[str, ...]
    file: bool
    frames: int


def read(pcap: Path, work: Path, checksums: bool) -> Read:
    """Reads a file, with checksums verified or not."""
    shutil.rmtree(work, ignore_errors=True)
    command = ["tshark", "-n", "-r", str(pcap), *_WHOLE, *(_CHECKSUMS if checksums else ()), "--export-objects", f"http,{work}", "-T", "fields",
               "-e", "frame.number", "-e", "_ws.malformed", "-e", "_ws.expert.severity", "-e", "_ws.expert.message"]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"tshark of {pcap}: status {done.returncode}: {done.stderr}")
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if _is_wrong(*line.split("\t"))]
    wanted = hashlib.sha256(traffic.file_bytes()).digest()
    files = [path for path in work.glob("*") if hashlib.sha256(path.read_bytes()).digest() == wanted]
    return Read(tuple(wrong), bool(files), len(lines))


def _is_wrong(_number: str, malformed: str, severity: str, _message: str) -> bool:
    worst = max((int(word) for word in severity.split(",") if word), default=0)
    return bool(malformed) or worst >= _ERROR


def version() -> str:
    """Of tshark."""
    return subprocess.run(["tshark", "--version"], text=True, capture_output=True, check=True).stdout.split()[2]
