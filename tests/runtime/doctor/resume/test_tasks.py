"""Tasks by the REST API."""

from __future__ import annotations

import pytest
from doubles.hub import until

from relay_actors.session.state import Credentials, Session
from relay_runtime.doctor.resume.tasks import TaskRefused, send_task
from relay_runtime.doctor.resume.visit import Visit
from relay_runtime.doctor.server import Way
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.client import resolve
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.proxy import parse_proxy


def way(sandbox: Sandbox) -> Way:
    return Way(parse_host(sandbox.url), None, 60.0)


def test_a_task_comes_to_who_has_subscribed(sandbox: Sandbox) -> None:
    visitor = Visit(resolve(), Session(contexts=("shop",)), 60.0)
    send_task(way(sandbox), Credentials(sandbox.project, sandbox.token), "shop", "x")
    until(lambda: visitor.has_heard("shop", "x"))
    visitor.lose()


def test_a_jwt_alone_sends_none(sandbox: Sandbox) -> None:
    with pytest.raises(TaskRefused, match="there is a JWT alone"):
        send_task(way(sandbox), Credentials(jwt_token=sandbox.jwt_token), "shop", "x")


def test_a_refusal_says_the_status_and_no_secret(sandbox: Sandbox) -> None:
    with pytest.raises(TaskRefused) as refused:
        send_task(way(sandbox), Credentials(sandbox.project, "not-the-token"), "shop", "x")
    assert str(refused.value) == "the server answers 401 to a task"


def test_a_server_that_cannot_be_reached_is_told(sandbox: Sandbox) -> None:
    to = way(sandbox)
    sandbox.stop()
    with pytest.raises(TaskRefused, match="a task can't be sent: "):
        send_task(to, Credentials("p", "t"), "shop", "x")


def test_a_proxy_over_tls_takes_none() -> None:
    to = Way(parse_host("example.signalwire.com"), None, 60.0, parse_proxy("https://127.0.0.1:9"))
    with pytest.raises(TaskRefused, match="no proxy over TLS"):
        send_task(to, Credentials("p", "t"), "shop", "x")
