"""Keeps what crashed of an app while it was tested."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from itertools import chain
from types import TracebackType
from typing import Any

import gevent
from gevent._hub_local import get_hub_if_exists
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.kit.stack import is_of_the_runtime, is_own

__all__ = ["Crash", "Crashes"]


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


class Crashes:
    """Keeps what is logged of crashes (`relay_actors.kit.crash_log.kept_by`), those of calls by their ids.

    Attributes:
        all: those so far, in order.
    """

    def __init__(self) -> None:
        self.all: list[Crash] = []
        self._another = Event()
        self._hub: Any = get_hub()

    def logged(self, error: BaseException, what: str, context: Mapping[str, object]) -> None:
        """Keep a crash; in any thread."""
        self.all.append(Crash(str(context.get("call_id", "")), what, error))
        if get_hub_if_exists() is self._hub:
            self._another.set()
        else:
            self._hub.loop.run_callback_threadsafe(self._another.set)

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
    """Leave out what of this runtime, or of a library, has called the app's code; all of it, if there is no other."""
    parts = []
    while trace is not None:
        parts.append(trace)
        trace = trace.tb_next
    own = (each for each in parts if is_own(each.tb_frame))
    others = (each for each in parts if not is_of_the_runtime(each.tb_frame))
    return next(chain(own, others, parts), None)
