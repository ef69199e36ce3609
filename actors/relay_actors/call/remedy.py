"""Hangs a call up for sure, and does before what is declared for a call whose code has crashed."""

from __future__ import annotations

from relay_actors.call.actions import PlayAction
from relay_actors.call.commands import begin, hand_off, hang_up
from relay_actors.call.core import CallCore
from relay_actors.call.crash_policy import CrashPolicy, Say, Transfer
from relay_actors.errors import CallEnded, ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.kit.ids import new_id
from relay_actors.kit.log import logger

__all__ = ["Remedy"]


class Remedy:
    """What is done about a call that is up while its code is over. Its methods block the call's greenlet.

    Attributes:
        under_way: whether the call is being hung up.
        failed: whether that has failed: nothing is left but to stop the actor.
    """

    __slots__ = ("_call", "failed", "under_way")

    def __init__(self, call: CallCore) -> None:
        self._call = call
        self.under_way = False
        self.failed = False

    def follow(self, policy: CrashPolicy) -> None:
        """Do what is declared for a call whose code has crashed; whatever fails, the call is hung up in the end."""
        call = self._call
        try:
            if isinstance(policy, Say):
                self._say(policy)
            elif isinstance(policy, Transfer):
                hand_off(call, "calling.transfer", {"dest": policy.dest}, "transferred")
        except CallEnded:
            return
        except (RelayError, ValueError) as error:
            call_id, kind = call.call_id, type(policy).__name__
            logger.bind(call_id=call_id).warning(
                "call {} is hung up: its crash policy {} failed: {}", call_id, kind, error
            )
        self.hang_up("error")

    def _say(self, policy: Say) -> None:
        """Stop what plays, and say a sentence; returns when it is through, or raises."""
        call = self._call
        facts = call.facts
        for action in () if call.operations is None else call.operations.all():
            if action.METHOD in {"calling.play", "calling.play_and_collect"}:
                address = {"node_id": facts.node_id, "call_id": facts.call_id, "control_id": action.control_id}
                call.environment.link.submit(f"{action.METHOD}.stop", address)
        begin(call, PlayAction(call, new_id()), {"play": [policy.media()]}).wait(policy.timeout)

    def hang_up(self, reason: str) -> None:
        """Hang up, again until it works or the call is over: `calling.end` may be sent twice without harm."""
        self.under_way = True
        try:
            self._try_to_hang_up(reason)
        except BaseException:
            self.failed = True
            raise

    def _try_to_hang_up(self, reason: str) -> None:
        call = self._call
        while call.facts.over is None:
            try:
                hang_up(call, reason)
            except (ConnectionLost, RequestTimeout):
                continue  # each try lasts until a reply or its own deadline
            except NotConnected:
                call.wait_until(lambda: call.facts.over is not None, call.environment.timing.request_timeout)
                continue
            except RelayError as error:
                logger.bind(call_id=call.call_id).warning("call {} could not be hung up: {}", call.call_id, error)
                call.leave_hangup(reason)
            return
