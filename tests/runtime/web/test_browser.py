"""The phone in the browser, as the browser hears of it over its WebSocket."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.hub import until

from relay_runtime.process.process import ExitCode
from relay_runtime.softphone.events import AppCrashed
from relay_runtime.web.viewer import Viewer

from .conftest import APP, MINE, Served

pytestmark = pytest.mark.slow  # on sockets, in real time


def answers(call: Any) -> None:
    call.answer()
    call.play_tts("Good day").wait()
    call.wait_for_ended(timeout=600)


def is_a(kind: str, **fields: Any) -> Any:
    return lambda message: message["type"] == kind and fields.items() <= message.items()


def test_a_browser_is_told_of_a_call_as_it_happens(served: Served) -> None:
    served.serve(answers)
    served.begin()
    looking = served.looks()
    overview = looking.hears(is_a("Overview"))
    assert (overview["ready"], overview["number"], overview["to_number"], overview["context"]) == (
        True,
        MINE,
        APP,
        "office",
    )
    looking.orders({"type": "Dial"})
    looking.hears(is_a("LineOpened", line=1, number=APP, context="office"))
    looking.hears(is_a("SoundChanged", change="begins", text="Good day"))
    looking.hears(is_a("SoundChanged", change="ends", words="Good day"))
    looking.orders({"type": "Press", "line": 1, "keys": "5"})
    looking.hears(is_a("LineNoted", who="phone", what="presses 5"))
    looking.orders({"type": "HangUp", "line": 1})
    looking.hears(is_a("LineEnded", by="phone", status="answered"))


def test_two_browsers_see_the_same_phone_and_one_that_comes_later_what_was(served: Served) -> None:
    served.serve(answers)
    served.begin()
    one, two = served.looks(), served.looks()
    one.orders({"type": "Dial"})
    two.hears(is_a("LineNoted", what="answers"))
    three = served.looks()
    overview = three.hears(is_a("Overview"))
    assert [event["type"] for event in overview["events"]][:2] == ["LineOpened", "LineNoted"]
    assert overview["ages"]["1"] > 0
    assert any(entry["frame"].get("method") == "signalwire.connect" for entry in overview["frames"] if "frame" in entry)
    two.orders({"type": "HangUp", "line": 1})
    for looking in (one, three):
        looking.hears(is_a("LineEnded"))
    assert served.looks().hears(is_a("Overview"))["ages"] == {}


def test_before_the_app_is_there_nothing_can_be_wanted(served: Served) -> None:
    looking = served.looks()
    assert looking.hears(is_a("Overview"))["ready"] is False
    looking.orders({"type": "Dial"})
    looking.hears(is_a("Complaint", text="the app is not there yet"))
    served.begin()
    looking.hears(is_a("Overview", ready=True))


@pytest.mark.parametrize("order", ["nonsense", {"type": "Dial", "context": "nowhere"}])
def test_what_cannot_be_done_is_said_to_who_wanted_it(served: Served, order: Any) -> None:
    served.begin()
    one, two = served.looks(), served.looks()
    one.orders(order)
    one.hears(is_a("Complaint"))
    assert two.last("Complaint") is None


def test_what_was_begun_and_not_done_is_said_too(served: Served) -> None:
    served.serve(lambda call: (call.answer(), call.sleep(0.2), call.hangup()))  # type: ignore[func-returns-value]
    served.begin()
    looking = served.looks()
    looking.orders({"type": "Dial"})
    looking.hears(is_a("LineNoted", what="answers"))
    looking.orders({"type": "Say", "line": 1, "words": "a story without an end " * 80})
    looking.hears(lambda message: message["type"] == "Complaint" and "over" in message["text"])


def test_the_live_view_and_the_frames_come_by_themselves(served: Served) -> None:
    served.serve(answers)
    served.begin()
    looking = served.looks()
    looking.orders({"type": "Dial"})
    looking.hears(lambda message: message["type"] == "Live" and message["calls"])
    looking.hears(lambda m: m["type"] == "Frames" and "calling.answer" in str(m["frames"]) and MINE not in str(m))
    looking.orders({"type": "Arm", "fault": "cut"})
    looking.hears(lambda message: message["type"] == "Live" and message["counters"].get("resumes"))


def test_complaints_and_crashes_are_told_to_all(served: Served) -> None:
    served.begin()
    looking = served.looks()
    served.browser.complain("the app serves no context")
    looking.hears(is_a("Complaint", text="the app serves no context"))
    served.browser.told(AppCrashed("c", "crashed", "trace"))
    looking.hears(is_a("AppCrashed", what="crashed"))
    assert served.urls[-1] == served.browser._server.url


def test_it_is_used_until_it_is_closed(served: Served) -> None:
    served.begin()
    looking = served.looks()
    assert served.left == []
    served.browser.close()
    until(lambda: served.left)
    assert served.left == [ExitCode.OK]
    until(lambda: looking._reading is not None and looking._reading.dead)


class Slow:
    """A WebSocket whose other end reads nothing until it is told to."""

    def __init__(self) -> None:
        self.waiting = 10_000_000
        self.sent: list[dict[str, Any]] = []

    def send(self, message: bytes, /) -> None:
        self.sent.append(msgspec.json.decode(message))

    def close(self, code: int, /) -> None:
        pass

    def cut_after_flush(self) -> None:
        pass


def test_a_browser_that_reads_slowly_is_told_all_anew_and_how_much_it_has_missed(served: Served) -> None:
    served.begin()
    slow = Slow()
    served.browser._server.viewers.append(Viewer(slow, served.browser.overview))
    looking = served.looks()
    served.browser.complain("missed")
    looking.hears(is_a("Complaint"))
    looking.hears(is_a("Live"))
    assert slow.sent == []
    slow.waiting = 0
    until(lambda: any(each["type"] == "Live" for each in slow.sent))
    assert slow.sent[0]["type"] == "Overview"
    assert next(each for each in slow.sent if each["type"] == "Live")["dropped"] > 0
    served.browser._server.viewers.clear()


def test_halves_of_characters_are_told_as_any_text(served: Served) -> None:
    served.begin()
    looking = served.looks()
    served.browser.told(AppCrashed("", "crashed", "ValueError: \ud800"))
    looking.hears(is_a("AppCrashed", traceback="ValueError: \ud800"))
    assert served.looks().hears(is_a("Overview"))["events"][0]["traceback"] == "ValueError: \ud800"


def test_a_timeline_is_told_of_the_call_that_somebody_follows(served: Served) -> None:
    served.serve(answers)
    served.begin()
    looking = served.looks()
    looking.orders({"type": "Dial"})
    call_id = looking.hears(is_a("LineOpened"))["call_id"]
    assert looking.hears(lambda m: m["type"] == "Live" and m["calls"])["calls"][0]["timeline"] == []
    looking.orders({"type": "Follow", "call_id": call_id})
    looking.hears(lambda m: m["type"] == "Live" and m["calls"] and m["calls"][0]["timeline"])


def test_a_look_that_fails_is_not_the_last_one(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("relay_runtime.web.apps.Apps.look", fails)
    served.begin()
    looking = served.looks()
    until(lambda: len([each for each in looking.told if each["type"] == "Live"]) >= 2)
