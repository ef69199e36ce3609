"""What is counted: enough to tell whether anything was lost."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Counters:
    """Counts since the sandbox started; the two ``…_up``/``…_open`` fields are of this moment.

    Attributes:
        placed: Inbound calls that scripts placed.
        offered: Offers sent, a call that was passed on counting once for each.
        answered: Inbound calls that the client answered.
        refused: Inbound calls that the client ended before an answer.
        passed: Inbound calls that were passed and that nobody else took.
        unrouted: Inbound calls to a context that nobody had subscribed to.
        abandoned: Inbound calls whose caller gave up before an answer.
        ended: Inbound calls that are over, for any reason.
        failed_scripts: Scripts of either direction in which a step did not happen in its time.
        dialed: Legs that the client dialled.
        dialed_answered: Legs that were answered.
        calls_up: Calls and legs that are up now.
        actions_open: Actions that are open now.
        messages_received: Messages that the client was sent.
        messages_unrouted: Inbound messages to a context that nobody had subscribed to.
        messages_accepted: Messages that the client sent.
        messages_finished: Messages of the client that reached a terminal state.
        message_states_unrouted: States of messages whose context nobody had subscribed to.
        sessions: Fresh logins.
        resumes: Logins that restored a session.
        sessions_ended: Sessions that nobody resumed in time.
        logins_refused: Logins that were refused.
        connections: WebSocket connections accepted.
        deaf: Connections dropped since a server ping was not answered.
        events: Events pushed.
        events_dropped: Events given up since the client acknowledged nothing.
        redelivered: Events sent again after a resume.
        frames_in: Frames received.
        frames_out: Frames sent.
        internal_errors: Faults of the sandbox itself; anything but 0 is a bug of it.
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
    internal_errors: int = 0

    def logged_in(self, *, restored: bool) -> None:
        """Count a login that was let in."""
        if restored:
            self.resumes += 1
        else:
            self.sessions += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the counts by name."""
        return asdict(self)
