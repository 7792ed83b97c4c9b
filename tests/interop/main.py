# SPDX-License-Identifier: GPL-2.0-only
"""What tests/interop/run does once all is installed and built; see its --help."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import evidence
import page
import scenes
import traffic
import wireshark
from copies import Copy
from receivers import NOTHING, RECEIVERS, WHOLE, Receiver, Seen, Verdict
from scenes import Scene
from suricata import Said

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PAGE = ROOT / "doc/receivers.md"
RUN = BUILD / "interop"
SUITES = {"7": "trixie", "8": "sid"}
_SKIPPED = 77
_SCENE_SECONDS = 600
_GUESTS_MAX = 2  # of 2 GB each


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/interop/run",
        description="Mirror traffic in a QEMU guest, and hand the copies to Suricata, tshark, Open vSwitch, "
                    "Linux' tunnel devices and `rmirror collector`. Speaks TAP: `ok SCENE, RECEIVER: COPY`. "
                    "With all scenes the tables of doc/receivers.md are compared, too.",
        epilog="The captures stay in build/interop.")
    parser.add_argument("--kernel", default="6.1", metavar="VERSION", help="of the guest (default: 6.1)")
    parser.add_argument("--scene", action="append", choices=list(scenes.BY_NAME), metavar="NAME",
                        help=f"only this one, repeatable: {', '.join(scenes.BY_NAME)}")
    parser.add_argument("--list", action="store_true", help="print the names of the scenes")
    parser.add_argument("--short", action="store_true", help="the same as --scene short, which no other run has")
    parser.add_argument("--save", action="store_true", help="write doc/receivers.md")
    parser.add_argument("--judge-only", action="store_true", help="look again at the captures of the last runs")
    parser.add_argument("--no-setup", action="store_true", help="neither install packages nor build")
    return parser


def _missing(names: list[str]) -> str:
    """What the guest needs and is not there; empty: nothing."""
    for program, package in (("qemu-system-x86_64", "qemu-system-x86"), ("tshark", "tshark"),
                             ("openssl", "openssl")):
        if not shutil.which(program):
            return f"{program} is missing: apt-get install {package}"
    for built in ("plugin/libnftables.so.1", "libnftnl-ext/tools/rmirror"):
        if not (BUILD / built).exists():
            return f"build/{built} is missing: run it once without --no-setup"
    needs = any(scenes.BY_NAME[name].live or scenes.BY_NAME[name].switch or scenes.BY_NAME[name].bridge
                for name in names)
    if needs and not (BUILD / "receivers/trixie/stamp").exists():
        return "Suricata and Open vSwitch are missing: tests/interop/receivers trixie"
    return ""


def _certificate(path: Path) -> None:
    """For the TLS server of the traffic."""
    parts = [path.with_suffix(".key"), path.with_suffix(".crt")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj",
                    "/CN=tls.interop.test", "-keyout", parts[0], "-out", parts[1]], check=True, capture_output=True)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def _guest(number: int, names: list[str], kernel: str) -> str:
    """Plays scenes in a guest; returns what went wrong."""
    if not names:
        return ""
    directory = RUN / f"guest-{number}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    _certificate(directory / "certificate.pem")
    environment = {"LD_LIBRARY_PATH": BUILD / "plugin", "RMIRROR": BUILD / "libnftnl-ext/tools/rmirror",
                   "RECEIVERS": BUILD / "receivers/trixie"}
    # One processor: on two, what captures see of a connection's directions is not in the order of the wire, and
    # a sensor finds gaps in the original.
    command = [str(ROOT / "tests/vm/run"), "--kernel", kernel, "--run-dir", str(directory), "--memory", "2G",
               "--cpus", "1", "--timeout", str(_SCENE_SECONDS * (1 + len(names)))]
    command += [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    command += ["--", "python3", "-B", str(ROOT / "tests/interop/guest.py"), *names]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    for name in names:
        shutil.rmtree(RUN / name, ignore_errors=True)
        if (directory / name).exists():
            (directory / name).rename(RUN / name)
    return f"status {done.returncode}: {done.stdout[-3000:]}" if done.returncode else ""


def _play(names: list[str], kernel: str) -> list[str]:
    """Plays scenes, in two guests where there are processors for them; returns what went wrong."""
    guests = min(int(os.environ.get("RMIRROR_JOBS", os.cpu_count() or 1)), _GUESTS_MAX)
    with ThreadPoolExecutor(guests) as pool:
        done = pool.map(lambda number: _guest(number, names[number::guests], kernel), range(guests))
        return [fault for fault in done if fault]


def _suricatas() -> dict[str, Path]:
    """The directories of those that were fetched, by version."""
    found = {version: BUILD / "receivers" / suite for version, suite in SUITES.items()}
    return {version: path for version, path in found.items() if (path / "stamp").exists()}


def _say(name: str, good: bool, why: str = "") -> bool:
    print(f"{'ok' if good else 'not ok'} {name}" + (f"\n  {why}" if why else ""), flush=True)
    return good


class _Run:
    """What all scenes came to."""

    def __init__(self) -> None:
        self.good = True
        self.skipped = False
        self.words: page.Words = {}

    def judge(self, seen: Seen) -> None:
        """Every receiver on every copy of a scene."""
        scene = seen.scene
        cells = [(receiver, copy) for receiver in RECEIVERS if receiver.plays(scene) for copy in scene.copies]
        original = seen.original
        first = next(iter(original[0].values()), None)
        self.good &= _say(f"{scene.name}: the original is whole",
                          original[1].file and not original[1].wrong and (first is None or _as_sent(first, scene)),
                          f"{first} {original[1]}")
        for found in evidence.look(scene, seen.directory):
            self.good &= _say(f"{scene.name}: {found.what}", found.good, "" if found.good else found.seen)
        if scene.merges:
            self.words |= page.merging(scene, evidence.merged(seen.directory))
        _ = seen.files  # once, before the threads
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            verdicts = pool.map(lambda cell: _judge(seen, *cell), cells)
        for (receiver, copy), verdict in zip(cells, verdicts):
            name = f"{scene.name}, {receiver.name}: {copy.name}"
            if verdict is None:
                print(f"ok {name} # SKIP this Suricata was not fetched: tests/interop/receivers")
                self.skipped = True
                continue
            self.words[scene.name, receiver.name, copy.name] = verdict.word
            if not scene.whole or copy.mirrored_by != "rmirror" or copy.name in dict(scene.limits):
                # No promise: what it comes to is compared with the page.
                _say(f"{name} ({verdict.word})", True, verdict.why)
                continue
            wanted = WHOLE if receiver.takes(copy, scene) else NOTHING
            good = verdict.word == wanted
            self.good &= _say(name, good, "" if good else f"{verdict.word}, not {wanted}: {verdict.why}")

    def compare(self) -> None:
        """The committed page's rows with those of what was seen."""
        committed = set(page.rows(PAGE.read_text(encoding="utf-8"))) if PAGE.exists() else set()
        seen = page.rows(page.tables(self.words))
        for row in seen:
            good = row in committed
            self.good &= _say(f"receivers.md: {row.split('|')[1].strip()}", good, "" if good else f"seen: {row}")
        for row in sorted(committed - set(seen)):
            self.good &= _say(f"receivers.md: {row.split('|')[1].strip()}", False, f"not seen: {row}")


def _as_sent(said: Said, scene: Scene) -> bool:
    """A test whose original says nothing would compare nothing with nothing."""
    wanted = {1, 2, 3, 5} if scene is scenes.SHORT else {1, 2, 3, 4, 5, 6} | ({7, 8} if scene.family == 4 else {9})
    digest = hashlib.sha256(traffic.file_bytes()).hexdigest()
    return said.alerts == frozenset(wanted) and sum(f"gaps=False sha256={digest}" in record for record in said.records) == 1


def _judge(seen: Seen, receiver: Receiver, copy: Copy) -> Verdict | None:
    version = receiver.name.removeprefix("Suricata ")[0]
    if receiver.name.startswith("Suricata") and version not in seen.suricatas:
        return None
    return receiver.judge(seen, copy)


def _versions(kernel: str) -> str:
    found = [f"Linux {(BUILD / 'kernels' / kernel / 'release').read_text().strip()}", f"tshark {wireshark.version()}"]
    for path in _suricatas().values():
        for line in (path / "stamp").read_text().splitlines():
            name, version = line.split()
            names = {"suricata": "Suricata", "openvswitch-switch": "Open vSwitch"}
            found.append(f"{names[name]} {version.split(':')[-1].split('-')[0]}")
    return ", ".join(found)


def main() -> int:
    """Returns the exit status."""
    arguments = _parser().parse_args()
    if arguments.list:
        print("\n".join(scene.name for scene in scenes.SCENES))
        return 0
    names = ["short"] if arguments.short else arguments.scene or [scene.name for scene in scenes.SCENES]
    if missing := _missing(names):
        print(f"tests/interop/run: {missing}")
        return _SKIPPED
    os.chdir(ROOT)
    if not arguments.judge_only:
        if faults := _play(names, arguments.kernel):
            _say("the guest plays the scenes", False, "\n".join(faults))
            return 1
    run = _Run()
    for name in names:
        run.judge(Seen(scenes.BY_NAME[name], RUN / name, _suricatas()))
    if not arguments.short and not arguments.scene:
        if arguments.save:
            PAGE.write_text(page.page(run.words, _versions(arguments.kernel)), encoding="utf-8")
        elif run.skipped:
            print("ok receivers.md # SKIP a receiver was not there")
        else:
            run.compare()
    return 0 if run.good else 1


if __name__ == "__main__":
    sys.exit(main())
