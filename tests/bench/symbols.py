# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's functions, by their addresses."""

import bisect


class Symbols:
    """/proc/kallsyms: names of the kernel's addresses."""

    def __init__(self, text: str) -> None:
        entries = sorted((int(words[0], 16), words[2]) for words in map(str.split, text.splitlines())
                         if words[1] in "tTwW")
        self._addresses = [address for address, _ in entries]
        self._names = [name for _, name in entries]

    def name(self, address: int) -> str:
        """Of the function at ADDRESS"""
        return self._names[max(bisect.bisect_right(self._addresses, address) - 1, 0)]
