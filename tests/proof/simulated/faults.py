"""The faults of the simulation, each by the chance of its own item."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from proof.nuisances import send_odd_numbers
from proof.simulated.schedule import FAULTS
from relay_runtime.sandbox.faults.malformed import MALFORMED

if TYPE_CHECKING:
    from proof.simulated.play import Play

__all__ = ["strike"]

_METHODS = (
    "calling.answer", "calling.play", "calling.play.stop", "calling.play_and_collect", "calling.record",
    "calling.record.stop", "calling.collect", "calling.detect", "calling.end", "calling.end", "calling.dial",
    "calling.dial", "calling.connect", "calling.disconnect", "calling.pass", "messaging.send", "signalwire.ping",
    "signalwire.receive", "signalwire.connect",
)  # fmt: skip
_EVENTS = (
    "calling.call.state", "calling.call.state", "calling.call.play", "calling.call.record", "calling.call.collect",
    "calling.call.receive", "calling.call.dial", "calling.call.connect", "messaging.state", "messaging.receive",
    "signalwire.authorization.state",
)  # fmt: skip
_BIG = ("ten_mebibytes", "over_ten_mebibytes", "ping_flood")  # they cost as much as a hundred calls
_DOORS = ("reset", "hang", "http", "garbage", "error", "result", "capacity")
_KILLS = 4  # within half a minute: one less than what ends a client

Act = Callable[["Play", random.Random], object]


def strike(play: Play, kind: str, chance: random.Random) -> None:
    """Let a fault happen; it is counted if there was something to happen to. Never blocks."""
    with suppress(LookupError):  # nobody is connected
        _ACTS[kind](play, chance)
        play.books.faults[kind] += 1


def _connected(play: Play) -> Any:
    session = play.sandbox.session()
    if session.peer is None:
        raise LookupError
    return session


def _disturb(play: Play, chance: random.Random) -> None:
    how = {
        "delay": chance.choice([0.0, 0.05, 1.0]),
        "jitter": chance.choice([0.0, 0.02, 0.5]),
        "duplicate": chance.choice([0.0, 0.2, 1.0]),
        "reorder": chance.choice([0.0, 0.2, 0.5]),
        "slow_reader": chance.choice([0.0, 0.0005, 0.01]),
    }
    play.sandbox.faults.disturb(**how)


def _close_door(play: Play, chance: random.Random) -> None:
    play.sandbox.faults.refuse(chance.choice(_DOORS), times=chance.randrange(1, 4))
    play.sandbox.faults.cut()


def _outage(play: Play, chance: random.Random) -> None:
    """Let nobody in for a while."""
    play.sandbox.faults.refuse(chance.choice(["reset", "http", "garbage"]), times=100_000)
    play.sandbox.exchange.ground.clock.after_real(chance.uniform(5, 120), play.sandbox.faults._refusals.clear)
    play.sandbox.faults.cut(reset=chance.random() < 0.5)


def _harm_request(play: Play, chance: random.Random) -> None:
    effects: list[dict[str, Any]] = [
        {"withhold": True}, {"delay": 0.2}, {"delay": 3.0}, {"delay": 20.0}, {"events_first": True},
        {"duplicate": True}, {"cut": "before"}, {"cut": "during"}, {"cut": "after"}, {"cut": "after", "reset": True},
        {"truncate": True}, {"patch": {"code": 200}}, {"withhold_events": True},
        {"reply": {"code": "503", "message": "no"}}, {"error": {"code": -32603, "message": "no"}},
        {"withhold": True, "cut": "after"},
    ]  # fmt: skip
    method, effect = chance.choice(_METHODS), chance.choice(effects)
    if method == "signalwire.connect" and "reply" in effect:
        effect = {"cut": "during"}
    play.sandbox.arm(method, **effect)


def _harm_event(play: Play, chance: random.Random) -> None:
    effects: list[dict[str, Any]] = [
        {"delay": 0.2}, {"delay": 3.0}, {"delay": 5.0}, {"duplicate": True}, {"again": True}, {"cut": "before"},
        {"cut": "after"}, {"truncate": True}, {"withhold": True},
    ]  # fmt: skip
    kind, effect = chance.choice(_EVENTS), chance.choice(effects)
    if effect.get("withhold") and kind in {"calling.call.receive", "messaging.receive"}:
        effect = {"duplicate": True}  # what nobody is told of can't be served
    play.sandbox.arm_event(kind, times=chance.randrange(1, 4), **effect)


def _delay_offers(play: Play, chance: random.Random) -> None:
    """Have the next offers come behind what follows them, for less time than that is kept."""
    play.sandbox.arm_event("calling.call.receive", times=5, delay=chance.uniform(0.5, 8.0))


def _send_odd_numbers(play: Play, chance: random.Random) -> None:
    ids = list(play.sandbox.exchange.calls)
    for call_id in chance.sample(ids, min(3, len(ids))):
        send_odd_numbers(play.sandbox, call_id)


def _void(play: Play, chance: random.Random) -> None:
    session = _connected(play)
    session.authorization_state = "void:void"
    session.cut(reset=chance.random() < 0.5)


def _malform(play: Play, chance: random.Random) -> None:
    play.sandbox.faults.malform(chance.choice(sorted(set(MALFORMED) - set(_BIG))))


def _restart(play: Play, chance: random.Random, *, memory: bool) -> None:
    if not play.restarting:
        play.spawn(play.restart_server, memory, chance.choice([0.0, 0.3, 5.0, 15.0, 40.0]))


def _kill(victim: Callable[[Any], Any]) -> Act:
    def kill(play: Play, _chance: random.Random) -> None:
        tree = play.client._actors.tree
        ref = None if tree is None or play.wire.away else victim(tree)
        if ref is None or not play.may_kill(_KILLS):
            raise LookupError
        ref.kill()

    return kill


def _kill_call(play: Play, chance: random.Random) -> None:
    stories = [story for story in play.books.open.values() if story.gone_at is None and story.has_code]
    if not stories:
        raise LookupError
    story = chance.choice(stories)
    story.killed = True
    story.call.actor_ref.kill()


def _change_contexts(play: Play, chance: random.Random) -> None:
    play.spawn(play.change_contexts, chance.random() < 0.5)


_ACTS: dict[str, Act] = {
    "cut": lambda play, _: play.sandbox.faults.cut(),
    "reset": lambda play, _: play.sandbox.faults.cut(reset=True),
    "truncated frame": lambda play, _: play.sandbox.faults.truncate(),
    "stall": lambda play, chance: play.sandbox.faults.stall(chance.choice([0.5, 8.0, 14.0, 20.0, 45.0])),
    "half-open link": lambda play, _: play.sandbox.faults.half_open(),
    "disconnect": lambda play, _: _connected(play).disconnect(),
    "disconnect, restart": lambda play, _: _connected(play).disconnect(restart=True),
    "session forgotten": lambda play, _: play.sandbox.faults.forget(),
    "session void": _void,
    "session renewed": lambda play, _: _connected(play).renew(),
    "restart": lambda play, chance: _restart(play, chance, memory=True),
    "restart without memory": lambda play, chance: _restart(play, chance, memory=False),
    "door": _close_door,
    "outage": _outage,
    "malformed frame": _malform,
    "flood": lambda play, _: play.sandbox.faults.malform("ping_flood"),
    "disturbed way": _disturb,
    "calm way": lambda play, _: play.sandbox.faults.disturb(),
    "harmed request": _harm_request,
    "harmed event": _harm_event,
    "offers overtaken": _delay_offers,
    "odd numbers": _send_odd_numbers,
    "router killed": _kill(lambda tree: tree.subscription.ref),
    "messaging killed": _kill(lambda tree: tree.messaging.ref),
    "connection killed": _kill(lambda tree: tree.link.connection),
    "connection supervisor killed": _kill(lambda tree: tree.supervisor.ref),
    "call killed": _kill_call,
    "client restarted": lambda play, chance: play.leave(None, chance.uniform(0, 10)),
    "client drained": lambda play, chance: play.leave(chance.choice([1.0, 20.0, 120.0]), chance.uniform(0, 10)),
    "contexts changed": _change_contexts,
    "credentials renewed": lambda play, _: play.client.renew(token="another"),
}
assert set(_ACTS) == set(FAULTS)
