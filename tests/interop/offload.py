# SPDX-License-Identifier: GPL-2.0-only
"""Segmentation, merging and checksums of devices: ethtool(8) without a process for each device."""

import array
import fcntl
import socket
import struct
from collections.abc import Iterable

_SIOCETHTOOL = 0x8946
# linux/ethtool.h: ETHTOOL_STXCSUM, _SSG, _STSO, _SGSO, _SGRO; what asks is one less. What builds on another comes
# after it.
_SET = {"tx": 0x17, "sg": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}


def switch(devices: Iterable[str], on: bool, words: Iterable[str] = tuple(_SET)) -> None:
    """Turns these on or off; in the network namespace of the thread that calls. `sg` is of packet sockets only. Raises
    where a device leaves one as it was."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for device in devices:
            for word in words:
                _ask(any_socket, device, _SET[word], on)
                if _ask(any_socket, device, _SET[word] - 1, False) != on:
                    raise RuntimeError(f"{device}: {word} is not {'on' if on else 'off'}")


def _ask(any_socket: socket.socket, device: str, command: int, value: bool) -> bool:
    words = array.array("I", (command, int(value)))
    fcntl.ioctl(any_socket, _SIOCETHTOOL, struct.pack("16sP", device.encode(), words.buffer_info()[0]))
    return bool(words[1])
