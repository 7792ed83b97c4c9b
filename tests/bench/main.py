# SPDX-License-Identifier: GPL-2.0-only
"""The command line of tests/bench/run: boots the guest, prints the table, judges the numbers."""

import argparse
import fnmatch
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/vm/harness"))
# pylint: disable=wrong-import-position
import guest as vm  # noqa: E402
import machine  # noqa: E402
import user_mode  # noqa: E402

import environment  # noqa: E402
import plot  # noqa: E402
import profile_text  # noqa: E402
import report  # noqa: E402
import rows as table  # noqa: E402

BUILD = ROOT / "build"
PROFILER = BUILD / "tests/bench/rmirror_bench_profile.so"
COMMITTED = HERE / "results"
# rep movs without these is counted word by word, not as one instruction.
CPU = "max,la57=off,pcid=off,-erms,-fsrm"
TIMEOUT = 10000
# A network card of the guest whose packets nobody takes. QEMU looks for them a microsecond after it was told of
# some, by the clock that counts instructions, so that it does not matter when the host lets it run.
VIRTIO = ["-netdev", "user,id=virtio,restrict=on,ipv6=off",
          "-device", "virtio-net-pci,netdev=virtio,ioeventfd=off,tx=timer,x-txtimer=1000"]
# What the goals are stated for; on others they are only shown.
GOALS_KERNEL = "6.1"
# A program of this machine. So many times the packets make a measurement of some tenths of a second.
WALL_CLOCK_KERNEL = "6.1-um"
WALL_CLOCK_TIMES = 48
ROUNDS_MIN = 7


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Count the instructions of one mirrored packet, for rmirror and for what else "
                    "mirrors, in a QEMU guest whose clock is its instruction counter: pktgen hands "
                    "packets to one device, copies leave by another, originals are dropped. The cost "
                    "is that with the statement minus that of the same rule without it. The devices: "
                    "tests/bench/README.md.",
        epilog="Exit status: 0; 1 when a row is more than 3 % worse than the committed result, or a "
               f"goal is missed on {GOALS_KERNEL}; 77 when it cannot run here.")
    parser.add_argument("--kernel", action="append", metavar="VERSION",
                        help="repeatable, see tests/vm/kernel --help (default: 6.1)")
    parser.add_argument("--rows", default="*", metavar="PATTERNS",
                        help="only rows whose name matches one of these, separated by commas: "
                             "'gre*,tee*'")
    parser.add_argument("--list", action="store_true", help="print the names of all rows")
    parser.add_argument("--reverse", action="store_true",
                        help="the last row first: the results must be the same")
    parser.add_argument("--profile", action="store_true",
                        help="show where the instructions of each row are, by function. Rows whose "
                             "statements differ by what surrounds them only are best seen side by side")
    parser.add_argument("--save", action="store_true",
                        help="make these the results that later runs are compared with, and draw "
                             "their picture: tests/bench/results/. Of rows not measured now, the old "
                             "ones stay")
    parser.add_argument("--wall-clock", action="store_true",
                        help="measure time, not instructions: on the kernel "
                             f"{WALL_CLOCK_KERNEL}, which is a program of this machine (ARCH=um), in "
                             "rounds over all rows. The result is the median of the rounds; it goes "
                             f"to build/bench/{WALL_CLOCK_KERNEL}/measured.json and is compared with "
                             "nothing. Rows of 64 KB GSO packets are left out: they come by system "
                             "calls, whose time is longer and less even there than what is measured")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"of --wall-clock: {ROUNDS_MIN} or more (default: {ROUNDS_MIN})")
    parser.add_argument("--no-setup", action="store_true",
                        help="neither install packages nor build")
    return parser


def _wanted(patterns: str) -> list[str]:
    names = [row.name for row in table.all_rows()]
    globs = [glob.strip() for glob in patterns.split(",")]
    return [name for name in names if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]


def _measure(kernel: str, names: list[str], rounds: int = 1, times: int = 1,
             profile: bool = False) -> dict[str, report.Cost] | None:
    run_dir = BUILD / "bench" / kernel
    out = run_dir / "measured.json"
    out.unlink(missing_ok=True)
    counted = [] if user_mode.is_user_mode(kernel) else [
        "-icount", "shift=0,sleep=off", "-cpu", CPU, *VIRTIO]
    marks = []
    if profile:
        counted += ["-plugin", f"{PROFILER},out={run_dir / 'profile'}"]
        marks = ["--mark", "--symbols", str(run_dir / "symbols")]
    options = vm.Options(
        kernel=kernel, accelerator="tcg", processors=1, run_dir=run_dir, timeout=TIMEOUT,
        qemu_args=counted, environment=environment.of_guest(BUILD))
    result = vm.run(["python3", "-B", str(HERE / "guest.py"), "--rounds", str(rounds),
                     "--times", str(times), *marks, str(out), *names], options)
    for fault in result.faults:
        print(f"tests/bench/run: {fault}", file=sys.stderr)
    if result.faults or result.status != 0:
        return None
    return report.load(out)


def _series(kernel: str) -> str:
    """6.12 of 6.12.117+deb12-amd64; `sid` is another one each few months."""
    release = (BUILD / "kernels" / kernel / "release").read_text(encoding="ascii")
    return ".".join(release.split(".")[:2])


def _judge(kernel: str, measured: dict[str, report.Cost], save: bool) -> bool:
    series = _series(kernel)
    committed = COMMITTED / f"{series}.json"
    print(f"\nkernel {kernel}: instructions for one copy\n")
    print(report.text(measured))
    good = True
    for goal in report.goals(measured):
        print(goal)
        good = good and (goal.reached or series != GOALS_KERNEL)
    if save:
        COMMITTED.mkdir(exist_ok=True)
        if committed.exists():
            measured = report.load(committed) | measured
        report.save(committed, measured)
        plot.draw(committed.with_suffix(".svg"), series, measured)
        print(f"saved: {committed.relative_to(ROOT)} and its picture")
    elif committed.exists():
        worse = report.worse(report.load(committed), measured)
        for line in worse:
            print(f"FAIL {line}")
        good = good and not worse
    return good


def _time(names: list[str], rounds: int) -> bool:
    timed = {row.name for row in table.all_rows() if row.source.kind == "pktgen"}
    names = [name for name in names if name in timed]
    if not names:
        print("tests/bench/run: --wall-clock times none of these rows")
        return False
    measured = _measure(WALL_CLOCK_KERNEL, names, rounds, WALL_CLOCK_TIMES)
    if measured is None:
        return False
    print(f"\nkernel {WALL_CLOCK_KERNEL}: nanoseconds for one copy, medians of {rounds} rounds\n")
    print(report.text(measured))
    return True


def _missing(kernels: list[str], save: bool) -> str:
    """What was not built, fetched or installed, and how to get it; empty: all is there."""
    programs = [(machine.QEMU, "qemu-system-x86"), ("iptables-legacy", "iptables")]
    programs += [("gnuplot", "gnuplot-nox")] if save else []
    for program, package in programs:
        # Those of administrators are not in everybody's path.
        if not shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
            return f"{program} is missing: apt-get install {package}"
    built = ["plugin/libnftables.so.1", "xtables/libxt_RMIRROR.so", "tests/bench/rmirror_bench_gso",
             "tests/bench/rmirror_bench_mark"]
    for path in built:
        if not (BUILD / path).exists():
            return f"build/{path} is missing: run it once without --no-setup"
    for kernel in kernels:
        tree = BUILD / "kernels" / kernel
        if not (tree / "release").exists():
            return f"there is no kernel {kernel} in build/kernels: run it once without --no-setup"
        for module in ("updates/nft_rmirror.ko", "bench/rmirror_bench_nic.ko"):
            if not list(tree.glob(f"root/lib/modules/*/{module}")):
                return f"{module} was not built for the kernel {kernel}: run it once without --no-setup"
    return ""


def main() -> int:
    """Returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.wall_clock and (arguments.kernel or arguments.save):
        parser.error("--wall-clock has a kernel of its own, and a result that no other machine has")
    if user := [kernel for kernel in arguments.kernel or [] if user_mode.is_user_mode(kernel)]:
        parser.error(f"--kernel {user[0]}: its clock counts no instructions, see --wall-clock")
    if arguments.profile and (arguments.wall_clock or arguments.save):
        parser.error("--profile counts what its marks execute, too: it is for reading, not for results")
    if arguments.rounds is not None and not arguments.wall_clock:
        parser.error("--rounds is for --wall-clock")
    if arguments.rounds is not None and arguments.rounds < ROUNDS_MIN:
        parser.error(f"--rounds {arguments.rounds}: {ROUNDS_MIN} or more")
    names = _wanted(arguments.rows)
    if arguments.list or not names:
        print("\n".join(row.name for row in table.all_rows()))
        return 0 if names else 2
    if arguments.reverse:
        names.reverse()
    kernels = [WALL_CLOCK_KERNEL] if arguments.wall_clock else arguments.kernel or ["6.1"]
    if missing := _missing(kernels, arguments.save):
        print(f"tests/bench/run: {missing}")
        return 77
    os.chdir(ROOT)
    if arguments.wall_clock:
        return 0 if _time(names, arguments.rounds or ROUNDS_MIN) else 1
    good = True
    for kernel in kernels:
        measured = _measure(kernel, names, profile=arguments.profile)
        if measured is None:
            return 1
        if arguments.profile:
            print(profile_text.of_rows(BUILD / "bench" / kernel, list(measured)))
            continue
        good = _judge(kernel, measured, arguments.save) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
