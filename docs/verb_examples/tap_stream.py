"""Examples of the verbs that send the sound of a call elsewhere."""

from __future__ import annotations

from relay_runtime import Call

__all__ = ["stream", "tap"]


def tap(call: Call) -> None:
    """Copy the sound of both sides to an RTP receiver for ten seconds."""
    both = call.tap(
        {"type": "audio", "params": {"direction": "both"}},
        {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000, "codec": "PCMU"}},
    )
    call.sleep(10)
    both.stop()


def stream(call: Call) -> None:
    """Stream the sound of both sides to a WebSocket while something is said."""
    sound = call.stream("wss://example.com/audio", track="both", custom_parameters={"order": "4711"})
    call.play_tts("This call is being analysed.").wait()
    sound.stop()
