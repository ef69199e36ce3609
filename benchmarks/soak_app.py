"""The app of the soak: a menu that answers, records, asks, plays and hangs up."""

from relay_runtime import CallActor

ANSWERS = {"1": "The office is open.", "2": "We call you back."}


class Menu(CallActor):
    """One call: every caller hears the menu; some press a key, some say nothing, some hang up in the middle."""

    def run(self) -> None:
        self.answer()
        recording = self.record({"direction": "both"})
        choice = self.prompt_tts("Press 1 or 2.", {"digits": {"max": 1}, "initial_timeout": 3}).wait(30)
        self.play_tts(ANSWERS.get(choice.digits, "Goodbye.")).wait(30)
        recording.stop()
