"""An event is handled once, however often it is delivered."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, state

from relay_actors.delivery.dedup import Dedup
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.events import RelayEvent, parse_event
from relay_actors.wire.frames import FrameParams


def is_new(seen: Dedup, frame_id: Any, event: RelayEvent) -> bool:
    stats = Stats()
    found = seen.fresh([(frame_id, event)], stats)
    assert found in ([event], [])
    assert stats.events_duplicate == 1 - len(found)
    return bool(found)


def test_an_event_is_new_once() -> None:
    seen, ringing = Dedup(), state("ringing")
    assert is_new(seen, "f1", ringing)
    assert not is_new(seen, "f1", ringing)


def test_the_same_body_in_two_frames_of_one_connection_is_two_events() -> None:
    seen, digit = Dedup(), event("calling.call.collect", call_id="c1", result={"type": "digit"}, timestamp=1.0)
    assert is_new(seen, "f1", digit)
    assert is_new(seen, "f2", digit)


def test_the_same_frame_id_with_another_body_is_another_event() -> None:
    seen = Dedup()
    assert is_new(seen, "f1", state("ringing"))
    assert is_new(seen, "f1", state("answered"))


def test_an_event_of_the_gap_is_recognised_though_its_frame_has_another_id() -> None:
    seen, ringing = Dedup(), state("ringing")
    is_new(seen, "f1", ringing)
    seen.connection_resumed()
    assert not is_new(seen, "f9", ringing)
    assert is_new(seen, "f10", state("answered"))


def test_what_came_after_the_resume_is_recognised_after_the_next() -> None:
    seen, first, second = Dedup(), state("ringing"), state("answered")
    is_new(seen, "f1", first)
    seen.connection_resumed()
    is_new(seen, "f2", second)
    seen.connection_resumed()
    assert not is_new(seen, "f3", first)
    assert not is_new(seen, "f4", second)


def test_a_new_session_knows_nothing_of_the_old_one() -> None:
    seen, ringing = Dedup(), state("ringing")
    is_new(seen, "f1", ringing)
    seen.connection_resumed()
    seen.session_started()
    assert is_new(seen, "f1", ringing)


@pytest.mark.parametrize("frame_id", ["f1", 7, 7.5, True])
def test_a_frame_id_may_be_a_text_or_a_number(frame_id: Any) -> None:
    seen, ringing = Dedup(), state("ringing")
    assert is_new(seen, frame_id, ringing)
    assert not is_new(seen, frame_id, ringing)
    seen.connection_resumed()
    assert not is_new(seen, "another", ringing)


def test_a_number_and_the_same_digits_as_a_text_are_two_ids() -> None:
    seen, ringing = Dedup(), state("ringing")
    assert is_new(seen, "1", ringing)
    assert is_new(seen, 1, ringing)


@pytest.mark.parametrize("frame_id", [None, ["x"], {"a": 1}])
def test_an_event_whose_frame_has_no_usable_id_is_always_new(frame_id: Any) -> None:
    seen, ringing = Dedup(), state("ringing")
    assert is_new(seen, frame_id, ringing)
    assert is_new(seen, frame_id, ringing)


def test_an_envelope_without_a_time_is_told_by_its_body() -> None:
    seen, ringing = Dedup(), parse_event(FrameParams(event_type="calling.call.state"))
    assert is_new(seen, "f1", ringing)
    assert not is_new(seen, "f1", ringing)


def test_memory_is_bounded_and_the_newest_are_remembered() -> None:
    seen, limit = Dedup(limit=10), 10
    events = [state("ringing", str(number)) for number in range(100)]
    for number, each in enumerate(events):
        assert is_new(seen, number, each)
        assert len(seen._now) + len(seen._before) <= 2 * limit
    assert not any(is_new(seen, number, each) for number, each in enumerate(events[-limit:], start=100 - limit))
