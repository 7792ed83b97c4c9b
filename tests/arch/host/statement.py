# SPDX-License-Identifier: GPL-2.0-only
"""The statement's text and its attributes: librmirror of this build, and the other byte order."""

import ctypes
import struct
from pathlib import Path

_HEADER = 4
_NESTED = 0x8000
_TYPE_MASK = 0x3fff
_ATTRIBUTES_MAX = 4096
_EXT, _EXT_COUNTERS = 15, 2
_TEXT = 0
ENCAP, MTU = 4, 7  # NFTA_RMIRROR_*


class Library:
    """librmirror, by its C interface."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        for name in ("rmirror_stmt_parse", "rmirror_stmt_parse_payload", "rmirror_err_alloc"):
            getattr(self._library, name).restype = ctypes.c_void_p
        self._library.rmirror_err_message.restype = ctypes.c_char_p
        self._library.rmirror_stmt_alloc.restype = ctypes.c_void_p
        self._library.rmirror_stmt_get_str.restype = ctypes.c_char_p
        self._error = ctypes.c_void_p(self._library.rmirror_err_alloc())

    def _complain(self, what: str) -> ValueError:
        return ValueError(f"{what}: {self._library.rmirror_err_message(self._error).decode()}")

    def words(self, option: int) -> tuple[str, ...]:
        """Of ENCAP or MTU, in the order of their numbers."""
        statement = ctypes.c_void_p(self._library.rmirror_stmt_alloc())
        found: list[str] = []
        while self._library.rmirror_stmt_set_u32(statement, option, len(found), self._error) == 0:
            found.append(self._library.rmirror_stmt_get_str(statement, option).decode())
        self._library.rmirror_stmt_free(statement)
        if len(found) < 2:
            raise self._complain(f"words of option {option}")
        return tuple(found)

    def encode(self, text: str) -> bytes:
        """The attributes of a statement, in this machine's byte order."""
        found = self._library.rmirror_stmt_parse(_TEXT, text.encode(), None, self._error)
        if not found:
            raise self._complain(text)
        statement = ctypes.c_void_p(found)
        # A message with a header only, behind which the attributes go
        buffer = ctypes.create_string_buffer(struct.pack("=IHHII", 16, 0, 0, 0, 0), _ATTRIBUTES_MAX)
        done = self._library.rmirror_stmt_build_payload(buffer, _ATTRIBUTES_MAX, statement, self._error)
        self._library.rmirror_stmt_free(statement)
        if done != 0:
            raise self._complain(text)
        return buffer.raw[16:struct.unpack_from("=I", buffer)[0]]

    def decode(self, attributes: bytes) -> str:
        """The canonical text."""
        found = self._library.rmirror_stmt_parse_payload(attributes, len(attributes), self._error)
        if not found:
            raise self._complain(attributes.hex())
        statement = ctypes.c_void_p(found)
        buffer = ctypes.create_string_buffer(_ATTRIBUTES_MAX)
        self._library.rmirror_stmt_snprintf(buffer, _ATTRIBUTES_MAX, statement, _TEXT)
        self._library.rmirror_stmt_free(statement)
        return buffer.value.decode()


def _walk(attributes: bytes, order: str) -> list[tuple[int, bytes]]:
    """Type, with its flags, and payload of each; ValueError for what is none."""
    found, at = [], 0
    while at < len(attributes):
        length, kind = struct.unpack_from(order + "HH", attributes, at)
        if length < _HEADER or at + length > len(attributes):
            raise ValueError(f"an attribute of length {length} at {at} of {attributes.hex()}")
        found.append((kind, attributes[at + _HEADER:at + length]))
        at += (length + 3) & ~3
    return found


def _pack(attributes: list[tuple[int, bytes]], order: str) -> bytes:
    return b"".join(struct.pack(order + "HH", _HEADER + len(data), kind) + data + bytes(-len(data) % 4)
                    for kind, data in attributes)


def reordered(attributes: bytes, source: str, target: str) -> bytes:
    """The same attributes with their headers in another byte order: `<` or `>`. Payloads have one order."""
    return _pack([(kind, reordered(data, source, target) if kind & _NESTED else data)
                  for kind, data in _walk(attributes, source)], target)


def without_counters(attributes: bytes) -> tuple[bytes, dict[int, int]]:
    """A dump's attributes as they were given, and its counters by number."""
    kept, counters = [], {}
    for kind, data in _walk(attributes, "<"):
        if kind & _TYPE_MASK == _EXT:
            inside = _walk(data, "<")
            for inner, counter in inside:
                if inner & _TYPE_MASK == _EXT_COUNTERS:
                    counters = {number & _TYPE_MASK: int.from_bytes(value, "big")
                                for number, value in _walk(counter, "<")}
            inside = [one for one in inside if one[0] & _TYPE_MASK != _EXT_COUNTERS]
            if not inside:
                continue
            data = _pack(inside, "<")
        kept.append((kind, data))
    return _pack(kept, "<"), counters
