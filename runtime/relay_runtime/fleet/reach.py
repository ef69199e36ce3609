"""Reaches the calls and processes of a fleet from any of its hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from gevent.pool import Pool

from relay_actors.errors import CallEnded, RelayError
from relay_actors.kit.fork import spawn
from relay_actors.telemetry.status import CallStatus
from relay_runtime.fleet.engine import Engine, EngineError, Member, NotThere
from relay_runtime.fleet.errors import FleetError, FleetTimeout
from relay_runtime.fleet.mail import Correspondence, Refusal
from relay_runtime.fleet.report import ProcessReport
from relay_runtime.settings.engine_address import HOST_NAMES, HOST_NAMES_ARE

__all__ = ["Asked", "Fleet", "FleetCall"]

T = TypeVar("T")

_SIDE_BY_SIDE: Final = 16  # processes that are asked at the same time
_LOOK: Final = 0.5  # seconds without an answer, after which it is looked whether the owner lives


class Asked(NamedTuple):
    """A process of the fleet, and what it says of itself; or why it says nothing."""

    member: Member
    report: ProcessReport | None
    problem: str = ""


class _Vanished(NotThere):
    """It was there when it was asked."""


class FleetCall:
    """A live call, wherever it is served. Each method blocks the current greenlet, for 5 s at most.

    Args:
        fleet: where it is looked for, anew each time.
        call_id: its id.

    Attributes:
        call_id: see above.

    Raises:
        CallEnded: no live call of the fleet has the id.
        FleetTimeout: no answer came: whether it was done is not known.
        FleetError: the engine does not answer, or the process that served the call is gone.
    """

    def __init__(self, fleet: Fleet, call_id: str) -> None:
        self.call_id = call_id
        self._fleet = fleet

    def status(self) -> CallStatus:
        """Return what the call looks like now."""
        return self._ask("call", None, CallStatus)

    def hangup(self, reason: str = "hangup") -> None:
        """Hang it up. Its code learns of it as when the other side hangs up.

        Raises:
            RelayError: the server refused.
        """
        self._ask("hangup", reason, dict[str, str])

    def tell(self, value: Any) -> None:
        """Have the hook ``on_told(value)`` of the call run, once at most. Returns when it is queued.

        Args:
            value: what has a JSON form; it comes as JSON has it (a tuple is a list).

        Raises:
            TypeError: the class of the call has no ``on_told``, or the value has no JSON form.
        """
        self._ask("tell", value, dict[str, str])

    def _ask(self, op: str, value: Any, kind: type[T]) -> T:
        try:
            answer = self._fleet.ask_owner(self.call_id, op, value)
        except Refusal as refusal:
            raise _error(refusal, op) from None
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise FleetError(f"the answer is none that this version of relay-runtime reads: {error}") from None


def _error(refusal: Refusal, op: str) -> Exception:
    match refusal.kind:
        case "unknown_call":
            return CallEnded(str(refusal))
        case "no_answer":
            return FleetTimeout(str(refusal))
        case "refused":
            return TypeError(str(refusal)) if op == "tell" else RelayError(-1, str(refusal))
    return FleetError(str(refusal))


class Fleet:
    """The fleet, seen from one of its processes or from outside.

    Args:
        ways: returns the engine, which looks things up, and the mail by which others are asked; or raises `FleetError`.
    """

    def __init__(self, ways: Callable[[], tuple[Engine, Correspondence]]) -> None:
        self._ways = ways

    def call(self, call_id: str) -> FleetCall:
        """Return a live call by its whole id. Never blocks: whether there is one is found out when it is asked."""
        return FleetCall(self, call_id)

    def find(self, prefix: str) -> list[str]:
        """Return the ids of some live calls that begin so. Blocks the current greenlet for a moment.

        Raises:
            FleetError: the engine does not answer.
        """
        with self._told() as engine:
            return sorted(engine.find(prefix))

    def processes(self, *, calls: bool = False) -> list[Asked]:
        """Ask all processes what they look like. Blocks the current greenlet, for 5 s at most.

        Args:
            calls: whether they say which calls they have.

        Raises:
            FleetError: the engine does not answer.
        """
        members = self.members()
        pool: Any = Pool(_SIDE_BY_SIDE)
        return list(pool.map(lambda member: self._report(member, calls=calls), members))

    def members(self) -> list[Member]:
        """Return which processes there are. Blocks the current greenlet for a moment; errors as for `find`."""
        with self._told() as engine:
            return [member for member, _ in engine.members()]

    def _report(self, member: Member, *, calls: bool) -> Asked:
        try:
            answer = self._ask(member.id, "report", value=calls)
            return Asked(member, msgspec.json.decode(answer, type=ProcessReport))
        except NotThere:
            return Asked(member, None, "is gone")
        except FleetTimeout:
            return Asked(member, None, "does not answer")
        except (FleetError, Refusal, msgspec.DecodeError, RecursionError) as error:
            return Asked(member, None, str(error))

    def drain(self, host: str) -> None:
        """Have a host get no new calls, from now on and after a restart too; its live calls go on.

        Raises:
            FleetError: the engine does not answer.
            ValueError: no host can be called so.
        """
        with self._told() as engine:
            engine.drain(_checked_host(host), drained=True)

    def undrain(self, host: str) -> None:
        """Have a host get new calls again; errors as for `drain`."""
        with self._told() as engine:
            engine.drain(_checked_host(host), drained=False)

    def drained(self) -> set[str]:
        """Return the hosts that get no new calls; errors as for `drain`."""
        with self._told() as engine:
            return engine.drained()

    def ask_owner(self, call_id: str, op: str, value: Any) -> msgspec.Raw:
        """Ask whoever serves a call. Blocks the current greenlet, for 5 s at most; see `FleetCall` for its errors."""
        with self._told() as engine:
            owner = engine.find(call_id).get(call_id)
        if owner is None:
            raise CallEnded(f"no live call of the fleet has the id {call_id!r}: it is over, or never was one")
        try:
            return self._ask(owner, op, call_id, value)
        except NotThere as gone:
            error = FleetTimeout if isinstance(gone, _Vanished) else FleetError
            raise error(
                f"the process that served call {call_id} {gone}; another takes the call over within seconds, or it ends"
            ) from None

    def _ask(self, member: str, op: str, call_id: str = "", value: Any = None) -> msgspec.Raw:
        """Ask a process, and wait for the answer no longer than it lives.

        Raises:
            NotThere: it is gone.
        """
        asking = spawn(_outcome, partial(self._ways()[1].ask, member, op, call_id, value))
        try:
            while not asking.join(timeout=_LOOK) and not asking.ready():
                with self._told() as engine:
                    gone = not engine.is_connected(member)
                if gone:
                    raise _Vanished("is gone, and has not answered: whether it was done is not known")
            outcome: tuple[msgspec.Raw, Exception | None] = asking.value
            answer, error = outcome
            if error is not None:
                raise error
            return answer
        finally:
            asking.kill(block=False)

    @contextmanager
    def _told(self) -> Iterator[Engine]:
        try:
            yield self._ways()[0]
        except EngineError as error:
            raise FleetError(str(error)) from None


def _checked_host(host: str) -> str:
    if not isinstance(host, str) or not HOST_NAMES.fullmatch(host):
        raise ValueError(f"{host!r} is the name of no host; accepted are {HOST_NAMES_ARE}")
    return host


def _outcome(ask: Callable[[], msgspec.Raw]) -> tuple[msgspec.Raw, Exception | None]:
    try:
        return ask(), None
    except Exception as error:  # noqa: BLE001 - raised by whoever waits for it
        return msgspec.Raw(b""), error
