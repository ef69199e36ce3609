"""What clients have asked for, and who waits until they ask for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gevent.event import AsyncResult

from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.journal import Journal

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.exchange import Exchange

__all__ = ["Requests"]

_METHOD: Final = re.compile(r"[a-z_.]{1,64}")
_NAMED_AT_MOST: Final = 10


class _Waiter:
    """Somebody who waits for a request."""

    def __init__(self, method: str | None, after: int, session: Session | None) -> None:
        self.method = method
        self.after = after
        self.session = session
        self.found: AsyncResult[dict[str, Any]] = AsyncResult()


class Requests:
    """The requests in all journals of a sandbox.

    Args:
        exchange: what it belongs to.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._waiters: list[_Waiter] = []

    @property
    def awaited(self) -> int:
        """How many greenlets wait for a request now."""
        return len(self._waiters)

    def asked(self, method: str | None = None, *, after: int = 0, sessionid: str | None = None) -> list[dict[str, Any]]:
        """Return the requests that came, oldest first, as journals have them, each with the ``sessionid``.

        Args:
            method: those of one method alone.
            after: those with a number above this one alone.
            sessionid: those of one session alone.

        Raises:
            LookupError: no session has this id.
        """
        journals = self._exchange.journals()
        if sessionid is not None:
            journals = [(sessionid, self._exchange.session(sessionid).journal)]
        found = [
            {**each, "sessionid": whose} for whose, journal in journals for each in journal.requests(method, after)
        ]
        return sorted(found, key=lambda entry: int(entry["number"]))

    def wait(
        self, method: str | None = None, *, after: int = 0, sessionid: str | None = None, timeout: float = 10.0
    ) -> dict[str, Any]:
        """Return the first of the requests that ``asked`` returns; blocks the calling greenlet until there is one.

        Args:
            method: as in ``asked``, as are the others.
            after: see there.
            sessionid: see there.
            timeout: real seconds to wait at most.

        Raises:
            LookupError: no session has this id.
            TimeoutError: there was none in this time, or the sandbox was stopped; the text says what came instead.
        """
        for entry in self.asked(method, after=after, sessionid=sessionid):
            return entry
        session = None if sessionid is None else self._exchange.session(sessionid)
        waiter = _Waiter(method, after, session)
        self._waiters.append(waiter)
        try:
            waiter.found.wait(timeout)
        finally:
            self._waiters.remove(waiter)
        if not waiter.found.ready():
            raise TimeoutError(self._in_vain(waiter, timeout))
        found = waiter.found.get()
        assert found is not None
        return found

    def _in_vain(self, waiter: _Waiter, timeout: float) -> str:
        sessionid = None if waiter.session is None else waiter.session.sessionid
        came = {str(entry["method"]) for entry in self.asked(after=waiter.after, sessionid=sessionid)}
        names = sorted(name for name in came if _METHOD.fullmatch(name))[:_NAMED_AT_MOST]
        behind = f" behind frame {waiter.after}" if waiter.after else ""
        return (
            f"no request{f' {waiter.method}' if waiter.method else ''} came{behind} within {timeout:g} s"
            f"; there came {', '.join(names) or 'none'}"
        )

    def note(self, method: Any, session: Session | None, journal: Journal) -> None:
        """Tell those who wait of the request that was written into a journal just now."""
        if not self._waiters or not isinstance(method, str):
            return
        fit = [each for each in self._waiters if each.method in {None, method} and each.session in {None, session}]
        entry = {**journal.newest_request(), "sessionid": session and session.sessionid} if fit else {}
        for waiter in fit:
            if entry["number"] > waiter.after and not waiter.found.ready():
                waiter.found.set(entry)

    def stop(self) -> None:
        """Let nobody wait any longer."""
        stopped = TimeoutError("the sandbox was stopped while somebody waited for a request")
        for waiter in self._waiters:
            if not waiter.found.ready():
                waiter.found.set_exception(stopped)
