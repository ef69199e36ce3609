"""Names that a test writes: a misspelled one is refused, since an arm for it would never apply, and nothing would tell.

Only what is close to a known name is refused: a client may send, and a test may push, what the sandbox does not know.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Final

from relay_runtime.sandbox.verbs.table import VERBS

__all__ = ["EVENTS", "event_type_checked", "method_checked"]

_CLOSE: Final = 0.88  # "calling." is in most names, and makes any two of them alike
_METHODS: Final = frozenset(
    {
        *VERBS, "signalwire.connect", "signalwire.ping", "signalwire.disconnect", "calling.play_and_collect.pause",
        "calling.play_and_collect.resume",
    }
)  # fmt: skip

EVENTS: Final = frozenset(
    {
        "calling.ai.begin_speaking", "calling.ai.completion", "calling.ai.partial_result", "calling.ai.post_prompt",
        "calling.ai.response", "calling.ai.response_utterance", "calling.ai.sidecar", "calling.ai.speech_detect",
        "calling.ai.start", "calling.ai.stop", "calling.ai.swaig", "calling.ai.swaig_action",
        "calling.ai.transcribe.conversation_log", "calling.ai.transcribe.live_summarize",
        "calling.ai.transcribe.utterance", "calling.ai.translate.conversation_log",
        "calling.ai.translate.live_summary", "calling.ai.translate.transcript_delta",
        "calling.ai.transparent_barge", "calling.ai.user_speaking", "calling.ai.warning", "calling.call.ai",
        "calling.call.collect", "calling.call.connect", "calling.call.denoise", "calling.call.detect",
        "calling.call.dial", "calling.call.echo", "calling.call.fax", "calling.call.hold", "calling.call.pay",
        "calling.call.play", "calling.call.queue", "calling.call.receive", "calling.call.record",
        "calling.call.refer", "calling.call.room", "calling.call.send_digits", "calling.call.state",
        "calling.call.stream", "calling.call.tap", "calling.call.transcribe", "calling.conference", "calling.error",
        "calling.user_event", "messaging.receive", "messaging.state", "queuing.relay.tasks",
        "signalwire.authorization.state",
    }
)  # fmt: skip
"""The types of all events of the protocol: the sandbox sends them, or a test does with `Sandbox.emit`."""


def method_checked(name: str) -> str:
    """Return a name that may be that of a method.

    Raises:
        ValueError: it is a misspelling of one, or that of an event; the text says what may have been meant.
    """
    return _checked("method", name, _METHODS, ("event", EVENTS))


def event_type_checked(name: str) -> str:
    """Return a name that may be the type of an event.

    Raises:
        ValueError: it is a misspelling of one, or that of a method; the text says what may have been meant.
    """
    return _checked("event", name, EVENTS, ("method", _METHODS))


def _checked(kind: str, name: str, known: Collection[str], other: tuple[str, Collection[str]]) -> str:
    if not isinstance(name, str) or name in known:  # what is no text is refused by the arm
        return name
    meant = _across(name)
    near = [meant] if meant in known else difflib.get_close_matches(name, sorted(known), 1, _CLOSE)
    if name in other[1] and meant not in known:
        raise ValueError(f"{name!r} is no {kind}, but {'an' if other[0] == 'event' else 'a'} {other[0]}")
    if near:
        raise ValueError(f"no {kind} is called {name!r}; did you mean {near[0]!r}?")
    return name


def _across(name: str) -> str:
    """Return the event of a method's name, ``calling.call.play`` for ``calling.play``, or the method of an event's."""
    service, _, rest = name.partition(".")
    return f"{service}.{rest.removeprefix('call.')}" if rest.startswith("call.") else f"{service}.call.{rest}"
