"""A menu, and what may have become of it since its call was recorded."""

from __future__ import annotations

from typing import Any

from relay_runtime import CallActor

__all__ = [
    "Crashed",
    "Endless",
    "Longer",
    "Menu",
    "Noticed",
    "OtherSequence",
    "Patient",
    "ShortPrompt",
    "ThinksOfNumber",
]

PROMPT = "Welcome to Example Limited. Press 1 for sales, press 2 for support."


class Menu(CallActor):
    """Asks for a key, and says what follows."""

    prompt = PROMPT
    sentence = "Sales will call you back within the hour, or tomorrow if it is late."
    patience = 5

    def run(self) -> None:
        self.begin()
        rules: dict[str, Any] = {"digits": {"max": 1}, "initial_timeout": self.patience}
        key = self.prompt_tts(self.prompt, rules).wait().digits
        self.play_tts(self.sentence if key == "1" else "Goodbye.").wait()
        self.finish()

    def begin(self) -> None:
        self.answer()

    def finish(self) -> None:
        """Nothing more is said."""


class Noticed(Menu):
    """Says something before the prompt."""

    def begin(self) -> None:
        self.answer()
        self.play_tts("Our hours have changed.").wait()


class ShortPrompt(Menu):
    """Has a prompt of which the key, counted from its beginning, would come too late."""

    prompt = "1 or 2?"
    patience = 3


class Longer(Menu):
    """Has a prompt that is longer than the caller took for the key."""

    prompt = PROMPT * 3


class OtherSequence(Menu):
    """Does the same in another order."""

    def run(self) -> None:
        self.answer()
        self.play_tts(self.sentence).wait()
        self.prompt_tts(self.prompt, {"digits": {"max": 1}, "initial_timeout": 5}).wait()


class Crashed(Menu):
    """Fails where it said something."""

    def begin(self) -> None:
        self.answer()
        raise LookupError("no such department")


class Endless(Menu):
    """Waits for what does not come, and asks for nothing that was asked for."""

    def run(self) -> None:
        self.answer()
        self.wait_for("calling.call.hold", timeout=10_000)


class Patient(Menu):
    """Does not notice that its call is over."""

    def finish(self) -> None:
        self.sleep(1)

    def on_ended(self, _event: object) -> None:
        self.told = True


class ThinksOfNumber(Menu):
    """Serves one caller in another way."""

    def begin(self) -> None:
        self.answer()
        if self.from_number == "+15557654321":
            self.play_tts("Good morning, Anna.").wait()
