"""Examples of the verbs that ask the caller for digits or speech."""

from __future__ import annotations

from relay_runtime import Call, audio, tts
from verb_examples.staging import staged

__all__ = ["collect", "play_and_collect", "prompt_audio", "prompt_tts"]


@staged(line=lambda line: line.hears("followed by").presses("4711#"))
def play_and_collect(call: Call) -> None:
    """Ask for a number of any length, which ends with #."""
    prompt = [audio("https://example.com/chime.mp3"), tts("Enter your customer number, followed by the hash key.")]
    asked = call.play_and_collect(prompt, {"digits": {"max": 10, "terminators": "#"}, "initial_timeout": 8})
    number = asked.wait().digits
    call.play_tts(f"You are customer {number}.").wait()


@staged(line=lambda line: line.hears("for support").presses("2"))
def prompt_tts(call: Call) -> None:
    """Ask for one digit."""
    choice = call.prompt_tts("Press 1 for sales, 2 for support.", {"digits": {"max": 1}}).wait()
    if choice.digits == "2":
        call.play_tts("Support is on the way.").wait()


@staged(line=lambda line: line.hears("say-a-city").says("Boston"))
def prompt_audio(call: Call) -> None:
    """Ask for a word, with a prompt from a file."""
    asked = call.prompt_audio("https://example.com/say-a-city.mp3", {"speech": {"hints": ["Boston", "Austin"]}})
    call.play_tts(f"You said {asked.wait().text}.").wait()


@staged(line=lambda line: line.waits(2).presses("1234"))
def collect(call: Call) -> None:
    """Wait for four digits without a prompt, eight seconds for the first."""
    pin = call.collect(digits={"max": 4, "digit_timeout": 3}, initial_timeout=8, start_input_timers=True)
    if pin.wait().digits == "1234":
        call.play_tts("The door is open.").wait()
