"""The launcher of the ``relay-runtime`` command: it patches the standard library before anything else is loaded.

Only this process patches; as a library, relay-runtime never does, and with ``--asyncio`` neither: asyncio needs
threads that are threads. Importing this module patches nothing.
"""

from __future__ import annotations

import os
import sys

# The part of signal that is in the interpreter: while the rest of it is loaded, Ctrl-C would show a traceback.
from _signal import SIGINT, default_int_handler, signal  # type: ignore[import-not-found]

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Run the command line, and exit with its code. Ctrl-C shows no traceback, however early or late it comes."""
    signal(SIGINT, _leave)  # while the rest is imported, there is nothing to be ended in an orderly way
    if os.environ.get("_RELAY_RUNTIME_COMPLETE"):
        _complete()
    if not _runs_asyncio(sys.argv[1:]):
        from gevent import monkey  # noqa: PLC0415 - a module that loads ssl before the patch would keep blocking sockets

        monkey.patch_all()

    from relay_runtime.cli import run  # noqa: PLC0415

    try:
        signal(SIGINT, default_int_handler)
        code = run()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    signal(SIGINT, _leave)
    sys.exit(code)


def _complete() -> None:
    """Answer a shell, if it is one that is known here, and exit; what else there is to completion is typer's."""
    from relay_runtime.completion import answer  # noqa: PLC0415 - only a shell at Tab needs it, and nothing else

    if answer.shell_that_asks(os.environ):
        sys.exit(answer.answer())


def _leave(*_: object) -> None:
    os._exit(_INTERRUPTED)


def _runs_asyncio(arguments: list[str]) -> bool:
    """Return whether the app is one of asyncio; the command line itself is read much later."""
    return arguments[:1] in (["start"], ["phone"]) and "--asyncio" in arguments


if __name__ == "__main__":
    main()
