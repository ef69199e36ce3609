"""The app that is called from the browser."""

from __future__ import annotations

from typing import Any

import gevent

from relay_runtime import CallActor, phone

PERSON, SHOP = "+15550100001", "+15550100099"
PROMPT = "Press a key, and take all the time that you need for that."


class Menu(CallActor):
    def run(self) -> None:
        self.answer()
        while True:
            asked = self.prompt_tts(PROMPT, {"digits": {"max": 1}, "initial_timeout": 600})
            digits = asked.wait().digits
            if digits == "0":
                break
            self.obey(digits)
        self.play_tts("Goodbye.").wait()
        self.hangup()

    def obey(self, digit: str) -> None:
        if digit == "2":
            self.client.send_message(to_number=PERSON, from_number=SHOP, body="Hello from the app")
        elif digit == "3":
            gevent.spawn(self.client.dial, [[phone(PERSON, from_number=SHOP, timeout=60)]], call_actor=Back)
        elif digit == "4":
            self.play_tts("And so on. " * 150).wait()
        elif digit == "9":
            raise ValueError("the app is broken")
        else:
            self.play_tts(f"You pressed {digit}.").wait()


class Back(CallActor):
    def run(self) -> None:
        self.play_tts("This is your call back.").wait()
        self.wait_for_ended(timeout=600)


def on_ready(client: Any) -> None:
    @client.on_message
    def answer(message: Any) -> None:
        if message.body == "boom":
            raise LookupError("the handler is broken")
        client.send_message(
            to_number=message.from_number, from_number=message.to_number, body=f"You wrote: {message.body}"
        )
