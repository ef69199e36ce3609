"""Examples of the verbs that find out who or what answered."""

from __future__ import annotations

from relay_runtime import Call
from verb_examples.staging import staged

__all__ = ["detect", "detect_answering_machine", "detect_digit", "detect_fax"]


@staged(caller=lambda who: who.is_machine())
def detect(call: Call) -> None:
    """Find out who answered, with params of your own."""
    detector = call.detect({"type": "machine", "params": {"initial_timeout": 3}}, timeout=20)
    if detector.wait().event == "MACHINE":
        call.hangup()


@staged(caller=lambda who: who.is_machine(beep_after=4))
def detect_answering_machine(call: Call) -> None:
    """Speak at once to a person, and behind the beep to a machine."""
    detector = call.detect_answering_machine(timeout=20)
    if detector.wait().event == "MACHINE":
        detector.wait_for_ready()
    call.play_tts("Your table is ready.").wait()


@staged(caller=lambda who: who.is_fax(pages=2))
def detect_fax(call: Call) -> None:
    """Take a fax if the other side is a fax machine."""
    if call.detect_fax(tone="CNG", timeout=10).wait().event == "CNG":
        call.receive_fax().wait()


@staged(line=lambda line: line.waits(1).presses("5"))
def detect_digit(call: Call) -> None:
    """Wait for a key while music plays."""
    music = call.play_audio("https://example.com/music.mp3")
    key = call.detect_digit(digits="5", timeout=15).wait().event
    music.stop()
    call.play_tts(f"You pressed {key}.").wait()
