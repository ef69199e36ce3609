"""Events as lines of text."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox.ground.line import Change
from relay_runtime.softphone.events import (
    AppCrashed,
    Event,
    LineEnded,
    LineNoted,
    LineOpened,
    MessageMoved,
    SoundChanged,
)
from relay_runtime.softphone.telling import prefix, told


def sound(change: Change, kind: str = "tts", text: str = "Hello there", words: str = "") -> SoundChanged:
    return SoundChanged(1, 2.0, 1, kind, text, change, words, 1.0)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (LineOpened(1, "id", rings=False, number="+2", context="office"), "    0.0 s  phone    dials office"),
        (
            LineOpened(2, "id", rings=True, number="+2"),
            "           app      (line 2) calls +2: /answer or /decline",
        ),
        (LineNoted(1, 1.25, "app", "answers"), "    1.2 s  app      answers"),
        (LineNoted(3, 61.0, "network", "connected to a peer"), "   61.0 s  network  (line 3) connected to a peer"),
        (sound("begins"), "    2.0 s  app      'Hello there'"),
        (sound("begins", "speech"), "    2.0 s  peer     'Hello there'"),
        (sound("begins", "audio", "https://e.org/a"), "    2.0 s  app      plays https://e.org/a"),
        (sound("begins", "digits", "12"), "    2.0 s  app      sends the digits 12"),
        (sound("begins", "ringtone", "us"), "    2.0 s  app      plays the ringing tone us"),
        (sound("stops", words="Hello"), "    2.0 s  app      is cut off after 'Hello'"),
        (sound("stops", "audio", "https://e.org/a", "https://e.org/a"), "    2.0 s  app      stops https://e.org/a"),
        (sound("pauses"), "    2.0 s  app      pauses"),
        (sound("resumes", "speech"), "    2.0 s  peer     resumes"),
        (LineEnded(1, 3.0, "app", "hangup", "answered"), "    3.0 s  app      hangs up"),
        (LineEnded(1, 3.0, "app", "error", "answered"), "    3.0 s  app      hangs up: error"),
        (LineEnded(1, 3.0, "app", "busy", "refused"), "    3.0 s  app      ends the call, refused: busy"),
        (LineEnded(1, 3.0, "phone", "abandoned", "abandoned"), "    3.0 s  phone    ends the call, abandoned"),
        (LineEnded(2, 3.0, "network", "noAnswer", "unrouted"), None),
        (MessageMoved("m", "+1", "+2", "hi", "received"), "           phone    texts 'hi'"),
        (
            MessageMoved("m", "+1", "+2", "hi", "queued", ("https://e.org/p.png",)),
            "           app      texts +2: 'hi' [https://e.org/p.png]",
        ),
    ],
    ids=str,
)
def test_an_event_is_one_line_with_its_time_and_who(event: Event, line: str | None) -> None:
    if line is not None:
        assert told(event) == [line]
    else:
        assert told(event) == ["    3.0 s  network  (line 2) ends the call, unrouted: noAnswer"]


@pytest.mark.parametrize(
    "event",
    [
        LineNoted(1, 0.0, "network", "offered"),
        LineNoted(1, 0.0, "app", "ends the call: hangup"),
        sound("ends", words="Hello there"),
        sound("stops", words="Hello there"),
        MessageMoved("m", "+1", "+2", "hi", "delivered"),
    ],
    ids=str,
)
def test_what_is_told_in_another_way_has_no_line(event: Event) -> None:
    assert told(event) == []


def test_a_crash_shows_its_traceback_below() -> None:
    assert told(AppCrashed("id", "It crashed", "Traceback:\n  line\nKeyError: 1")) == [
        "           app      crashes: It crashed",
        "Traceback:",
        "  line",
        "KeyError: 1",
    ]


def test_every_prefix_is_as_wide() -> None:
    assert {len(prefix(at, who)) for at in (None, 0.0, 3599.9) for who in ("app", "network", "phone")} == {20}
