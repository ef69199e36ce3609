"""Misspelled names of methods and events are refused; unknown ones are not."""

from __future__ import annotations

import re

import pytest
from protocol_data import DATA

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.verbs.known import EVENTS, event_type_checked, method_checked
from relay_runtime.sandbox.verbs.table import VERBS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("calling.plai", "no method is called 'calling.plai'; did you mean 'calling.play'?"),
        ("calling.anwser", "did you mean 'calling.answer'?"),
        ("caling.hold", "did you mean 'calling.hold'?"),
        ("signalwire.pnig", "did you mean 'signalwire.ping'?"),
        ("calling.call.collect", "did you mean 'calling.collect'?"),
        ("calling.call.state", "'calling.call.state' is no method, but an event"),
    ],
)
def test_a_method_that_is_misspelled_is_refused(sandbox: Sandbox, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        sandbox.arm(name, cut="during")
    assert sandbox.faults.arms == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("calling.call.colect", "no event is called 'calling.call.colect'; did you mean 'calling.call.collect'?"),
        ("calling.call.recieve", "did you mean 'calling.call.receive'?"),
        ("mesaging.state", "did you mean 'messaging.state'?"),
        ("calling.tap", "did you mean 'calling.call.tap'?"),
        ("calling.answer", "'calling.answer' is no event, but a method"),
    ],
)
def test_an_event_that_is_misspelled_is_refused(sandbox: Sandbox, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        sandbox.arm_event(name, withhold=True)
    assert sandbox.faults.event_arms == []


def test_what_the_sandbox_does_not_know_can_be_armed(sandbox: Sandbox) -> None:
    for name in ("calling.surprise", "vendor.new", "x", "calling.play_backwards"):
        assert sandbox.arm(name, reply={}).method == name
        assert sandbox.arm_event(name, withhold=True).event_type == name


def test_a_name_that_is_no_text_is_refused_by_the_arm(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="method of an arm: Expected `str`"):
        sandbox.arm(7, cut="during")  # type: ignore[arg-type]


def test_every_event_of_the_protocol_is_known() -> None:
    assert set(DATA["events"]) == EVENTS
    assert all(event_type_checked(name) == name for name in EVENTS)


def test_every_method_that_is_answered_or_that_the_protocol_has_can_be_armed() -> None:
    for name in {*VERBS, *DATA["methods"]} - {"signalwire.event"}:
        assert method_checked(name) == name
