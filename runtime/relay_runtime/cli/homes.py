"""Where the code of an app runs, on greenlets or in a loop of asyncio, and where a sandbox runs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay_runtime.cli.serving import Greenlets, Home

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded, Guest

__all__ = ["bring_sandbox", "home_of"]


def home_of(*, asyncio: bool) -> Home:
    """Return where the code of an app runs."""
    if not asyncio:
        return Greenlets()
    from relay_runtime.cli.asyncio_app import Loop  # noqa: PLC0415 - a process on greenlets loads no asyncio

    return Loop()


def bring_sandbox(time_scale: float, guest: Guest, *, asyncio: bool) -> Embedded:
    """Return a sandbox for an app, on a thread of its own if the main thread is a loop's.

    Args:
        time_scale: real seconds per line second.
        guest: who uses it beside the app.
        asyncio: whether the app runs in a loop of asyncio.
    """
    # A process in production loads no sandbox.
    if asyncio:
        from relay_runtime.cli.embedded_thread import EmbeddedThread  # noqa: PLC0415

        return EmbeddedThread(time_scale, guest)
    from relay_runtime.cli.embedded import Embedded  # noqa: PLC0415

    return Embedded(time_scale, guest)
