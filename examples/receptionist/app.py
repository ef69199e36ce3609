"""A receptionist: answers, asks, branches, hangs up. Run it with ``relay-runtime start app:Receptionist -c office``."""

from __future__ import annotations

from collections import Counter

from relay_runtime import CallActor, RelayError, retrying

MENU = "Welcome to Example Limited. Press 1 for sales, press 2 for support."
ANSWERS = {
    "1": ("sales", "Thank you. Sales will call you back within the hour."),
    "2": ("support", "Thank you. Please have your customer number at hand. Goodbye."),
    "": ("no input", "We did not hear you. Please call again."),
}


class Receptionist(CallActor):
    """Serves one call."""

    outcomes: Counter[str] = Counter()
    outcome = "hung up early"

    def run(self) -> None:
        self.pick_up()
        choice = self.memo or retrying(self.ask)
        self.memo = choice
        outcome, sentence = ANSWERS.get(choice, ("wrong key", "Sorry, there is no such department."))
        retrying(self.say, sentence)
        self.outcome = outcome
        # A call that is still up when run() returns is hung up.

    def on_adopted(self) -> None:
        """Go on with a call whose process has died: who has chosen, by the memo, is not asked again."""
        self.run()

    def pick_up(self) -> None:
        """Answer; an answer whose reply was lost with the link may have worked all the same."""
        try:
            retrying(self.answer)
        except RelayError:
            if self.state != "answered":
                raise

    def ask(self) -> str:
        """Play the menu and return the digit, or an empty string."""
        prompt = self.prompt_tts(MENU, {"digits": {"max": 1}, "initial_timeout": 5})
        return prompt.wait(timeout=60).digits

    def say(self, sentence: str) -> None:
        """Say a sentence to its end."""
        self.play_tts(sentence).wait(timeout=60)

    def on_ended(self, _event: object) -> None:
        self.outcomes[self.outcome] += 1
