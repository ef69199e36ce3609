"""A live call: what its users hold, and the actor that it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from loguru import logger

from relay_actors.call.crash_policy import CrashPolicy, Say, Transfer, checked_policy
from relay_actors.call.messages import CallCrashed
from relay_actors.call.reserved import refuse_reserved
from relay_actors.call.verbs import AllVerbs
from relay_actors.call.waits import Waits
from relay_actors.errors import (
    CallEnded,
    CodeOverdue,
    ConnectionLost,
    NotConnected,
    RelayError,
    RequestTimeout,
)
from relay_actors.kit.actor import log_crash
from relay_actors.kit.turns import TurnActor

__all__ = ["Call", "CallActor"]

_WHEN_DONE = ("hangup", "leave")


class Call(Waits, AllVerbs):
    """One live call, inbound or outbound: its verbs, its waits and what is known of it.

    Every method may be called from any greenlet: in the call's own code (``run()``, hooks, callbacks) a wait pumps the
    call's mailbox, elsewhere it parks the caller on a future.
    """

    when_done: ClassVar[str] = "hangup"
    """What happens to a call that is still up when ``run()`` returns: ``hangup``, or ``leave`` it as it is."""

    when_crashed: ClassVar[CrashPolicy | None] = None
    """What happens to a call that is up when ``run()``, a hook or a callback raises: ``"hangup"`` (with the reason
    ``error``), ``Say("…")`` to say something and hang up, or ``Transfer("…")`` to hand it on. None takes the client's,
    which is to hang up unless `RelayClient` was told something else. A crash meanwhile hangs up."""

    _crashed = False
    _hanging_up = False
    _hang_up_failed = False

    def on_crash(self, error: BaseException) -> Callable[[], object] | None:
        """Log a crash of the call's code and return what is done about it. The runtime calls this."""
        if self._over is not None and isinstance(error, RelayError | CodeOverdue):
            return None  # the call's end reached code that did not catch it: the usual way out
        kind, name = type(self).__name__, type(error).__name__
        log_crash(error, "{} crashed in call {}: {}", kind, self.call_id, name, call_id=self.call_id)
        again, self._crashed = self._crashed, True
        if not again:
            self._setup.subscription.offer(CallCrashed(self.call_id))
        if self._over is not None or self._hung_up:
            return None
        if self._hang_up_failed:
            self._terminate(error)  # the last resort: it sends the hang-up and waits for nothing
            return None
        if self._hanging_up:
            return None
        return partial(self._hang_up_for_sure, "error") if again else self._follow_policy

    def _follow_policy(self) -> None:
        """Do what is declared for a call whose code has crashed; whatever fails, the call is hung up in the end."""
        policy = self.when_crashed or self._setup.when_crashed
        try:
            if isinstance(policy, Say):
                self._say(policy)
            elif isinstance(policy, Transfer):
                self.transfer(policy.dest)
        except CallEnded:
            return
        except (RelayError, ValueError) as error:
            kind = type(policy).__name__
            logger.bind(call_id=self.call_id).warning(
                "call {} is hung up: its crash policy {} failed: {}", self.call_id, kind, error
            )
        self._hang_up_for_sure("error")

    def _say(self, policy: Say) -> None:
        """Stop what plays, and say a sentence; returns when it is through, or raises."""
        for action in tuple((self._actions or {}).values()):
            if action.METHOD in {"calling.play", "calling.play_and_collect"}:
                address = {"node_id": self.node_id, "call_id": self.call_id, "control_id": action.control_id}
                self._setup.link.submit(f"{action.METHOD}.stop", address)
        self.play([policy.media()]).wait(policy.timeout)

    def _hang_up_for_sure(self, reason: str) -> None:
        """Hang up, again until it works or the call is over: `calling.end` may be sent twice without harm."""
        self._hanging_up = True
        try:
            self._try_to_hang_up(reason)
        except BaseException:
            self._hang_up_failed = True
            raise

    def _try_to_hang_up(self, reason: str) -> None:
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
                self.leave_hangup(reason)
            return


class CallActor(Call):
    """A call with code of your own: override `run`, hooks, or both.

    ``run()`` is plain blocking code. Hooks (``on_answered``, ``on_digits``, ``on_ended``, …) run in the same greenlet
    while ``run()`` waits, one at a time; a class without ``run()`` costs a greenlet only while a hook runs. When
    ``run()`` returns, a call that is still up is hung up (see ``when_done``); when it raises, the error is logged and
    the call is hung up with the reason ``error`` (see ``when_crashed``). The end of the call raises `CallEnded` in the
    wait that ``run()`` is in: let it pass, or clean up in ``finally``. Code that goes on for ``code_linger`` seconds
    after the end is ended by `CodeOverdue`.

    Raises:
        TypeError: a class redefines what the runtime needs as it is, or declares something that does not exist.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Check what a class declares, when it is made."""
        super().__init_subclass__(**kwargs)
        refuse_reserved(cls, CallActor)
        if cls.when_done not in _WHEN_DONE:
            given, accepted = f"{cls.__name__}.when_done is {cls.when_done!r}", ", ".join(_WHEN_DONE)
            raise TypeError(f"{given}; accepted is one of {accepted}")
        if cls.when_crashed is not None:
            checked_policy(cls.when_crashed, f"{cls.__name__}.when_crashed")

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
            self._hang_up_when_free()

    def _hang_up_when_free(self) -> None:
        """Hang up once nobody depends on the call. Not in `_main`, which would hold a cell while ``run()`` lasts."""
        # A bridge that is up belongs to the two who talk.
        self.wait_until(lambda: self._over is not None or self._bridge not in {"connecting", "connected"}, None)
        # A transfer under way would be cut off; its outcome may never be told.
        limit = self._setup.timing.dial_timeout
        self.wait_until(lambda: self._over is not None or not self._refer_under_way, limit)
        self._hang_up_for_sure("hangup")
