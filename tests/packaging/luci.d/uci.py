# SPDX-License-Identifier: GPL-2.0-only
"""The ubus object `uci`: files below a directory, and what a session has changed but not applied."""

import copy
import shlex
from pathlib import Path

Section = dict[str, str | list[str] | bool | int]
# Status of ubus
OK, INVALID, NOT_FOUND = 0, 2, 4


def parse(text: str) -> dict[str, Section]:
    sections: dict[str, Section] = {}
    section: Section = {}
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "config":
            name = words[2] if len(words) > 2 else f"cfg{len(sections):06x}"
            section = sections[name] = {".type": words[1], ".name": name, ".anonymous": len(words) < 3}
        elif words[0] == "option":
            section[words[1]] = words[2]
        else:
            items = section.setdefault(words[1], [])
            assert isinstance(items, list)
            items.append(words[2])
    return sections


def text_of(sections: dict[str, Section]) -> str:
    lines = []
    for section in sections.values():
        name = "" if section[".anonymous"] else f" '{section['.name']}'"
        lines.append(f"config {section['.type']}{name}")
        for option, value in section.items():
            if isinstance(value, list):
                lines += [f"\tlist {option} '{item}'" for item in value]
            elif not option.startswith("."):
                lines.append(f"\toption {option} '{value}'")
        lines.append("")
    return "\n".join(lines)


class Uci:
    """What is applied is in the files, what is not in memory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._staged: dict[str, dict[str, Section]] = {}
        self._changes: dict[str, list[list[str]]] = {}

    def _config(self, name: str) -> dict[str, Section] | None:
        file = self._directory / name
        if name not in self._staged and file.is_file():
            self._staged[name] = parse(file.read_text())
        return self._staged.get(name)

    def call(self, method: str, arguments: dict) -> tuple[int, dict]:
        if method == "changes":
            return OK, {"changes": copy.deepcopy(self._changes)}
        config = self._config(arguments["config"])
        if config is None:
            return NOT_FOUND, {}
        if method == "get":
            return OK, {"values": {name: {**section, ".index": index}
                                   for index, (name, section) in enumerate(config.items())}}
        if method == "order":
            config.update({name: config.pop(name) for name in arguments["sections"]})
            return OK, {}
        return self._change(config, method, arguments)

    def _change(self, config: dict[str, Section], method: str, arguments: dict) -> tuple[int, dict]:
        name = arguments.get("section") or arguments.get("name") or f"cfg{len(config):06x}"
        if (name in config) == (method == "add"):
            return INVALID, {}
        if method == "add":
            config[name] = {".type": arguments["type"], ".name": name, ".anonymous": not arguments.get("name")}
        if method in ("add", "set"):
            config[name].update({option: value if isinstance(value, list) else str(value)
                                 for option, value in arguments.get("values", {}).items()})
        elif method == "delete" and arguments.get("options"):
            for option in arguments["options"]:
                config[name].pop(option, None)
        elif method == "delete":
            del config[name]
        else:
            return INVALID, {}
        self._changes.setdefault(arguments["config"], []).append([method, name])
        return OK, {"section": name}

    def apply(self) -> None:
        for name in self._changes:
            (self._directory / name).write_text(text_of(self._staged[name]))
        self.revert()

    def revert(self) -> None:
        self._staged, self._changes = {}, {}
