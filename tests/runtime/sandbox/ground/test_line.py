"""The line: what the far end hears, by its time, and who listens to it."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox.ground.clock import Clock
from relay_runtime.sandbox.ground.line import Heard, Line


class Now:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def line_seconds(self, since: float) -> float:
        return self.seconds


class Noted:
    """An ear and a watcher that write down what reaches them."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def on_digit(self, digit: str) -> None:
        self.got.append(digit)

    def on_speech_begins(self, text: str) -> None:
        self.got.append(f"({text}")

    def on_speech_ends(self, text: str) -> None:
        self.got.append(f"{text})")

    def notice(self) -> None:
        self.got.append("look")

    def note(self, who: str, what: str) -> None:
        self.got.append(f"{who} {what}")


@pytest.fixture
def now() -> Now:
    return Now()


def sound(now: Now, kind: str, text: str, seconds: float) -> Heard:
    return Heard(now, kind, text, seconds)  # type: ignore[arg-type]


def test_of_speech_only_the_words_that_were_said_are_heard(now: Now) -> None:
    prompt = sound(now, "tts", "ten chars.", 10)
    now.seconds = 3
    assert (prompt.position, prompt.words) == (3, "ten")
    assert prompt.seconds_until(9) == 6
    now.seconds = 99
    assert (prompt.position, prompt.words) == (10, "ten chars.")


def test_a_file_is_heard_by_its_whole_name(now: Now) -> None:
    audio = sound(now, "audio", "https://example.com/a.mp3", 5)
    assert (audio.words, audio.seconds_until(99)) == ("https://example.com/a.mp3", 0.0)


def test_a_pause_stops_the_time_and_completion_ends_it(now: Now) -> None:
    prompt = sound(now, "tts", "ten chars.", 10)
    now.seconds = 4
    prompt.pause()
    now.seconds = 8
    assert (prompt.position, prompt.running) == (4, False)
    now.seconds = 0
    prompt.resume()
    now.seconds = 2
    assert (prompt.position, prompt.running) == (6, True)
    prompt.complete()
    assert (prompt.words, prompt.running) == ("ten chars.", False)


def test_keys_and_speech_reach_every_ear_also_one_that_leaves_meanwhile() -> None:
    line, first, second = Line(), Noted(), Noted()
    line.ears += [first, second]
    line.press("5")
    line.speech_begins("hi")
    assert line.speaking
    line.ears.remove(first)
    line.speech_ends("hi")
    assert (first.got, second.got) == (["5", "(hi"], ["5", "(hi", "hi)"])
    assert (line.pressed, line.speaking) == ("5", False)


def test_the_script_is_told_of_what_it_hears_and_not_of_silence() -> None:
    line, script, clock = Line(), Noted(), Clock(1.0, lambda _: None)
    line.plays(Heard(clock, "tts", "before anybody listens", 1))
    line.watcher = script
    line.plays(Heard(clock, "tts", "hello", 1))
    line.plays(Heard(clock, "silence", "", 1))
    line.changed()
    assert script.got == ["hears hello", "look", "look", "look"]


def bridged() -> tuple[Line, Line, Noted]:
    one, other, script = Line(), Line(), Noted()
    one.bridged, other.bridged, other.watcher = other, one, script
    return one, other, script


def test_what_is_said_is_heard_over_the_bridge_and_by_who_listens(now: Now) -> None:
    one, other, script = bridged()
    ear = Noted()
    one.ears.append(ear)
    one.says(sound(now, "speech", "good day", 8))
    assert (ear.got, script.got) == (["(good day"], ["hears good day", "look"])
    now.seconds = 7  # timers are not exact
    one.speech_ends("good day")
    assert [heard.words for heard in other.heard] == ["good day"]
    assert (ear.got[-1], script.got[-1]) == ("good day)", "look")
    one.part()
    assert [heard.words for heard in other.heard] == ["good day"]


def test_a_bridge_that_ends_cuts_short_what_is_being_said_over_it(now: Now) -> None:
    one, other, _ = bridged()
    one.says(sound(now, "speech", "good day", 8))
    now.seconds = 4
    one.part()
    other.part()
    now.seconds = 8
    one.speech_ends("good day")
    assert [heard.words for heard in other.heard] == ["good"]
    one.says(sound(now, "speech", "to nobody", 8))
    assert len(other.heard) == 1
    assert (one.bridged, other.bridged) == (None, None)


def listened(line: Line) -> list[tuple[str, str, str]]:
    told: list[tuple[str, str, str]] = []
    line.listener = lambda sound, change: told.append((sound.text, sound.words, change))
    return told


def test_who_listens_is_told_what_becomes_of_each_sound(now: Now) -> None:
    line = Line()
    line.plays(sound(now, "tts", "unheard", 1))
    told = listened(line)
    one, two = sound(now, "tts", "ten chars.", 10), sound(now, "tts", "the other.", 10)
    line.plays(one)
    now.seconds = 3
    one.pause()
    one.pause()
    now.seconds = 0
    one.resume()
    one.resume()
    line.plays(two)
    now.seconds = 4
    one.stop()
    two.complete()
    assert told == [
        ("ten chars.", "", "begins"),
        ("ten chars.", "ten", "pauses"),
        ("ten chars.", "ten", "resumes"),
        ("the other.", "", "begins"),
        ("ten chars.", "ten cha", "stops"),
        ("the other.", "the other.", "ends"),
    ]


def test_what_is_over_stays_over_and_nobody_is_told_twice(now: Now) -> None:
    line = Line()
    told = listened(line)
    whole, cut = sound(now, "tts", "ten chars.", 10), sound(now, "tts", "the other.", 10)
    for each in (whole, cut):
        line.plays(each)
    now.seconds = 5
    whole.complete()
    cut.stop()
    for each in (whole, cut):
        each.resume()
        each.stop()
        each.complete()
    assert [change for *_, change in told] == ["begins", "begins", "ends", "stops"]
    assert (whole.words, cut.words) == ("ten chars.", "the o")
    assert (whole.over, cut.over, whole.running, cut.running) == (True, True, False, False)


def test_a_sound_that_is_paused_can_be_stopped(now: Now) -> None:
    line = Line()
    told = listened(line)
    prompt = sound(now, "tts", "ten chars.", 10)
    line.plays(prompt)
    now.seconds = 4
    prompt.pause()
    now.seconds = 9
    prompt.stop()
    assert told[-1] == ("ten chars.", "ten ", "stops")
