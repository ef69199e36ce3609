"""Every kind of operation of a call: how it is begun, and the events that it gets."""

from __future__ import annotations

from typing import Any

from doubles.frames import event

__all__ = ["BEGIN", "DIGIT", "LAST", "LATE", "SHORT", "collected", "detected", "last", "of"]

PDF = "https://example.com/a.pdf"
WSS = "wss://example.com/s"
RTP = {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}
AUDIO = {"type": "audio", "params": {"direction": "both"}}
DIGIT = {"max": 1}

BEGIN: dict[str, Any] = {
    "play": lambda call, **kw: call.play_tts("hi", **kw),
    "record": lambda call, **kw: call.record(**kw),
    "collect": lambda call, **kw: call.collect(digits=DIGIT, **kw),
    "play_and_collect": lambda call, **kw: call.prompt_tts("?", {"digits": DIGIT}, **kw),
    "detect": lambda call, **kw: call.detect_answering_machine(**kw),
    "send_fax": lambda call, **kw: call.send_fax(PDF, **kw),
    "receive_fax": lambda call, **kw: call.receive_fax(**kw),
    "tap": lambda call, **kw: call.tap(AUDIO, RTP, **kw),
    "stream": lambda call, **kw: call.stream(WSS, **kw),
    "pay": lambda call, **kw: call.pay("https://example.com/pay", **kw),
    "transcribe": lambda call, **kw: call.transcribe(**kw),
    "ai": lambda call, **kw: call.ai(prompt={"text": "hi"}, **kw),
}
"""How each kind of action is begun."""

SHORT: dict[str, tuple[str, Any]] = {
    "play": ("play", lambda call, **kw: call.play([{"type": "silence", "params": {"duration": 1}}], **kw)),
    "play_audio": ("play", lambda call, **kw: call.play_audio("https://example.com/a.mp3", **kw)),
    "play_ringtone": ("play", lambda call, **kw: call.play_ringtone("us", **kw)),
    "play_silence": ("play", lambda call, **kw: call.play_silence(1, **kw)),
    "prompt_audio": ("play_and_collect", lambda call, **kw: call.prompt_audio(PDF, {"digits": DIGIT}, **kw)),
    "play_and_collect": (
        "play_and_collect",
        lambda call, **kw: call.play_and_collect([{"type": "tts", "params": {"text": "?"}}], {"digits": DIGIT}, **kw),
    ),
    "detect": ("detect", lambda call, **kw: call.detect({"type": "machine", "params": {}}, **kw)),
    "detect_digit": ("detect", lambda call, **kw: call.detect_digit(**kw)),
    "detect_fax": ("detect", lambda call, **kw: call.detect_fax(**kw)),
}
"""Further verbs by which actions are begun, with the kind that each is of."""

LAST: dict[str, tuple[str, dict[str, Any]]] = {
    "play": ("calling.call.play", {"state": "finished"}),
    "record": ("calling.call.record", {"state": "finished", "url": "u"}),
    "collect": ("calling.call.collect", {"result": {"type": "digit", "params": {"digits": "1"}}}),
    "play_and_collect": ("calling.call.collect", {"result": {"type": "digit", "params": {"digits": "1"}}}),
    "detect": ("calling.call.detect", {"detect": {"type": "machine", "params": {"event": "finished"}}}),
    "send_fax": ("calling.call.fax", {"fax": {"type": "finished", "params": {"success": True}}}),
    "receive_fax": ("calling.call.fax", {"fax": {"type": "finished", "params": {"success": True}}}),
    "tap": ("calling.call.tap", {"state": "finished"}),
    "stream": ("calling.call.stream", {"state": "finished"}),
    "pay": ("calling.call.pay", {"result": "success"}),
    "transcribe": ("calling.call.transcribe", {"state": "finished", "url": "u"}),
    "ai": ("calling.call.ai", {"state": "finished"}),
}
"""The event that ends each kind."""

LATE = ["record", "transcribe", "send_fax", "receive_fax"]
"""Kinds whose result may come after the end of the call."""


def of(action: Any, event_type: str, **body: Any) -> Any:
    """An event of an action."""
    return event(event_type, call_id="c1", node_id="n1", control_id=action.control_id, **body)


def last(action: Any, kind: str) -> Any:
    return of(action, LAST[kind][0], **LAST[kind][1])


def detected(action: Any, what: str, **body: Any) -> Any:
    return of(action, "calling.call.detect", detect={"type": "machine", "params": {"event": what, **body}})


def collected(action: Any, kind: str = "digit", digits: str = "", **body: Any) -> Any:
    params = {"digits": digits} if digits else {}
    return of(action, "calling.call.collect", result={"type": kind, "params": params}, **body)
