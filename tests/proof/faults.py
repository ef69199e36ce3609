"""The faults of the matrix: when each strikes, whether the link survives it, and what must become of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import gevent

from proof.nuisances import look_on, send_odd_numbers
from relay_runtime.sandbox.faults.malformed import MALFORMED

if TYPE_CHECKING:
    from proof.cell import Cell
    from relay_actors.kit.actor import GreenletRef

__all__ = ["FAULTS", "GROUPS", "Fault"]

Act = Callable[["Cell"], object]

CLOSING = (
    "bad_utf8",
    "close_1011",
    "close_without_code",
    "masked",
    "over_ten_mebibytes",
    "reserved_bit",
    "reserved_opcode",
)
"""Malformed frames that end the connection; all others leave it open."""

_NO_COMMAND = "no command is in flight before the answer"
_OVER_ALREADY = "the call is over before the link drops"
_UNHEARD = "the client never hears of the call, which ends with the session"
_TAKES_TIME = frozenset({"delay", "jitter", "slow_reader"})
_LINK_STAYS = "the link stays up, so that no session is to be restored"


@dataclass(frozen=True, kw_only=True, eq=False)
class Fault:
    """One row of the matrix.

    Attributes:
        group: rows of one group are played together, and what is left over is counted behind each group.
        name: what happens.
        strike: what to do in the middle of the phase.
        arm: what to do before the call begins.
        drops: whether the link goes down.
        can_restore: whether the session can be restored then.
        can_lose: whether the session can be lost then.
        senseless: from the name of a phase to the reason why the fault makes no sense in it.
        senseless_lost: the same, when the session is lost.
        repeats: whether the server sends an event twice as two events.
        outcomes: from the name of a phase (``*`` for any other) to what may become of the call, where it is not
            ``served``, or ``lost`` with the session.
        serves_on: whether the client must serve another call afterwards.
        late_recording: whether the recording finishes behind the end of its call.
        heavy: whether it gives this process so much to do that over sockets no limit must run meanwhile, and that its
            cells are played there one at a time.
        farewell: whether the call's ``on_ended`` runs; its code is over when its actor is killed.
    """

    group: str
    name: str
    strike: Act | None = None
    arm: Act | None = None
    drops: bool = False
    can_restore: bool = True
    can_lose: bool = True
    senseless: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    senseless_lost: Mapping[str, str] = field(default_factory=dict)
    repeats: bool = False
    serves_on: bool = True
    late_recording: bool = False
    heavy: bool = False
    farewell: bool = True

    def reason_against(self, phase: str, *, restored: bool) -> str:
        """Say why the fault makes no sense in a phase, or return an empty text."""
        reason = self.senseless.get(phase, self.senseless.get("*", ""))
        if reason or restored:
            return reason
        return self.senseless_lost.get(phase, "") if self.drops else _LINK_STAYS

    def expected(self, phase: str, *, restored: bool) -> frozenset[str]:
        """Say what may become of the call."""
        usual = "lost" if self.drops and not restored else "served"
        return self.outcomes.get(phase, self.outcomes.get("*", frozenset({usual})))


def _any_of(*outcomes: str) -> frozenset[str]:
    return frozenset(outcomes)


def _arm(**effects: Any) -> Act:
    return lambda cell: cell.sandbox.arm(cell.phase.method, **_paced(cell, effects))


def _arm_event(**effects: Any) -> Act:
    return lambda cell: cell.sandbox.arm_event(cell.phase.event[0], match=cell.phase.event[1], **_paced(cell, effects))


def _disturb(**how: float) -> Act:
    return lambda cell: cell.sandbox.faults.disturb(**_paced(cell, how))


def _paced(cell: Cell, how: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to happen, with what takes time as long as it takes in this cell."""
    return {name: cell.pace.seconds(value) if name in _TAKES_TIME else value for name, value in how.items()}


def _stall(seconds: float) -> Act:
    return lambda cell: cell.sandbox.faults.stall(cell.pace.seconds(seconds))


def _malform(*kinds: str) -> Act:
    def send(cell: Cell) -> None:
        for kind in kinds:
            cell.sandbox.faults.malform(kind)

    return send


def _refuse(how: Any) -> Act:
    def act(cell: Cell) -> None:
        cell.sandbox.faults.refuse(how, times=2)
        cell.sandbox.faults.cut()

    return act


def _restart(*, memory: bool) -> Act:
    return lambda cell: gevent.spawn(cell.sandbox.restart, memory=memory, down_for=cell.pace.seconds(0.5))


def _raise(cell: Cell) -> None:
    raise ValueError("the code of the call fails")


def _send_odd_numbers(cell: Cell) -> None:
    for subject in cell.subjects:
        send_odd_numbers(cell.sandbox, subject.call_id)


def _send_odd_id(cell: Cell) -> None:
    """Send an event whose frame has a list for an id."""
    params = {"event_type": "calling.call.play", "timestamp": 1.0, "params": {}}
    cell.sandbox.push(None, {"jsonrpc": "2.0", "id": [["a"]], "method": "signalwire.event", "params": params})


def _links() -> list[Fault]:
    def fault(name: str, strike: Act, **more: Any) -> Fault:
        return Fault(group="link", name=name, strike=strike, **{"drops": True, **more})

    return [
        fault("cut", lambda cell: cell.sandbox.faults.cut()),
        fault("reset", lambda cell: cell.sandbox.faults.cut(reset=True)),
        fault("truncated frame", lambda cell: cell.sandbox.faults.truncate()),
        fault("half-open", lambda cell: cell.sandbox.faults.half_open()),
        fault("stall, shorter than the probe", _stall(1.5), drops=False),
        fault("stall, longer than the probe", _stall(20.0)),
        fault(
            "our ping unanswered",
            lambda cell: cell.sandbox.arm("signalwire.ping", withhold=True, times=1000),
            drops=False,
        ),
        fault("signalwire.disconnect", lambda cell: cell.sandbox.disconnect()),
        fault(
            "signalwire.disconnect, restart",
            lambda cell: cell.sandbox.disconnect(restart=True),
            can_restore=False,
        ),
        fault("session forgotten", lambda cell: cell.sandbox.faults.forget(), can_restore=False),
        fault("restart with memory", _restart(memory=True)),
        fault("restart without memory", _restart(memory=False), can_restore=False),
    ]


def _doors() -> list[Fault]:
    hows = {
        "reset": "cut, then reset at the door",
        "hang": "cut, then a door that hangs",
        "http": "cut, then HTTP 503",
        "garbage": "cut, then no HTTP at all",
        "error": "cut, then login refused (error)",
        "result": "cut, then login refused (result)",
        "capacity": "cut, then no capacity",
    }
    return [Fault(group="door", name=name, strike=_refuse(how), drops=True) for how, name in hows.items()]


def _frames() -> list[Fault]:
    harmless = sorted(set(MALFORMED) - set(CLOSING) - {"ten_mebibytes", "ping_flood"})
    faults = [
        Fault(
            group="frames",
            name=f"malformed: {len(harmless)} kinds that leave the link open",
            strike=_malform(*harmless),
        ),
        Fault(group="frames", name="frame of 10 MiB", strike=_malform("ten_mebibytes"), heavy=True),
        Fault(group="frames", name="16,384 empty pings at once", strike=_malform("ping_flood"), heavy=True),
    ]
    return faults + [
        Fault(
            group="frames",
            name=f"malformed: {kind}",
            strike=_malform(kind),
            drops=True,
            heavy=kind == "over_ten_mebibytes",
        )
        for kind in CLOSING
    ]


def _replies() -> list[Fault]:
    def fault(name: str, **effects: Any) -> Fault:
        return Fault(group="replies", name=name, arm=_arm(**effects), senseless={"offered": _NO_COMMAND})

    def drop(name: str, **effects: Any) -> Fault:
        # A dial in flight when the link drops ends as ConnectionLost: only its caller can know whether to dial again.
        return replace(fault(name, **effects), drops=True, outcomes={"dialling": _any_of("ended")})

    return [
        fault("reply withheld", withhold=True),
        fault("reply late", delay=2.0),
        fault("reply doubled", duplicate=True),
        fault("integer code", patch={"code": 200}),
        fault("event before reply", events_first=True),
        replace(fault("command refused (503)", reply={"code": "503"}), outcomes={"*": _any_of("ended")}),
        drop("reply truncated", truncate=True),
        drop("cut before the command", cut="before"),
        drop("cut behind the command", cut="during"),
        replace(drop("cut behind the reply", cut="after"), outcomes={}, senseless_lost={"hanging up": _OVER_ALREADY}),
    ]


def _events() -> list[Fault]:
    def fault(name: str, **effects: Any) -> Fault:
        return Fault(group="events", name=name, arm=_arm_event(**effects))

    def drop(name: str, **effects: Any) -> Fault:
        return replace(fault(name, **effects), drops=True, senseless_lost={"offered": _UNHEARD})

    return [
        fault("event doubled", duplicate=True),
        replace(fault("event again, with a new id", again=True), repeats=True),
        fault("event late", delay=2.0),
        replace(
            fault("event never sent", withhold=True),
            senseless={"offered": "a call that is never offered is none"},
            outcomes={"dialling": _any_of("ended")},
        ),
        drop("cut before the event", cut="before"),
        replace(drop("cut behind the event", cut="after"), senseless_lost={"hanging up": _OVER_ALREADY}),
        drop("event truncated", truncate=True),
        Fault(
            group="events",
            name="recording finished after ended",
            arm=lambda cell: cell.sandbox.settings.change(late_recordings=True),
            senseless={"recording": "", "*": "the fault is about recordings"},
            late_recording=True,
        ),
        Fault(
            group="events",
            name="numbers that are none",
            strike=_send_odd_numbers,
            senseless={"dialling": "no call has an id yet"},
        ),
        Fault(
            group="events",
            name="onlookers raise, an id is a list",
            arm=lambda cell: look_on(cell.client),
            strike=_send_odd_id,
        ),
        Fault(
            group="events",
            name="dial answered with no state events",
            arm=lambda cell: cell.sandbox.arm_event("calling.call.state", withhold=True, times=3),
            senseless={"dialling": "", "*": "the fault is about dials"},
        ),
    ]


def _ways() -> list[Fault]:
    hows: dict[str, dict[str, float]] = {
        "delay": {"delay": 0.5},
        "jitter": {"jitter": 1.0},
        "every frame doubled": {"duplicate": 1.0},
        "frames reordered": {"reorder": 0.5},
        "slow reader": {"slow_reader": 0.2},
    }
    return [Fault(group="way", name=name, strike=_disturb(**how)) for name, how in hows.items()]


def _people() -> list[Fault]:
    in_flight = "its code is in the reply's wait, not in its own"
    return [
        Fault(
            group="people",
            name="the far end hangs up",
            strike=lambda cell: cell.far_end_hangs_up(),
            outcomes={"*": _any_of("served", "ended")},
        ),
        Fault(
            group="people",
            name="the call's code raises",
            strike=_raise,
            senseless={"answering": in_flight, "hanging up": in_flight, "dialling": "no call has code yet"},
            outcomes={"*": _any_of("ended")},
        ),
        Fault(
            group="people",
            name="the client disconnects",
            strike=lambda cell: gevent.spawn(cell.client.disconnect),
            outcomes={"*": _any_of("ended", "lost", "served")},
            serves_on=False,
        ),
    ]


def _actors() -> list[Fault]:
    """Actors of the runtime that die; the call is none the worse for it, and nobody is left on the line."""

    def killed(name: str, victim: Callable[[Cell], GreenletRef | None], **more: Any) -> Fault:
        def kill(cell: Cell) -> None:
            ref = victim(cell)
            assert ref is not None
            ref.kill()

        return Fault(group="actors", name=f"{name} killed", strike=kill, **more)

    return [
        killed("router", lambda cell: cell.tree.subscription.ref, outcomes={"dialling": _any_of("ended")}),
        killed("messaging actor", lambda cell: cell.tree.messaging.ref),
        killed("connection", lambda cell: cell.tree.link.connection, drops=True),
        killed("connection supervisor", lambda cell: cell.tree.supervisor.ref, drops=True),
        killed(
            "actor of the call",
            lambda cell: cell.subjects[0].actor_ref,
            senseless={"dialling": "no call has an actor yet"},
            outcomes={"*": _any_of("ended")},
            farewell=False,
        ),
    ]


FAULTS = (*_links(), *_doors(), *_frames(), *_replies(), *_events(), *_ways(), *_people(), *_actors())
GROUPS = tuple(dict.fromkeys(fault.group for fault in FAULTS))
