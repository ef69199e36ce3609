"""What makes a process unfit for calls."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.watched import Watched

from relay_runtime.process.health import not_ready, notes


def test_a_client_that_is_connected_and_subscribed_is_ready() -> None:
    assert not_ready(Watched().status(), lag=0.2, lag_limit=1.0) == ()


@pytest.mark.parametrize(
    ("part", "fields", "reason"),
    [
        ("connection", {"state": "waiting", "last_error": "no route"}, "not connected: the connection is waiting: no"),
        ("connection", {"state": "stopped"}, "not connected: the connection is stopped"),
        ("connection", {"subscribed": False}, "not subscribed"),
        ("calls", {"draining": True}, "draining"),
    ],
)
def test_what_is_amiss_is_named(part: str, fields: dict[str, Any], reason: str) -> None:
    client = Watched()
    client.becomes(part, **fields)
    (found,) = not_ready(client.status(), lag=0.0, lag_limit=1.0)
    assert found.startswith(reason)


def test_a_drain_explains_why_there_is_no_subscription() -> None:
    client = Watched()
    client.becomes("connection", subscribed=False)
    client.becomes("calls", draining=True)
    assert not_ready(client.status(), lag=0.0, lag_limit=1.0) == ("draining: no new call is taken",)


def test_an_event_loop_beyond_its_limit_is_a_reason_beside_others() -> None:
    client = Watched()
    client.becomes("connection", state="connecting")
    reasons = not_ready(client.status(), lag=2.5, lag_limit=1.0)
    assert len(reasons) == 2
    assert reasons[1] == "the event loop was 2.5 s late; its limit is 1 s"


def test_a_host_that_is_drained_is_why_there_is_no_subscription() -> None:
    client = Watched()
    client.becomes("connection", subscribed=False)
    client.is_in_a_fleet(away=True)
    (reason,) = not_ready(client.status(), lag=0.0, lag_limit=1.0)
    assert reason == "host alpha is drained: relay-runtime fleet undrain alpha ends that"


def test_an_engine_that_does_not_answer_is_a_note_and_no_reason() -> None:
    client = Watched()
    assert notes(client.status()) == ()
    client.is_in_a_fleet()
    assert notes(client.status()) == ()
    client.is_in_a_fleet(connected=False, problem="the engine does not answer")
    assert not_ready(client.status(), lag=0.0, lag_limit=1.0) == ()
    assert notes(client.status()) == ("without its fleet: the engine does not answer",)
