"""What the control port shows: no credentials, and frames by what they are about."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime.sandbox import Caller, Sandbox, Settings
from relay_runtime.sandbox.control import views


def test_settings_are_shown_without_credentials() -> None:
    shown = views.settings(Settings(token="PTsecret", jwt_token="eyJsecret"))
    assert {"token", "jwt_token"}.isdisjoint(shown)
    assert "secret" not in repr(shown)
    assert shown["project"] == "sandbox-project"


PLAYED = {"method": "signalwire.event", "params": {"event_type": "calling.call.play"}}


@pytest.mark.parametrize(
    ("entry", "wanted", "is_about"),
    [
        ({"frame": {"method": "calling.play", "params": {}}}, "calling.play", True),
        (
            {"frame": {"method": "signalwire.event", "params": {"event_type": "calling.call.play"}}},
            "calling.call.play",
            True,
        ),
        ({"frame": {"method": "signalwire.event", "params": None}}, "calling.call.play", False),
        ({"frame": [1]}, "calling.play", False),
        ({"raw": "{broken"}, "calling.play", False),
    ],
)
def test_a_frame_is_about_its_method_and_its_event_type(entry: dict[str, Any], wanted: str, is_about: bool) -> None:
    assert views.is_about(entry, wanted) is is_about


def test_a_run_is_shown_with_its_outcome_once_it_is_over(sandbox: Sandbox) -> None:
    shown = views.run(sandbox.place(Caller().dials("nobody")))
    assert (shown["status"], shown["outcome"]["status"]) == ("unrouted", "unrouted")
    assert "call" not in shown


def test_status_says_where_the_sandbox_is_and_what_it_counted(sandbox: Sandbox) -> None:
    shown = views.status(sandbox.exchange, sandbox)
    assert (shown["url"], shown["control_url"]) == (sandbox.url, sandbox.control_url)
    assert (shown["sessions"], shown["calls"], shown["internal_errors"]) == (0, 0, [])
