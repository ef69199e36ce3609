"""A campaign of a client: its calls, and what the client says of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from doubles.client import LIMIT, OFFICE, client_of

from relay_runtime import CallActor, ClientStopped, NotConnected, RelayClient, phone, serial
from relay_runtime.client.campaigns import ClientDialler
from relay_runtime.sandbox import Callee, Sandbox

GUESTS = [f"+155501000{number}" for number in range(20, 26)]


def devices(number: str) -> list[list[dict[str, Any]]]:
    return serial(phone(number, from_number=OFFICE))


def test_everybody_is_called_and_served_by_the_call_actor(sandbox: Sandbox) -> None:
    class Reminder(CallActor):
        def run(self) -> None:
            self.play_tts("Do not forget.").wait(timeout=LIMIT)

    sandbox.on_dial("*", Callee().answers().hears("Do not forget").waits_for_hangup())
    sandbox.on_dial(GUESTS[0], Callee().is_busy())
    with client_of(sandbox) as client:
        campaign = client.campaign("reminders", cps=100, at_once=2)
        for guest in GUESTS:
            campaign.add(devices(guest), key=guest, call_actor=Reminder, tag=f"t{guest}", dial_timeout=LIMIT)
        outcomes = {outcome.key: outcome for outcome in campaign.outcomes()}
        assert outcomes.keys() == set(GUESTS)
        assert outcomes.pop(GUESTS[0]).reason == "busy"
        assert {outcome.result for outcome in outcomes.values()} == {"answered"}
        assert all(outcome.call.is_ended for outcome in outcomes.values() if outcome.call is not None)
        assert outcomes[GUESTS[1]].call.tag == f"t{GUESTS[1]}"  # type: ignore[union-attr]
        assert client.stats.campaigns == {("reminders", "answered"): 5, ("reminders", "failed"): 1}
    assert all(run.wait(timeout=LIMIT).ok for guest in GUESTS[1:] for run in sandbox.runs(guest))


def test_without_a_call_actor_the_call_is_its_who_reads_the_outcome(sandbox: Sandbox) -> None:
    sandbox.on_dial("*", Callee().answers().hears("hello").waits_for_hangup())
    with client_of(sandbox) as client:
        campaign = client.campaign("greetings", cps=100, at_once=1)
        for guest in GUESTS[:3]:
            campaign.add(devices(guest), key=guest)
        heard = 0
        for outcome in campaign.outcomes():
            assert outcome.call is not None
            outcome.call.play_tts("hello").wait(timeout=LIMIT)
            outcome.call.hangup()
            heard += 1
        assert heard == 3


def test_dialled_calls_take_no_slot_of_the_cap(sandbox: Sandbox) -> None:
    sandbox.on_dial("*", Callee().answers().waits_for_hangup())
    with client_of(sandbox, max_active_calls=1) as client:
        campaign = client.campaign("many", cps=100, at_once=3)
        for guest in GUESTS[:3]:
            campaign.add(devices(guest))
        outcomes = campaign.outcomes()
        calls = [next(outcomes).call for _ in range(3)]
        assert (client.status().calls.live, client.status().calls.active) == (3, 0)
        for call in calls:
            assert call is not None
            call.hangup()


def test_a_malformed_argument_is_the_outcome_of_its_item_alone(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        campaign = client.campaign("mixed", cps=100, at_once=1)
        campaign.add(devices(GUESTS[0]), key="bad", max_duration="long")
        wrong: Any = 5
        campaign.add(devices(GUESTS[0]), key="worse", call_actor=wrong)
        campaign.add(devices(GUESTS[0]), key="good")
        outcomes = campaign.outcomes()
        bad, worse, good = next(outcomes), next(outcomes), next(outcomes)
        assert (bad.key, bad.result, str(bad.error)[:12]) == ("bad", "error", "max_duration")
        assert (worse.key, worse.result, worse.attempts) == ("worse", "error", 0)
        assert (good.key, good.result) == ("good", "answered")
    assert sandbox.counters.dialed == 1


def test_a_call_actor_that_can_not_be_made_fails_its_item_and_leaves_nobody_on_the_line(sandbox: Sandbox) -> None:
    class Broken(CallActor):
        def __init__(self, setup: Any) -> None:
            super().__init__(setup)
            raise LookupError("no such row")

    sandbox.on_dial("*", Callee().answers().waits_for_hangup())
    with client_of(sandbox) as client:
        campaign = client.campaign("broken", cps=100, at_once=1)
        campaign.add(devices(GUESTS[0]), call_actor=Broken)
        (outcome,) = campaign.outcomes()
        assert (outcome.result, outcome.reason) == ("failed", "error")
    assert sandbox.runs(GUESTS[0])[0].wait(timeout=LIMIT).end_reason == "error"


def test_a_call_actor_that_crashes_gives_its_place_back(sandbox: Sandbox) -> None:
    class Crashing(CallActor):
        def run(self) -> None:
            raise LookupError("no such row")

    sandbox.on_dial("*", Callee().answers().waits_for_hangup())
    with client_of(sandbox) as client:
        campaign = client.campaign("crashing", cps=100, at_once=1)
        for guest in GUESTS[:2]:
            campaign.add(devices(guest), call_actor=Crashing)
        assert [outcome.result for outcome in campaign.outcomes()] == ["answered", "answered"]
        assert client.stats.calls_crashed == 2


def test_a_client_that_is_not_connected_has_no_campaign(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    with pytest.raises(NotConnected, match=r"call connect\(\) first"):
        client.campaign("early", cps=1, at_once=1)


def test_another_thread_is_refused(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        campaign = client.campaign("elsewhere", cps=1, at_once=1)
        with (
            ThreadPoolExecutor(1) as pool,
            pytest.raises(RuntimeError, match="belongs to the thread that connected the client"),
        ):
            pool.submit(campaign.add, devices(GUESTS[0])).result(LIMIT)
        assert list(campaign.outcomes()) == []


def test_bad_arguments_are_refused_by_the_client(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client, pytest.raises(ValueError, match="cps is 0"):
        client.campaign("none", cps=0, at_once=1)


def drained(client: RelayClient) -> None:
    client._actors.running().draining = True


def test_a_client_that_drains_begins_no_campaign(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        drained(client)
        with pytest.raises(ClientStopped, match="the client drains or stops"):
            client.campaign("late", cps=1, at_once=1)


def test_a_dialler_is_over_with_the_actors_that_it_began_with(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        dialler = ClientDialler(client._actors, client._setup)
        assert (dialler.ready, dialler.over) == (True, False)
        client.disconnect()
        assert (dialler.ready, dialler.over) == (False, True)
        client.connect(LIMIT)
        assert (dialler.ready, dialler.over) == (False, True)
