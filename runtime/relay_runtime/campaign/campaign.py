"""Dials many people at a pace, so many at a time, and tells what came of each, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Self

import gevent

from relay_actors.call.call import Call
from relay_actors.errors import ClientStopped
from relay_actors.kit.actor import forward_interrupt
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import came_back, spawn
from relay_actors.kit.log import logger
from relay_actors.session.command import Command
from relay_actors.wire.dicts import DialDevices
from relay_runtime.campaign.alarm import Alarm
from relay_runtime.campaign.backlog import Backlog, Entry
from relay_runtime.campaign.dialler import Dialler
from relay_runtime.campaign.item import CampaignItem
from relay_runtime.campaign.outcome import CampaignOutcome, Verdict, judged
from relay_runtime.campaign.outcomes import Outcomes
from relay_runtime.campaign.pace import Pace, checked_cps
from relay_runtime.campaign.retry import Retry

__all__ = ["UNREAD", "Campaign"]

UNREAD: Final = 1_000
"""Outcomes that may wait to be read before no more dials are begun."""


class Campaign:
    """A paced, bounded dialler; made by `RelayClient.campaign`.

    It dials in greenlets of its own from the moment in which it is given items, as fast as all of these allow: no more
    than ``cps`` dials begin in any window of one second; no more than ``at_once`` are under way, an answered call being
    so until it has ended; the connection is up; no more than a thousand outcomes wait in `outcomes`. Each item has one
    outcome, or is left: see `stop`. A drain, a disconnect and a client that has failed stop it.

    As a context manager it is stopped when the block ends.

    Attributes:
        name: names it in the log and in metrics.
    """

    def __init__(
        self,
        name: str,
        dialler: Dialler,
        *,
        cps: float,
        at_once: int,
        retry: Retry | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"name is {name!r}; accepted is a text that is not empty")
        if isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1:
            raise ValueError(f"at_once is {at_once!r}; accepted is how many calls may be under way: 1 or more")
        if retry is not None and not isinstance(retry, Retry):
            raise TypeError(f"retry is {type(retry).__name__}; accepted is Retry(delays=(60, 300)), or None")
        self.name = name
        self._dialler = dialler
        self._pace = Pace(checked_cps(cps))
        self._at_once = at_once
        self._retry = retry
        self._alarm = Alarm() if alarm is None else alarm
        self._backlog = Backlog()
        self._under_way = 0
        self._starting = False  # whether a dial was decided on and has not begun
        self._outcomes = Outcomes(self._is_through)
        self._greenlet: Any = None
        self._stopped = self._told = self._warned = False
        self._error: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Campaign {self.name}, under way: {self._under_way}, waiting: {len(self._backlog)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(
        self,
        devices: DialDevices,
        *,
        key: Any = None,
        call_actor: Callable[..., Call] | None = None,
        **arguments: Any,
    ) -> None:
        """Have somebody called. Never blocks; the item is kept in memory until its turn comes.

        Args:
            devices: whom to call, as for `RelayClient.dial`.
            key: names the item for its user: an id, a row, any object. It comes back with the outcome.
            call_actor: a `CallActor` class that serves the call; None takes the campaign's.
            arguments: further arguments of `RelayClient.dial`: ``max_duration``, ``dial_timeout``, ``timeout``, …

        Raises:
            ValueError: a device is malformed.
            ClientStopped: the campaign has stopped.
            RuntimeError: this is not the thread of the client.
        """
        self._check_open()
        self._backlog.add(CampaignItem(devices, key=key, call_actor=call_actor, **arguments))
        self._begin()

    def add_all(self, items: Iterable[CampaignItem]) -> None:
        """Have everybody called whom an iterable gives, such as a generator over the rows of a file. Never blocks.

        Items are pulled one at a time, when they can be dialled; so a million of them need no memory. The iterable runs
        in a greenlet of the campaign and may block it: no dial begins meanwhile. If it raises, or gives something else
        than a `CampaignItem`, the campaign stops, and `outcomes` raises the error at its end.

        Raises:
            TypeError: ``items`` is not iterable.
            ClientStopped: the campaign has stopped.
            RuntimeError: this is not the thread of the client.
        """
        self._check_open()
        self._backlog.add_source(items)
        self._begin()

    def outcomes(self) -> Iterator[CampaignOutcome[Call]]:
        """Yield the outcomes as they come, each once; blocks the current greenlet until the next one.

        It ends when there is nothing more to dial, or the campaign was stopped, and the last call has ended. If several
        greenlets iterate, each outcome goes to one of them. What is added afterwards is told by the next iteration.

        Raises:
            RuntimeError: this is not the thread of the client; as for the others.
            TypeError: an iterable gave something else than a `CampaignItem`.
            Exception: whatever an iterable raised.
        """
        self._dialler.refuse_elsewhere()
        return self._each_outcome()

    def _each_outcome(self) -> Iterator[CampaignOutcome[Call]]:
        while (outcome := self._next_outcome()) is not None:
            yield outcome

    def _next_outcome(self) -> CampaignOutcome[Call] | None:
        """Return the next outcome, or None when no more come; raise what has stopped the campaign, once."""
        outcome = self._outcomes.next()
        self._alarm.ring()  # there is room for another
        error, self._error = (None, self._error) if outcome is not None else (self._error, None)
        if error is not None:
            raise error
        return outcome

    def stop(self) -> Iterator[CampaignItem]:
        """Begin no more dials, and return what is left: items that were not dialled, or that wait for another try.

        What is under way is left alone, and has its outcome; nothing is tried again. The items are taken out of the
        campaign while they are iterated, then the rest of each iterable: each item is given once, however often this is
        called. Give them to the next campaign by `add_all`. May be called at any time, after a drain too. Blocks the
        current greenlet only while an iterable blocks.
        """
        self._dialler.refuse_elsewhere()
        self._stopped = True
        self._alarm.ring()
        dispatcher = self._greenlet
        if dispatcher is not None and dispatcher is not gevent.getcurrent() and dispatcher.parent.loop is not None:
            dispatcher.join()  # but for one whose hub was destroyed
        self._tell_left()
        self._outcomes.look_for_end()
        return self._backlog.rest()

    def _check_open(self) -> None:
        self._dialler.refuse_elsewhere()
        if self._stopped or self._dialler.over:
            raise ClientStopped(f"the campaign {self.name} has stopped: it takes no more items")

    def _is_through(self) -> bool:
        """Return whether nothing is to be done any more."""
        if self._under_way:
            return False
        return self._stopped or self._dialler.over or (self._greenlet is None and not self._backlog)

    # The dispatcher, in a greenlet of its own

    def _begin(self) -> None:
        if self._greenlet is None:
            self._greenlet = spawn(self._dispatch)
        self._alarm.ring()

    def _dispatch(self) -> None:
        unwatch = self._dialler.watch(self._look)
        try:
            while self._goes_on() and (self._backlog or self._under_way):
                wait = self._delay()
                if wait == 0.0:
                    self._take_next()
                else:
                    self._alarm.wait(wait)
        except BaseException as error:  # noqa: BLE001 - the user's iterable
            came_back(error)
            log_crash(error, "campaign {} stops: what it was to dial could not be read", self.name)
            self._error, self._stopped = error, True
            forward_interrupt(error)
        finally:
            unwatch()
            self._greenlet = None
            if self._stopped:
                self._tell_left()
            self._outcomes.look_for_end()

    def _look(self) -> None:
        """Look what has changed with the client; it may have stopped while an iterable blocks. Never blocks."""
        self._alarm.ring()
        self._outcomes.look_for_end()

    def _goes_on(self) -> bool:
        """Return whether dials are begun; a client that makes no more stops the campaign."""
        if self._dialler.over:
            self._stopped = True
        return not self._stopped

    def _delay(self) -> float | None:
        """Return the seconds until the next dial may begin, as far as is known; None until something changes."""
        now = self._alarm.now()
        wait = None if self._is_held() else self._backlog.delay(now)
        return None if wait is None else max(wait, self._pace.delay(now))

    def _is_held(self) -> bool:
        if len(self._outcomes) >= UNREAD:
            if not self._warned:
                self._warned = True
                logger.warning("campaign {} begins no dials: {} outcomes wait to be read", self.name, UNREAD)
            return True
        return self._starting or self._under_way >= self._at_once or not self._dialler.ready

    def _take_next(self) -> None:
        entry = self._backlog.take(self._alarm.now())
        if entry is None:
            return
        if not self._goes_on() or self._is_held():  # it has changed while the iterable blocked
            self._backlog.put_back(entry)
            return
        self._under_way += 1
        self._starting = True
        spawn(self._attempt, entry)

    # A dial, in a greenlet of its own

    def _attempt(self, entry: Entry) -> None:
        self._pace.note(self._alarm.now())
        self._starting = False
        self._alarm.ring()
        try:
            call = self._dial(entry)
            if call is not None:
                self._dialler.wait_for_end(call)
        finally:
            self._under_way -= 1
            self._alarm.ring()
            self._outcomes.look_for_end()

    def _dial(self, entry: Entry) -> Call | None:
        """Dial once, and see to the outcome; return the call if it was answered."""
        command = Command()
        try:
            call = self._dialler.dial(entry.item, command)
        except BaseException as error:
            self._failed(entry, error.with_traceback(None), sent=command.sent)
            if not isinstance(error, Exception):
                raise
            return None
        entry.attempts += 1
        self._settle(entry, "answered", call=call)
        return call

    def _failed(self, entry: Entry, error: BaseException, *, sent: bool) -> None:
        result, reason = judged(error, sent=sent)
        entry.attempts += sent
        if result == "unsent" and not self._stopped:
            self._backlog.put_back(entry)
        elif self._is_due_again(entry, reason):
            assert self._retry is not None
            self._backlog.keep_until(self._alarm.now() + self._retry.delays[entry.attempts - 1], entry)
        else:
            self._settle(entry, result, reason=reason, error=error)

    def _is_due_again(self, entry: Entry, reason: str) -> bool:
        retry = self._retry
        return not self._stopped and retry is not None and reason in retry.on and entry.attempts <= len(retry.delays)

    def _settle(self, entry: Entry, result: Verdict, **what: Any) -> None:
        self._dialler.stats.campaigns[self.name, result] += 1
        self._outcomes.put(CampaignOutcome(item=entry.item, result=result, attempts=entry.attempts, **what))

    # The end

    def _tell_left(self) -> None:
        if not self._told:
            self._told = True
            more = ", and what is left of an iterable" if self._backlog.unread else ""
            under_way, left = self._under_way, len(self._backlog)
            logger.info("campaign {} has stopped; under way: {}; left: {}{}", self.name, under_way, left, more)
