"""The traffic of the simulation: who calls, who is called, who writes, and who looks after it."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

from proof.simulated.calls import CALLEES, US, Talker, telephone
from proof.simulated.schedule import Item
from relay_runtime import RelayError, RelayTimeout, phone
from relay_runtime.sandbox import Callee, Caller

if TYPE_CHECKING:
    from proof.simulated.play import Play

__all__ = ["begin", "prepare"]

_PATIENT = 500.0  # virtual seconds


def prepare(play: Play) -> None:
    """Have people who can be called from within calls."""
    callees = (
        Callee().rings(4).answers().hears("Thank you", 60).waits(20).waits_for_hangup(timeout=_PATIENT),
        Callee().rings(2).answers().waits(10).hangs_up(),
        Callee().is_busy(),
        Callee().never_answers(),
        Callee().rings(1).answers().is_machine(beep_after=3).waits_for_hangup(timeout=_PATIENT),
    )
    for number, callee in zip(CALLEES, callees, strict=True):
        play.sandbox.on_dial(number, callee)


def begin(play: Play, item: Item) -> None:
    """Begin what an item says. Never blocks."""
    chance = item.chance()
    match item.kind:
        case "call":
            play.sandbox.place(_caller(chance, item.number))
        case "dial":
            play.sandbox.on_dial(telephone(item.number), _callee(chance))
            play.spawn(_dial, play, item.number, chance)
        case "text":
            play.sandbox.on_text(telephone(item.number), chance.choice(["delivered", "undelivered", "failed", "never"]))
            play.spawn(_text, play, item.number)
        case "text in":
            play.sandbox.sends_message(
                from_number=telephone(item.number),
                to_number=US,
                body="Hello",
                context=chance.choice(["office", "others"]),
            )
        case "task":
            play.sandbox.sends_task({"number": item.number}, "office")
        case "operator":
            play.spawn(_operate, play, chance)


def _caller(chance: random.Random, number: int) -> Caller:
    caller = Caller(telephone(number)).dials(
        "office" if chance.random() < 0.95 else "others", patience=chance.choice([5.0, 30.0, 60.0])
    )
    match chance.randrange(8):
        case 0:
            return caller.abandons(chance.uniform(0.01, 10.0)).waits_for_hangup(timeout=_PATIENT)
        case 1:
            return caller.hears("Press 1", 60).presses("1").waits_for_hangup(timeout=_PATIENT)
        case 2:
            return caller.hangs_up_while_hearing(chance.choice(["Press", "Thank"]), 60)
        case 3:
            return caller.waits(chance.uniform(0.1, 300)).hangs_up()
        case 4:
            return (
                caller.says("Good morning, is anybody there?")
                .waits(20)
                .presses("12#")
                .waits_for_hangup(timeout=_PATIENT)
            )
        case 5:
            keys = "".join(chance.choices("0123456789*#", k=6))
            return caller.waits(3).presses(keys, gap=1.5).presses(keys).waits_for_hangup(timeout=_PATIENT)
        case 6:
            return (
                caller.over_sip([("X-Number", str(number))]).is_machine(beep_after=2).waits_for_hangup(timeout=_PATIENT)
            )
    return caller.waits_for_hangup(timeout=_PATIENT)


def _callee(chance: random.Random) -> Callee:
    callee = Callee().rings(chance.uniform(0, 25))
    match chance.randrange(9):
        case 0:
            return callee.is_busy()
        case 1:
            return callee.declines()
        case 2:
            return callee.never_answers()
        case 3:
            return callee.fails()
        case 4:
            return callee.answers().is_machine(beep_after=3).waits_for_hangup(timeout=_PATIENT)
        case 5:
            return callee.answers().waits(chance.uniform(0, 20)).hangs_up()
    return callee.answers().hears("Press 1", 60).presses("1").waits_for_hangup(timeout=_PATIENT)


def _dial(play: Play, number: int, chance: random.Random) -> None:
    """Dial one or two telephones, that ring together or one after the other. Blocks until there is an outcome."""
    own = phone(telephone(number), from_number=US, timeout=chance.choice([10, 30]))
    other = phone(chance.choice(CALLEES), from_number=US, timeout=20)
    devices = chance.choice([[[own]], [[own]], [[own, other]], [[own], [other]]])
    options: dict[str, Any] = {}
    limit = play.timing.dial_timeout
    if chance.random() < 0.3:
        options["dial_timeout"] = limit = chance.uniform(1.0, 20.0)
    make = partial(Talker, play=play, number=number)
    try:
        play.books.timed("dial", limit, lambda: play.client.dial(devices, call_actor=make, **options))
        outcome = "answered"
    except RelayError as error:
        outcome = type(error).__name__
    play.books.outcomes[f"dial {outcome}"] += 1


def _text(play: Play, number: int) -> None:
    """Send a message and wait for its end. Blocks until there is an outcome."""
    timing = play.timing
    try:
        message = play.books.timed(
            "text",
            timing.request_timeout,
            lambda: play.client.send_message(to_number=telephone(number), from_number=US, body="Hello"),
        )
        # Without a limit: what has no end expires, when that is looked for; who looks may be killed.
        play.books.timed("delivery", timing.message_ttl + 5 * timing.early_ttl, message.wait)
        outcome = message.state
    except RelayError as error:
        outcome = type(error).__name__
    play.books.outcomes[f"text {outcome}"] += 1


def _operate(play: Play, chance: random.Random) -> None:
    """Do what somebody does who looks after the client. Blocks for some seconds at most."""
    books, client = play.books, play.client
    stories = list(books.open.values())
    what = chance.randrange(4)
    try:
        if what == 0 and stories:
            story = chance.choice(stories)
            books.timed(
                "hang up from outside", 2 * play.timing.request_timeout, lambda: client.hangup_call(story.call_id)
            )
        elif what == 1 and stories and not play.schedule.setting.handler:
            story = chance.choice(stories)
            books.timed("tell", 2.0, lambda: client.tell(story.call_id, "word"))
        elif what == 2:
            books.timed("status", 2.0, client.status)
        else:
            books.timed("live calls", 2.0, client.live_calls)
    except (RelayError, LookupError, RelayTimeout):
        pass
