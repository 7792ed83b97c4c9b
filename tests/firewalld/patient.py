# SPDX-License-Identifier: GPL-2.0-only
"""Runs a Python program, with arguments, that waits ten minutes for answers on D-Bus: firewall-cmd's own 25 s
are not enough in an emulated machine.

    patient.py PROGRAM [ARGUMENT]...
"""

import functools
import runpy
import sys
from typing import Any, Callable

import dbus.connection

_SECONDS = 600.0


def _patient(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        keywords.setdefault("timeout", _SECONDS)
        return method(*arguments, **keywords)
    return call


for _name in ("call_async", "call_blocking"):
    setattr(dbus.connection.Connection, _name, _patient(getattr(dbus.connection.Connection, _name)))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
