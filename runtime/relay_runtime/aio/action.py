"""What all operations of a call have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from relay_actors.call.actions import base as model
from relay_actors.call.actions.base import E_co
from relay_actors.call.actions.results import ResultsAction as ModelResultsAction
from relay_actors.errors import RelayError
from relay_actors.wire.events import RelayEvent
from relay_runtime.aio.bridge import Bridge

__all__ = ["Action", "ResultsAction", "StoppableAction"]

T = TypeVar("T")


class Action(Generic[E_co]):
    """A running operation of a call; as `relay_runtime.Action`, with its waits awaited."""

    __slots__ = ("_bridge", "_of")

    _of: model.Action[E_co]

    METHOD: ClassVar[str] = ""
    """The method that starts it."""

    def __init__(self, bridge: Bridge, of: Any) -> None:
        self._bridge = bridge
        self._of = of

    def __repr__(self) -> str:
        return repr(self._of)

    if not TYPE_CHECKING:  # they shall go on to know which names there are

        def __getattr__(self, name: str) -> Any:
            """Raise the AttributeError, which names `wait` if that has been forgotten."""
            if not name.startswith("_"):
                model.check_waited_for(self, self._of.EVENT, name, "await .wait()")
            return object.__getattribute__(self, name)  # raises what it has raised

    @property
    def control_id(self) -> str:
        """The operation's id."""
        return self._of.control_id

    @property
    def reply(self) -> dict[str, Any]:
        """The server's reply to the command that started it."""
        return self._of.reply

    @property
    def is_done(self) -> bool:
        """Whether the operation has its result, or ended without one."""
        return self._of.is_done

    @property
    def completed(self) -> bool:
        """The same as `is_done`."""
        return self._of.is_done

    @property
    def state(self) -> str:
        """The newest state that an event told, such as ``playing``; empty before the first."""
        return self._of.state

    @property
    def result(self) -> E_co | None:
        """The event that ended the operation; None while it runs, and when it ended without one."""
        return self._of.result

    @property
    def error(self) -> RelayError | None:
        """What ended the operation when no event did, such as `CallEnded`; otherwise None."""
        return self._of.error

    async def wait(self, timeout: float | None = None) -> E_co:
        """Wait for the end of the operation and return the event that ended it: a `PlayEvent` for a `PlayAction`.

        Cancelled, the operation goes on and can be waited for again.

        Args:
            timeout: seconds to wait at most; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over; the operation goes on.
            CallEnded: the call ended first.
            SessionLost: the connection came back without the session.
            ClientStopped: the client was disconnected.
        """
        event: E_co = await self._bridge.result(self._of._future, timeout, f"{self._of.METHOD} did not end within")
        return event

    async def _ask(self, method: Callable[..., T], *args: Any) -> T:
        return await self._bridge.ask(method, self._of, *args)


class StoppableAction(Action[E_co]):
    """An operation that can be stopped."""

    __slots__ = ()

    _of: model.StoppableAction[E_co]

    async def stop(self) -> dict[str, Any]:
        """Ask the server to stop it, and return the reply; the end comes as an event.

        Returns an empty dict when the operation is over already.

        Raises:
            RelayError: the server refused.
        """
        return await self._ask(model.StoppableAction.stop)


class ResultsAction(StoppableAction[E_co]):
    """An operation whose results can be taken one by one, while it goes on."""

    __slots__ = ()

    _of: ModelResultsAction[E_co]

    async def results(self, timeout: float | None = None) -> AsyncIterator[E_co]:
        """Yield each result as it comes, until the operation is over; results that came before are the first.

        Each is handed on once; of more than 1,000 that nobody takes, the oldest are dropped.

        Args:
            timeout: seconds to wait for each; None waits as long as call and session last.

        Raises:
            RelayTimeout: no result came in time; the operation goes on.
            CallEnded: the call ended.
        """
        results = self._of.results(timeout)
        while (result := await self._bridge.ask(next, results, None, unclaimed=self._give_back)) is not None:
            yield result

    def _give_back(self, result: object) -> None:
        """Have the next who asks get a result that came too late for one who was cancelled."""
        if isinstance(result, RelayEvent):
            self._bridge.send_if_alive(self._of._give_back, result)
