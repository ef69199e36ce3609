"""Messages in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest
from official_app import running, serving

APP = Path(__file__).with_name("app.py")
US, THEM = "+15550100099", "+15550100001"


def test_a_message_is_answered_with_its_own_words() -> None:
    with serving(APP, "waiting for messages") as (sandbox, app):
        sandbox.sends_message(from_number=THEM, to_number=US, body="hello", context="default")
        app.wait_for_line("the answer was delivered", "stdout")
        (answer,) = sandbox.messages()
        assert (answer.to_number, answer.from_number, answer.body) == (THEM, US, "You wrote: hello")


@pytest.mark.parametrize(("ending", "told"), [("delivered", "delivered$"), ("undelivered", "undelivered: spam$")])
def test_a_message_is_sent_and_its_end_is_told(ending: str, told: str) -> None:
    with running(APP, THEM, "hello there", before=lambda sandbox: sandbox.on_text(THEM, ending, "spam")) as (_, app):
        app.wait_for_line(f"the message was {told}", "stdout")
        assert app.exit_code() == 0
