"""A real Chromium, and the page of a phone as a process of ours serves it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from running_process import LIMIT, RunningProcess, relay_runtime

NAMES = ("chromium", "chromium-browser", "google-chrome")
ALONE = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP other.test 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is; without one there is nothing to test, and CI says that it needs it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        assert "BROWSER_TESTS" not in os.environ, "no browser is there: apt-get install chromium"
        pytest.skip("no browser is there: apt-get install chromium")
    return path


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    expect.set_options(timeout=1000 * LIMIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ALONE))
        yield browser
        browser.close()


class Phone:
    """A process that serves the page, and browsers that look at it.

    Attributes:
        process: it.
        faults: what went wrong in any page: errors of scripts, and what its policy forbids.
    """

    def __init__(self, chromium: Browser, process: RunningProcess, stack: ExitStack) -> None:
        self.process = process
        self.faults: list[str] = []
        self._chromium = chromium
        self._stack = stack
        self._opened = 0

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "ERR_CONNECTION_REFUSED" not in message.text:  # or the process has ended
            self.faults.append(message.text)

    def url(self) -> str:
        """The URL for the next browser, once it is printed."""
        name = "for another browser" if self._opened else "open in a browser"
        pattern = rf"^{name} +(http://\S+)$"
        for _ in range(self._opened):  # each browser is told of by a line of its own
            self.process.wait_for_line(pattern, "stdout")
        self.process.wait_for_line(pattern, "stdout")
        urls = [line.split()[-1] for line in self.process.lines["stdout"] if "/?token=" in line]
        assert len(urls) == self._opened + 1, urls
        return urls[-1]

    def context(self, **options: Any) -> BrowserContext:
        """Return a browser of its own, with its own cookies."""
        context = self._chromium.new_context(**options)
        context.set_default_timeout(1000 * LIMIT)
        self._stack.callback(context.close)
        return context

    def open(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """Open the page in one more browser, once the app is there."""
        page = (context or self.context(**options)).new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._said)
        page.goto(self.url())
        self._opened += 1
        expect(page.locator("#connection")).to_contain_text("this phone is")
        return page


Serve = Callable[..., Phone]


@pytest.fixture
def serve(chromium: Browser, tmp_path: Path) -> Iterator[Serve]:
    """Start a command that serves the page, with an app in ``app.py``."""
    shutil.copy(Path(__file__).with_name("menu.py"), tmp_path / "app.py")
    with ExitStack() as stack:
        made: list[Phone] = []

        def start(*arguments: str, faultless: bool = True, environ: Mapping[str, str] | None = None) -> Phone:
            process = stack.enter_context(relay_runtime(*arguments, cwd=tmp_path, environ=environ))
            phone = Phone(chromium, process, stack)
            if faultless:
                made.append(phone)
            return phone

        yield start
    assert [phone.faults for phone in made if phone.faults] == []


@pytest.fixture
def phone(serve: Serve) -> Phone:
    return serve("phone", "app:Menu", "--web")
