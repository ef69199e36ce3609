"""A campaign on owned time: its pace, its limits, its retries, and what becomes of each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.campaign import DEVICES, OwnedAlarm, ScriptedDialler, busy, campaign_of, items
from doubles.hub import LIMIT, turns, until
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_actors.session.command import Command
from relay_runtime import (
    Campaign,
    CampaignItem,
    ClientStopped,
    ConnectionLost,
    DialFailed,
    NotConnected,
    RelayError,
    RelayTimeout,
    Retry,
)
from relay_runtime.campaign.campaign import UNREAD


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield


@pytest.fixture
def alarm() -> OwnedAlarm:
    return OwnedAlarm()


def keys(found: Any) -> list[Any]:
    return [each.key for each in found]


# Pace and bound


@settings(max_examples=40, deadline=None)
@given(
    cps=st.integers(1, 12),
    at_once=st.integers(1, 6),
    fates=st.lists(st.tuples(st.sampled_from(["answers", "busy"]), st.floats(0, 2)), min_size=1, max_size=40),
)
@pytest.mark.slow
def test_whatever_callees_do_pace_and_bound_hold_and_each_item_has_one_outcome(
    cps: int, at_once: int, fates: list[tuple[str, float]]
) -> None:
    alarm = OwnedAlarm()

    def answer(item: CampaignItem, replied: Command) -> Any:
        verdict, seconds = fates[item.key]
        alarm.sleep(seconds)
        return item if verdict == "answers" else busy(item, replied)

    dialler = ScriptedDialler(alarm, answer, lambda item: alarm.sleep(fates[item.key][1]))
    campaign = campaign_of(dialler, alarm, cps=cps, at_once=at_once, retry=Retry(delays=(0.3, 1.5)))
    campaign.add_all(items(len(fates)))
    assert sorted(keys(campaign.outcomes())) == list(range(len(fates)))
    moments = [moment for moment, _ in dialler.begun]
    assert all(beyond - first > 1.0 for first, beyond in zip(moments, moments[cps:], strict=False))
    assert dialler.most <= at_once
    assert Counter(key for _, key in dialler.begun) == {
        number: 1 if verdict == "answers" else 3 for number, (verdict, _) in enumerate(fates)
    }


def test_an_answered_call_holds_its_place_until_it_has_ended(alarm: OwnedAlarm) -> None:
    over = Event()
    dialler = ScriptedDialler(alarm, talk=lambda _: over.wait())
    campaign = campaign_of(dialler, alarm, at_once=1)
    campaign.add_all(items(2))
    outcomes = campaign.outcomes()
    assert (first := next(outcomes)).result == "answered"
    assert first.call is first.item  # the call that the dialler made
    assert len(dialler.begun) == 1
    over.set()
    assert keys(outcomes) == [1]
    assert dialler.most == 1


def test_the_outcomes_end_when_the_last_call_has_ended(alarm: OwnedAlarm) -> None:
    over = Event()
    campaign = campaign_of(ScriptedDialler(alarm, talk=lambda _: over.wait()), alarm)
    campaign.add(DEVICES, key="only")
    outcomes = campaign.outcomes()
    assert next(outcomes).key == "only"
    end = gevent.spawn(next, outcomes, "none")
    until(lambda: not end.ready() and campaign._greenlet is not None)
    over.set()
    assert end.get() == "none"


def test_a_generator_is_pulled_no_faster_than_items_are_dialled(alarm: OwnedAlarm) -> None:
    pulled = 0

    def million() -> Iterator[CampaignItem]:
        nonlocal pulled
        for number in range(1_000_000):
            pulled += 1
            yield CampaignItem(DEVICES, key=number)

    over = Event()
    dialler = ScriptedDialler(alarm, talk=lambda _: over.wait())
    campaign = campaign_of(dialler, alarm, at_once=7)
    campaign.add_all(million())
    until(lambda: len(dialler.begun) == 7)
    assert pulled == 7
    left = campaign.stop()
    assert next(left).key == 7
    over.set()
    assert sorted(keys(campaign.outcomes())) == list(range(7))
    assert pulled == 8


@pytest.mark.slow
def test_outcomes_that_nobody_reads_hold_the_campaign_back(alarm: OwnedAlarm) -> None:
    dialler = ScriptedDialler(alarm)
    campaign = campaign_of(dialler, alarm, cps=10_000)
    campaign.add_all(items(UNREAD + 50))
    until(lambda: campaign._warned)
    assert len(dialler.begun) == UNREAD
    assert len(keys(campaign.outcomes())) == UNREAD + 50


def test_several_who_iterate_share_the_outcomes(alarm: OwnedAlarm) -> None:
    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    campaign.add_all(items(20))
    readers = [gevent.spawn(lambda: keys(campaign.outcomes())) for _ in range(3)]
    gevent.joinall(readers)
    assert sorted(key for reader in readers for key in reader.value) == list(range(20))


def test_items_may_be_added_again_after_the_last_outcome(alarm: OwnedAlarm) -> None:
    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    campaign.add(DEVICES, key="one")
    assert keys(campaign.outcomes()) == ["one"]
    campaign.add(DEVICES, key="two")
    assert keys(campaign.outcomes()) == ["two"]
    assert keys(campaign.outcomes()) == []


def test_two_campaigns_have_each_their_own_pace(alarm: OwnedAlarm) -> None:
    dialler = ScriptedDialler(alarm)
    one, other = campaign_of(dialler, alarm, cps=1), Campaign("other", dialler, cps=1, at_once=1)
    one.add(DEVICES, key="one")
    other.add(DEVICES, key="other")
    assert keys(one.outcomes()) == ["one"]
    assert keys(other.outcomes()) == ["other"]
    assert dialler.stats.campaigns == {("tests", "answered"): 1, ("other", "answered"): 1}


# Retries


def test_who_is_busy_is_called_again_after_each_delay_and_told_once(alarm: OwnedAlarm) -> None:
    dialler = ScriptedDialler(alarm, busy)
    campaign = campaign_of(dialler, alarm, retry=Retry(delays=(60, 300)))
    campaign.add(DEVICES, key="busy")
    (outcome,) = campaign.outcomes()
    assert (outcome.result, outcome.reason, outcome.attempts) == ("failed", "busy", 3)
    assert isinstance(outcome.error, DialFailed)
    assert [moment - 1000.0 for moment, _ in dialler.begun] == pytest.approx([0.0, 60.0, 360.0], abs=0.01)
    assert dialler.stats.campaigns == {("tests", "failed"): 1}


def test_others_are_called_while_somebody_waits_for_another_try(alarm: OwnedAlarm) -> None:
    def answer(item: CampaignItem, replied: Command) -> Any:
        return busy(item, replied) if item.key == 0 and len(dialler.begun) == 1 else item

    dialler = ScriptedDialler(alarm, answer)
    campaign = campaign_of(dialler, alarm, cps=1, at_once=1, retry=Retry(delays=(2.5,)))
    campaign.add_all(items(5))
    assert sorted(keys(campaign.outcomes())) == [0, 1, 2, 3, 4]
    assert [key for _, key in dialler.begun] == [0, 1, 2, 0, 3, 4]


@pytest.mark.parametrize(
    ("error", "on", "attempts"),
    [
        (DialFailed("declined", reason="decline"), ("busy",), 1),
        (DialFailed("declined", reason="decline"), ("decline",), 2),
        (RelayTimeout("nobody answered the dial within 1 s"), ("noAnswer",), 2),
        (RelayError(429, "too many"), ("busy", "noAnswer"), 1),
        (RelayError(429, "too many"), ("refused",), 2),
        (ConnectionLost(), ("busy", "noAnswer", "refused", "error"), 1),
    ],
)
def test_what_is_tried_again_is_chosen(alarm: OwnedAlarm, error: Exception, on: tuple[str, ...], attempts: int) -> None:
    def fail(_item: CampaignItem, _replied: Command) -> Any:
        raise error

    campaign = campaign_of(ScriptedDialler(alarm, fail), alarm, retry=Retry(delays=(1,), on=on))
    campaign.add(DEVICES)
    (outcome,) = campaign.outcomes()
    assert outcome.attempts == attempts


# The connection


def test_no_dial_begins_while_the_connection_is_down(alarm: OwnedAlarm) -> None:
    dialler = ScriptedDialler(alarm)
    dialler.ready = False
    campaign = campaign_of(dialler, alarm)
    campaign.add_all(items(3))
    until(lambda: dialler.watchers)
    assert dialler.begun == []
    dialler.become(ready=True)
    assert keys(campaign.outcomes()) == [0, 1, 2]
    assert dialler.watchers == []


def test_a_dial_that_was_never_sent_is_begun_again_and_counts_as_none(alarm: OwnedAlarm) -> None:
    def answer(item: CampaignItem, replied: Command) -> Any:
        if len(dialler.begun) < 3:
            replied.sent = False
            raise NotConnected
        return item

    dialler = ScriptedDialler(alarm, answer)
    campaign = campaign_of(dialler, alarm)
    campaign.add(DEVICES)
    (outcome,) = campaign.outcomes()
    assert (outcome.result, outcome.attempts, len(dialler.begun)) == ("answered", 1, 3)


# The end


def test_what_is_left_is_told_once_and_nothing_is_lost(alarm: OwnedAlarm) -> None:
    def answer(item: CampaignItem, replied: Command) -> Any:
        alarm.sleep(0.5)
        return item if item.key % 2 else busy(item, replied)

    dialler = ScriptedDialler(alarm, answer)
    campaign = campaign_of(dialler, alarm, retry=Retry(delays=(1000,)))
    campaign.add(DEVICES, key=100)
    campaign.add_all(items(40))
    alarm.last = 1001.5
    until(lambda: len(dialler.begun) == 15)
    left = keys(campaign.stop())
    alarm.pass_to(2000.0)
    told = keys(campaign.outcomes())
    assert sorted([*left, *told]) == [*range(40), 100]
    assert keys(campaign.stop()) == []
    with pytest.raises(ClientStopped, match="the campaign tests has stopped"):
        campaign.add(DEVICES)


def test_a_dial_under_way_has_its_outcome_after_the_stop_and_is_not_tried_again(alarm: OwnedAlarm) -> None:
    rings = Event()

    def answer(item: CampaignItem, replied: Command) -> Any:
        rings.wait()
        return busy(item, replied)

    dialler = ScriptedDialler(alarm, answer)
    with campaign_of(dialler, alarm, retry=Retry(delays=(1,))) as campaign:
        campaign.add(DEVICES, key="rings")
        until(lambda: dialler.begun)
    rings.set()
    assert [(each.key, each.result, each.reason) for each in campaign.outcomes()] == [("rings", "failed", "busy")]
    assert keys(campaign.stop()) == []


def test_a_dial_that_was_not_sent_when_the_campaign_stopped_is_told_as_unsent(alarm: OwnedAlarm) -> None:
    waits = Event()

    def answer(_item: CampaignItem, replied: Command) -> Any:
        waits.wait()
        replied.sent = False
        raise ClientStopped

    dialler = ScriptedDialler(alarm, answer)
    campaign = campaign_of(dialler, alarm)
    campaign.add(DEVICES)
    until(lambda: dialler.begun)
    assert keys(campaign.stop()) == []
    waits.set()
    (outcome,) = campaign.outcomes()
    assert (outcome.result, outcome.attempts) == ("unsent", 0)


def test_a_client_that_makes_no_more_dials_stops_the_campaign(alarm: OwnedAlarm) -> None:
    alarm.last = 1001.0
    dialler = ScriptedDialler(alarm, busy)
    campaign = campaign_of(dialler, alarm, retry=Retry(delays=(300,)))
    campaign.add(DEVICES, key="later")
    until(lambda: dialler.begun)
    dialler.become(ready=False, over=True)
    assert keys(campaign.outcomes()) == []
    assert keys(campaign.stop()) == ["later"]


# The iterable


def test_an_iterable_that_raises_stops_the_campaign_and_is_told_at_the_end(alarm: OwnedAlarm) -> None:
    def broken() -> Iterator[CampaignItem]:
        yield from items(2)
        raise LookupError("the database is gone")

    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    campaign.add_all(broken())
    campaign.add_all(items(3))
    outcomes = campaign.outcomes()
    assert keys([next(outcomes), next(outcomes)]) == [0, 1]
    with pytest.raises(LookupError, match="the database is gone"):
        next(outcomes)
    assert keys(campaign.outcomes()) == []
    assert keys(campaign.stop()) == [0, 1, 2]


def test_what_is_no_item_is_refused_by_its_type(alarm: OwnedAlarm) -> None:
    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    wrong: Any = ["+15550100001"]
    campaign.add_all(wrong)
    with pytest.raises(TypeError, match=r"^the iterable gave a str; accepted are CampaignItems$"):
        list(campaign.outcomes())


def test_an_item_that_was_pulled_while_the_campaign_stopped_is_left(alarm: OwnedAlarm) -> None:
    asked, row = Event(), Event()

    def slow() -> Iterator[CampaignItem]:
        asked.set()
        row.wait()
        yield from items(1)

    dialler = ScriptedDialler(alarm)
    campaign = campaign_of(dialler, alarm)
    campaign.add_all(slow())
    asked.wait()
    stopping = gevent.spawn(campaign.stop)
    turns()
    assert not stopping.ready()  # the iterable is in the middle of its next item
    row.set()
    assert keys(stopping.get()) == [0]
    assert dialler.begun == []


def test_an_iterable_may_stop_its_own_campaign(alarm: OwnedAlarm) -> None:
    def enough() -> Iterator[CampaignItem]:
        yield from items(1)
        campaign.stop()
        yield from items(1)

    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    campaign.add_all(enough())
    assert keys(campaign.outcomes()) == [0]
    assert keys(campaign.stop()) == [0]


# Bad arguments


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"cps": 0}, ValueError, "cps is 0; accepted is how many dials"),
        ({"at_once": 0}, ValueError, "at_once is 0; accepted is how many calls"),
        ({"at_once": True}, ValueError, "at_once is True"),
        ({"at_once": 2.0}, ValueError, "at_once is 2.0"),
        ({"retry": (60, 300)}, TypeError, "retry is tuple; accepted is Retry"),
    ],
)
def test_bad_arguments_are_refused(alarm: OwnedAlarm, how: dict[str, Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        campaign_of(ScriptedDialler(alarm), alarm, **how)


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_campaign_has_a_name(alarm: OwnedAlarm, name: Any) -> None:
    with pytest.raises(ValueError, match=r"^name is .*; accepted is a text"):
        Campaign(name, ScriptedDialler(alarm), cps=1, at_once=1)


def test_a_malformed_device_is_refused_where_it_is_added(alarm: OwnedAlarm) -> None:
    campaign = campaign_of(ScriptedDialler(alarm), alarm)
    with pytest.raises(ValueError, match="devices is empty"):
        campaign.add([])
    wrong: Any = 5
    with pytest.raises(TypeError, match="not iterable"):
        campaign.add_all(wrong)
    assert keys(campaign.outcomes()) == []
