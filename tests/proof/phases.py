"""The phases of a call: a program for each, that strikes in the middle of it and then goes on to the call's end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from relay_actors.call.call import CallActor
from relay_actors.kit import clock
from relay_runtime import CallEnded, ConnectionLost, NotConnected, RelayError, RelayTimeout, RequestTimeout, phone
from relay_runtime.sandbox import Caller

if TYPE_CHECKING:
    from proof.cell import Cell

__all__ = ["FOREVER", "OTHER", "PHASES", "STEP", "THEM", "US", "Phase", "Subject"]

US, THEM, OTHER = "+15550100099", "+15550100001", "+15550100002"
FOREVER = 100_000  # line seconds that nobody waits for
STEP = 30.0  # seconds that one wait of a program may take
_TRIES = 6
_STAYS = 1000  # seconds for which who calls waits to be hung up
_WORDS = "Nobody is left on the line, whatever becomes of the connection in the meantime."
_PATIENT = Caller(THEM).waits_for_hangup(timeout=_STAYS)

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Phase:
    """A phase of a call.

    Attributes:
        name: what the table calls it.
        program: what the call's code does, from its first line to its last.
        method: the command that is in flight in it, or empty.
        event: the type of the event that it waits for, and fields that tell the one.
        caller: who calls.
        outbound: whether the call is dialled by the client.
    """

    name: str
    program: Callable[[Subject], None]
    method: str
    event: tuple[str, dict[str, Any]]
    caller: Caller = _PATIENT
    outbound: bool = False


class Subject(CallActor):
    """The call that a fault happens to; writes down all that it sees."""

    def __init__(self, setup: Any, cell: Cell) -> None:
        super().__init__(setup)
        self.cell = cell
        self.seen: list[tuple[Any, ...]] = []
        self.waits: list[tuple[str, float, str]] = []  # what, how long beyond its limit, how it ended
        self.ends = 0
        self.finished = False
        self.served = False
        cell.joins(self)

    def run(self) -> None:
        try:
            self.cell.phase.program(self)
            self.served = True
        finally:
            self.finished = True

    def on_event(self, event: Any) -> None:
        fields = ("call_state", "connect_state", "state")
        state = next((getattr(event, name) for name in fields if hasattr(event, name)), "")
        self.seen.append((event.event_type, event.call_id, event.control_id, state, event.timestamp))

    def on_ended(self, _event: Any) -> None:
        self.ends += 1

    # Steps

    def timed(self, what: str, limit: float, step: Callable[[], T]) -> T:
        """Take a step, and note how long it took and how it ended."""
        begun, how = clock.monotonic(), "done"
        try:
            return step()
        except BaseException as error:
            how = type(error).__name__
            raise
        finally:
            beyond = clock.monotonic() - begun - limit - self.cell.pace.lateness
            self.waits.append((what, round(beyond, 6), how))

    def step(self, what: str, command: Callable[[], T], done: Callable[[], bool] = lambda: False) -> T | None:
        """Send a command, again when its outcome is unknown; 409 is an outcome too when it is ``done()``."""
        limit = self.cell.timing.request_timeout
        for _ in range(_TRIES):
            try:
                return self.timed(what, limit, command)
            except (ConnectionLost, RequestTimeout, NotConnected):
                continue
            except CallEnded:
                raise
            except RelayError as error:
                if error.code == 409 and done():
                    return None
                raise
        raise AssertionError(f"{what} did not work in {_TRIES} tries")

    def awaits(self, what: str, wait: Callable[[float], T]) -> T | None:
        """Wait for something that a fault may have swallowed."""
        limit = self.cell.pace.seconds(STEP)
        try:
            return self.timed(what, limit, lambda: wait(limit))
        except RelayTimeout:
            return None

    def begins(self) -> None:
        self.step("answer", self.answer, done=lambda: self.awaits("answered", self.wait_for_answered) is not None)
        self.awaits("answered", self.wait_for_answered)

    def finishes(self) -> None:
        self.step("hangup", self.hangup)
        self.awaits("ended", self.wait_for_ended)


def _offered(call: Subject) -> None:
    call.cell.strike()
    call.begins()
    call.finishes()


def _answering(call: Subject) -> None:
    call.cell.strike_in_flight("calling.answer")
    call.begins()
    call.finishes()


def _prompting(call: Subject) -> None:
    call.begins()
    prompt = call.step("play", lambda: call.play_tts(_WORDS))
    call.cell.strike()
    assert prompt is not None
    call.awaits("played", prompt.wait)
    call.finishes()


def _collecting(call: Subject) -> None:
    call.begins()
    prompt = call.step("prompt", lambda: call.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 100}))
    gevent.sleep(call.cell.pace.line_scale)  # seven characters: the prompt is over, and the collection goes on
    call.cell.strike()
    assert prompt is not None
    call.awaits("collected", prompt.wait)
    call.finishes()


def _recording(call: Subject) -> None:
    call.begins()
    recording = call.step("record", call.record)
    call.cell.strike()
    assert recording is not None
    call.step("stop", recording.stop)
    if call.cell.fault.late_recording:
        call.finishes()
        call.awaits("recorded", recording.wait)
        return
    call.awaits("recorded", recording.wait)
    call.finishes()


def _bridged(call: Subject) -> None:
    call.begins()
    connected: list[Any] = []
    call.on("calling.call.connect", lambda event: event.connect_state == "connected" and connected.append(event))
    call.step("connect", lambda: call.connect([[phone(OTHER, from_number=US)]]), done=lambda: True)
    call.awaits(
        "connected",
        lambda limit: (
            connected or call.wait_for("calling.call.connect", lambda event: event.connect_state == "connected", limit)
        ),
    )
    call.cell.strike()
    call.step("unbridge", call.disconnect, done=lambda: True)
    call.finishes()


def _dialling(call: Subject) -> None:
    call.finishes()


def _hanging_up(call: Subject) -> None:
    call.begins()
    call.cell.strike_in_flight("calling.end")
    call.finishes()


STATE, PLAY = "calling.call.state", "calling.call.play"

PHASES = (
    Phase("offered", _offered, "", ("calling.call.receive", {})),
    Phase("answering", _answering, "calling.answer", (STATE, {"call_state": "answered"})),
    Phase("prompting", _prompting, "calling.play", (PLAY, {"state": "finished"})),
    Phase(
        "collecting",
        _collecting,
        "calling.play_and_collect",
        ("calling.call.collect", {}),
        Caller(THEM).hears("Press 1", 60).waits(6).presses("1").waits_for_hangup(timeout=_STAYS),
    ),
    Phase("recording", _recording, "calling.record", ("calling.call.record", {"state": "finished"})),
    Phase("bridged", _bridged, "calling.connect", ("calling.call.connect", {"connect_state": "connected"})),
    Phase("dialling", _dialling, "calling.dial", ("calling.call.dial", {"dial_state": "answered"}), outbound=True),
    Phase("hanging up", _hanging_up, "calling.end", (STATE, {"call_state": "ended"})),
)
