"""A live call: what its users hold, and the actor that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from loguru import logger

from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.greenlet import log_crash
from relay_actors.turns import TurnActor
from relay_actors.verbs import AllVerbs
from relay_actors.waits import Waits

__all__ = ["Call", "CallActor"]


class Call(Waits, AllVerbs):
    """One live call, inbound or outbound: its verbs, its waits and what is known of it.

    Every method may be called from any greenlet: in the call's own code (``run()``, hooks, callbacks) a wait pumps the
    call's mailbox, elsewhere it parks the caller on a future.
    """

    when_done: ClassVar[str] = "hangup"
    """What happens to a call that is still up when ``run()`` returns: ``hangup``, or ``leave`` it as it is."""

    def on_crash(self, error: BaseException) -> None:
        """Log a crash of the call's code and hang up. The runtime calls this."""
        if self._over is not None and isinstance(error, RelayError):
            return  # the call's end reached code that did not catch it: the usual way out
        kind, name = type(self).__name__, type(error).__name__
        log_crash(error, "{} crashed in call {}: {}", kind, self.call_id, name, call_id=self.call_id)
        if self._over is None and not self._hung_up:
            self.enqueue(self._hang_up_for_sure, "error")

    def _hang_up_for_sure(self, reason: str) -> None:
        """Hang up, again until it works or the call is over: `calling.end` may be sent twice without harm."""
        while self._over is None:
            try:
                self.hangup(reason)
            except (ConnectionLost, RequestTimeout):
                continue  # each try lasts until a reply or its own deadline
            except NotConnected:
                self.wait_until(lambda: self._over is not None, self._setup.timing.request_timeout)
                continue
            except RelayError as error:
                logger.bind(call_id=self.call_id).warning("call {} could not be hung up: {}", self.call_id, error)
            return


class CallActor(Call):
    """A call with code of your own: override `run`, hooks, or both.

    ``run()`` is plain blocking code. Hooks (``on_answered``, ``on_digits``, ``on_ended``, …) run in the same greenlet
    while ``run()`` waits, one at a time; a class without ``run()`` costs a greenlet only while a hook runs. When
    ``run()`` returns, a call that is still up is hung up (see ``when_done``); when it raises, the error is logged and
    the call is hung up with the reason ``error``. The end of the call raises `CallEnded` in the wait that ``run()`` is
    in: let it pass, or clean up in ``finally``.
    """

    def run(self) -> None:
        """Serve the call. Runs in the call's greenlet; override it."""

    def on_begin(self) -> None:
        """Queue ``on_start`` and ``run``. The runtime calls this."""
        cls = type(self)
        if cls.on_start is not TurnActor.on_start:
            self._prepend(self.on_start)
        if cls.run is not CallActor.run:
            self.enqueue(self._main, hosting=True)

    def _prepend(self, function: Callable[[], object]) -> None:
        self.enqueue(function)
        assert self._jobs is not None
        self._jobs.insert(0, self._jobs.pop())

    def _main(self) -> None:
        self.run()
        if self._over is None and not self._hung_up and self.when_done == "hangup":
            # A bridge that is up belongs to the two who talk.
            self.wait_until(lambda: self._over is not None or self._bridge not in {"connecting", "connected"}, None)
            self._hang_up_for_sure("hangup")
