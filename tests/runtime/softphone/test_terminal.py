"""A phone in the terminal: what its screen shows, by another's idea of a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pyte
import pytest
from doubles.desk import APP, PhoneCall
from doubles.hub import until

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.softphone.terminal import Terminal


class Sat:
    """Somebody who sits at a phone in a terminal of 80 columns."""

    def __init__(self, phone: PhoneCall, monkeypatch: pytest.MonkeyPatch) -> None:
        self.phone = phone
        self.bells = 0
        self._terminal = pyte.Screen(80, 40)
        self._terminal.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._terminal)
        monkeypatch.setattr("relay_runtime.softphone.terminal.Capture", self._capture)
        self.face = Terminal(self._keyboard, lambda: 80)
        phone.handset.watchers.add(self.face.told)
        self._key: Callable[[str], object] = lambda _: None
        self.face.open()
        self.printed("printed by the app")
        self.using = gevent.spawn(self.face.use, phone.handset)
        gevent.sleep(0)

    def _capture(self, told: Callable[[str], object]) -> _Uncaptured:
        self.printed = told
        return _Uncaptured(told, self._write)

    def _write(self, text: str) -> None:
        self.bells += text.count("\a")
        self._stream.feed(text)

    @contextmanager
    def _keyboard(self, on_key: Callable[[str], object]) -> Iterator[None]:
        self._key = on_key
        yield

    def types(self, text: str) -> None:
        for key in text:
            self._key(key)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._terminal.display if line.strip()]

    @property
    def text(self) -> list[str]:
        return [" ".join(line[11:].split()) for line in self.lines[:-1] if line.startswith("    ")]


class _Uncaptured:
    """In the place of `Capture`, which would take the tests' own output."""

    def __init__(self, told: Callable[[str], object], write: Callable[[str], object]) -> None:
        self.told, self.write = told, write

    def __enter__(self) -> None:
        """The app prints later."""

    def __exit__(self, *_: object) -> None:
        self.told("printed at the end")


@pytest.fixture
def sat(phone: PhoneCall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sat]:
    made = Sat(phone, monkeypatch)
    yield made
    made.face.close()
    made.using.get(timeout=60)


PROMPT = "Welcome to Example Limited. Press 1 for sales, or press 2 for support, or stay on the line."


def menu(call: Any) -> None:
    call.answer()
    digits = call.prompt_tts(PROMPT, {"digits": {"max": 1}, "initial_timeout": 30}).wait(60).digits
    call.play_tts(f"You pressed {digits}").wait(60)


def test_it_shows_how_it_is_used_and_what_the_app_has_printed(sat: Sat) -> None:
    assert sat.lines == [
        "keys are pressed as you type, words are said at Enter; /help shows the rest",
        "printed by the app",
        ">",
    ]


def test_words_appear_as_they_are_spoken_and_a_key_cuts_them_off(sat: Sat) -> None:
    sat.phone.serve(menu)
    sat.phone.handset.dial()
    gevent.sleep(1.05)  # of the time that the test owns: at 15 characters a second
    assert sat.text[-1] == f"app {PROMPT[:15].rstrip()}"
    gevent.sleep(4)
    shown = " ".join(line[20:] for line in sat.lines if "Welcome" in line or line.startswith(" " * 20))
    assert " ".join(shown.split()) == PROMPT[: len(" ".join(shown.split()))]
    assert len(shown) > 60
    sat.types("1")
    until(lambda: not sat.phone.handset.is_in_use)
    assert any(line == "phone presses 1" for line in sat.text)
    assert any(line.startswith("app is cut off after 'Welcome") for line in sat.text)
    assert sat.text[-2:] == ["app You pressed 1", "app hangs up"]
    assert sat.lines[-2:] == ["/dial calls again, Ctrl-D ends", ">"]


def test_who_dials_again_by_itself_is_not_told_how_to(sat: Sat) -> None:
    sat.phone.serve(menu)
    sat.phone.handset.redials = True
    sat.phone.handset.dial().hang_up()
    until(lambda: not sat.phone.handset.is_in_use)
    assert not any("/dial" in line for line in sat.lines)


def test_what_nobody_cuts_off_is_shown_whole(sat: Sat) -> None:
    sat.phone.serve(lambda call: (call.answer(), call.play_tts("Goodbye.").wait(60)))  # type: ignore[func-returns-value]
    sat.phone.handset.dial()
    until(lambda: not sat.phone.handset.is_in_use)
    assert sat.text[-2:] == ["app Goodbye.", "app hangs up"]


def test_a_call_of_the_app_rings_and_is_taken(sat: Sat) -> None:
    client = sat.phone.serve(menu)
    device = {"type": "phone", "params": {"to_number": "+15550104444", "from_number": APP, "timeout": 30}}
    dialling = gevent.spawn(client.dial, [[device]])
    until(lambda: sat.phone.handset.rings)
    assert sat.bells == 1
    assert sat.text[-1] == "app calls +15550104444: /answer or /decline"
    sat.types("/answer\n")
    call = dialling.get(timeout=60)
    call.hangup()
    until(lambda: not sat.phone.handset.is_in_use)
    assert "phone answers" in sat.text


def test_what_can_not_be_done_is_said_and_the_phone_stays(sat: Sat) -> None:
    sat.types("1")
    assert sat.lines[-2] == "there is no call; /dial calls the app"
    sat.types("/hangup now\n")
    assert sat.lines[-2] == "/hangup takes nothing, not 'now'"
    sat.types("\n")
    sat.face.complain("nobody serves it")
    assert sat.lines[-2] == "nobody serves it"
    assert not sat.using.ready()


def test_what_was_not_done_after_all_is_said(sat: Sat) -> None:
    sat.phone.serve(lambda call: call.hangup("busy"))
    sat.phone.handset.dial()
    sat.types("/say hello\n")
    until(lambda: any(line.startswith("/say hello: the call is over (busy)") for line in sat.lines))


def test_what_is_being_typed_stays_below_what_happens(sat: Sat) -> None:
    sat.phone.serve(menu)
    sat.types("/say I am")
    sat.phone.handset.dial()
    gevent.sleep(2)
    assert sat.lines[-1] == "> /say I am"
    sat.types("\x15")
    assert sat.lines[-1] == ">"


@pytest.mark.parametrize("typed", ["\x04", "/quit\n"])
def test_it_is_put_away(sat: Sat, typed: str) -> None:
    sat.types("/help\n")
    assert any("/silence SECONDS" in line for line in sat.lines)
    sat.types(typed)
    assert sat.using.get(timeout=60) is ExitCode.OK
    sat.face.close()
    assert sat.lines[-1] == "printed at the end"


def test_the_next_call_on_a_line_is_spoken_from_its_beginning(sat: Sat) -> None:
    sat.phone.serve(lambda call: (call.answer(), call.play_tts("Good morning.").wait(60)))  # type: ignore[func-returns-value]
    for _ in range(2):
        sat.types("/dial\n")
        until(lambda: not sat.phone.handset.is_in_use)
    assert sat.text.count("app Good morning.") == 2


def test_what_nobody_ends_is_spoken_for_its_time_and_goes_with_its_call(sat: Sat) -> None:
    def serve(call: Any) -> None:
        call.answer()
        run = sat.phone.sandbox.runs()[-1]
        run.call.line.plays(Heard(sat.phone.sandbox.exchange.ground.clock, "tts", "An answer.", 1.0))
        gevent.sleep(5)

    sat.phone.serve(serve)
    sat.phone.handset.dial()
    until(lambda: not sat.phone.handset.is_in_use)
    gevent.sleep(1)
    assert sat.text[-2:] == ["app An answer.", "app hangs up"]
    assert sat.face._speaking == {}
