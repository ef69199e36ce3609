"""Events with anything in their fields, of any type: the router serves the next call all the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.examples import examples
from doubles.exchange import Exchange
from doubles.frames import offer, state
from doubles.hub import until
from doubles.started import Started
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loguru import logger

from relay_actors.call.call import Call
from relay_actors.timing import Timing
from relay_actors.wire.events import EVENT_CLASSES, make_event

FIELDS = sorted(
    {f.encode_name for kind in EVENT_CLASSES.values() for f in msgspec.structs.fields(kind)} - {"(envelope)"}
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)
ids = st.sampled_from(["c1", "c2", "T", "", "k1"])
likely = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("call_id", "tag", "control_id", "node_id", "conference_id"), ids | anything),
        "call_state": st.sampled_from(["created", "ringing", "answered", "ending", "ended"]) | anything,
        "dial_state": st.sampled_from(["dialing", "answered", "failed"]) | anything,
        "call": st.fixed_dictionaries({}, optional={"call_id": ids | anything, "node_id": anything}) | anything,
        "peer": st.fixed_dictionaries({"call_id": ids}) | anything,
        "parent": st.fixed_dictionaries({"call_id": ids}) | anything,
        "device": anything,
    },
)
bodies = st.builds(
    lambda one, other: {**one, **other}, st.dictionaries(st.sampled_from(FIELDS), anything, max_size=4), likely
)
often = st.sampled_from(["calling.call.receive", "calling.call.state", "calling.call.dial", "calling.call.connect"])
events = st.tuples(often | st.sampled_from([*EVENT_CLASSES, "calling.call.surprise", ""]), bodies)


@pytest.mark.proof
@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(events, min_size=1, max_size=12), dials=st.booleans())
def test_no_event_harms_the_router_or_its_next_call(story: list[tuple[str, dict[str, Any]]], dials: bool) -> None:
    errors: list[str] = []
    sink = logger.add(errors.append, level="ERROR", format="{message}")
    started = Started()
    try:
        exchange = Exchange(started, Call, limit=50, timing=Timing(call_linger=0.001, request_timeout=0.01))
        if dials:
            exchange.dials("T")
        for number, (kind, body) in enumerate(story):
            exchange.gets(make_event(kind, body, timestamp=float(number)))
        exchange.gets(offer("good"))
        assert exchange.calls[-1].call_id == "good"
        exchange.gets(state("ended", "good"))
        until(lambda: exchange.calls[-1].actor_stopped.is_set(), "the end of the call behind the story")
        assert exchange.actor.ref.is_alive()
        assert errors == []
    finally:
        logger.remove(sink)
        started.end()
