"""Examples of the verbs of queues."""

from __future__ import annotations

from relay_runtime import Call

__all__ = ["queue_enter", "queue_leave"]


def queue_enter(call: Call) -> None:
    """Put the caller into a queue with music, for five minutes at most."""
    call.queue_enter("support", wait_url="https://example.com/music.mp3", wait_time=300)
    call.wait_for("calling.call.queue", lambda event: event.params["status"] == "enqueue")


def queue_leave(call: Call) -> None:
    """Take the caller out of the queue after a minute, and offer to call back."""
    call.queue_enter("support")
    call.sleep(60)
    call.queue_leave("support")
    call.play_tts("We will call you back.").wait()
