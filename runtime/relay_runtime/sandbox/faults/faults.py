"""Faults on purpose, seeded and repeatable.

What happens to one request or event is an arm; what happens to a connection is done to its session here; what
happens to the way between the two is a disturbance; and a storm does such things by chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args

from relay_runtime.sandbox.faults.arms import Arm, EventArm
from relay_runtime.sandbox.faults.disturbance import CALM, Disturbance
from relay_runtime.sandbox.faults.malformed import MALFORMED
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.clock import Timer
from relay_runtime.sandbox.ground.frames import ErrorCode

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.exchange import Exchange
    from relay_runtime.sandbox.calls.session import Session
    from relay_runtime.sandbox.server.link import Link

__all__ = ["Faults", "Kind", "Refusal"]

A = TypeVar("A", Arm, EventArm)
Refusal = Literal["reset", "hang", "http", "garbage", "error", "result", "capacity"]
Kind = Literal[
    "cut", "reset", "truncate", "stall", "half_open", "disconnect", "restart", "refuse", "forget", "malformed"
]  # fmt: skip

_AT_THE_DOOR: Final = frozenset({"reset", "hang", "http", "garbage"})
_MOST_REFUSALS: Final = 1_000_000
_STALL_SECONDS: Final = 0.2
_DEAF_SECONDS: Final = 0.3  # for which a storm leaves a connection half-open before it cuts it
_REFUSED_AT_ONCE: Final[Sequence[Refusal]] = ("reset", "http", "garbage", "error", "result", "capacity")


class Faults:
    """The faults of one sandbox; none of its methods blocks.

    Args:
        exchange: what they happen to.
        seed: seeds what happens by chance; the same seed makes the same choices in the same order.

    Attributes:
        random: makes the choices.
        arms: what is armed for requests, in order; those that are used up are taken out.
        event_arms: what is armed for events, in order.
        disturbance: how events are disturbed at present; see `disturb_events`.
        history: the faults of `storm` that were done, in order.
    """

    def __init__(self, exchange: Exchange, seed: int) -> None:
        self._exchange = exchange
        self.random = random.Random(seed)
        self.arms: list[Arm] = []
        self.event_arms: list[EventArm] = []
        self.disturbance: Disturbance = CALM
        self._refusals: list[Refusal] = []
        self._refused_logins: list[Arm] = []
        self._storm: Timer | None = None
        self.history: list[str] = []

    def arm(self, method: str, **effects: Any) -> Arm:
        """Arm the next requests of a method; see :class:`Arm`. Arms of one method apply in order.

        Raises:
            ValueError: the effects make no sense together.
        """
        arm = Arm(method=method, **effects)
        self.arms.append(arm)
        return arm

    def arm_event(self, event_type: str, **effects: Any) -> EventArm:
        """Arm the next events of a type; see :class:`EventArm`.

        Raises:
            ValueError: there is no effect.
        """
        arm = EventArm(event_type=event_type, **effects)
        self.event_arms.append(arm)
        return arm

    def take(self, method: str, session: Session | None) -> Arm | None:
        """Return the arm that applies to a request now, and count it down."""
        return _next(self.arms, lambda arm: arm.method == method and _is_for(session, arm))

    def take_event(self, frame: bytes, session: Session) -> EventArm | None:
        """Return the arm that applies to an event now, and count it down."""
        envelope = frames.decode(frame)["params"]
        kind, body = envelope["event_type"], envelope.get("params", envelope)
        return _next(self.event_arms, lambda arm: arm.event_type == kind and arm.fits(body) and _is_for(session, arm))

    def refuse(self, how: Refusal = "http", times: int = 1) -> None:
        """Turn the next connections away.

        Args:
            how: ``reset`` (TCP reset at once), ``hang`` (accepted, never answered), ``http`` (503 to the upgrade),
                ``garbage`` (a peer that speaks no HTTP), or a login that is refused: ``error`` (-32002),
                ``result`` (code 401), ``capacity`` (-32005).
            times: how many connections or logins.

        Raises:
            ValueError: ``how`` is none of these.
        """
        if how not in get_args(Refusal):
            raise ValueError(f"how must be one of {', '.join(get_args(Refusal))}, not {how!r}")
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= _MOST_REFUSALS:
            raise ValueError(f"times must be a whole number from 1 to {_MOST_REFUSALS:,}, not {times!r}")
        if how in _AT_THE_DOOR:
            self._refusals += [how] * times
            return
        error = _CAPACITY_EXCEEDED if how == "capacity" else _NOT_AUTHENTICATED
        answer = {"reply": {"code": "401", "message": "Unauthorized"}} if how == "result" else {"error": error}
        self._refused_logins.append(self.arm("signalwire.connect", times=times, **answer))

    def at_the_door(self) -> Refusal | None:
        """Return how the connection that has just come is turned away, or None."""
        return self._refusals.pop(0) if self._refusals else None

    @property
    def refusals(self) -> int:
        """How many of the next connections are turned away at the door."""
        return len(self._refusals)

    def cut(self, sessionid: str | None = None, *, reset: bool = False) -> None:
        """Cut the socket of a session, with a TCP reset or without."""
        self._link(sessionid).abort(reset=reset)

    def truncate(self, sessionid: str | None = None) -> None:
        """Cut the socket in the middle of the next frame to a session."""
        self._link(sessionid).truncate_next()

    def stall(self, seconds: float, sessionid: str | None = None) -> None:
        """Let a connection stand still in both directions for some real seconds; nothing is lost."""
        self._link(sessionid).stall(seconds)

    def half_open(self, sessionid: str | None = None) -> None:
        """Let a connection look alive and be dead: what comes is thrown away, and nothing is sent any more."""
        self._link(sessionid).go_deaf()

    def forget(self, sessionid: str | None = None) -> None:
        """Cut the socket of a session and lose the session: no login can restore it, and its calls are hung up."""
        session = self._exchange.session(sessionid)
        if session.peer is not None:
            session.peer.resumable = False
            session.peer.drop()
        session.end("forgotten")

    def malform(self, kind: str, sessionid: str | None = None) -> None:
        """Send a frame that no server should send; see ``malformed.MALFORMED`` for the kinds.

        Raises:
            ValueError: there is no such kind.
        """
        if kind not in MALFORMED:
            raise ValueError(f"kind must be one of {', '.join(sorted(MALFORMED))}, not {kind!r}")
        self._link(sessionid).send_raw(MALFORMED[kind]())

    def _link(self, sessionid: str | None) -> Link:
        session = self._exchange.find_session(sessionid)
        if session is None or session.peer is None:
            raise LookupError("no session with this id is connected" if sessionid else "no session is connected")
        return session.peer.link

    def disturb(self, **how: Any) -> Disturbance:
        """Disturb every connection from now on; see :class:`Disturbance`.

        Raises:
            ValueError: a value is out of range.
        """
        self.disturbance = Disturbance(**how)
        return self.disturbance

    def storm(self, every: float, kinds: Sequence[Kind] = get_args(Kind)) -> None:
        """Do something to a connected session by chance, about every so many real seconds, until ``calm``.

        ``restart`` is a signalwire.disconnect that asks for a new session, ``refuse`` a cut whose first reconnect is
        turned away, ``forget`` a cut behind which the session is lost. What was done stands in ``history``.

        Raises:
            ValueError: a kind is unknown, or ``every`` is not above 0.
        """
        unknown = set(kinds) - set(get_args(Kind))
        if unknown or not kinds or every <= 0:
            raise ValueError(f"a storm needs every above 0 and kinds among {', '.join(get_args(Kind))}")
        self.calm()
        self._blow_later(every, list(kinds))

    def _blow_later(self, every: float, kinds: list[Kind]) -> None:
        self._storm = self._exchange.ground.clock.after_real(
            every * self.random.uniform(0.5, 1.5), self._blow, every, kinds
        )

    def _blow(self, every: float, kinds: list[Kind]) -> None:
        kind, chance = self.random.choice(kinds), self.random.random()
        connected = [session for session in self._exchange.sessions.values() if session.peer is not None]
        if connected:
            self.history.append(kind)
            self.strike(kind, connected[int(chance * len(connected))])
        self._blow_later(every, kinds)

    def strike(self, kind: Kind, session: Session) -> None:
        """Do one thing of a storm to a connected session."""
        if session.peer is None:
            return
        link = session.peer.link
        if kind in {"cut", "reset"}:
            link.abort(reset=kind == "reset")
        elif kind == "truncate":
            link.truncate_next()
        elif kind == "stall":
            link.stall(_STALL_SECONDS)
        elif kind == "half_open":
            link.go_deaf()
            self._exchange.ground.clock.after_real(_DEAF_SECONDS, link.abort)
        elif kind in {"disconnect", "restart"}:
            session.peer.disconnect(restart=kind == "restart")
        elif kind == "refuse":
            self.refuse(self.random.choice(_REFUSED_AT_ONCE))
            link.abort()
        elif kind == "forget":
            self.forget(session.sessionid)
        else:
            link.send_raw(MALFORMED[self.random.choice(sorted(MALFORMED))]())

    def calm(self) -> None:
        """End the storm, the disturbance, and what turns connections away."""
        if self._storm is not None:
            self._storm.cancel()
            self._storm = None
        self.disturbance = CALM
        self._refusals.clear()
        self.arms = [arm for arm in self.arms if not any(arm is refused for refused in self._refused_logins)]
        self._refused_logins.clear()

    def disarm(self) -> None:
        """Drop every arm and refusal."""
        self.arms.clear()
        self.event_arms.clear()
        self._refusals.clear()


def _next(arms: list[A], applies: Callable[[A], bool]) -> A | None:
    for arm in arms:
        if not applies(arm):
            continue
        if arm.skip > 0:
            arm.skip -= 1
            return None
        arm.times -= 1
        if arm.times == 0:
            arms.remove(arm)
        return arm
    return None


def _is_for(session: Session | None, arm: Arm | EventArm) -> bool:
    return not arm.sessionid or (session is not None and session.sessionid == arm.sessionid)


_CAPACITY_EXCEEDED: Final = {"code": ErrorCode.CAPACITY_EXCEEDED, "message": "Capacity exceeded"}
_NOT_AUTHENTICATED: Final = {
    "code": ErrorCode.NOT_AUTHENTICATED,
    "message": "Authentication failed",
    "data": {"signalwire_error_code": "AUTH_REQUIRED"},
}
