"""The session and its connections in any order of events: one socket, the newest session, and no command twice."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

import gevent
from doubles.examples import examples
from doubles.frames import frame
from doubles.hub import LIMIT, turns, until
from doubles.office import Office
from doubles.started import Started
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay_actors.errors import RelayError
from relay_actors.kit.future import GreenletFuture
from relay_actors.session.messages import Connect, Disconnect
from relay_actors.timing import Timing

TIMING = Timing(
    backoff_first=0.0005,
    backoff_limit=0.001,
    connect_timeout=0.05,
    close_timeout=0.02,
    request_timeout=LIMIT,
    refusals_allowed=3,
)
TROUBLE = ConnectionRefusedError("nobody listens")


class SessionAsModel(RuleBasedStateMachine):
    """A supervisor, its connections, and a server that remembers sessions, refuses, drops and says goodbye."""

    def __init__(self) -> None:
        super().__init__()
        self.started = Started()
        self.office = Office(self.started, TIMING)
        self.peer = self.office.peer
        self.peer.login = self.log_in
        self.fates: deque[str] = deque()
        self.names = 0
        self.remembered: dict[str, str] = {}  # the server's sessions: from protocol to the newest state
        self.known = ("", "")  # what the client must send next: protocol and state
        self.left = ("", "")  # what it may send until it has heard of the last disconnect
        self.leaving: GreenletFuture[Any] | None = None
        self.wrong: list[str] = []
        self.asks: list[GreenletFuture[Any]] = []
        self.commands: dict[str, gevent.Greenlet[..., Any]] = {}
        self.wanted = False
        self.refused_in_a_row = 0
        self.ever_in = False
        self.connect()

    # The server

    def log_in(self, params: dict[str, Any]) -> dict[str, Any] | None:
        sent = (params.get("protocol", ""), params.get("authorization_state", ""))
        if self.leaving is not None and not self.leaving.done() and sent == self.left != self.known:
            return None  # a try that was due before the disconnect, and is given up by it
        if sent != self.known:
            self.wrong.append(f"logged in with {sent}, not with {self.known}")
        fate = self.fates.popleft() if self.fates else "in"
        if fate == "silence":
            return None
        if fate == "refused":
            self.refused_in_a_row += 1
            return {"error": {"code": -32002, "message": "Authentication failed"}}
        self.ever_in, self.refused_in_a_row = True, 0
        protocol, state = sent
        restored = protocol in self.remembered and self.remembered[protocol] == state
        if not restored:
            self.names += 1
            protocol, state = f"signalwire_{self.names}", ""
            self.remembered[protocol] = state
        self.known = (protocol, state)
        return {"result": {"protocol": protocol, "session_restored": restored}}

    @property
    def live(self) -> bool:
        """Whether a connection is logged in; it depends on time, and so is no precondition of a rule."""
        return self.office.link.up

    @rule(fate=st.sampled_from(["refused", "silence"]))
    def the_next_login_fails(self, fate: str) -> None:
        self.fates.append(fate)

    @rule(drops=st.integers(0, 2))
    def the_server_forgets(self, drops: int) -> None:
        self.remembered.clear()
        for _ in range(drops):
            self.the_link_drops()
            self.time_passes()

    @rule()
    def the_state_changes(self) -> None:
        if not self.live:
            return
        protocol, _ = self.known
        self.names += 1
        self.remembered[protocol] = f"blob:{self.names}"
        self.known = (protocol, self.remembered[protocol])
        self.peer.push("signalwire.authorization.state", {"authorization_state": self.remembered[protocol]})
        turns()

    @rule()
    def the_link_drops(self) -> None:
        if not self.live:
            return
        self.peer.transport.drop()
        turns()

    @rule(restart=st.booleans())
    def the_server_says_goodbye(self, restart: bool) -> None:
        if not self.live:
            return
        transport = self.peer.transport
        if restart:
            self.known = ("", "")
        transport.deliver(frame(id="bye", method="signalwire.disconnect", params={"restart": restart}))
        turns()
        assert transport.replies("bye"), "a goodbye is answered"
        transport.drop()
        turns()

    @rule()
    def the_network_fails_for_a_while(self) -> None:
        self.peer.connect_error = TROUBLE
        gevent.sleep(0.003)
        turns()
        self.peer.connect_error = None

    # The client

    @rule()
    def connect(self) -> None:
        if self.office.actor._state == "failed":
            self.refused_in_a_row = 0
        self.wanted = True
        self.asks.append(self.office.ask(Connect()))
        turns()

    @rule()
    def disconnect(self) -> None:
        self.wanted = False
        self.left, self.known, self.ever_in, self.refused_in_a_row = self.known, ("", ""), False, 0
        self.leaving = self.office.ask(Disconnect())
        self.asks.append(self.leaving)
        turns()

    @rule(timeout=st.sampled_from([0.002, 0.1]))
    def command(self, timeout: float) -> None:
        marker = f"m{len(self.commands)}"

        def execute() -> str:
            try:
                self.office.link.execute("calling.play", {"marker": marker}, timeout=timeout)
            except RelayError as error:
                return type(error).__name__
            return "done"

        self.commands[marker] = gevent.spawn(execute)
        turns(3)

    @rule()
    def time_passes(self) -> None:
        gevent.sleep(0.004)
        turns()

    # What holds

    @invariant()
    def the_newest_session_is_used(self) -> None:
        assert self.wrong == []

    @invariant()
    def there_is_one_socket_at_most(self) -> None:
        open_ = [each for each in self.peer.transports if not each.released]
        assert len(open_) <= 1 or self.office.states[-1:] == ["stopped"], self.office.states

    @invariant()
    def no_command_is_sent_twice(self) -> None:
        sent = Counter(request["params"]["marker"] for request in self.peer.requests("calling.play"))
        assert all(count == 1 for count in sent.values()), sent

    @invariant()
    def commands_go_to_a_connection_only_when_it_is_logged_in(self) -> None:
        if self.live:
            assert self.office.actor._state == "connected"

    def teardown(self) -> None:
        try:
            self.ends_with_all_answered()
        finally:
            self.started.end()
        assert self.office.link.connection is None

    def ends_with_all_answered(self) -> None:
        self.fates.clear()
        if self.wanted and self.office.actor._state != "failed":
            until(lambda: self.live, "the connection, when nothing stands in its way any more")
        self.disconnect()
        until(lambda: all(ask.done() for ask in self.asks), "the answers to connect and disconnect")
        until(lambda: all(each.dead for each in self.commands.values()), "the end of the commands")
        for marker, each in self.commands.items():
            served = any(request["params"]["marker"] == marker for request in self.peer.requests("calling.play"))
            assert served or each.value != "done", f"{marker} is done and was never sent"
        until(lambda: all(each.released for each in self.peer.transports), "the release of every socket")
        assert len(self.office.actor._outbox) == 0


SessionAsModel.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=25, deadline=None)
TestSessionAsModel = SessionAsModel.TestCase
