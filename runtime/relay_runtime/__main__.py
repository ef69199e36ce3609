"""The launcher of the ``relay-runtime`` command: it patches the standard library before anything else is loaded.

Only this process patches; as a library, relay-runtime never does. Importing this module patches nothing.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, and exit with its code."""
    from gevent import monkey  # noqa: PLC0415 - a module that loads ssl before the patch would keep blocking sockets

    monkey.patch_all()

    from relay_runtime.cli import run  # noqa: PLC0415

    sys.exit(run())


if __name__ == "__main__":
    main()
