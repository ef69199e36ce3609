"""What the lines of a recording hold, and the lines of one call as they are made."""

from __future__ import annotations

import platform
from typing import Any, Final, Literal

import msgspec

from relay_runtime.client.frame_tap import Direction
from relay_runtime.recording.call_mask import CallMask
from relay_runtime.version import VERSION

__all__ = ["FORMAT", "LEFT_OUT", "MID_CALL", "NO_END", "End", "Header", "Line", "RecordingLines", "Start", "encode"]

FORMAT: Final = 1
"""The version of the format; a reader refuses a newer one."""

MID_CALL: Final = "the recording began when the call was under way"
LEFT_OUT: Final = "frames were left out"
NO_END: Final = "the end of the call is missing"
_MISSED: Final = {
    "digits": "keys that the caller pressed are masked",
    "payment": "there is a payment, whose data are masked",
}
_DOUBTFUL: Final = {
    "speech": "what the caller said is masked: code that looks at the words may decide otherwise",
}
_WHOLE: Final = frozenset({"ended", "passed", "refused", "failed"})
_NO_REPLAY: Final = {
    "lost": "the session was lost",
    "gone": "the server did not know the call any more",
    **dict.fromkeys(("stopped", "crowded", "cut off"), NO_END),
}

Why = Literal["ended", "passed", "refused", "failed", "lost", "gone", "stopped", "crowded", "cut off"]
"""Why a recording ends; see `End`."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line.

    Attributes:
        recording: the version of the format.
        relay_runtime: the version of relay-runtime that recorded.
        python: that of its Python.
        began: when the recording began, in epoch seconds.
        direction: of the call: ``inbound``, ``outbound``, or empty where it is not known.
        context: the context of an inbound call, where it is known.
        call_id: the call's id; empty for a dial, whose legs are calls of their own: see `End.call_id`.
        node_id: the other half of its address, or empty.
        tag: what names the dial, or empty.
        words_kept: whether spoken words and other texts are in the recording; else there are tokens for them.
        digits_masked: whether there are tokens for the keys that were pressed.
        not_replayable: why the call can't be played again from its beginning; empty if it can, as far as is known.
    """

    recording: int
    relay_runtime: str
    python: str
    began: float
    direction: str = ""
    context: str = ""
    call_id: str = ""
    node_id: str = ""
    tag: str = ""
    words_kept: bool = False
    digits_masked: bool = False
    not_replayable: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A frame.

    Attributes:
        at: when it passed, in seconds since the recording began.
        direction: ``in`` if the client received it, ``out`` if it sent it.
        frame: the frame, masked.
    """

    at: float
    direction: Direction
    frame: dict[str, Any]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The last line.

    Attributes:
        end: why it ends: ``ended`` (the call), ``passed`` (it was passed on), ``refused`` and ``failed`` (the dial);
            ``lost`` (with its session), ``gone`` (the server does not know the call), ``stopped`` (nobody records any
            more), ``crowded`` (too many calls were recorded at once), ``cut off`` (it could not be written on).
        whole: whether it has each frame of the call from its beginning to its end.
        at: when, in seconds since the recording began.
        frames: how many frames it has.
        left_out: how many it lacks.
        call_id: the leg that answered, in the recording of a dial; else empty.
        not_replayable: why the call can't be played again; empty if it can.
        doubtful: why a replay may differ although the code does not.
    """

    end: str
    whole: bool
    at: float
    frames: int
    left_out: int = 0
    call_id: str = ""
    not_replayable: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording begins.

    Attributes:
        wall: when, in epoch seconds.
        monotonic: the same by the monotonic clock.
        direction: see `Header`, as the other fields are.
        from_beginning: whether the call begins here too.
    """

    wall: float
    monotonic: float
    direction: str = ""
    context: str = ""
    call_id: str = ""
    node_id: str = ""
    tag: str = ""
    from_beginning: bool = True


class RecordingLines:
    """Makes the lines of one recording, which depend on what it is given and on nothing else.

    Args:
        start: how it begins.
        mask: masks its frames, and those of no other recording.

    Attributes:
        frames: how many lines with frames were made.
    """

    def __init__(self, start: Start, mask: CallMask) -> None:
        self._start = start
        self._mask = mask
        self.frames = 0

    def header(self) -> Header:
        """Return the first line."""
        start, beside = self._start, self._mask.beside
        return Header(
            recording=FORMAT,
            relay_runtime=VERSION,
            python=platform.python_version(),
            began=round(start.wall, 3),
            direction=start.direction,
            context=beside("context", start.context),
            call_id=beside("call_id", start.call_id),
            node_id=beside("node_id", start.node_id),
            tag=beside("tag", start.tag),
            words_kept=self._mask.keep_words,
            digits_masked=self._mask.mask_digits,
            not_replayable=() if start.from_beginning else (MID_CALL,),
        )

    def frame(self, at: float, direction: Direction, frame: dict[str, Any]) -> Line:
        """Return the line of a frame that passed at a time by the monotonic clock.

        Raises:
            RecursionError: it is nested too deeply.
        """
        line = Line(at=self._since(at), direction=direction, frame=self._mask(direction, frame))
        self.frames += 1
        return line

    def end(self, why: Why, at: float, *, left_out: int = 0, call_id: str = "") -> End:
        """Return the last line."""
        replaced = self._mask.replaced
        missed: tuple[str, ...] = () if self._start.from_beginning else (MID_CALL,)
        missed += (_NO_REPLAY[why],) if why in _NO_REPLAY else ()
        missed += (LEFT_OUT,) if left_out else ()
        missed += tuple(words for name, words in _MISSED.items() if name in replaced)
        return End(
            end=why,
            whole=why in _WHOLE and not left_out and self._start.from_beginning,
            at=self._since(at),
            frames=self.frames,
            left_out=left_out,
            call_id=call_id,
            not_replayable=missed,
            doubtful=tuple(words for name, words in _DOUBTFUL.items() if name in replaced),
        )

    def _since(self, at: float) -> float:
        return round(at - self._start.monotonic, 6)


def encode(line: Header | Line | End) -> bytes:
    """Return a line as it is written, with its end."""
    return msgspec.json.encode(line) + b"\n"
