"""Where a test plays: a time of its own, and a sandbox that every client of the process reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from relay_actors.kit import chance
from relay_runtime import websocket
from relay_runtime.client import way
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.greenlets import none_left
from relay_runtime.testing.in_process import reaching
from relay_runtime.testing.scaled import ScaledClock, scaled_time
from relay_runtime.testing.virtual import DAY, virtual_time

__all__ = ["StageClock", "owned_time", "stage"]

_LINE_SCALE: Final = 0.05
"""Seconds of the machine that a second on the line takes, where the app's time can't be owned."""

_OVER_SOCKETS: Final = {"ssl_context": None, "ca_file": None, "proxy": None, "good": None}


class StageClock(Protocol):
    """The time of a test, virtual or scaled."""

    def now(self) -> float:
        """Return the seconds since the beginning, to the microsecond. Never blocks."""

    def sleep(self, seconds: float) -> None:
        """Let seconds pass, with all that happens in them; blocks the current greenlet."""


@contextmanager
def owned_time(
    *, seed: int = 0, limit: float = DAY, scale: float | None = None, foreign_loop: bool = False
) -> Iterator[StageClock]:
    """Own the time until the block is left: virtual, or the machine's with ``scale`` seconds in each of its own.

    No greenlet that was started in it goes on behind it; see `none_left`.

    Args:
        seed: ids and jitter follow from it.
        limit: as for `virtual_time`.
        scale: as for `scaled_time`; None is virtual time.
        foreign_loop: whether the app has a loop of its own, which can be asked for the time only: that stays real.
    """
    if foreign_loop:
        with chance.seeded(seed), none_left():
            yield ScaledClock(1.0)
    elif scale is None:
        with virtual_time(seed=seed, limit=limit) as clock, none_left():
            yield clock
    else:
        with scaled_time(scale) as scaled, chance.seeded(seed), none_left():
            yield scaled


@contextmanager
def stage(*, seed: int = 0, sockets: bool = False, foreign_loop: bool = False) -> Iterator[Sandbox]:
    """Run a sandbox that takes any credentials; whatever host a client of this process names, it reaches this one.

    Args:
        seed: what happens by chance follows from it.
        sockets: whether clients come over the loopback; otherwise no port is opened.
        foreign_loop: whether they have a loop of their own: they come over the loopback, and what lasts on a line
            passes twenty times faster.
    """
    sockets = sockets or foreign_loop
    settings: dict[str, Any] = {"time_scale": _LINE_SCALE} if foreign_loop else {}
    sandbox = Sandbox(port=0 if sockets else None, control_port=None, any_credentials=True, seed=seed, **settings)
    with sandbox, _over_sockets(sandbox) if sockets else reaching(sandbox):
        yield sandbox


@contextmanager
def _over_sockets(sandbox: Sandbox) -> Iterator[None]:
    def connect(_url: str, **options: Any) -> websocket.WebSocket:
        return websocket.connect(sandbox.url, **{**options, **_OVER_SOCKETS})

    with way.reach(connect):
        yield
