"""What can be seen of a client while it runs: the connection, the tree of actors, the queues, the calls."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
import pykka

from relay_actors.call.call import Call
from relay_actors.call.messages import CallSetup, DescribeCall
from relay_actors.errors import GONE, RelayError
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.child import ActorStatus
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.supervisor import Inspect
from relay_actors.messaging.actor import CountMessages
from relay_actors.routing.birth import Birth
from relay_actors.routing.messages import DescribeCalls, FindCall, ListCalls
from relay_actors.session.messages import CountPending, DescribeConnection
from relay_actors.telemetry.status import CallsStatus, CallStatus, ConnectionStatus, QueuesStatus, Status
from relay_actors.tree import ROOT, Tree
from relay_actors.wire.checks import check_params
from relay_runtime.client.life import ClientLife

__all__ = ["ClientStatus"]

_PATIENCE: Final = 1.0
"""Seconds in which an actor must have answered; longer, and it counts as unresponsive."""


class ClientStatus(ClientLife):
    """What a client tells of itself; see `RelayClient`."""

    def status(self) -> Status:
        """Return what the client looks like now. Blocks the current greenlet for a second at most.

        Its cost does not depend on how many calls there are. An actor that does not answer within a second is shown as
        ``unresponsive``, and what only it knows as 0. Never raises for a client that is stopped: its status says so.
        """
        tree = self._tree
        if tree is None:
            return self._stopped_status()
        self._check_thread()
        questions = _Questions(tree, time.monotonic() + _PATIENCE)
        connection, outbox = questions.connection.answer((ConnectionStatus(state=str(self.state)), 0))
        calls = questions.calls.answer(CallsStatus(limit=self._settings.max_active_calls))
        return Status(
            connection=msgspec.structs.replace(
                connection,
                endpoint=self._settings.endpoint.authority,
                logins=self.stats.connections,
                contexts=self._wanted,
                subscribed=connection.subscribed and not calls.draining and set(self._wanted) <= {*connection.contexts},
            ),
            calls=calls,
            queues=QueuesStatus(
                outbox=outbox,
                outbox_limit=self._timing.outbox_limit,
                pending=questions.pending.answer(0),
                messages=questions.messages.answer(0),
            ),
            actors=questions.actors(),
            taken=time.time(),
        )

    def _stopped_status(self) -> Status:
        return Status(
            connection=ConnectionStatus(
                state=str(self.state),
                endpoint=self._settings.endpoint.authority,
                logins=self.stats.connections,
                last_error=self._failure,
                contexts=self._wanted,
            ),
            calls=CallsStatus(limit=self._settings.max_active_calls),
            queues=QueuesStatus(outbox_limit=self._timing.outbox_limit),
            actors=(),
            taken=time.time(),
        )

    def live_calls(self) -> list[CallStatus]:
        """Return the live calls, oldest first. Blocks the current greenlet for two seconds at most.

        Costs a message to each call: with ten thousand calls, a good part of a second.
        """
        tree = self._tree
        if tree is None:
            return []
        self._check_thread()
        refs = _Question(tree.subscription.request(ListCalls()))
        refs.wait(time.monotonic() + _PATIENCE)
        asked = [_Question(ref.request(DescribeCall())) for ref in refs.answer(())]
        end = time.monotonic() + _PATIENCE
        for question in asked:
            question.wait(end)
        return [status for status in (question.answer(None) for question in asked) if status is not None]

    def call_status(self, call_id: str) -> CallStatus | None:
        """Return a live call's status, or None when no live call has this id. Blocks for two seconds at most."""
        ref = self._find(call_id)
        if ref is None:
            return None
        question = _Question(ref.request(DescribeCall()))
        question.wait(time.monotonic() + _PATIENCE)
        status: CallStatus | None = question.answer(None)
        return status

    def hangup_call(self, call_id: str, reason: str = "hangup") -> bool:
        """Hang up a live call from outside of its code. Blocks the current greenlet until the server's reply.

        Its code learns of it by `CallEnded`, as when the other side had hung up. A call whose actor is still being made
        is hung up too.

        Returns:
            Whether there is such a call; False when no live call has this id.

        Raises:
            ValueError: ``reason`` is none of `Call.hangup`.
            RelayError: the server refused, or did not reply.
        """
        ref = self._find(call_id)
        call = None if ref is None else ref.actor()
        if isinstance(call, Call):
            call.hangup(reason)
        elif isinstance(ref, Birth):
            self._hang_up_unmade(ref.setup, reason)
        else:
            return False
        return True

    def _hang_up_unmade(self, setup: CallSetup, reason: str) -> None:
        check_params("calling.end", {"reason": reason})
        try:
            setup.link.execute("calling.end", {"node_id": setup.node_id, "call_id": setup.call_id, "reason": reason})
        except RelayError as error:
            if error.code not in GONE:
                raise

    def _find(self, call_id: str) -> GreenletRef | Birth | None:
        tree = self._tree
        if tree is None:
            return None
        self._check_thread()
        question = _Question(tree.subscription.request(FindCall(call_id)))
        question.wait(time.monotonic() + _PATIENCE)
        ref: GreenletRef | Birth | None = question.answer(None)
        return ref


class _Question:
    """One thing that an actor is asked, and its answer if it came in time."""

    def __init__(self, future: GreenletFuture[Any]) -> None:
        self._future = future

    def wait(self, deadline: float) -> None:
        """Wait for the answer until a moment in monotonic seconds. Blocks the current greenlet."""
        self._future.wait(max(0.0, deadline - time.monotonic()))

    @property
    def answered(self) -> bool:
        """Whether the actor has answered, if only by its death."""
        return self._future.done()

    def answer(self, otherwise: Any) -> Any:
        """Return the answer, or ``otherwise`` when there is none."""
        try:
            return self._future.get(timeout=0)
        except (pykka.Timeout, pykka.ActorDeadError, RelayError):
            return otherwise


class _Questions:
    """All that `ClientStatus.status` asks the actors of a tree, at once."""

    def __init__(self, tree: Tree, deadline: float) -> None:
        # First the mailboxes, then what would fill them.
        self._root = _Question(tree.root.request(Inspect()))
        self._root.wait(deadline)
        self._child = _Question(tree.supervisor.request(Inspect()))
        self._child.wait(deadline)
        self.connection = _Question(tree.supervisor.request(DescribeConnection()))
        self.calls = _Question(tree.subscription.request(DescribeCalls()))
        self.messages = _Question(tree.messaging.request(CountMessages()))
        up = tree.link.connection
        self.pending = _Question(GreenletFuture() if up is None else up.request(CountPending()))
        self._none_up = up is None
        self._silent = {
            "subscription": self.calls,
            "messaging": self.messages,
            "connection-supervisor": self._child,
            "connection": self.pending,
        }
        for question in (self.connection, self.calls, self.messages, *(() if self._none_up else (self.pending,))):
            question.wait(deadline)

    def actors(self) -> tuple[ActorStatus, ...]:
        """Return the tree, parents before their children."""
        root_state = "running" if self._root.answered else "unresponsive"
        root = ActorStatus(name=ROOT, kind="Supervisor", state=root_state)
        listed: list[ActorStatus] = [root]
        for child in self._root.answer(()):
            listed.append(self._checked(child))
            if child.name.endswith("/connection-supervisor"):
                listed += [self._checked(each) for each in self._child.answer(())]
        return tuple(listed)

    def _checked(self, actor: ActorStatus) -> ActorStatus:
        question = self._silent[actor.name.rpartition("/")[2]]
        logging_in = question is self.pending and self._none_up
        if actor.state != "running" or question.answered or logging_in:
            return actor
        return msgspec.structs.replace(actor, state="unresponsive")
