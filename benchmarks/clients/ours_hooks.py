"""Our client, the call written as hooks only: a call that waits keeps no greenlet."""

from typing import Any

from benchmarks.clients.launch import HERE, PROMPT, Launch
from benchmarks.clients.ours import serve
from relay_runtime import CallActor


class Receptionist(CallActor):
    """The same app as a state machine: each hook does one step and returns."""

    def on_offer(self, event: Any) -> None:  # noqa: ARG002
        self.on("calling.user_event", self.answer_roll_call)
        self.answer()

    def on_answered(self, event: Any) -> None:  # noqa: ARG002
        self.play_tts(PROMPT)

    def on_play(self, event: Any) -> None:
        if event.state == "finished":
            self.hangup()

    def answer_roll_call(self, event: Any) -> None:
        if event.params.get("kind") == "roll_call":
            self.command("calling.user_event", {"event": HERE})


def main(launch: Launch) -> None:
    serve(launch, Receptionist)
