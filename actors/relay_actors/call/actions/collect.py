"""Collections of digits and speech."""

from __future__ import annotations

from typing import Any, Final

from relay_actors.call.actions.base import FINISHED, OnCompleted, Operator, StoppableAction
from relay_actors.call.actions.results import ResultsAction
from relay_actors.wire.events import CollectEvent, RelayEvent

__all__ = ["CollectAction", "StandaloneCollectAction"]

_RESULTS: Final = frozenset({"digit", "speech", "no_input", "no_match"})
_COLLECTED: Final = _RESULTS | FINISHED


def _is_progress(event: CollectEvent) -> bool:
    """Return whether more of the same result follows."""
    return event.final is False or event.type == "start_of_input"


class CollectAction(StoppableAction[CollectEvent]):
    """A prompt with a collection; the end of the prompt does not end it."""

    METHOD = "calling.play_and_collect"
    EVENT = CollectEvent
    __slots__ = ()

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether a result is the last: its type counts first (protocol 16.18). The call's core asks."""
        assert isinstance(event, CollectEvent)
        return not _is_progress(event) and (event.type in _COLLECTED or event.state in _COLLECTED)

    def volume(self, volume: float) -> dict[str, Any]:
        """Change the prompt's volume. Blocks the current greenlet until the reply, which it returns.

        Args:
            volume: in dB from -40 to 40; 0 leaves the level unchanged.

        Raises:
            ValueError: out of that range; nothing was sent.
        """
        return self._command("calling.play_and_collect.volume", volume=volume)

    def start_input_timers(self) -> dict[str, Any]:
        """Start the clock of ``initial_timeout`` now. Blocks the current greenlet until the reply, which it returns."""
        return self._command("calling.collect.start_input_timers")


class StandaloneCollectAction(ResultsAction[CollectEvent]):
    """A collection without a prompt; a continuous one goes on after each of its `results`.

    Attributes:
        continuous: whether it goes on after a result.
    """

    METHOD = "calling.collect"
    EVENT = CollectEvent
    __slots__ = ("continuous",)

    def __init__(
        self,
        call: Operator,
        control_id: str,
        on_completed: OnCompleted[CollectEvent] | None = None,
        *,
        continuous: bool = False,
    ) -> None:
        super().__init__(call, control_id, on_completed)
        self.continuous = continuous

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether a result is the last: its type counts first (protocol 16.18). The call's core asks."""
        assert isinstance(event, CollectEvent)
        if _is_progress(event):
            return False
        ends = FINISHED if self.continuous else _COLLECTED
        return event.type in ends or event.state in ends

    def apply(self, event: RelayEvent) -> bool:
        """Take an event of this operation; return whether no more are expected. The call's core calls this."""
        last = super().apply(event)
        if isinstance(event, CollectEvent):
            told = event.type in _RESULTS or event.state in _RESULTS  # nothing was said or understood: with no result
            self._tell(event, result=told and not _is_progress(event), last=last)
        return last

    def start_input_timers(self) -> dict[str, Any]:
        """Start the clock of ``initial_timeout`` now. Blocks the current greenlet until the reply, which it returns."""
        return self._command("calling.collect.start_input_timers")
