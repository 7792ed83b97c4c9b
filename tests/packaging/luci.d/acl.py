# SPDX-License-Identifier: GPL-2.0-only
"""What a session may do, as rpcd reads it from /usr/share/rpcd/acl.d."""

import fnmatch
import json
from pathlib import Path


class Acl:
    """The union of all groups of the files. What was denied is remembered."""

    def __init__(self, files: list[Path]) -> None:
        self._rules: list[tuple[str, str, str]] = []
        self.denied: list[str] = []
        for file in files:
            for group in json.loads(file.read_text()).values():
                for permission in ("read", "write"):
                    for scope, objects in group.get(permission, {}).items():
                        self._add(scope, objects, permission)

    def _add(self, scope: str, objects: list[str] | dict[str, list[str]], permission: str) -> None:
        if isinstance(objects, list):
            self._rules += [(scope, name, permission) for name in objects]
        else:
            self._rules += [(scope, name, function) for name, functions in objects.items() for function in functions]

    def allows(self, scope: str, name: str, function: str) -> bool:
        return any(rule == scope and fnmatch.fnmatchcase(name, names) and fnmatch.fnmatchcase(function, functions)
                   for rule, names, functions in self._rules)

    def check(self, scope: str, name: str, function: str) -> bool:
        if self.allows(scope, name, function):
            return True
        self.denied.append(f"{scope} {name} {function}")
        return False
