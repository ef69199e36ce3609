"""The app of the page about the command line."""

from loguru import logger
from relay_runtime import CallActor


class Greeter(CallActor):
    def run(self) -> None:
        logger.info("somebody is here")
        self.answer()
        self.prompt_tts("Press 1 or 2.", {"digits": {"max": 1}, "initial_timeout": 5.0}).wait()
        self.play_tts("Goodbye.").wait()
