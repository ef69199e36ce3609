"""Nothing secret is shown by any message, event or log line (law 11)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.commands import command
from doubles.frames import event, event_frame, offer
from doubles.hub import turns
from doubles.line import Line
from doubles.started import Started

from relay_actors.call import messages as call_messages
from relay_actors.call.call import CallActor
from relay_actors.errors import RelayError
from relay_actors.messaging.actor import TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.routing import messages as routing_messages
from relay_actors.session import messages
from relay_actors.session.replies import LoginRefused
from relay_actors.session.state import Credentials, Session
from relay_actors.wire import frames

NUMBER = "+15550100001"
SECRETS = (NUMBER, "PT-secret", "eyJ-secret", "blob-secret", "private words")

CREDENTIALS = Credentials(project="p", token="PT-secret", jwt_token="eyJ-secret")
SESSION = Session("signalwire_p", "blob-secret", ("office",))

SHOWN: list[Any] = [
    CREDENTIALS,
    SESSION,
    command("id", method="messaging.send", frame=b'{"body":"private words","to":"+15550100001"}'),
    messages.FramesReceived((b'{"token":"PT-secret"}', '{"to":"+15550100001"}')),
    messages.SessionChanged("blob-secret"),
    messages.ConnectionUp(None, SESSION, restored=True),
    messages.EventsReceived((("f1", offer(from_number=NUMBER)),)),
    TrackMessage(Message(message_id="m", to_number=NUMBER, body="private words")),
    Message(message_id="m", from_number=NUMBER, body="private words"),
    event("signalwire.authorization.state", authorization_state="blob-secret"),
    event("messaging.receive", from_number=NUMBER, body="private words"),
    event("never.heard.of", number=NUMBER),
    offer(),
    frames.decode_frame(event_frame("signalwire.authorization.state", {"authorization_state": "blob-secret"})),
    frames.decode_frame(b'{"id":"1","result":{"authorization":"blob-secret","to":"+15550100001"}}'),
    frames.decode_frame(b'{"id":"1","error":{"data":"PT-secret"}}'),
    frames.decode_frame(b'{"id":"1","method":"signalwire.ping","params":{"payload":"PT-secret"}}'),
    frames.decode_frame(b'{"id":"PT-secret","method":5}'),
    LoginRefused(-32002, "Authentication failed", permanent=True),
    RelayError(400, "bad", {"to_number": [NUMBER]}),
]


@pytest.mark.parametrize("value", SHOWN, ids=lambda value: type(value).__name__)
def test_no_value_shows_a_secret(value: Any) -> None:
    for text in (str(value), f"{value}", repr([value]), repr({"key": value})):
        assert not any(secret in text for secret in SECRETS), text


def test_every_message_between_actors_is_an_immutable_struct() -> None:
    for module in (messages, call_messages, routing_messages):
        for name in module.__all__:
            kind = getattr(module, name)
            if isinstance(kind, type) and name != "Wait":
                assert issubclass(kind, msgspec.Struct), name
                assert kind.__struct_config__.frozen, name


@pytest.mark.parametrize("where", ["run", "hook", "completion", "failure"])
def test_a_crash_is_logged_without_the_values_of_variables(started: Started, where: str, log_lines: list[str]) -> None:
    """Loguru shows the value of every variable in a traceback unless it is kept from it."""

    class Crashing(CallActor):
        def crash(self, *_: Any) -> None:
            caller, token = NUMBER, "PT-secret"
            raise ValueError(len(caller + token))

        def run(self) -> None:
            if where == "run":
                self.crash()
            self.play_tts("private words", on_completed=self.crash if where == "completion" else None)
            self.wait_for_ended()

        def on_offer(self, _: Any) -> None:
            if where == "hook":
                self.crash()

    line = Line(started, Crashing)
    if where == "failure":
        line.core._apply = line.call.crash  # type: ignore[method-assign,assignment]
        line.gets(event("calling.call.play", call_id="c1"))
    line.ends()
    line.closes()
    turns()
    crash = [text for text in log_lines if "ValueError: 21" in text]
    assert crash
    assert any("in crash" in text for text in crash)
    assert not any(NUMBER in text or "└" in text for text in log_lines)
