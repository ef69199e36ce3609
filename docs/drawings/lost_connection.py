"""Draws what happens from a cut socket until the session is resumed: of a real run, in virtual time, on the sandbox."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from drawings.canvas import COLUMN, Canvas, wrapped
from relay_actors.kit.supervisor import Change
from relay_runtime import CallActor, RelayError
from relay_runtime.testing import RelayKit
from relay_runtime.testing.virtual import BEGINNING

__all__ = ["lost_connection"]

_CUT: Final = 3.2
"""When the socket is cut: a reply is awaited then, which takes a second."""

_COLOURS: Final = {"the server": "blue", "the client": "amber", "your code": "green"}
_LINE_AT, _TEXT_AT, _STEP = 96, 116, 17


class _Row(NamedTuple):
    at: float
    who: str
    what: str


class _Diary:
    """What happens, in order: frames at the server, changes of the client's actors, and what the call's code notes."""

    def __init__(self) -> None:
        self.kit: RelayKit | None = None
        self.rows: list[_Row] = []
        self._read = 0

    def note(self, who: str, what: str) -> None:
        """Write down what happens now, behind the frames that were there before."""
        assert self.kit is not None
        for frame in self.kit.sandbox.journal():
            if frame["number"] > self._read:
                self._read = frame["number"]
                self._note_frame(frame["at"] - BEGINNING, frame["direction"], frame["frame"])
        self.rows.append(_Row(self.kit.clock.now(), who, what))

    def _note_frame(self, at: float, direction: str, frame: dict[str, Any]) -> None:
        params = frame.get("params", {})
        method = frame.get("method", "")
        if method == "signalwire.connect":
            kept = [name for name in ("protocol", "authorization_state") if params.get(name)]
            what = f"gets {method} with {' and '.join(kept) or 'no session'}"
        elif method.startswith("calling."):
            what = f"gets {method}"
        elif params.get("event_type", "").startswith("calling."):
            body = params["params"]
            what = f"sends {params['event_type']}, {body.get('state') or body.get('call_state')}"
            if at - params["timestamp"] + BEGINNING > 0.01:
                what += f", of {params['timestamp'] - BEGINNING:.2f} s"
        else:
            return
        if direction == "in" or "event_type" in params:
            self.rows.append(_Row(at, "the server", what))

    def changed(self, change: Change) -> None:
        """Note a change of the client's actors."""
        detail = change.detail.rpartition("; ")[2]
        self.note("the client", f"connection {change.state}{f': {detail}' if detail else ''}")


_diary = _Diary()


class _App(CallActor):
    """Has a reply under way when the socket is cut, and a prompt that ends meanwhile."""

    def run(self) -> None:
        self.answer()
        prompt = self.play_tts("Please hold the line while we look for somebody to help.")
        self.sleep(_CUT - 0.2)
        self._sends("1")
        self._sends("2")
        prompt.wait()
        _diary.note("your code", "prompt.wait() returns")
        self.wait_for_ended()

    def _sends(self, digit: str) -> None:
        verb = f'send_digits("{digit}")'
        _diary.note("your code", f"calls {verb}")
        try:
            self.send_digits(digit)
        except RelayError as error:
            _diary.note("your code", f"{verb} raises {type(error).__name__}, sent={getattr(error, 'sent', None)}")
        else:
            _diary.note("your code", f"{verb} returns")


def _run() -> list[_Row]:
    global _diary  # noqa: PLW0603 - the call's code is made by the client
    _diary = _Diary()
    with RelayKit(_App, seed=3) as kit:
        _diary.kit = kit
        kit.client.on_change(_diary.changed)
        kit.caller("+15550100001").dials("office")
        kit.sandbox.arm("calling.send_digits", delay=1.0)
        kit.clock.sleep(_CUT)
        _diary.note("the server", "the socket is cut")
        kit.sandbox.cut()
        kit.clock.sleep(5)
        return [row for row in _diary.rows if row.at >= _CUT - 0.3]


def lost_connection() -> str:
    """Return the picture."""
    rows = _run()
    canvas = Canvas(
        "From a cut socket to the resumed session",
        "A time line from top to bottom, in seconds: what the server, the client's actors and the call's code do. "
        "The line is red while there is no connection.",
    )
    y = _legend(canvas)
    places = []
    for row in rows:
        places.append(y)
        lines = wrapped(row.what, COLUMN - _TEXT_AT - 14)
        y += _STEP * len(lines) + 13
    down = next(index for index, row in enumerate(rows) if row.what == "the socket is cut")
    up = next(index for index, row in enumerate(rows) if "connection connected" in row.what)
    canvas.arrow(f"M{_LINE_AT},{places[0]:.0f} V{places[-1]:.0f}", head=False)
    canvas.box(_LINE_AT - 3, places[down], 6, places[up] - places[down], "red")
    for row, place in zip(rows, places, strict=True):
        canvas.text(_LINE_AT - 16, place + 5, f"{row.at:.2f} s", "end")
        canvas.dot(_LINE_AT, place, _COLOURS[row.who])
        canvas.paragraph(_TEXT_AT, place + 5, row.what, COLUMN - _TEXT_AT - 14)
    return canvas.svg(y)


def _legend(canvas: Canvas) -> float:
    """Say what the colours are; return where the line may begin."""
    x = 24.0
    for who, colour in _COLOURS.items():
        canvas.dot(x, 26, colour)
        canvas.text(x + 14, 31, who, "note")
        x += 154
    return 68.0
