"""The app, answer, speak, hang up: as callbacks, or as blocking code in a greenlet a call."""

from collections.abc import Callable
from typing import Any, Protocol

from gevent.hub import get_hub
from greenlet import getcurrent, greenlet

from benchmarks.ladder.commands import Command, Commands
from benchmarks.ladder.line import Line

REQUEST_TIMEOUT_S = 10.0


class Serving(Protocol):
    """Who is told of what came, in the greenlet that reads; events have the fields of the wire. It never blocks."""

    def offered(self, event: Any) -> None: ...

    def played(self, event: Any) -> None: ...

    def stated(self, event: Any) -> None: ...

    def replied(self, identity: str) -> None: ...


class CallbackServing:
    """Sends the next command of a call when the last one is answered: no code of a call ever waits."""

    def __init__(self, commands: Commands, line: Line) -> None:
        self._commands = commands
        self._line = line
        self._nodes: dict[str, str] = {}
        self._then: dict[str, str | None] = {}  # from a command to the call that is to speak when it is answered

    def offered(self, event: Any) -> None:
        call_id = event.call_id
        self._nodes[call_id] = event.node_id
        self._send(self._commands.answer(event.node_id, call_id), call_id)

    def replied(self, identity: str) -> None:
        call_id = self._then.pop(identity)
        if call_id is not None:
            self._send(self._commands.play(self._nodes[call_id], call_id), None)

    def played(self, event: Any) -> None:
        if event.state == "finished":
            self._send(self._commands.end(event.node_id, event.call_id), None)

    def stated(self, event: Any) -> None:
        if event.call_state == "ended":
            del self._nodes[event.call_id]

    def _send(self, command: Command, call_id: str | None) -> None:
        identity, frame = command
        self._then[identity] = call_id
        self._line.frames.append(frame)


class _Call:
    """A call that is up.

    Attributes:
        greenlet: Runs its code.
        spoken: Whether its prompt is over.
        listening: Whether its code waits for that.
    """

    __slots__ = ("call_id", "greenlet", "listening", "node_id", "spoken")

    def __init__(self, node_id: str, call_id: str) -> None:
        self.node_id = node_id
        self.call_id = call_id
        self.greenlet: Any = None
        self.spoken = self.listening = False


class GreenletServing:
    """Runs the code of each call in a greenlet, which is parked until a reply, or the end of a prompt, wakes it.

    Args:
        commands: Makes what is sent.
        line: Where it goes.
        reused: Whether a greenlet whose call is over serves the next one; else each call has one made for it.
        deadlines: Whether a timer ends the wait for each reply.
    """

    def __init__(self, commands: Commands, line: Line, *, reused: bool, deadlines: bool) -> None:
        self._commands = commands
        self._line = line
        self._calls: dict[str, _Call] = {}
        self._waiting: dict[str, _Call] = {}  # from a command to the call whose code waits for its reply
        self._hub: Any = get_hub()
        self._run_callback: Callable[..., Any] = self._hub.loop.run_callback
        self._reused = reused
        self._idle: list[Any] = []
        self._park_for_reply = self._park_with_timer if deadlines else self._hub.switch

    def offered(self, event: Any) -> None:
        call = self._calls[event.call_id] = _Call(event.node_id, event.call_id)
        call.greenlet = self._idle.pop() if self._idle else greenlet(self._work, self._hub)
        self._run_callback(call.greenlet.switch, call)

    def replied(self, identity: str) -> None:
        call = self._waiting.pop(identity)
        self._run_callback(call.greenlet.switch)

    def played(self, event: Any) -> None:
        if event.state == "finished":
            call = self._calls[event.call_id]
            call.spoken = True
            if call.listening:
                self._run_callback(call.greenlet.switch)

    def stated(self, event: Any) -> None:
        if event.call_state == "ended":
            del self._calls[event.call_id]

    def _work(self, call: _Call) -> None:
        """Serve one call in this greenlet, or one after another."""
        self._serve(call)
        while self._reused:
            self._idle.append(getcurrent())
            self._serve(self._hub.switch())

    def _serve(self, call: _Call) -> None:
        """Do what `run()` of an app does."""
        commands = self._commands
        self._ask(call, commands.answer(call.node_id, call.call_id))
        self._ask(call, commands.play(call.node_id, call.call_id))
        self._wait_for_end_of_prompt(call)
        self._ask(call, commands.end(call.node_id, call.call_id))

    def _ask(self, call: _Call, command: Command) -> None:
        identity, frame = command
        self._waiting[identity] = call
        self._line.send_soon(frame)
        self._park_for_reply()

    def _wait_for_end_of_prompt(self, call: _Call) -> None:
        # The load server sends it together with the reply that woke this code, so that it is there by now. In ours it
        # comes some steps later, and a real server sends it after seconds: the fourth park belongs to what is measured.
        if call.spoken:
            self._run_callback(call.greenlet.switch)
        call.listening = True
        self._hub.switch()

    def _park_with_timer(self) -> None:
        timer = self._hub.loop.timer(REQUEST_TIMEOUT_S)
        timer.start(_give_up, getcurrent())
        try:
            self._hub.switch()
        finally:
            timer.close()


def _give_up(parked: Any) -> None:
    """Raise in the code of a call whose command got no reply in time."""
    parked.throw(TimeoutError(f"no reply within {REQUEST_TIMEOUT_S:g} s"))
