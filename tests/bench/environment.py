# SPDX-License-Identifier: GPL-2.0-only
"""What the guest's programs find of this build."""

from pathlib import Path


def of_guest(build: Path) -> dict[str, str]:
    """Variables: nft with the plugin, iptables with the target, the benchmark's own programs, and a small system
    with the newest nft (tests/plugin/suite)."""
    xtables = [build / "xtables", *Path("/usr/lib").glob("*/xtables")]
    return {"LD_LIBRARY_PATH": str(build / "plugin"),
            "XTABLES_LIBDIR": ":".join(map(str, xtables)),
            "BENCH_BUILD": str(build / "tests/bench"),
            "NEWEST": str(build / "suites/sid/root")}
