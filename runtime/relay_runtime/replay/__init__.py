"""Replays of recorded calls: the people of a recording call today's code, and what it sends is compared.

`story` reads what was asked and told in a recording, `courses`, `people` and `acts` derive what the far ends and the
network do, `player` has a sandbox do it, and `comparison` says what the app sent otherwise. `verbatim` does without a
sandbox's judgement: it serves the recording as it is. The names are loaded when they are first used, as those of
`relay_runtime.testing` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay_runtime.lazy_face import loader

if TYPE_CHECKING:
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
__getattr__ = loader(__name__, _HOMES)

__all__ = ["Difference", "Divergence", "NotReplayable", "Replay", "ReplayDiffers", "Sent", "replay"]


def __dir__() -> list[str]:
    return sorted(__all__)
