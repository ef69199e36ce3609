"""Takes the pictures of the phone: of a real terminal's screen and of the page in a real Chromium.

    python docs/pictures.py    take them (``make pictures``)

Both call the receptionist of ``examples``. What is drawn on a screen of 80 columns is read by pyte, and shown by the
browser in the colours of a terminal.
"""

from __future__ import annotations

import fcntl
import html
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyte
from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "img"
EXAMPLE: Final = ROOT / "examples" / "receptionist"
COLUMNS, ROWS = 80, 14
LIMIT: Final = 60.0  # seconds without anything new
COMMAND: Final = [sys.executable, "-m", "relay_runtime", "phone", "app:Receptionist"]
ENVIRON: Final = {**os.environ, "PYTHONPATH": f"{ROOT / 'runtime'}{os.pathsep}{ROOT / 'actors'}", "TERM": "xterm"}
WINDOW: Final = """<style>
body { margin: 0; padding: 14px; background: #14171a; color: #e6e8ea; display: inline-block; }
pre { margin: 0; font: 15px/1.35 "DejaVu Sans Mono", monospace; }
</style><pre>"""


class Terminal:
    """A program in a terminal, whose screen can be read."""

    def __init__(self, command: list[str]) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(  # noqa: S603 - ours
            command, cwd=EXAMPLE, env=ENVIRON, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)

    def types(self, text: str) -> None:
        """Type a text."""
        os.write(self._ours, text.encode())

    def shows(self, text: str) -> None:
        """Read until a text is shown.

        Raises:
            TimeoutError: it is not.
        """
        while text not in "\n".join(self._screen.display):
            if not select.select([self._ours], [], [], LIMIT)[0]:
                raise TimeoutError(f"{text!r} is not shown:\n" + "\n".join(self._screen.display))
            self._stream.feed(os.read(self._ours, 65536))

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


def take_terminal(browser: Browser) -> None:
    """Take the picture of a call from the terminal."""
    terminal = Terminal(COMMAND)
    try:
        terminal.shows("Press 1 for sales")
        terminal.types("1")
        terminal.shows("within the hour.")
        terminal.types("/dial")
        terminal.shows("hangs up")
        terminal.shows("> /dial")
        page = browser.new_page(viewport={"width": 900, "height": 400}, device_scale_factor=1.5)
        page.set_content(f"{WINDOW}$ relay-runtime phone app:Receptionist\n{html.escape(terminal.text)}</pre>")
        page.locator("body").screenshot(path=PICTURES / "phone-terminal.png")
    finally:
        terminal.close()


@contextmanager
def served() -> Iterator[str]:
    """Serve the page, and give its URL."""
    with subprocess.Popen(  # noqa: S603 - ours
        [*COMMAND, "--web"], cwd=EXAMPLE, env=ENVIRON, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
            yield found[0]
        finally:
            process.kill()


def take_browser(browser: Browser) -> None:
    """Take the pictures of a call from the browser: wide, and on a telephone in the dark."""
    with served() as url:
        page = browser.new_page(viewport={"width": 1180, "height": 800}, device_scale_factor=1.5)
        page.goto(url)
        call(page)
        page.screenshot(path=PICTURES / "phone-browser.png")
    with served() as url:
        small = {"width": 390, "height": 800}
        page = browser.new_page(viewport=small, device_scale_factor=1.5, color_scheme="dark")
        page.goto(url)
        call(page)
        page.screenshot(path=PICTURES / "phone-browser-dark.png")


def call(page: Page) -> None:
    """Dial, and send a text while the prompt is being spoken."""
    page.get_by_role("button", name="Dial").click()
    page.get_by_label("Message", exact=True).fill("Are you open today?")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("log", name="Messages").get_by_text("Are you open today?").wait_for()
    page.locator("#live-calls button").first.evaluate("button => button.click()")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1500)  # in which some words are spoken


def main() -> int:
    """Take all of them; the exit code is 1 when there is no browser."""
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write("no chromium is there: apt-get install chromium\n")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        take_terminal(browser)
        take_browser(browser)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
