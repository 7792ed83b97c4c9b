# SPDX-License-Identifier: GPL-2.0-only
"""A browser, by way of Debian's chromedriver: as much of https://www.w3.org/TR/webdriver2/ as the tests use."""

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Nothing but the page: no updates, no look-ups of Google's hosts
_ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update", "--disable-sync",
              "--window-size=1280,1600")
_SECONDS = 20.0
# Keys, section 17.4.2 of the standard
TAB, ENTER = "\ue004", "\ue007"


class Failed(Exception):
    """What the browser refused, or did not come to."""


class Browser:
    """One window. `with` it: it ends with the block."""

    def __init__(self, profile: Path) -> None:
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        assert self._driver.stdout is not None
        port = None
        for line in self._driver.stdout:
            if port := re.search(r"started successfully on port (\d+)", line):
                break
        if not port:
            raise Failed("chromedriver does not start")
        self._base = f"http://127.0.0.1:{port[1]}/session"
        answer = self._ask("POST", "", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": [*_ARGUMENTS, f"--user-data-dir={profile}"]},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.version = answer["capabilities"]["browserVersion"]
        self._base += "/" + answer["sessionId"]

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        try:
            self._ask("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait()

    def _ask(self, method: str, path: str, value: dict | None = None) -> Any:
        data = json.dumps(value or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            raise Failed(json.load(refused)["value"]["message"].splitlines()[0]) from None

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    def script(self, text: str, *arguments) -> Any:
        return self._ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def until(self, what: str, happens: Callable[[], Any], seconds: float = _SECONDS) -> Any:
        """Waits until it returns something true, and returns that."""
        end = time.monotonic() + seconds
        while not (found := happens()):
            if time.monotonic() > end:
                raise Failed(f"after {seconds:.0f} s not: {what}")
            time.sleep(0.05)
        return found

    def find(self, css: str) -> str:
        """The element that is seen, when there is one."""
        seen = "return [...document.querySelectorAll(arguments[0])].find(e => e.offsetParent !== null) || null"
        return self.until(f"an element {css}", lambda: self.script(seen, css))[_ELEMENT]

    def click(self, css: str) -> None:
        self._ask("POST", f"/element/{self.find(css)}/click")

    def type(self, css: str, text: str, end: str = TAB) -> None:
        """In place of what is there; then a key that ends it."""
        element = self.find(css)
        self._ask("POST", f"/element/{element}/clear")
        self._ask("POST", f"/element/{element}/value", {"text": text + end})

    def choose(self, css: str, value: str) -> None:
        """Of a list of the browser's own: its items are not seen, but may be clicked."""
        self.find(f"{css} select")
        item = self.script("return document.querySelector(arguments[0])", f'{css} select option[value="{value}"]')
        self._ask("POST", f"/element/{item[_ELEMENT]}/click")

    def text(self, css: str) -> str:
        """At once: what is found may be replaced before it is asked."""
        self.find(css)
        return self.script("return document.querySelector(arguments[0])?.innerText || ''", css)

    def errors(self) -> list[str]:
        """What the console has of errors since it was asked last."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))
