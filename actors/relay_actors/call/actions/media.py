"""Playbacks, recordings, transcriptions, taps and streams."""

from __future__ import annotations

from typing import Any, Final

from relay_actors.call.actions.base import PausableAction, StoppableAction
from relay_actors.errors import CallEnded
from relay_actors.wire.events import PlayEvent, RecordEvent, RelayEvent, StreamEvent, TapEvent, TranscribeEvent
from relay_actors.wire.values import text

__all__ = ["PlayAction", "RecordAction", "StreamAction", "TapAction", "TranscribeAction"]

_RECORDED: Final = frozenset({"finished", "no_input", "error"})


class PlayAction(PausableAction[PlayEvent]):
    """A playback; ``finished`` also follows `stop`, and the other side's hanging up: see `played_to_end`."""

    METHOD = "calling.play"
    EVENT = PlayEvent
    __slots__ = ("_stopped",)

    def stop(self) -> dict[str, Any]:
        """Ask the server to stop it, and return the reply; see `StoppableAction.stop`."""
        self._call.refuse_elsewhere()
        self._stopped = not self.is_done
        return super().stop()

    def played_to_end(self, timeout: float | None = None) -> bool:
        """Wait for the end, and return whether all of it was played to somebody.

        It was not when it failed or was stopped, and when the call ended: a caller who hangs up in the middle ends a
        playback as its last word does, so that `wait` can't tell. The server is asked once more, by a ping: a caller
        who hangs up within that round trip counts as gone, too.

        Blocks the current greenlet, as `wait` does.

        Args:
            timeout: seconds to wait at most for the end; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over; the playback goes on.
            SessionLost: the connection came back without the session.
            ConnectionLost: the connection dropped while the server was asked.
        """
        try:
            event = self.wait(timeout)
        except CallEnded:
            return False
        if event.state != "finished" or getattr(self, "_stopped", False):
            return False
        return self._call.is_still_up()

    def volume(self, volume: float) -> dict[str, Any]:
        """Change the volume. Blocks the current greenlet until the reply, which it returns.

        Args:
            volume: in dB from -40 to 40; 0 leaves the level unchanged.

        Raises:
            ValueError: out of that range; nothing was sent.
        """
        return self._command("calling.play.volume", volume=volume)


class RecordAction(PausableAction[RecordEvent]):
    """A recording; its url may come after the call has ended."""

    METHOD = "calling.record"
    EVENT = RecordEvent
    LATE = True
    BACKGROUND = True
    __slots__ = ()

    def ends_with(self, event: RelayEvent) -> bool:
        """Return whether an event of this operation is its last (protocol 16.14). The call's core calls this."""
        return getattr(event, "state", "") in _RECORDED

    def pause(self, behavior: str | None = None) -> dict[str, Any]:
        """Pause it. Blocks the current greenlet until the reply, which it returns.

        Args:
            behavior: ``skip`` (cut the pause out; default) or ``silence`` (keep it as silence).
        """
        return self._command("calling.record.pause", **({} if behavior is None else {"behavior": behavior}))

    @property
    def url(self) -> str:
        """Where the recording is, or will be; empty while the server has not said."""
        result = self.result
        if result is not None and result.url:
            return result.url
        return text(self.reply.get("url"))


class TranscribeAction(StoppableAction[TranscribeEvent]):
    """A recording that is transcribed; its url may come after the call has ended."""

    METHOD = "calling.transcribe"
    EVENT = TranscribeEvent
    LATE = True
    BACKGROUND = True
    __slots__ = ()

    @property
    def url(self) -> str:
        """Where the recording is, or will be; empty while the server has not said."""
        result = self.result
        if result is not None and result.url:
            return result.url
        return text(self.reply.get("url"))


class TapAction(StoppableAction[TapEvent]):
    """A copy of the call's audio to an RTP or WebSocket receiver."""

    METHOD = "calling.tap"
    EVENT = TapEvent
    BACKGROUND = True
    __slots__ = ()

    @property
    def source_device(self) -> dict[str, Any]:
        """Where the audio comes from, as the server told in its reply; or an empty dict."""
        value = self.reply.get("source_device")
        return dict(value) if isinstance(value, dict) else {}


class StreamAction(StoppableAction[StreamEvent]):
    """A stream of the call's audio to a WebSocket."""

    METHOD = "calling.stream"
    EVENT = StreamEvent
    BACKGROUND = True
    __slots__ = ()
