"""Examples of the verbs that play, record, transcribe, echo and clean the sound."""

from __future__ import annotations

from relay_runtime import Call, audio, silence, tts
from verb_examples.staging import staged

__all__ = [
    "denoise",
    "denoise_stop",
    "echo",
    "play",
    "play_audio",
    "play_ringtone",
    "play_silence",
    "play_tts",
    "record",
    "send_digits",
    "transcribe",
]


def play(call: Call) -> None:
    """Play three things one after another, a little louder, and wait for the end."""
    greeting = call.play([tts("Welcome."), silence(0.5), audio("https://example.com/news.mp3")], volume=3)
    greeting.wait()


def play_tts(call: Call) -> None:
    """Say something in another language."""
    call.play_tts("Guten Tag.", language="de-DE", gender="female").wait()


def play_audio(call: Call) -> None:
    """Play music while something is looked up, then stop it."""
    music = call.play_audio("https://example.com/music.mp3", volume=-10)
    call.sleep(3)
    music.stop()


def play_silence(call: Call) -> None:
    """Say nothing for two seconds."""
    call.play_silence(2).wait()


def play_ringtone(call: Call) -> None:
    """Play what a phone in the United Kingdom sounds like when it rings elsewhere."""
    call.play_ringtone("uk", duration=4).wait()


@staged(line=lambda line: line.hears("after the tone").waits(1).says("Please call me back.").presses("#"))
def record(call: Call) -> None:
    """Record a message, which ends with # or after three seconds of silence."""
    call.play_tts("Please speak after the tone.").wait()
    message = call.record({"beep": True, "format": "wav", "end_silence_timeout": 3, "terminators": "#"})
    url = message.wait().url
    call.play_tts("Thank you." if url else "We have heard nothing.").wait()


@staged(line=lambda line: line.says("I would like to cancel my order."))
def transcribe(call: Call) -> None:
    """Have what is said written down, and sent to a web server."""
    notes = call.transcribe(status_url="https://example.com/transcripts")
    call.sleep(10)
    notes.stop()


def send_digits(call: Call) -> None:
    """Press keys in the menu of somebody else, with a pause before the last."""
    call.send_digits("12w#")
    call.wait_for("calling.call.send_digits", lambda event: event.params["state"] == "finished")


def denoise(call: Call) -> None:
    """Take the noise out of what the caller says."""
    call.denoise()


def denoise_stop(call: Call) -> None:
    """Take the noise out for ten seconds."""
    call.denoise()
    call.sleep(10)
    call.denoise_stop()


def echo(call: Call) -> None:
    """Let callers hear themselves for ten seconds."""
    call.echo(timeout=10)
    call.wait_for("calling.call.echo", lambda event: event.params["state"] == "finished")
