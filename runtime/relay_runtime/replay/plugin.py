"""The fixture of pytest that plays recordings.

Pytest loads this module in every run in which the package is installed, so that it imports pytest alone; all else comes
when the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from relay_runtime.replay.outcome import Replay

__all__ = ["relay_replay"]


@pytest.fixture
def relay_replay(
    relay_app: Any, relay_client_options: dict[str, Any], request: pytest.FixtureRequest
) -> Callable[..., Replay]:
    """Return what plays a recording against the app: ``relay_replay("call.jsonl")`` fails where it sends otherwise.

    A path is looked for beside the file of the test, then in the working directory. It takes what
    `relay_runtime.replay.replay` takes beside the app. Its time is virtual, and its own: a test that uses it uses no
    ``relay_clock``, and nothing that comes with that.
    """

    def play(recording: Any, **options: Any) -> Replay:
        __tracebackhide__ = True
        from relay_runtime.replay.replaying import replay  # noqa: PLC0415 - gevent comes with it

        beside = request.path.parent / recording if isinstance(recording, str | PathLike) else None
        found = beside if beside is not None and beside.exists() else recording
        given = {"seed": request.config.getoption("--relay-seed"), **relay_client_options, **options}
        outcome = replay(found, relay_app, **given)
        if not outcome.same:
            pytest.fail(outcome.text(), pytrace=False)
        return outcome

    return play
