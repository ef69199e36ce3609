"""What is no fault of the link, and must be none to a call: numbers that are none, and onlookers that raise."""

from __future__ import annotations

from typing import NoReturn

from relay_runtime import RelayClient
from relay_runtime.sandbox import Sandbox

__all__ = ["look_on", "send_odd_numbers"]

_NUMBERS = ("nan", "-inf", 1e308, -1, 2**80, "1_0", [], True)


def send_odd_numbers(sandbox: Sandbox, call_id: str) -> None:
    """Send a call events whose numbers are none, or out of range."""
    for count, number in enumerate(_NUMBERS):
        about = {"call_id": call_id, "control_id": f"nobody {count}"}
        body = {**about, "state": "finished", "size": number, "duration": number}
        sandbox.session().event("calling.call.record", body)


def look_on(client: RelayClient) -> None:
    """Have onlookers of a client that raise whatever they see."""
    client.tap.watch(_fail)
    client.on_change(_fail)


def _fail(*_: object) -> NoReturn:
    raise ValueError("who looks on fails")
