# SPDX-License-Identifier: GPL-2.0-only
"""What a user does on LuCI's pages, as steps: to open one, to fill in a form, to read what it says."""

import json
from pathlib import Path

from router import Router
from webdriver import ENTER, Browser, Failed

_TOOLTIP = "return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute('data-tooltip') || '')"


class Pages:
    """The browser at one router."""

    def __init__(self, browser: Browser, router: Router, base: str, out: Path) -> None:
        self.browser, self.router = browser, router
        self._base, self._out = base, out

    def file(self, path: str) -> Path:
        """A file of the router; its directory is there."""
        file = self.router.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def open(self, path: str, wanted: str) -> None:
        """Until the element `wanted` is there."""
        self.browser.open(f"{self._base}/cgi-bin/luci/{path}")
        self.browser.find(wanted)

    def picture(self, name: str) -> None:
        self.browser.screenshot(self._out / f"{name}.png")

    def complaints(self) -> list[str]:
        """What neither the browser nor the router should have to say."""
        router = self.router
        said = self.browser.errors() + [f"denied: {what}" for what in router.acl.denied]
        said += [f"unknown call: {what}" for what in router.unknown]
        router.acl.denied.clear()
        router.unknown.clear()
        return said

    # The form of a mirror

    def add_mirror(self, name: str) -> None:
        self.browser.type(".cbi-section-create-name", name)
        self.browser.click(".cbi-section-create button")
        self.browser.find(self.option("collector"))

    def edit_mirror(self, name: str) -> None:
        self.browser.click(f'tr[data-section-id="{name}"] .cbi-button-edit')
        # LuCI opens the tab that was open last.
        self.tab("general")
        self.browser.find(self.option("collector"))

    @staticmethod
    def option(name: str) -> str:
        return f'.modal [data-name="{name}"]'

    def tab(self, name: str) -> None:
        self.browser.click(f'.modal li[data-tab="{name}"] a')

    def fill(self, name: str, value: str) -> None:
        self.browser.type(self.option(name) + " input", value)

    def choose(self, name: str, value: str) -> None:
        self.browser.choose(self.option(name), value)

    def tick(self, name: str) -> None:
        self.browser.click(self.option(name) + " input[type=checkbox]")

    def pick(self, name: str, *values: str) -> None:
        """In a list that drops down, of which several may be meant."""
        self.browser.click(self.option(name) + " .cbi-dropdown")
        for value in values:
            self.browser.click(f'{self.option(name)} li[data-value="{value}"]')
        self._close(name)

    def write(self, name: str, value: str) -> None:
        """What is not in such a list, by its last line."""
        self.browser.click(self.option(name) + " .cbi-dropdown")
        self.browser.type(self.option(name) + " .create-item-input", value, ENTER)
        self._close(name)

    def _close(self, name: str) -> None:
        if self.browser.script("return !!document.querySelector(arguments[0])", self.option(name) + " [open]"):
            self.browser.click(self.option(name) + " .cbi-dropdown > .open")

    def shown(self, name: str) -> bool:
        return self.browser.script("const e = document.querySelector(arguments[0]); return !!e && !e.classList.contains('hidden')",
                                   self.option(name))

    def refusal(self, name: str) -> str:
        """What the field says is wrong; nothing: nothing is."""
        return " ".join(self.browser.script(_TOOLTIP, self.option(name) + " .cbi-input-invalid"))

    def expect_refusal(self, name: str, text: str) -> None:
        if (said := self.refusal(name)) != text:
            raise Failed(f"of {name} the form says {said!r}, not {text!r}")

    def save_mirror(self) -> None:
        self.browser.click(".modal .cbi-button-positive")

    def wait_for_no_form(self) -> None:
        self.browser.until("the form is closed", lambda: not self.browser.script(
            "return document.body.classList.contains('modal-overlay-active')"))

    def apply(self) -> None:
        """Save & Apply: until the page is loaded again"""
        applied = self.router.applied
        self.browser.script("window.before = true")
        self.browser.click(".cbi-page-actions .cbi-button-apply")
        self.browser.until("it is applied", lambda: self.router.applied > applied)
        self.browser.until("the page is loaded again", lambda: not self.browser.script("return !!window.before"))
        self.browser.find(".cbi-section-create")

    # The status

    def rows(self) -> dict[str, list[str]]:
        """Of each mirror what its columns say, by family, table and chain."""
        return json.loads(self.browser.script(
            "return JSON.stringify(Object.fromEntries([...document.querySelectorAll('tr[data-mirror]')].map("
            "row => [row.dataset.mirror, [...row.cells].map(cell => cell.innerText)])))"))

    def warnings(self) -> str:
        return self.browser.script("return [...document.querySelectorAll('#view .alert-message')].map(e => e.innerText).join('\\n')")
