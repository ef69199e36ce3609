"""The live calls of a client, from outside of their code: which there are, what they do, and hanging one up."""

from __future__ import annotations

from typing import Any

from relay_actors.call.commands import hang_up
from relay_actors.call.core import CallCore
from relay_actors.call.messages import DescribeCall, Tell
from relay_actors.call.setup import CallSetup
from relay_actors.errors import GONE, CallEnded, RelayError, RelayTimeout
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.messages import FindCall, ListCalls
from relay_actors.routing.spawn import UnmadeCall
from relay_actors.telemetry.status import CallStatus
from relay_actors.wire.checks import check_params
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.question import Question, deadline

__all__ = ["LiveCalls"]


class LiveCalls:
    """Asks the calls of a client; see `RelayClient` for what each method does.

    Args:
        actors: the actors of the client.
    """

    def __init__(self, actors: ClientActors) -> None:
        self._actors = actors

    def all(self) -> list[CallStatus]:
        """Return every live call's status, oldest first; see `RelayClient.live_calls`."""
        refs = [ref for answer in self._asked(ListCalls(), ()) for ref in answer]
        asked = [Question(ref.request(DescribeCall())) for ref in refs]
        end = deadline()
        for question in asked:
            question.wait(end)
        return [status for status in (question.answer(None) for question in asked) if status is not None]

    def status(self, call_id: str) -> CallStatus | None:
        """Return one call's status; see `RelayClient.call_status`."""
        ref = self._find(call_id)
        if ref is None:
            return None
        question = Question(ref.request(DescribeCall()))
        question.wait(deadline())
        status: CallStatus | None = question.answer(None)
        return status

    def hang_up(self, call_id: str, reason: str) -> bool:
        """Hang one up; see `RelayClient.hangup_call`."""
        ref = self._find(call_id)
        call = None if ref is None else ref.actor()
        if isinstance(call, CallCore):
            hang_up(call, reason)
        elif isinstance(ref, UnmadeCall):
            _hang_up_unmade(ref.setup, reason)
        else:
            return False
        return True

    def tell(self, call_id: str, value: Any) -> None:
        """Tell one something; see `RelayClient.tell`."""
        self._actors.at_home(self._tell, call_id, value)

    def _tell(self, call_id: str, value: Any) -> None:
        ref, told = self._find(call_id), Tell(value, GreenletFuture())
        if ref is None or not ref.offer(told):
            raise CallEnded(f"no live call has the id {call_id!r}: it is over, or never was this client's")
        question = Question(told.answer)
        question.wait(deadline())
        if not question.answered:
            raise RelayTimeout(f"call {call_id} has not answered in time: whether it will be told is not known")
        told.answer.get()

    def _find(self, call_id: str) -> GreenletRef | UnmadeCall | None:
        return next((ref for ref in self._asked(FindCall(call_id), None) if ref is not None), None)

    def _asked(self, what: ListCalls | FindCall, otherwise: Any) -> list[Any]:
        """Return the answers of all that route calls."""
        questions = [Question(tree.subscription.request(what)) for tree in self._actors.all()]
        end = deadline()
        for question in questions:
            question.wait(end)
        return [question.answer(otherwise) for question in questions]


def _hang_up_unmade(setup: CallSetup, reason: str) -> None:
    params = check_params("calling.end", {"reason": reason})
    address = {"node_id": setup.facts.node_id, "call_id": setup.facts.call_id}
    try:
        setup.environment.link.execute("calling.end", {**address, **params})
    except RelayError as error:
        if error.code not in GONE:
            raise
