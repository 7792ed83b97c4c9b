# SPDX-License-Identifier: GPL-2.0-only
"""The command line of tests/vm/run and tests/vm/shell."""

import argparse
import shutil
import sys
from pathlib import Path

import guest
import machine
import user_mode

_STATUS_FAULT = 125  # as timeout(1) and docker run use it: the carrier failed, not the command


def _parser(shell: bool) -> argparse.ArgumentParser:
    if shell:
        parser = argparse.ArgumentParser(
            prog="tests/vm/shell",
            description="Boot a guest with this machine's files (changes to them are lost) and the "
                        "modules of kernel/, and give a prompt in it. `exit` powers it off.")
    else:
        parser = argparse.ArgumentParser(
            prog="tests/vm/run",
            usage="tests/vm/run [OPTION]... [--] COMMAND [ARGUMENT]...",
            description="Run COMMAND in a guest with this machine's files (changes to them are "
                        "lost, except below $RMIRROR_RESULTS), and the modules of kernel/ ready for "
                        "modprobe. Its output and exit status are passed on.",
            epilog=f"Exit status {_STATUS_FAULT}: the guest crashed, hung, or its kernel log holds a "
                   "warning; the lines are shown. The files of a run that failed stay in build/vm/.")
    parser.add_argument("--kernel", default="6.1", metavar="VERSION",
                        help="the kernel to boot, see tests/vm/kernel --help (default: 6.1)")
    parser.add_argument("--append", default="", metavar="WORDS", help="more kernel command line")
    parser.add_argument("--qemu-arg", action="append", default=[], metavar="WORD",
                        help="one more argument of QEMU, repeatable: --qemu-arg=-icount "
                             "--qemu-arg=shift=0")
    parser.add_argument("--accel", default="auto", choices=("auto", "kvm", "tcg"),
                        help="auto: KVM if it boots this kernel (tried once), else TCG")
    parser.add_argument("--memory", metavar="SIZE", help="default: 1G, a debug kernel's 2G")
    parser.add_argument("--cpus", type=int, metavar="N", help="default: 2")
    parser.add_argument("--no-modules", action="store_true",
                        help="neither build nor install the modules of kernel/")
    parser.add_argument("--verbose", action="store_true", help="show QEMU's command line")
    if not shell:
        parser.add_argument("--timeout", type=float, metavar="SECONDS",
                            help="give the guest up after this time (default: 600, with a debug "
                                 "kernel 2400)")
        parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                            help="an environment variable of COMMAND, repeatable")
        parser.add_argument("--run-dir", type=Path, metavar="DIRECTORY",
                            help="where the run's files go (default: a new one in build/vm/)")
        parser.add_argument("--allow", metavar="REGEX",
                            help="kernel log lines that this command provokes on purpose")
        parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _options(arguments: argparse.Namespace, shell: bool) -> guest.Options:
    options = guest.Options(
        kernel=arguments.kernel, append=arguments.append, qemu_args=arguments.qemu_arg,
        accelerator=arguments.accel, memory=arguments.memory, shell=shell, verbose=arguments.verbose)
    if arguments.cpus is not None:
        options.processors = arguments.cpus
    if not shell:
        options.timeout = arguments.timeout
        options.environment = dict(word.partition("=")[::2] for word in arguments.env)
        options.run_dir = arguments.run_dir
        options.allowed_trouble = arguments.allow
    return options


def main(arguments: list[str]) -> int:
    shell = arguments[:1] == ["--shell"]
    parser = _parser(shell)
    parsed = parser.parse_args(arguments[1:] if shell else arguments)
    command: list[str] = ["bash", "-i"] if shell else parsed.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not shell and not command:
        parser.error("no command given")
    if user_mode.is_user_mode(parsed.kernel):
        if shell or parsed.qemu_arg or parsed.accel != "auto" or parsed.cpus not in (None, 1):
            parser.error(f"--kernel {parsed.kernel} runs without QEMU and with one processor: no shell, "
                         "no --qemu-arg, --accel or --cpus")
    elif not machine.is_installed():
        print(f"{parser.prog}: {machine.QEMU} is missing: apt-get install qemu-system-x86",
              file=sys.stderr)
        return 77
    result = guest.run(command, _options(parsed, shell))
    for fault in result.faults:
        print(f"{parser.prog}: {fault}", file=sys.stderr)
    if result.faults:
        print(f"{parser.prog}: see {result.run_dir}", file=sys.stderr)
        return _STATUS_FAULT
    if getattr(parsed, "run_dir", None) is None and result.status == 0:
        shutil.rmtree(result.run_dir)
    return result.status if result.status is not None else _STATUS_FAULT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
