# SPDX-License-Identifier: GPL-2.0-only
"""Stands in for a router's uhttpd, rpcd and cgi-io: serves LuCI's own files, and answers what LuCI's runtime asks.

What a session may do is as the ACL files say. Files and programs are those of a directory; rpcd's `file` is true to
one trait of it: of a file that does not tell its size, as none of /proc does, it reads 4096 bytes.
"""

import json
import mimetypes
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from acl import Acl
from uci import Uci

SESSION = "0123456789abcdef0123456789abcdef"
DEVICES = {
    name: {"name": name, "up": True, "mtu": 1500, "type": "device", "devtype": "ethernet", "mac": "02:00:00:00:00:01",
           "ipaddrs": [], "ip6addrs": [], "flags": {"up": True}, "stats": {}, "link": {}}
    for name in ("eth0", "eth1", "tun0")
}
INTERFACES = [
    {"interface": name, "up": True, "proto": "static", "device": device, "l3_device": device, "ipv4-address": [],
     "ipv6-address": [], "ipv6-prefix": [], "route": [], "dns-server": [], "data": {}}
    for name, device in (("lan", "eth0"), ("wan", "eth1"))
]
# ubus object, method: the answer
CONSTANT = {
    ("luci", "getFeatures"): {"firewall": True, "firewall4": True, "ipv6": True},
    ("luci-rpc", "getNetworkDevices"): DEVICES,
    ("luci-rpc", "getWirelessDevices"): {},
    ("luci-rpc", "getBoardJSON"): {},
    ("luci-rpc", "getHostHints"): {},
    ("network", "get_proto_handlers"): {"static": {"no_device": False}},
    ("network.interface", "dump"): {"interface": INTERFACES},
    ("file", "list"): {"entries": []},
}
OK, NOT_FOUND, NO_DATA, PERMISSION_DENIED = 0, 4, 5, 6
PROC_READ_MAX = 4096


@dataclass
class Router:
    """`htdocs` are searched in their order; `root` has /etc/config, the files and the programs' output."""

    htdocs: list[Path]
    root: Path
    menu: dict
    acl: Acl
    unknown: list[str] = field(default_factory=list)
    applied: int = 0

    def __post_init__(self) -> None:
        self.uci = Uci(self.root / "etc/config")
        self.lock = threading.Lock()

    def call(self, name: str, method: str, arguments: dict) -> list:
        """The `result` of ubus."""
        if (name, method) == ("session", "access"):
            return [OK, {"access": self.acl.allows(arguments["scope"], arguments["object"], arguments["function"])}]
        if (name, method) in CONSTANT:
            return [OK, CONSTANT[name, method]]
        if name == "uci":
            permission = "read" if method in ("get", "changes") else "write"
            if "config" in arguments and not self.acl.check("uci", arguments["config"], permission):
                return [PERMISSION_DENIED]
            status, answer = self.uci.call(method, arguments)
            return [status, answer] if status == OK else [status]
        if (name, method) == ("file", "read"):
            return self._read(arguments["path"])
        if (name, method) == ("file", "stat"):
            return [NOT_FOUND]
        self.unknown.append(f"{name} {method}")
        return [NOT_FOUND]

    def _read(self, path: str) -> list:
        if not self.acl.check("file", path, "read"):
            return [PERMISSION_DENIED]
        file = self.root / path.lstrip("/")
        if not file.is_file():
            return [NOT_FOUND]
        text = file.read_text()
        if path.startswith("/proc/"):
            text = text[:PROC_READ_MAX]
        return [OK, {"data": text}] if text else [NO_DATA]

    def page(self, path: list[str]) -> str | None:
        """As header.ut, view.ut and footer.ut with the theme's make it: what LuCI's runtime needs of it."""
        node = self.menu
        for name in path:
            node = node.get("children", {}).get(name, {})
        if node.get("action", {}).get("type") != "view":
            return None
        env = {
            "token": "token", "media": "/luci-static/bootstrap", "resource": "/luci-static/resources",
            "scriptname": "/cgi-bin/luci", "pathinfo": "/" + "/".join(path), "documentroot": "/www",
            "requestpath": path, "dispatchpath": path, "pollinterval": 1, "ubuspath": "/ubus/", "sessionid": SESSION,
            "nodespec": {"satisfied": True, "readonly": False}, "apply_rollback": 90, "apply_holdoff": 1,
            "apply_timeout": 5, "apply_display": 1,
        }
        return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{node.get("title")}</title>
<link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
<script src="/luci-static/resources/cbi.js"></script></head><body class="lang_en">
<header><a class="brand" href="/">stand-in</a><ul class="nav" id="topmenu" style="display:none"></ul>
<div id="indicators" class="pull-right"></div></header>
<div id="maincontent" class="container"><div id="tabmenu" style="display:none"></div>
<script src="/luci-static/resources/luci.js"></script><script>L = new LuCI({json.dumps(env)});</script>
<div id="view"><div class="spinning">Loading</div>
<script>L.require('ui').then(ui => ui.instantiateView({json.dumps(node["action"]["path"])}));</script></div></div>
<footer><ul id="modemenu" style="display:none"></ul></footer><script>L.require('menu-bootstrap')</script>
</body></html>"""


def menu_tree(files: list[Path]) -> dict:
    """The tree that LuCI's dispatcher makes of menu.d: "a/b": {..} is child b of a."""
    tree: dict = {"children": {}}
    for file in files:
        for path, entry in json.loads(file.read_text()).items():
            node = tree
            for name in path.split("/"):
                node = node.setdefault("children", {}).setdefault(name, {"satisfied": True})
            node.update(entry)
    return tree


def serve(router: Router) -> ThreadingHTTPServer:
    """On a port of its own of the loopback address, until shut down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(router))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _handler(router: Router) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args) -> None:  # pylint: disable=redefined-builtin
            pass

        def _answer(self, status: int, body: bytes | str = b"", kind: str = "text/plain") -> None:
            data = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if status != 204:
                self.wfile.write(data)

        def _json(self, value) -> None:
            self._answer(200, json.dumps(value), "application/json")

        def do_GET(self) -> None:  # pylint: disable=invalid-name
            path = urlsplit(self.path).path
            if path.startswith("/luci-static/"):
                self._static(path)
                return
            words = path.removeprefix("/cgi-bin/luci/").split("/")
            if path == "/favicon.ico":
                self._answer(204)
            elif words == ["admin", "menu"]:
                self._json(router.menu)
            elif (page := router.page(words)) is not None:
                self._answer(200, page, "text/html")
            else:
                self._answer(404)

        def _static(self, path: str) -> None:
            for directory in router.htdocs:
                file = directory / path.lstrip("/")
                if file.is_file() and ".." not in path:
                    self._answer(200, file.read_bytes(), mimetypes.guess_type(path)[0] or "text/plain")
                    return
            self._answer(404)

        def do_POST(self) -> None:  # pylint: disable=invalid-name
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path = urlsplit(self.path).path
            with router.lock:
                if path.startswith("/ubus/"):
                    self._ubus(json.loads(body))
                elif path.startswith("/cgi-bin/cgi-"):
                    self._cgi_io(path.removeprefix("/cgi-bin/cgi-"), parse_qs(body))
                else:
                    self._uci(path.removeprefix("/cgi-bin/luci/admin/uci/"))

        def _ubus(self, asked) -> None:
            answers = [self._call(one) for one in (asked if isinstance(asked, list) else [asked])]
            self._json(answers if isinstance(asked, list) else answers[0])

        def _call(self, asked: dict) -> dict:
            answer: dict = {"jsonrpc": "2.0", "id": asked["id"]}
            if asked["method"] == "list":
                return {**answer, "result": {}}
            _, name, method, arguments = asked["params"]
            # What everybody may ask
            free = (name, method) in (("session", "access"), ("luci", "getFeatures"))
            if not free and not router.acl.check("ubus", name, method):
                return {**answer, "error": {"code": -32002, "message": "Access denied"}}
            return {**answer, "result": router.call(name, method, arguments)}

        def _cgi_io(self, action: str, fields: dict[str, list[str]]) -> None:
            if action == "download":
                path, allowed = fields["path"][0], router.acl.check("cgi-io", "download", "read")
                allowed = allowed and router.acl.check("file", path, "read")
            else:
                path = fields["command"][0]
                allowed = router.acl.check("cgi-io", "exec", "read") and router.acl.check("file", path, "exec")
            # The output of a command is the file of its name.
            file = router.root / path.lstrip("/") if action == "download" else router.root / "exec" / path.replace("/", "_")
            if not allowed:
                self._answer(403)
            elif not file.is_file():
                self._answer(404)
            else:
                self._answer(200, file.read_bytes())

        def _uci(self, action: str) -> None:
            if action == "apply_rollback":
                router.uci.apply()
                router.applied += 1
                self._json({"token": "confirm"})
            elif action == "apply_unchecked":
                router.uci.apply()
                router.applied += 1
                self._answer(200, "OK")
            elif action == "revert":
                router.uci.revert()
                self._answer(200, "OK")
            else:
                self._answer(204 if action == "confirm" else 404)

    return Handler
