# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a result, drawn by gnuplot."""

import subprocess
from pathlib import Path

from report import Cost

SUFFIXES = (("60", "60 bytes"), ("1514", "1514 bytes"))
BARS = (
    ("mirred", "tc mirred, bare"), ("netdev-dup", "nft netdev dup, bare"), ("tee", "xt\\\\_TEE, bare"),
    ("nft-dup", "nft dup, bare"), ("mirred-gretap", "tc mirred, gretap"),
    ("mirred-erspan", "tc mirred, erspan"), ("mirred-vxlan", "tc mirred, vxlan"),
    ("none", "rmirror none, bare"), ("gre", "rmirror gre"), ("erspan", "rmirror erspan"),
    ("vxlan", "rmirror vxlan"), ("geneve", "rmirror geneve"), ("tzsp", "rmirror tzsp"), ("gre6", "rmirror gre, IPv6"),
)
_SCRIPT = """
set terminal svg size 760,400 font 'sans,12' background rgb 'white'
set output '{out}'
set title 'Instructions for one copy, kernel {kernel}: fewer is better'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border rgb 'white'
set boxwidth 0.9
set grid ytics lc rgb '#dddddd'
set yrange [0:*]
set xtics rotate by -35 scale 0
set key top right
set rmargin 8
plot $data using 2:xtic(1) title '60-byte frame' lc rgb '#4477aa', \\
     '' using 3 title '1514-byte frame' lc rgb '#ee9944', \\
     '' using 4 title '1514-byte frame, len 60' lc rgb '#66aa66'
"""


def draw(out: Path, kernel: str, costs: dict[str, Cost]) -> None:
    """Writes the picture as SVG."""
    lines = []
    for name, label in BARS:
        bars = [costs.get(f"{name} {suffix}") for suffix in ("60", "1514", "1514 len 60")]
        values = [f"{bar.copy:.0f}" if bar and not bar.skipped else "NaN" for bar in bars]
        lines.append(f'"{label}" {" ".join(values)}')
    data = "$data << END\n" + "\n".join(lines) + "\nEND\n"
    subprocess.run(["gnuplot"], input=data + _SCRIPT.format(out=out, kernel=kernel), text=True,
                   check=True)
