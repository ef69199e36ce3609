"""What can be seen of a client while it runs: the connection, the tree of actors, the queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from relay_actors.kit import clock
from relay_actors.kit.child import ActorStatus
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.supervisor import Inspect
from relay_actors.messaging.actor import CountMessages
from relay_actors.routing.messages import DescribeCalls
from relay_actors.session.messages import CountPending, DescribeConnection
from relay_actors.telemetry.status import CallsStatus, ConnectionStatus, FleetStatus, QueuesStatus, Status
from relay_actors.tree import ROOT, Tree
from relay_runtime.client.question import Question, deadline
from relay_runtime.client.setup import ClientSetup

__all__ = ["client_status"]


class Succeeding(Protocol):
    """What is asked of the succession of a client."""

    def trees(self) -> Sequence[Tree]:
        """The actors that go on with the calls of other processes."""

    def fleet_status(self) -> FleetStatus | None:
        """The client in its fleet, or None."""


def client_status(
    setup: ClientSetup,
    tree: Tree | None,
    known: ConnectionStatus,
    succession: Succeeding,
) -> Status:
    """Return what a client looks like now. Blocks the current greenlet for a second at most.

    Args:
        setup: what the client was made with.
        tree: its actors, or None while it is stopped.
        known: what is known of its connection without asking: the state, the last error, the desired contexts.
        succession: knows what it goes on with of other processes, and its fleet.
    """
    connection, outbox, pending, messages = known, 0, 0, 0
    calls = CallsStatus(limit=setup.settings.max_active_calls)
    actors: tuple[ActorStatus, ...] = ()
    if tree is not None:
        asked = _Questions(tree, deadline())
        connection, outbox = asked.connection.answer((ConnectionStatus(state=known.state), 0))
        pending, messages = asked.pending.answer(0), asked.messages.answer(0)
        calls, actors = asked.calls.answer(calls), asked.actors()
        adopted = [Question(each.subscription.request(DescribeCalls())) for each in succession.trees()]
        for question in adopted:
            question.wait(deadline())
            calls = msgspec.structs.replace(calls, live=calls.live + question.answer(CallsStatus()).live)
    desired = set(known.contexts)
    return Status(
        connection=msgspec.structs.replace(
            connection,
            endpoint=setup.settings.endpoint.authority,
            logins=setup.stats.connections,
            contexts=known.contexts,
            subscribed=connection.subscribed and not calls.draining and desired <= {*connection.contexts},
        ),
        calls=calls,
        queues=QueuesStatus(outbox=outbox, outbox_limit=setup.timing.outbox_limit, pending=pending, messages=messages),
        actors=actors,
        taken=clock.wall(),
        fleet=succession.fleet_status(),
    )


class _Questions:
    """All that `client_status` asks the actors of a tree, at once."""

    def __init__(self, tree: Tree, end: float) -> None:
        # First the mailboxes, then what would fill them.
        self._root = Question(tree.root.request(Inspect()))
        self._root.wait(end)
        self._child = Question(tree.supervisor.request(Inspect()))
        self._child.wait(end)
        self.connection = Question(tree.supervisor.request(DescribeConnection()))
        self.calls = Question(tree.subscription.request(DescribeCalls()))
        self.messages = Question(tree.messaging.request(CountMessages()))
        up = tree.link.connection
        self.pending = Question(GreenletFuture() if up is None else up.request(CountPending()))
        self._none_up = up is None
        self._silent = {
            "subscription": self.calls,
            "messaging": self.messages,
            "connection-supervisor": self._child,
            "connection": self.pending,
        }
        for question in (self.connection, self.calls, self.messages, *(() if self._none_up else (self.pending,))):
            question.wait(end)

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
