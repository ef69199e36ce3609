"""A client at its most talkative, through refusals, drops and crashes: no secret and no number is shown anywhere."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from relay_runtime import AuthenticationFailed, CallActor, RelayClient, RelayError, Timing, phone
from relay_runtime.sandbox import Callee, Caller, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0
TOKEN, JWT = "PT-very-secret-token", "eyJ-very-secret-jwt"
NUMBERS = ("+15557654321", "+15557654322", "+15557654323")
WORDS = "private words of a caller"
TIMING = Timing(backoff_first=0.001, backoff_limit=0.002, request_timeout=1.0, stop_timeout=0.5, call_linger=0.1)


class Crashing(CallActor):
    """Says something, and fails with what it knows in its variables."""

    def run(self) -> None:
        self.answer()
        self.play_tts(WORDS).wait(LIMIT)
        number, token = self.device["params"]["from_number"], TOKEN
        raise ValueError(len(number + token))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None, token=TOKEN, jwt_token=JWT) as running:
        yield running


def client_of(sandbox: Sandbox, **credentials: str) -> RelayClient:
    return RelayClient(host=sandbox.url, contexts=["office"], call_actor=Crashing, timing=TIMING, **credentials)


def refused(sandbox: Sandbox) -> list[BaseException]:
    """Refused logins, with a token and with a JWT, in both shapes."""
    errors: list[BaseException] = []
    for how in ("error", "result"):
        for credentials in ({"project": sandbox.project, "token": TOKEN}, {"jwt_token": JWT}):
            sandbox.faults.refuse(how, times=3)  # type: ignore[arg-type]
            with pytest.raises(AuthenticationFailed) as caught:
                client_of(sandbox, **credentials).connect(timeout=LIMIT)
            errors.append(caught.value)
    return errors


def troubled(sandbox: Sandbox, client: RelayClient) -> list[BaseException]:
    """Crashes of calls, drops, refused and failed commands, messages."""
    errors: list[BaseException] = []
    sandbox.on_dial("*", Callee().is_busy())
    runs = [sandbox.place(Caller(NUMBERS[0]).dials("office").waits_for_hangup(timeout=60)) for _ in range(3)]
    sandbox.faults.malform("unknown_event")
    sandbox.cut()
    for run in runs:
        run.wait(LIMIT)
    sandbox.session().renew()
    for attempt in (
        lambda: client.dial([[phone(NUMBERS[1], from_number=NUMBERS[2])]]),
        lambda: client.send_message(to_number=NUMBERS[1], from_number=NUMBERS[2], body=WORDS).wait(LIMIT),
        lambda: client.execute("calling.play", {"call_id": "none", "node_id": "n", "control_id": NUMBERS[0]}),
    ):
        try:
            attempt()
        except RelayError as error:
            errors.append(error)
    sandbox.sends_message(from_number=NUMBERS[0], to_number=NUMBERS[1], body=WORDS, context="office")
    gevent.sleep(0.05)
    return errors


def test_no_secret_is_shown_in_logs_errors_reprs_or_the_journal(sandbox: Sandbox, log_lines: list[str]) -> None:
    errors = refused(sandbox)
    client = client_of(sandbox, project=sandbox.project, token=TOKEN)
    client.on_message(lambda message: 1 / 0)
    client.connect(timeout=LIMIT)
    states = {sandbox.session().authorization_state}
    errors += troubled(sandbox, client)
    states |= {session.authorization_state for session in sandbox.sessions()}
    shown = [repr(client), str(client.status()), str(client.stats), *(repr(call) for call in client.live_calls())]
    shown += [_repr(each) for each in gc.get_objects() if _ours(each)]
    journal = str(sandbox.journal())
    client.disconnect()
    shown += [
        text for error in errors for text in (str(error), repr(error), "".join(traceback.format_exception(error)))
    ]
    assert any("ValueError: 32" in line for line in log_lines)  # the crash is there, and what it knew is not
    assert len(errors) >= 6
    for name, texts in {"logs": log_lines, "reprs and errors": shown}.items():
        for secret in (TOKEN, JWT, *states, *NUMBERS, WORDS):
            assert [text for text in texts if secret in text] == [], f"{secret} in {name}"
    for secret in (TOKEN, JWT, *states, *NUMBERS):
        assert secret not in journal


def _ours(value: Any) -> bool:
    return str(getattr(type(value), "__module__", "")).startswith(("relay_actors", "relay_runtime"))


def _repr(value: Any) -> str:
    """Show an object of ours: the client's; of the sandbox, which has people and their words, only the settings."""
    module = type(value).__module__
    if module.startswith("relay_runtime.sandbox") and not module.endswith("settings"):
        return ""
    return repr(value)
