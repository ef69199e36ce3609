"""Draws the ways of an offer, an event and a command: of each, the functions that a real one has been seen to enter.

A caller calls an app of the test kit, on a sandbox in this process and in virtual time. What is entered on the way is
noted (`drawings.following`); the ground that every way has is left out: the kit but for turns, and the vocabulary of
the wire but for reading and checking.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from drawings.canvas import COLUMN, Canvas
from drawings.following import MAIL, Entered, Trail, Turn, turns
from relay_runtime import CallActor
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing import RelayKit

__all__ = ["command", "event", "offer"]

_LEFT_OUT: Final = (
    "relay_runtime/sandbox/",
    "relay_runtime/testing/",
    "relay_actors/kit/",
    "relay_actors/wire/",
    "relay_actors/telemetry/",
    "relay_actors/timing",
    "relay_actors/errors",
    "relay_actors/call/verbs/given",
    "relay_actors/call/actions/",
)
_OF_THESE: Final = {
    "relay_actors/kit/turns.py": {"_take_turn", "_work", "_run_job", "_park", "_wake", "enqueue", "wait_for_future"},
    "relay_actors/wire/frames.py": {"decode_frame", "request"},
    "relay_actors/wire/events/parse.py": {"parse_event"},
    "relay_actors/wire/checks.py": {"check_params"},
    "relay_actors/call/operations.py": {"open"},
    "relay_actors/call/waits.py": {"tell"},
    "relay_actors/call/hooks.py": {"of", "_run"},
    "relay_runtime/websocket/connection.py": {"receive_batch", "send_texts"},
    "relay_runtime/websocket/framing.py": {"receive_data", "append"},
    "relay_runtime/websocket/writer.py": {"append", "_write"},
}
"""Files of which only the doors are shown."""

_GREENLETS: Final = {
    "ConnectionActor._read": ("the reader's greenlet", "blue"),
    "ConnectionActor": ("the ConnectionActor's greenlet", "panel"),
    "SubscriptionActor": ("the SubscriptionActor's greenlet", "panel"),
    "Scheduler._give_turns": ("the greenlet that gives calls their turns", "amber"),
    "Scheduler._serve": ("a worker: the greenlet of the call's code", "green"),
    "Writer._run": ("the writer's greenlet", "blue"),
}
"""What the greenlets of a way are called, and their colours; others, the hub's among them, only pass on."""

_BETWEEN: Final = 26  # from one turn to the next


class App(CallActor):
    """Is called: says a sentence, and waits."""

    def run(self) -> None:
        """Serve the call. Blocks its greenlet."""
        self.answer()
        self.sleep(1)
        self.play_tts("Welcome.").wait()
        self.wait_for_ended()

    def on_user_event(self, event: Any) -> None:
        """Take an event."""


def _wanted(entered: Entered) -> bool:
    if entered.greenlet not in _GREENLETS:
        return False
    if entered.file in _OF_THESE:
        return entered.function in _OF_THESE[entered.file]
    return not entered.file.startswith(_LEFT_OUT)


def _brings(event_type: bytes) -> Callable[[str, str, str, Any], bool]:
    """Return what recognises the read of the socket that brings an event."""

    def is_read(greenlet: str, _name: str, what: str, result: Any) -> bool:
        read = greenlet == "ConnectionActor._read" and what == "return"
        return read and isinstance(result, bytes) and event_type in result

    return is_read


def _is(function: str, event: str, _greenlet: str, name: str, what: str, _result: Any) -> bool:
    return name == function and what == event


def _followed(trail: Trail, act: Callable[[RelayKit], object], *, called: bool = True) -> list[Turn]:
    """Follow what is done while a caller is on the line, or before; return the turns of greenlets."""
    with RelayKit(App) as kit:
        kit.clock.sleep(1)
        if called:
            _call(kit)
        with trail.watching():
            act(kit)
            kit.clock.sleep(1)
    return turns(trail.entered, _wanted)


def _call(kit: RelayKit) -> None:
    kit.caller("+15550100001").dials("office")
    kit.clock.sleep(0.5)  # `run` has answered, and sleeps


def _emit(kit: RelayKit) -> None:
    sandbox: Sandbox = kit.sandbox
    sandbox.emit(sandbox.runs()[0].call_id, "calling.user_event", event={})


def _drawn(title: str, told: str, found: list[Turn]) -> str:
    canvas = Canvas(title, told)
    y = 16.0
    for number, turn in enumerate(found):
        if number:
            canvas.arrow(f"M{COLUMN / 2:.0f},{y - _BETWEEN:.0f} v{_BETWEEN - 6}")
        name, kind = _GREENLETS[turn.greenlet]
        rows = [row for file, functions in turn.stays for row in _rows(file, functions)]
        y = canvas.panel(y, name, kind, rows) + _BETWEEN
    return canvas.svg(y - _BETWEEN + 16)


def _rows(file: str, functions: tuple[str, ...]) -> list[tuple[str, str]]:
    if file == MAIL:
        return [(f"{MAIL}: {', '.join(functions)}", "name")]
    return [(file, ""), (", ".join(f"{each}()" for each in functions), "note")]


def offer() -> str:
    """Return the way of an offer, from the socket to ``run()``."""
    trail = Trail(_brings(b"calling.call.receive"), partial(_is, "run", "call"), __file__)
    return _drawn(
        "The way of an offer from the socket to run()",
        "From top to bottom, each greenlet that the offer passes, and the functions that were entered in it, by files.",
        _followed(trail, _call, called=False),
    )


def event() -> str:
    """Return the way of an event of a live call, from the socket to a hook."""
    trail = Trail(_brings(b"calling.user_event"), partial(_is, "on_user_event", "call"), __file__)
    return _drawn(
        "The way of an event of a live call from the socket to its hook",
        "From top to bottom, each greenlet that the event passes, and the functions that were entered in it, by files.",
        _followed(trail, _emit),
    )


def command() -> str:
    """Return the way of a command, from the verb to the socket, and of its reply back."""
    trail = Trail(partial(_is, "play_tts", "call"), partial(_is, "play_tts", "return"), __file__)
    return _drawn(
        "The way of a command from the verb to the socket, and of its reply back",
        "From top to bottom, each greenlet that has its turn between the call of play_tts and its return, and the "
        "functions that were entered in it, by files.",
        _followed(trail, lambda kit: kit.clock.sleep(1)),
    )
