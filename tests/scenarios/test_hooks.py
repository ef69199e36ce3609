"""A call written as hooks only."""

from __future__ import annotations

import pytest
from doubles.one_process import in_one_process

from relay_runtime import CallActor, CollectEvent, RelayClient
from relay_runtime.sandbox import Caller

pytestmark = pytest.mark.scenario


class Menu(CallActor):
    """Answers, asks, says what was pressed, hangs up; hooks with and without the event."""

    seen: list[str]

    def on_start(self) -> None:
        self.seen = []
        CALLS.append(self)

    def on_offer(self) -> None:
        self.seen.append("offer")
        self.answer()

    def on_answered(self) -> None:
        self.seen.append("answered")
        self.prompt_tts("Press a key.", {"digits": {"max": 1}})

    def on_digits(self, event: CollectEvent) -> None:
        self.seen.append(f"digits {event.digits}")
        self.play_tts("Thank you.", on_completed=self.leave)

    def leave(self, _event: object) -> None:
        self.seen.append("played")
        self.hangup()

    def on_ended(self, *_: object) -> None:
        self.seen.append("ended")


CALLS: list[Menu] = []


def test_hooks_alone_serve_a_call_with_or_without_the_event_in_their_signature() -> None:
    CALLS.clear()
    with in_one_process() as sandbox:
        client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=Menu,
        )
        with client:
            caller = Caller("+15550100001").dials("office").hears("Press a key").presses("5").hears("Thank you")
            assert sandbox.place(caller.waits_for_hangup()).wait(timeout=10).ok
    assert [call.seen for call in CALLS] == [["offer", "answered", "digits 5", "played", "ended"]]
