"""Sends a task by the REST API: whoever has subscribed to its context gets it, which tells who has (protocol 10.5)."""

from __future__ import annotations

import base64
import http.client
from contextlib import closing

import msgspec

from relay_actors.session.state import Credentials
from relay_runtime.doctor.server import Way
from relay_runtime.version import AGENT
from relay_runtime.websocket import ConnectError

__all__ = ["TaskRefused", "send_task"]


class TaskRefused(Exception):
    """A task was not taken; the text says why."""


def send_task(way: Way, credentials: Credentials, context: str, mark: str) -> None:
    """Send a task. Blocks the current greenlet.

    Args:
        way: the way to the server.
        credentials: project and token; the API takes no JWT.
        context: the context that it goes to.
        mark: what the task is known by.

    Raises:
        TaskRefused: it was not taken.
    """
    if not credentials.token:
        raise TaskRefused("tasks are sent with project and token, and there is a JWT alone")
    basic = base64.b64encode(f"{credentials.project}:{credentials.token}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json", "User-Agent": AGENT}
    body = msgspec.json.encode({"context": context, "message": {"mark": mark}})
    try:
        with closing(way.http()) as connection:
            connection.request("POST", "/api/relay/rest/tasks", body, headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ConnectError) as error:
        raise TaskRefused(f"a task can't be sent: {error}") from error
    if not 200 <= status < 300:
        raise TaskRefused(f"the server answers {status} to a task")
