"""The operations of a call, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call import actions as model
from relay_actors.call.actions.base import E_co
from relay_actors.wire.events import (
    AIEvent,
    AIStopEvent,
    CallStateEvent,
    CollectEvent,
    DetectEvent,
    FaxEvent,
    PayEvent,
    PlayEvent,
    RecordEvent,
    StreamEvent,
    TapEvent,
    TranscribeEvent,
)
from relay_runtime.aio.action import Action, ResultsAction, StoppableAction

__all__ = [
    "AIAction",
    "Action",
    "CollectAction",
    "DetectAction",
    "FaxAction",
    "PausableAction",
    "PayAction",
    "PlayAction",
    "ReceiveFaxAction",
    "RecordAction",
    "ResultsAction",
    "SendFaxAction",
    "StandaloneCollectAction",
    "StoppableAction",
    "StreamAction",
    "TapAction",
    "TranscribeAction",
]


class PausableAction(StoppableAction[E_co]):
    """An operation that can be paused and resumed."""

    __slots__ = ()

    async def pause(self) -> dict[str, Any]:
        """Pause it. Return the reply."""
        return await self._ask(model.PausableAction.pause)

    async def resume(self) -> dict[str, Any]:
        """Go on after a pause. Return the reply."""
        return await self._ask(model.PausableAction.resume)


class PlayAction(PausableAction[PlayEvent]):
    """A playback; ``finished`` also follows `stop`, and the other side's hanging up: see `played_to_end`."""

    __slots__ = ()

    METHOD = "calling.play"

    _of: model.PlayAction

    async def stop(self) -> dict[str, Any]:
        """Ask the server to stop it, and return the reply; see `StoppableAction.stop`."""
        return await self._ask(model.PlayAction.stop)

    async def played_to_end(self, timeout: float | None = None) -> bool:
        """Wait for the end, and return whether all of it was played to somebody.

        It was not when it failed or was stopped, and when the call ended: a caller who hangs up in the middle ends a
        playback as its last word does, so that `wait` can't tell. The server is asked once more, by a ping: a caller
        who hangs up within that round trip counts as gone, too.

        Args:
            timeout: seconds to wait at most for the end; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over; the playback goes on.
            SessionLost: the connection came back without the session.
            ConnectionLost: the connection dropped while the server was asked.
        """
        return await self._ask(model.PlayAction.played_to_end, timeout)

    async def volume(self, volume: float) -> dict[str, Any]:
        """Change the volume. Return the reply.

        Args:
            volume: in dB from -40 to 40; 0 leaves the level unchanged.

        Raises:
            ValueError: out of that range; nothing was sent.
        """
        return await self._ask(model.PlayAction.volume, volume)


class RecordAction(PausableAction[RecordEvent]):
    """A recording; its url may come after the call has ended."""

    __slots__ = ()

    METHOD = "calling.record"

    _of: model.RecordAction

    async def pause(self, behavior: str | None = None) -> dict[str, Any]:
        """Pause it. Return the reply.

        Args:
            behavior: ``skip`` (cut the pause out; default) or ``silence`` (keep it as silence).
        """
        return await self._ask(model.RecordAction.pause, behavior)

    @property
    def url(self) -> str:
        """Where the recording is, or will be; empty while the server has not said."""
        return self._of.url


class TranscribeAction(StoppableAction[TranscribeEvent]):
    """A recording that is transcribed; its url may come after the call has ended."""

    __slots__ = ()

    METHOD = "calling.transcribe"

    _of: model.TranscribeAction

    @property
    def url(self) -> str:
        """Where the recording is, or will be; empty while the server has not said."""
        return self._of.url


class TapAction(StoppableAction[TapEvent]):
    """A copy of the call's audio to an RTP or WebSocket receiver."""

    __slots__ = ()

    METHOD = "calling.tap"

    _of: model.TapAction

    @property
    def source_device(self) -> dict[str, Any]:
        """Where the audio comes from, as the server told in its reply; or an empty dict."""
        return self._of.source_device


class StreamAction(StoppableAction[StreamEvent]):
    """A stream of the call's audio to a WebSocket."""

    __slots__ = ()

    METHOD = "calling.stream"

    _of: model.StreamAction


class CollectAction(StoppableAction[CollectEvent]):
    """A prompt with a collection; the end of the prompt does not end it."""

    __slots__ = ()

    METHOD = "calling.play_and_collect"

    _of: model.CollectAction

    async def volume(self, volume: float) -> dict[str, Any]:
        """Change the prompt's volume. Return the reply.

        Args:
            volume: in dB from -40 to 40; 0 leaves the level unchanged.

        Raises:
            ValueError: out of that range; nothing was sent.
        """
        return await self._ask(model.CollectAction.volume, volume)

    async def start_input_timers(self) -> dict[str, Any]:
        """Start the clock of ``initial_timeout`` now. Return the reply."""
        return await self._ask(model.CollectAction.start_input_timers)


class StandaloneCollectAction(ResultsAction[CollectEvent]):
    """A collection without a prompt; a continuous one goes on after each of its `results`."""

    __slots__ = ()

    METHOD = "calling.collect"

    _of: model.StandaloneCollectAction

    @property
    def continuous(self) -> bool:
        """Whether it goes on after a result."""
        return self._of.continuous

    async def start_input_timers(self) -> dict[str, Any]:
        """Start the clock of ``initial_timeout`` now. Return the reply."""
        return await self._ask(model.StandaloneCollectAction.start_input_timers)


class DetectAction(ResultsAction[DetectEvent]):
    """A detector: done at its first result, yet it goes on until the server ends it or `stop` does.

    ``wait()`` gives the first result (``HUMAN``, ``MACHINE``, ``CED``, a digit, …), or ``finished`` when nothing was
    found; `wait_for_ready` waits until a machine is ready for a message; `results` yields them all.
    """

    __slots__ = ()

    METHOD = "calling.detect"

    _of: model.DetectAction

    async def wait_for_ready(self, timeout: float | None = None) -> DetectEvent:
        """Wait until an answering machine is ready for a message: ``READY``, or its beep.

        Returns at once when it is ready; a ``NOT_READY`` makes it wait again. When the detector ends first, the event
        that ended it is returned: look at ``event.event``.

        Args:
            timeout: seconds to wait at most; None waits as long as the detector runs.

        Raises:
            RelayTimeout: the time is over; the detector goes on.
            CallEnded: the call ended first.
        """
        return await self._bridge.ask(model.DetectAction.wait_for_ready, self._of, timeout)


class FaxAction(StoppableAction[FaxEvent]):
    """A fax; its result may come after the call has ended.

    ``wait()`` gives a `FaxEvent` with ``success``, ``pages`` and ``document``.
    """

    __slots__ = ()

    _of: model.FaxAction


class SendFaxAction(FaxAction):
    """A fax that is sent."""

    __slots__ = ()

    METHOD = "calling.send_fax"

    _of: model.SendFaxAction


class ReceiveFaxAction(FaxAction):
    """A fax that is received."""

    __slots__ = ()

    METHOD = "calling.receive_fax"

    _of: model.ReceiveFaxAction


class PayAction(StoppableAction[PayEvent]):
    """A payment by card; ``wait()`` gives a `PayEvent` whose ``result`` is ``success`` or why it failed."""

    __slots__ = ()

    METHOD = "calling.pay"

    _of: model.PayAction


class AIAction(StoppableAction[AIEvent | AIStopEvent | CallStateEvent]):
    """An AI agent that talks on the call.

    It is over at the first of ``calling.call.ai``, ``calling.ai.stop`` and the end of the call: ``wait()``
    gives the event that came.
    """

    __slots__ = ()

    METHOD = "calling.ai"

    _of: model.AIAction
