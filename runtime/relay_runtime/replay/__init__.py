"""Replays of recorded calls: the people of a recording call today's code, and what it sends is compared.

`story` reads what was asked and told in a recording, `courses`, `people` and `acts` derive what the far ends and the
network do, `player` has a sandbox do it, and `comparison` says what the app sent otherwise. `verbatim` does without a
sandbox's judgement: it serves the recording as it is. The names are loaded when they are first used, as those of
`relay_runtime.testing` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from relay_runtime.replay.comparison import Difference, Sent
    from relay_runtime.replay.limits import NotReplayable
    from relay_runtime.replay.outcome import Divergence, Replay, ReplayDiffers
    from relay_runtime.replay.replaying import replay

_HOMES = {
    "comparison": ("Difference", "Sent"),
    "limits": ("NotReplayable",),
    "outcome": ("Divergence", "Replay", "ReplayDiffers"),
    "replaying": ("replay",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["Difference", "Divergence", "NotReplayable", "Replay", "ReplayDiffers", "Sent", "replay"]


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once.

    Raises:
        AttributeError: there is no such name.
    """
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
