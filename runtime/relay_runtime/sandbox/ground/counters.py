"""What is counted: enough to tell whether anything was lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """Counts since the sandbox started; the two ``…_up``/``…_open`` fields are of this moment.

    Attributes:
        placed: inbound calls that scripts placed.
        offered: offers sent, a call that was passed on counting once for each.
        answered: inbound calls that the client answered.
        refused: inbound calls that the client ended before an answer.
        passed: inbound calls that were passed and that nobody else took.
        unrouted: inbound calls to a context that nobody had subscribed to.
        abandoned: inbound calls whose caller gave up before an answer.
        ended: inbound calls that are over, for any reason.
        failed_scripts: scripts of either direction in which a step did not happen in its time.
        dialed: legs that the client dialled.
        dialed_answered: legs that were answered.
        calls_up: calls and legs that are up now.
        actions_open: actions that are open now.
        messages_received: messages that the client was sent.
        messages_unrouted: inbound messages to a context that nobody had subscribed to.
        messages_accepted: messages that the client sent.
        messages_finished: messages of the client that reached a terminal state.
        message_states_unrouted: states of messages whose context nobody had subscribed to.
        sessions: fresh logins.
        resumes: logins that restored a session.
        sessions_ended: sessions that nobody resumed in time.
        logins_refused: logins that were refused.
        connections: webSocket connections accepted.
        deaf: connections dropped since a server ping was not answered.
        events: events pushed.
        events_dropped: events given up since the client acknowledged nothing.
        redelivered: events sent again after a resume.
        frames_in: frames received.
        frames_out: frames sent.
        keys_unread: keys of requests that a server would ignore, since it does not know them; each is in the log once.
        internal_errors: faults of the sandbox itself; anything but 0 is a bug of it.
    """

    placed: int = 0
    offered: int = 0
    answered: int = 0
    refused: int = 0
    passed: int = 0
    unrouted: int = 0
    abandoned: int = 0
    ended: int = 0
    failed_scripts: int = 0
    dialed: int = 0
    dialed_answered: int = 0
    calls_up: int = 0
    actions_open: int = 0
    messages_received: int = 0
    messages_unrouted: int = 0
    messages_accepted: int = 0
    messages_finished: int = 0
    message_states_unrouted: int = 0
    sessions: int = 0
    resumes: int = 0
    sessions_ended: int = 0
    logins_refused: int = 0
    connections: int = 0
    deaf: int = 0
    events: int = 0
    events_dropped: int = 0
    redelivered: int = 0
    frames_in: int = 0
    frames_out: int = 0
    keys_unread: int = 0
    internal_errors: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts by name."""
        return asdict(self)
