"""The route of the REST API on the port of the WebSocket."""

from __future__ import annotations

import base64
import json
from http.client import HTTPResponse
from typing import Any

import pytest
from doubles.raw_client import RawClient
from gevent import socket

from relay_runtime.sandbox import Sandbox

LIMIT = 60.0
TASKS = "/api/relay/rest/tasks"


def basic(project: str, token: str) -> str:
    return "Basic " + base64.b64encode(f"{project}:{token}".encode()).decode()


def ask(sandbox: Sandbox, body: Any, authorization: str | None = None, method: str = "POST") -> tuple[int, str]:
    host, port = sandbox.url.removeprefix("ws://").split(":")
    payload = json.dumps(body).encode()
    head = f"{method} {TASKS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    head += f"Authorization: {authorization or basic(sandbox.project, sandbox.token)}\r\n"
    with socket.create_connection((host, int(port)), timeout=LIMIT) as connection:
        connection.sendall(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
        answer = HTTPResponse(connection, method=method)
        answer.begin()
        return answer.status, answer.read().decode()


def test_a_task_comes_to_who_has_subscribed(sandbox: Sandbox, client: RawClient) -> None:
    assert ask(sandbox, {"context": "office", "message": {"job": 1}}) == (204, "")
    assert client.event("queuing.relay.tasks")["message"] == {"job": 1}


def test_a_task_for_nobody_is_taken_too(sandbox: Sandbox, client: RawClient) -> None:
    assert ask(sandbox, {"context": "elsewhere", "message": {}}) == (204, "")
    client.result("signalwire.ping")
    assert client.events("queuing.relay.tasks") == []


@pytest.mark.parametrize(
    "authorization",
    [basic("sandbox-project", "not-the-token"), "Basic !!!", "Basic /////w==", basic("no-colon", "")[:-4], "Bearer x"],
)
def test_other_credentials_are_refused(sandbox: Sandbox, client: RawClient, authorization: str) -> None:
    status, said = ask(sandbox, {"context": "office", "message": {}}, authorization)
    assert (status, json.loads(said)["error"]) == (401, "Basic authentication by project and token is needed")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"context": "office"}, "the field 'message' is missing"),
        ({"context": 1, "message": {}}, "the field 'context' must be a text"),
        ({"context": "office", "message": {}, "kontext": 1}, "there is no key 'kontext' here; did you mean 'context'?"),
        ([], "the body must be a JSON object"),
    ],
)
def test_what_is_no_task_is_refused_with_what_is_wrong(sandbox: Sandbox, body: Any, words: str) -> None:
    status, said = ask(sandbox, body)
    assert status == 400
    assert words in said


def test_tasks_are_posted(sandbox: Sandbox) -> None:
    status, said = ask(sandbox, {}, method="GET")
    assert (status, json.loads(said)["error"]) == (405, f"{TASKS} takes POST")
