"""A web app that makes and takes phone calls: plain WSGI under gunicorn, with a RelayClient in each worker.

gunicorn imports this module in every worker, after the fork (no ``preload_app``): so each has a client of its own. Its
life is in ``gunicorn.conf.py``. A request runs in a greenlet of its own and may wait for a call as long as it takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from relay_runtime import CallActor, ClientStopped, DialFailed, RelayClient, RelayError, RelayTimeout, phone, serial

OUR_NUMBER = os.environ.get("OUR_NUMBER", "+15550100099")


class Hotline(CallActor):
    """Serves everybody who calls in."""

    def run(self) -> None:
        self.answer()
        self.play_tts("Thank you for calling. We will call you back.").wait(timeout=60)


class Reminder(CallActor):
    """Serves a call that a request has made."""

    told = False

    def run(self) -> None:
        prompt = self.prompt_tts(
            "Your table is ready. Press 1 to confirm.", {"digits": {"max": 1}, "initial_timeout": 10}
        )
        self.told = prompt.wait(timeout=60).digits == "1"


client = RelayClient(contexts=["office"], call_actor=Hotline)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request: ``POST /calls`` places a call, ``GET /status`` tells how things are."""
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "POST", "/calls":
            status, answer = place_call(body(environ))
        case "GET", "/status":
            counts = client.stats
            status = "200 OK"
            answer = {"process": os.getpid(), "connection": client.state, "calls_taken": counts.calls_admitted}
        case _:
            status, answer = "404 Not Found", {"error": "there are POST /calls and GET /status"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def body(environ: dict[str, Any]) -> Any:
    """Return the JSON of a request, or None."""
    try:
        return json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    except ValueError:
        return None


def place_call(order: Any) -> tuple[str, dict[str, Any]]:
    """Place a call, wait for its end, and return status and outcome."""
    to_number = order.get("to") if isinstance(order, dict) else None
    if not isinstance(to_number, str):
        return "400 Bad Request", {"error": 'send JSON such as {"to": "+15550100001"}'}
    try:
        devices = serial(phone(to_number, from_number=OUR_NUMBER, timeout=30))
        call = client.dial(devices, dial_timeout=40, call_actor=Reminder)
        call.wait_for_ended(timeout=120)
    except ValueError as error:
        return "400 Bad Request", {"error": str(error)}
    except DialFailed as failed:
        return "200 OK", {"outcome": "not answered", "reason": failed.reason}
    except RelayTimeout as error:
        return "200 OK", {"outcome": "not answered", "reason": str(error)}
    except ClientStopped:
        return "503 Service Unavailable", {"error": "this worker stops: ask again"}
    except RelayError as error:
        return "502 Bad Gateway", {"error": str(error)}
    assert isinstance(call, Reminder)
    return "200 OK", {"outcome": "answered", "confirmed": call.told, "call_id": call.call_id}
