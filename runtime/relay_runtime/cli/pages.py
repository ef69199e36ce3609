"""The page of a phone in the browser, as commands serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import gevent
import typer

from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode

if TYPE_CHECKING:
    from relay_runtime.sandbox import Sandbox
    from relay_runtime.web.browser import Browser

__all__ = ["NUMBER", "TO_NUMBER", "Announcement", "Port", "Web", "browser_for", "check_port", "page_errors", "phone_at"]

NUMBER: Final = "+15550100001"
"""The number of a phone, unless something else is said."""
TO_NUMBER: Final = "+15550100099"
"""The number that it dials, likewise."""

Web = Annotated[bool, typer.Option("--web", help="Serve the phone and a live view as a page, on this machine alone.")]
Port = Annotated[
    int, typer.Option("--web-port", metavar="PORT", min=0, max=65535, help="The port of that page; 0: a free one.")
]


def check_port(port: int, *, web: bool) -> None:
    """Do nothing, unless a port is given without a page.

    Raises:
        Failure: it is.
    """
    if port and not web:
        raise Failure(ExitCode.USAGE, "--web-port needs --web")


class Announcement:
    """Prints the URL of a page: first for the one who has started it, then for each further browser.

    Args:
        write: prints a line.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._told = False

    def __call__(self, url: str) -> None:
        """Print a URL. Never blocks."""
        self._write(f"for another browser  {url}" if self._told else f"open in a browser    {url}")
        self._told = True


def browser_for(port: int, announce: Callable[[str], object]) -> Browser:
    """Return the phone in the browser."""
    from relay_runtime.web.browser import Browser  # noqa: PLC0415 - a process without a page loads none of it

    return Browser(port, announce)


@contextmanager
def page_errors() -> Iterator[None]:
    """Have the command fail if a page can't be served in the block.

    Raises:
        Failure: it can't.
    """
    from relay_runtime.web.server import PageError  # noqa: PLC0415 - as above

    try:
        yield
    except PageError as error:
        raise Failure(ExitCode.BAD_CONFIG, f"--web-port: {error}") from None


@contextmanager
def phone_at(sandbox: Sandbox, browser: Browser) -> Iterator[None]:
    """Have a phone at a sandbox that runs alone, in the browser, until the block is left.

    Raises:
        Failure: the page can't be served.
    """
    from relay_runtime.softphone.handset import Handset  # noqa: PLC0415 - as above

    handset = Handset(sandbox, NUMBER, TO_NUMBER)
    handset.watchers.add(browser.told)
    with page_errors():
        browser.open()
    using = gevent.spawn(browser.use, handset)
    try:
        yield
    finally:
        handset.close()
        browser.close()
        using.join()
