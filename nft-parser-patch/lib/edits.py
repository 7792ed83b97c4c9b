# SPDX-License-Identifier: GPL-2.0-only
"""What edits.toml says, and how it is done to a tree and undone.

An [[edit]] puts a text into a file of upstream's, beside an anchor:

    tree            nftables or libnftnl
    in              the file, below the tree
    after, before   the anchor: a regular expression for one line, of which there must be one;
                    `first` or `last` = true: the first or last of several
    text, text_from what is put there, or the file that holds it (its first line, the licence, is left
                    out). It has to name rmirror: by that, what is ours is known again.
    only_if, unless regular expressions: the edit is made if a line of the file matches, or none does;
    *_in            of another file
    name            what the edit is for, in messages (default: the anchor)

A [[file]] is one of ours, copied: `tree`, `from` (beside edits.toml) and `to`, with `only_if` and
`unless`, for which `*_in` is required; `bare` = true leaves out its first line, the licence.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
_OURS = re.compile(r"rmirror", re.IGNORECASE)
# Of an expression's operations only: libnftnl's own header has none of these names.
_OUR_MACROS = re.compile(r"^#define EXPR_OPS_\w+$", re.MULTILINE)


class Misfit(Exception):
    """The tree is not as the edits expect it: one line for each reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Condition:
    only_if: str = ""
    only_if_in: str = ""
    unless: str = ""
    unless_in: str = ""

    def holds(self, tree: "Tree", default: str) -> bool:
        if self.only_if and not tree.has_line(self.only_if_in or default, self.only_if):
            return False
        return not (self.unless and tree.has_line(self.unless_in or default, self.unless))


@dataclass(frozen=True)
class Edit:
    file: str
    anchor: str
    before: bool
    pick: str  # "only", "first" or "last"
    text: str
    name: str
    condition: Condition

    def place(self, content: str) -> int | str:
        """Where in CONTENT the text belongs, or why nowhere."""
        found = list(re.finditer(self.anchor, content, re.MULTILINE))
        if not found:
            return f"{self.file}: no line matches /{self.anchor}/ ({self.name})"
        if len(found) > 1 and self.pick == "only":
            return f"{self.file}: {len(found)} lines match /{self.anchor}/ ({self.name})"
        match = found[-1] if self.pick == "last" else found[0]
        if self.before:
            return content.rfind("\n", 0, match.start()) + 1
        return content.find("\n", match.start()) + 1


@dataclass(frozen=True)
class OwnFile:
    source: Path
    path: str
    condition: Condition
    bare: bool

    def content(self) -> str:
        text = self.source.read_text(encoding="utf-8")
        return text.partition("\n")[2] if self.bare else text


class Tree:
    """An unpacked source tree as it is without our edits; files are read when they are needed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kind = _kind_of(root)
        self._content: dict[str, str | None] = {}

    def read(self, path: str) -> str | None:
        """The file as it is on disk; None if there is none."""
        if path not in self._content:
            try:
                self._content[path] = (self.root / path).read_text(encoding="utf-8")
            except (FileNotFoundError, NotADirectoryError):
                self._content[path] = None
        return self._content[path]

    def has_line(self, path: str, pattern: str) -> bool:
        return re.search(pattern, self.read(path) or "", re.MULTILINE) is not None


def _kind_of(root: Path) -> str:
    try:
        text = (root / "configure.ac").read_text(encoding="utf-8")
    except OSError as error:
        raise Misfit([f"{root}: no source tree of nftables or libnftnl ({error.strerror}: configure.ac)"]) from None
    match = re.search(r"^AC_INIT\(\[(nftables|libnftnl)\]", text, re.MULTILINE)
    if not match:
        raise Misfit([f"{root}: configure.ac is not that of nftables or libnftnl"])
    return match[1]


def version_of(root: Path) -> str:
    match = re.search(r"^AC_INIT\(\[\w+\],\s*\[([^]]+)\]",
                      (root / "configure.ac").read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "unknown"


def words_of_table(kind: str) -> dict[str, list[str]]:
    """The words of RMIRROR_OPTION_TABLE: those that take a value, and flags."""
    table = (HERE / "../kernel/include/rmirror_tables.h").read_text(encoding="utf-8")
    body = re.search(r"#define RMIRROR_OPTION_TABLE\(X\)(.*?[^\\])\n", table, re.DOTALL)
    assert body is not None
    rows = re.findall(r'X\(\w+,\s*"([^"]+)",\s*(\w+),', body[1])
    flags = [word for word, row_kind in rows if row_kind == "FLAG"]
    return {"OPTIONS": [word for word, _ in rows if word not in flags], "FLAGS": flags} if kind else {}


def _expand(text: str) -> str:
    for name, words in words_of_table("all").items():
        text = text.replace(f"@{name}@", "|".join(f'"{word}"' for word in words))
    return text


def _condition(row: dict[str, str]) -> Condition:
    return Condition(*(row.get(key, "") for key in ("only_if", "only_if_in", "unless", "unless_in")))


def _edit(row: dict[str, str]) -> Edit:
    anchor = row.get("before") or row["after"]
    text = row.get("text", "")
    if "text_from" in row:
        text = (HERE / row["text_from"]).read_text(encoding="utf-8").partition("\n")[2]
    if not _OURS.search(text) and not _OUR_MACROS.search(text):
        raise ValueError(f"edits.toml: the text for {row['in']} at /{anchor}/ does not name rmirror")
    pick = "first" if row.get("first") else "last" if row.get("last") else "only"
    return Edit(row["in"], anchor, "before" in row, pick, _expand(text), row.get("name", anchor),
                _condition(row))


@dataclass
class Change:
    """What a file is without and with our edits; None: not there."""
    path: str
    without: str | None
    with_edits: str | None
    on_disk: str | None = field(default=None)


class Plan:
    """All that has to be done to one tree. Raises Misfit if it cannot be."""

    def __init__(self, root: Path) -> None:
        with open(HERE / "edits.toml", "rb") as file:
            rows = tomllib.load(file)
        self.tree = Tree(root)
        self._edits = [_edit(row) for row in rows["edit"] if row["tree"] == self.tree.kind]
        self._files = [OwnFile(HERE / row["from"], row["to"], _condition(row), row.get("bare", False))
                       for row in rows["file"] if row["tree"] == self.tree.kind]
        self.changes = self._edited_files() + self._own_files()

    def _edited_files(self) -> list[Change]:
        wanted = [edit for edit in self._edits if edit.condition.holds(self.tree, edit.file)]
        reasons: list[str] = []
        changes = []
        for path in dict.fromkeys(edit.file for edit in wanted):
            edits = [edit for edit in wanted if edit.file == path]
            on_disk = self.tree.read(path)
            if on_disk is None:
                reasons += [f"{path}: missing ({edit.name})" for edit in edits]
                continue
            without = _undo(on_disk, edits)
            if found := _OURS.search(without):
                line = without.count("\n", 0, found.start()) + 1
                reasons.append(f"{path}:{line}: names rmirror, but not as this version of the edits does; "
                               "undo the other version first")
                continue
            with_edits = _do(without, edits, reasons)
            changes.append(Change(path, without, with_edits, on_disk))
        if reasons:
            raise Misfit(reasons)
        return changes

    def _own_files(self) -> list[Change]:
        return [Change(own.path, None, own.content(), self.tree.read(own.path))
                for own in self._files if own.condition.holds(self.tree, own.path)]


def _undo(content: str, edits: list[Edit]) -> str:
    for edit in reversed(edits):
        if content.count(edit.text) == 1:
            content = content.replace(edit.text, "")
    return content


def _do(content: str, edits: list[Edit], reasons: list[str]) -> str:
    for edit in edits:
        place = edit.place(content)
        if isinstance(place, str):
            reasons.append(place)
        else:
            content = content[:place] + edit.text + content[place:]
    return content
