"""Keeps what crashed of an app while it was tested."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any, Final

import gevent
from gevent._hub_local import get_hub_if_exists
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.call.facts import CallFacts
from relay_actors.call.observer import CallObserver

__all__ = ["Crash", "Crashes"]

_OURS: Final = frozenset({"relay_actors", "relay_runtime", "gevent"})


class Crash:
    """A crash of the app's code.

    Args:
        call_id: the call whose code it was; an empty text for code that belongs to none, such as a handler of messages.
        what: what crashed, in words.
        error: what was raised.

    Attributes:
        call_id: see above.
        what: see above.
        error: see above.
        expected: whether the test has waited for it.
    """

    def __init__(self, call_id: str, what: str, error: BaseException) -> None:
        self.call_id = call_id
        self.what = what
        self.error = error
        self.expected = False
        self._traceback = _from_the_app_on(error.__traceback__)

    def __repr__(self) -> str:
        return f"<Crash: {self.what}: {self.error!r}>"

    @property
    def text(self) -> str:
        """The traceback, from the first line of the app's own code on."""
        return "".join(traceback.format_exception(type(self.error), self.error, self._traceback)).rstrip()


class Crashes(CallObserver):
    """Keeps the crashes of all calls of the clients that it observes, and what else is logged of crashes (`kept_by`).

    Attributes:
        all: those so far, in order.
    """

    def __init__(self) -> None:
        self.all: list[Crash] = []
        self._another = Event()
        self._hub: Any = get_hub()

    def logged(self, error: BaseException, what: str) -> None:
        """Keep a crash of which it is not known yet whether it is that of a call; in any thread."""
        self.all.append(Crash("", what, error))
        if get_hub_if_exists() is self._hub:
            self._another.set()
        else:
            self._hub.loop.run_callback_threadsafe(self._another.set)

    def call_crashed(self, call: CallFacts, error: BaseException) -> None:
        """Keep a crash of a call; it may have been logged just before."""
        logged = next((crash for crash in reversed(self.all) if crash.error is error), None)
        if logged is not None:
            logged.call_id = call.call_id
        else:
            self.all.append(Crash(call.call_id, f"{call.kind} crashed in call {call.call_id}", error))
        self._another.set()

    def unexpected(self, call_id: str | None = None) -> list[Crash]:
        """Return the crashes that the test has not waited for, in order: all, or those of one call, or of none ("")."""
        return [crash for crash in self.all if not crash.expected and call_id in {None, crash.call_id}]

    def wait(self, call_id: str, kind: type[BaseException], within: float) -> Crash | None:
        """Return the first unexpected crash of a call with an error of a kind, which is expected from then on.

        Blocks the current greenlet until there is one; None when ``within`` seconds have passed. An empty ``call_id``
        stands for code that belongs to no call.
        """
        with gevent.Timeout(within, False):  # type: ignore[arg-type]  # the stubs know no False
            while True:
                self._another.clear()
                for crash in self.unexpected(call_id):
                    if isinstance(crash.error, kind):
                        crash.expected = True
                        return crash
                self._another.wait()
        return None


def _from_the_app_on(trace: TracebackType | None) -> TracebackType | None:
    """Leave out what of this runtime has called the app's code; all of it, if there is no other."""
    each = trace
    while each is not None and str(each.tb_frame.f_globals.get("__name__")).partition(".")[0] in _OURS:
        each = each.tb_next
    return each or trace
