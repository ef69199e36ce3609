"""The launcher of the ``relay-runtime`` command: it patches the standard library before anything else is loaded.

Only this process patches; as a library, relay-runtime never does, and for ``start --asyncio`` neither: asyncio needs
threads that are threads. Importing this module patches nothing.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, and exit with its code."""
    if not _runs_asyncio(sys.argv[1:]):
        from gevent import monkey  # noqa: PLC0415 - a module that loads ssl before the patch would keep blocking sockets

        monkey.patch_all()

    from relay_runtime.cli import run  # noqa: PLC0415

    sys.exit(run())


def _runs_asyncio(arguments: list[str]) -> bool:
    """Return whether the app is one of asyncio; the command line itself is read much later."""
    return arguments[:1] == ["start"] and "--asyncio" in arguments


if __name__ == "__main__":
    main()
