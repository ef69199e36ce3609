"""A phone app: each call that comes in gets an App of its own, whose run() is plain sequential code."""

from relay_runtime import CallActor, Say

QUESTION = "Welcome. Press 1 for our opening hours, or 2 for the way to us."
ANSWERS = {
    "1": "We are open from nine to five. Goodbye.",
    "2": "You find us at the market, next to the fountain. Goodbye.",
}


class App(CallActor):
    """Serves one call."""

    when_crashed = Say("Sorry, something went wrong. Please call again.")

    def run(self) -> None:
        """Ask for a digit, and say what belongs to it."""
        self.answer()
        question = self.prompt_tts(QUESTION, {"digits": {"max": 1}, "initial_timeout": 10})
        digit = question.wait(timeout=60).digits  # an empty text if nothing was pressed
        answer = ANSWERS.get(digit, "We did not understand you. Please call again.")
        self.play_tts(answer).wait(timeout=60)
        self.hangup()
