"""The look at the laws: after each call, and when everything is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from proof.simulated.calls import LAST, telephone
from proof.simulated.laws import GRACE, Story
from relay_actors.kit import clock
from relay_runtime.sandbox import Caller

if TYPE_CHECKING:
    from proof.simulated.play import Play

__all__ = ["judge_end", "judge_open"]

_SETTLING = 4000.0  # virtual seconds: longer than any wait of any code
_AT_ONCE = 40  # callers at the end that take every slot


def judge_open(play: Play) -> None:
    """Look at every call that is not judged yet; those that are over on both sides are judged. Never blocks."""
    books, now = play.books, clock.monotonic()
    for story in list(books.open.values()):
        if story.gone_at is None and _is_gone(story):
            story.gone_at = now
        if story.over_at is None and story.call_id not in play.sandbox.exchange.calls:
            story.over_at = now
        gone, over = story.gone_at, story.over_at
        if gone is not None and over is not None:
            _judge(play, story)
        elif gone is not None and now - gone > GRACE:
            books.wrong(
                "nobody left", f"{_name(story)} is up on the server {now - gone:.0f} s behind the end of its code"
            )
        elif over is not None and now - over > GRACE and play.wire.kept_end(story.call_id) and not story.looked_after:
            story.looked_after, story.over_at = True, now  # nobody has told the client: only a command can
            play.spawn(play.hang_up, story.call_id)
        elif over is not None and now - over > GRACE:
            at = play.client.call_status(story.call_id)
            books.wrong("ends are told", f"{_name(story)} goes on {now - over:.0f} s behind its end: {at}")

    _judge_legs(play, now)


def _judge_legs(play: Play, now: float) -> None:
    """Look for telephones that ring, or are up, and that no dial holds any more."""
    for call in play.sandbox.exchange.calls.values():
        if call.direction == "outbound" and call.parent is None and call.call_id not in play.books.ids:
            age = now - call.began - play.timing.dial_timeout
            if age > GRACE:
                play.books.wrong("nobody left", f"a leg of a dial is {call.state} {age:.0f} s behind its end")


def _is_gone(story: Story) -> bool:
    return story.call.actor_stopped.is_set() and (story.killed or (story.call.is_ended and story.finished))


def _judge(play: Play, story: Story) -> None:
    """Check what must hold of a call that is over on both sides, and forget it."""
    books = play.books
    if story.ends != 1 and not (story.killed and not story.ends):
        books.wrong("farewell once", f"on_ended of {_name(story)} ran {story.ends} times")
    if not story.call.is_ended and not story.killed:
        books.wrong("ends are told", f"{_name(story)} is over on the server, but for its code it is {story.call.state}")
    play.wire.judge(story)
    del books.open[story.call_id]
    story.call = None


def _name(story: Story) -> str:
    direction = "call" if story.inbound else "dialled call"
    return f"the {direction} {story.call_id} of item {story.number}"


def judge_end(play: Play, spawned: list[Any]) -> None:
    """End the faults, wait until everything is over, and check what must hold then. Blocks for virtual minutes."""
    play.sandbox.faults.calm()
    play.sandbox.faults.disarm()
    books = play.books
    _until(play, lambda: not play.restarting and not play.wire.away and _is_up(play), "stays alive", "no connection")
    _until(play, lambda: all(each.dead for each in spawned), "waits end", f"a dial, a message: {spawned}")
    _until(play, lambda: not books.open, "code ends", f"{len(books.open)} calls are open")
    _until(play, lambda: not books.pending, "waits end", "waits without a limit did not end with their call")
    counters = play.sandbox.counters
    _until(play, lambda: not counters.calls_up, "nobody left", "calls are up on the server")
    _serve_on(play)
    _until(play, lambda: not books.open and not counters.calls_up, "code ends", f"{len(books.open)} calls are open")
    gevent.sleep(GRACE)  # what lingers goes
    judge_open(play)
    play.check()
    _judge_counters(play)
    play.check()


def _is_up(play: Play) -> bool:
    return str(play.client.state) == "connected" and bool(play.sandbox.exchange.peers)


def _until(play: Play, holds: Callable[[], object], law: str, otherwise: str) -> None:
    end = clock.monotonic() + _SETTLING
    while not holds():
        play.check()
        if clock.monotonic() > end:
            stuck = [repr(play.client.call_status(each)) for each in list(play.books.open)[:3]]
            play.books.wrong(law, f"{otherwise} {stuck}, {_SETTLING:g} s behind the last fault")
        gevent.sleep(1.0)


def _serve_on(play: Play) -> None:
    """Have as many callers as there are slots at once, and a message: all must be served."""
    client, books = play.client, play.books
    gevent.sleep(30.0)  # a connection that is half-open is found out
    _until(play, lambda: _is_up(play), "serves on", "no connection")
    if "office" not in play.sandbox.session().contexts:
        books.wrong("contexts kept", f"the server has {sorted(play.sandbox.session().contexts)}")
    room = min(play.cap, _AT_ONCE)
    if play.schedule.setting.client["leave_at"] is not None:
        room = max(1, int(0.8 * room))
    runs = [
        play.sandbox.place(Caller(telephone(LAST + number)).dials("office").waits(1.0).hangs_up())
        for number in range(room)
    ]
    gevent.sleep(10.0)
    play.check()
    for run in runs:
        if run.outcome is None or run.status == "unrouted":
            books.wrong("serves on", f"a caller behind the faults is {run.status}, not served")
    refused = sum(client.stats.calls_refused.values())
    play.sandbox.place(Caller(telephone(LAST)).dials("office").waits(1.0).hangs_up())
    books.must_equal(
        "slots come back", "callers refused behind the faults", sum(client.stats.calls_refused.values()), refused
    )


def _judge_counters(play: Play) -> None:
    books, stats, counters = play.books, play.client.stats, play.sandbox.counters
    status = play.client.status()
    served = stats.calls_admitted + stats.dials["answered"]
    books.must_equal("code ends", "calls that are open", list(books.open), [])
    books.must_equal("slots come back", "slots taken when no call is up", status.calls.active, 0)
    books.must_equal("counters add up", "live calls", status.calls.live, 0)
    books.must_equal("counters add up", "dials that are open", status.calls.dials, 0)
    books.must_equal("counters add up", "commands in the outbox", status.queues.outbox, 0)
    books.must_equal("counters add up", "commands that wait for a reply", status.queues.pending, 0)
    books.must_equal("counters add up", "messages that are watched", status.queues.messages, 0)
    books.must_equal("counters add up", "ends counted", stats.calls_ended.total(), served)
    books.must_equal("counters add up", "calls that got code", books.begun, served)
    books.must_equal("counters add up", "inbound calls over on the server", counters.ended, counters.placed)
    books.must_equal("nobody left", "calls up on the server", counters.calls_up, 0)
    books.must_equal("nobody left", "actions open on the server", counters.actions_open, 0)
    books.must_equal("sandbox is sound", "faults of the sandbox", [repr(each) for each in play.sandbox.errors], [])
    left = [repr(run) for run in play.sandbox.runs() if run.outcome is None]
    books.must_equal("nobody left", "far ends on the line", left, [])
