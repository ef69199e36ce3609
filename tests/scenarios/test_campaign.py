"""A campaign: busy, silent and answering callees, a cut connection, and a drain in the middle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from doubles.hub import until
from doubles.one_process import in_one_process
from gevent.event import Event

from relay_runtime import CallActor, Campaign, CampaignItem, ConnectionLost, RelayClient, Retry, phone, serial
from relay_runtime.sandbox import Callee, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0
FATES: dict[str, Callable[[], Callee]] = {
    "answers": lambda: Callee().rings(1).answers().hears("reminder").waits_for_hangup(timeout=1000),
    "busy": lambda: Callee().is_busy(),
    "silent": lambda: Callee().never_answers(),
    "declines": lambda: Callee().declines(),
}


class Reminder(CallActor):
    """Says one sentence."""

    def run(self) -> None:
        self.play_tts("This is a reminder.").wait()


class Patient(CallActor):
    """Stays until it is told to hang up."""

    may_hang_up = Event()

    def run(self) -> None:
        self.may_hang_up.wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    Patient.may_hang_up = Event()
    with (
        gevent.Timeout(3 * LIMIT, AssertionError("the test waited in vain")),
        in_one_process(journal_numbers=True) as running,
    ):
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    made = RelayClient(sandbox.project, sandbox.token, host=sandbox.url)
    made.connect(LIMIT)
    yield made
    made.disconnect()


def number_of(key: int) -> str:
    return f"+1555010{key:04d}"


def item(key: int, actor: type[CallActor] = Reminder, **arguments: Any) -> CampaignItem:
    devices = serial(phone(number_of(key), timeout=10))
    return CampaignItem(devices, key=key, call_actor=actor, **arguments)


def dials(sandbox: Sandbox) -> Counter[str]:
    """How often each number was dialled, by what the server got."""
    frames = (entry["frame"] for entry in sandbox.journal())
    params = [frame["params"] for frame in frames if isinstance(frame, dict) and frame.get("method") == "calling.dial"]
    return Counter(each["devices"][0][0]["params"]["to_number"] for each in params)


def all_of(campaign: Campaign) -> dict[Any, Any]:
    """Read the outcomes to their end; a key that is told twice fails."""
    found: dict[Any, Any] = {}
    for outcome in campaign.outcomes():
        assert outcome.key not in found
        found[outcome.key] = outcome
    return found


def test_every_kind_of_callee_has_its_outcome_once_and_is_dialled_as_often_as_is_due(
    sandbox: Sandbox, client: RelayClient
) -> None:
    kinds = [list(FATES)[number % 4] for number in range(24)]
    for number, kind in enumerate(kinds):
        sandbox.on_dial(number_of(number), FATES[kind]())
    campaign = client.campaign("reminders", cps=200, at_once=5, retry=Retry(delays=(0.01, 0.02)))
    campaign.add_all(item(number) for number in range(24))
    told = all_of(campaign)
    expected = {"answers": ("answered", "", 1), "busy": ("failed", "busy", 3), "silent": ("failed", "noAnswer", 3)}
    expected["declines"] = ("failed", "decline", 1)
    for number, kind in enumerate(kinds):
        outcome = told[number]
        assert (outcome.result, outcome.reason, outcome.attempts) == expected[kind]
    assert dials(sandbox) == {number_of(number): expected[kind][2] for number, kind in enumerate(kinds)}


def test_a_dial_whose_reply_was_lost_is_never_dialled_again(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("*", FATES["answers"]())
    sandbox.arm("calling.dial", skip=2, cut="before")
    campaign = client.campaign("reminders", cps=50, at_once=1, retry=Retry(delays=(0.0, 0.0)))
    campaign.add_all(item(number) for number in range(8))
    told = all_of(campaign)
    assert [told[key].result for key in range(8)] == ["answered"] * 2 + ["unknown"] + ["answered"] * 5
    assert isinstance(told[2].error, ConnectionLost)
    assert dials(sandbox) == {number_of(key): 1 for key in range(8)}


def test_cuts_at_any_moment_lose_no_item_and_dial_nobody_twice(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("*", FATES["answers"]())
    campaign = client.campaign("reminders", cps=200, at_once=8)
    campaign.add_all(item(number) for number in range(60))
    told: dict[Any, Any] = {}
    moments = random.Random(1)
    for count, outcome in enumerate(campaign.outcomes()):
        assert outcome.key not in told
        told[outcome.key] = outcome
        if count % 10 == 5:
            gevent.sleep(moments.uniform(0.0, 2.0))
            until(lambda: client.state == "connected")
            sandbox.cut()
    assert told.keys() == set(range(60))
    assert {outcome.result for outcome in told.values()} <= {"answered", "unknown"}
    assert max(dials(sandbox).values()) == 1


def test_a_lost_session_gives_the_places_back_and_the_campaign_goes_on(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("*", Callee().answers().waits_for_hangup(timeout=10_000))
    campaign = client.campaign("patient", cps=100, at_once=3)
    campaign.add_all(item(number, Patient) for number in range(5))
    outcomes = campaign.outcomes()
    assert [next(outcomes).result for _ in range(3)] == ["answered"] * 3
    Patient.may_hang_up.set()
    sandbox.restart(memory=False)
    assert {outcome.result for outcome in outcomes} <= {"answered", "unknown"}
    assert client.stats.campaigns.total() == 5


def test_a_drain_stops_the_campaign_and_what_is_left_goes_to_the_next(
    sandbox: Sandbox, client: RelayClient, log_lines: list[str]
) -> None:
    sandbox.on_dial("*", Callee().answers().waits_for_hangup(timeout=10_000))
    sandbox.on_dial(number_of(0), Callee().is_busy())
    campaign = client.campaign("patient", cps=100, at_once=3, retry=Retry(delays=(3600,)))
    campaign.add_all(item(number, Patient) for number in range(10))
    reading = gevent.spawn(all_of, campaign)
    until(lambda: client.stats.campaigns["patient", "answered"] == 3)
    draining = gevent.spawn(client.drain, LIMIT)
    until(lambda: any("campaign patient has stopped" in line for line in log_lines))
    assert not reading.ready()  # three calls are live
    Patient.may_hang_up.set()
    assert draining.get()
    told = reading.get()
    left = list(campaign.stop())
    assert sorted([*told, *(each.key for each in left)]) == list(range(10))
    assert len(told) == 3
    (line,) = [line for line in log_lines if "has stopped" in line]
    assert "under way: 3; left: 1, and what is left of an iterable" in line
    assert not any("555010" in line for line in log_lines if "campaign" in line)

    client.connect(LIMIT)
    following = client.campaign("patient", cps=100, at_once=10)
    following.add_all(left)
    assert {outcome.key for outcome in following.outcomes()} == set(range(10)) - told.keys()


def test_a_disconnect_in_the_middle_of_dials_tells_each_of_them(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("*", Callee().rings(10_000).answers())
    campaign = client.campaign("ringing", cps=100, at_once=4)
    campaign.add_all(item(number) for number in range(10))
    until(lambda: sandbox.counters.dialed == 4)
    client.disconnect()
    told = all_of(campaign)
    assert {outcome.result for outcome in told.values()} == {"unknown"}
    left = [each.key for each in campaign.stop()]
    assert sorted([*told, *left]) == list(range(10))
    assert len(told) == 4


def test_a_client_that_stops_while_the_items_block_ends_the_outcomes(client: RelayClient) -> None:
    nobody_comes = Event()

    def items() -> Iterator[CampaignItem]:
        nobody_comes.wait()
        yield CampaignItem(serial(phone("+15550100001")))

    campaign = client.campaign("blocked", cps=5, at_once=2)
    campaign.add_all(items())
    reading = gevent.spawn(lambda: list(campaign.outcomes()))
    gevent.sleep(0.01)
    client.disconnect()
    assert reading.get(timeout=LIMIT) == []
    nobody_comes.set()
