# SPDX-License-Identifier: GPL-2.0-only
"""Takes rules with the action rmirror out of firewalld's permanent configuration, and puts them back.

    set-aside.py take|back CONFIGURATION

A firewalld that is not patched cannot read a file with such a rule, and starts without the zones of all files. `take`
leaves the file without them, and the whole one beside it as FILE.rmirror, which firewalld does not look at. `back`
makes that the file again, unless the file was changed meanwhile. Says what it did, a line for each file. Exit status 1:
a file could not be dealt with, and is as it was.
"""

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

_RULE = re.compile(rb"[ \t]*<rule\b[^>]*(?<!/)>(?:(?!</rule\s*>).)*?<rmirror[\s/>].*?</rule\s*>[ \t]*\n?", re.DOTALL)
_SUFFIX = ".rmirror"


def _without(text: bytes) -> tuple[bytes, int]:
    """The text without its rules with the action, and how many they were."""
    rest, count = _RULE.subn(b"", text)
    if ElementTree.fromstring(rest).find(".//rmirror") is not None:
        raise ValueError("an element rmirror is in no rule")
    return rest, count


def _replace(file: Path, text: bytes) -> None:
    """At once, with the mode and the owner that the file has."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with open(handle, "wb") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        shutil.copystat(file, name)
        status = file.stat()
        os.chown(name, status.st_uid, status.st_gid)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def _take(file: Path) -> None:
    text = file.read_bytes()
    rest, count = _without(text)
    if not count:
        return
    whole = file.with_name(file.name + _SUFFIX)
    if whole.exists() and whole.read_bytes() != text:
        raise ValueError(f"{whole} is there already, and differs")
    shutil.copy2(file, whole)
    _replace(file, rest)
    print(f"{file}: {count} rule{'s' if count > 1 else ''} with the action rmirror set aside, the whole file is {whole}")


def _back(whole: Path) -> None:
    file = whole.with_name(whole.name.removesuffix(_SUFFIX))
    text = whole.read_bytes()
    if not file.exists() or file.read_bytes() != _without(text)[0]:
        raise ValueError(f"{file} was changed since its rules with the action rmirror were set aside: put them back by "
                         "hand, and remove this file")
    _replace(file, text)
    whole.unlink()
    print(f"{file}: its rules with the action rmirror are back")


def main(what: str, configuration: Path) -> int:
    """Each file by itself: the others can be read then."""
    status = 0
    for part in ("zones", "policies"):
        for file in sorted((configuration / part).rglob("*.xml" if what == "take" else f"*.xml{_SUFFIX}")):
            try:
                _take(file) if what == "take" else _back(file)
            except (OSError, ValueError, ElementTree.ParseError) as fault:
                print(f"{file}: {fault}", file=sys.stderr)
                status = 1
    return status


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("take", "back"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
