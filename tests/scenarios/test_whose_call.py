"""Whose call it is when the handler returns, played out: what keeps it up, what is left to others, what is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gevent
import pytest
from doubles.hub import until
from doubles.one_process import in_one_process
from gevent.event import Event

from relay_runtime import Call, RelayClient, RelayError
from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

pytestmark = pytest.mark.scenario

LIMIT = 60.0
PHONE = [[{"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002"}}]]

Handler = Callable[[Any], Any]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT, AssertionError("the test waited in vain")), in_one_process() as running:
        running.on_dial("*", Callee().rings(1).answers().waits(5).hangs_up())
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    made = client_of(sandbox)
    made.connect(LIMIT)
    yield made
    made.disconnect()


def client_of(sandbox: Sandbox, **more: Any) -> RelayClient:
    given = {"host": sandbox.url, "contexts": ["office"], **more}
    return RelayClient(sandbox.project, sandbox.token, **given)


def methods(sandbox: Sandbox) -> list[str]:
    frames = (entry["frame"] for entry in sandbox.journal() if entry["direction"] == "in")
    return [frame["method"] for frame in frames if isinstance(frame, dict) and "method" in frame]


def outcome(sandbox: Sandbox, caller: Caller) -> Any:
    return sandbox.place(caller.dials("office")).wait(LIMIT)


OUTLASTS_THE_CALL: list[tuple[str, Handler]] = [
    ("a queue", lambda call: call.queue_enter("support")),
    ("a conference", lambda call: call.join_conference("standup")),
    ("a room", lambda call: call.join_room("room-1")),
    ("an AI agent", lambda call: call.ai(prompt={"text": "be kind"})),
    ("a Bedrock agent", lambda call: call.amazon_bedrock(prompt={"text": "be kind"})),
    ("digit bindings", lambda call: call.bind_digit("*1", "calling.end")),
    ("an echo", lambda call: call.echo(timeout=60)),
    ("a recording", lambda call: call.record()),
    ("listeners", lambda call: call.on("calling.call.state", lambda _: None)),
]


@pytest.mark.parametrize("begin", [each[1] for each in OUTLASTS_THE_CALL], ids=[each[0] for each in OUTLASTS_THE_CALL])
def test_a_caller_who_was_handed_over_is_not_hung_up(sandbox: Sandbox, client: RelayClient, begin: Handler) -> None:
    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        begin(call)

    told = outcome(sandbox, Caller().waits(10).hangs_up())
    assert (told.status, told.end_source) == (Status.ANSWERED, "inbound")
    assert "calling.end" not in methods(sandbox)


ENDS_BEFORE_IT: list[tuple[str, Handler]] = [
    ("a playback", lambda call: call.play_tts("One moment please.")),
    ("an echo", lambda call: call.echo(timeout=5)),
    ("a bridge", lambda call: call.connect(PHONE)),
    ("a queue", lambda call: call.queue_enter("support", wait_time=3)),
    ("a collection", lambda call: call.collect(digits={"max": 1}, initial_timeout=2, start_input_timers=True)),
    ("nothing", lambda _: None),
]


@pytest.mark.parametrize("begin", [each[1] for each in ENDS_BEFORE_IT], ids=[each[0] for each in ENDS_BEFORE_IT])
def test_it_is_hung_up_when_that_is_over(sandbox: Sandbox, client: RelayClient, begin: Handler) -> None:
    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        begin(call)

    told = outcome(sandbox, Caller().waits_for_hangup(6000))
    assert (told.status, told.end_source) == (Status.ANSWERED, "outbound")
    assert methods(sandbox).count("calling.end") == 1


def test_a_sentence_that_nobody_waited_for_is_heard_whole(sandbox: Sandbox, client: RelayClient) -> None:
    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        call.play_tts("Please hold the line.")

    assert outcome(sandbox, Caller().waits_for_hangup(6000)).heard == ("Please hold the line.",)


def test_calls_that_were_left_are_hung_up_when_the_drain_is_over(sandbox: Sandbox, client: RelayClient) -> None:
    there = Event()

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        call.queue_enter("support")
        there.set()

    run = sandbox.place(Caller().dials("office").waits_for_hangup(6000))
    there.wait(LIMIT)
    assert not client.drain(0.01)
    assert run.wait(LIMIT).end_source == "outbound"


# Offers that nobody touches


def test_an_offer_that_was_only_looked_at_is_left_to_others(sandbox: Sandbox, client: RelayClient) -> None:
    states: list[str] = []

    @client.on_call
    def look(call: Call) -> None:
        call.on("calling.call.state", lambda event: states.append(event.call_state))

    run = sandbox.place(Caller().dials("office", patience=5))
    until(lambda: client.stats.offers_left == 1)
    assert client.status().calls.active == 0
    told = run.wait(LIMIT)
    assert told.end_source != "outbound"
    assert "calling.end" not in methods(sandbox)
    until(lambda: client.status().calls.live == 0)
    assert states[-1] == "ended"


def test_its_slot_is_free_at_once(sandbox: Sandbox) -> None:
    served: list[str] = []
    with client_of(sandbox, max_active_calls=1) as client:

        @client.on_call
        def look(call: Call) -> None:
            served.append(call.call_id)

        for number in range(1, 4):
            sandbox.place(Caller().dials("office", patience=5000))
            until(lambda number=number: client.stats.offers_left == number)
        assert len(served) == 3
        assert client.stats.calls_refused == {}


def test_a_drain_does_not_wait_for_it_and_nobody_hangs_it_up(sandbox: Sandbox, client: RelayClient) -> None:
    client.on_call(lambda _: None)
    sandbox.place(Caller().dials("office", patience=5000))
    until(lambda: client.stats.offers_left == 1)
    assert client.drain(LIMIT)
    assert "calling.end" not in methods(sandbox)


def test_whoever_takes_it_later_takes_a_slot_too(sandbox: Sandbox, client: RelayClient) -> None:
    waiting: list[Call] = []
    client.on_call(waiting.append)
    run = sandbox.place(Caller().dials("office", patience=5000).waits_for_hangup(6000))
    until(lambda: client.stats.offers_left == 1)
    (call,) = waiting
    call.answer()
    until(lambda: client.status().calls.active == 1)
    call.hangup()
    assert run.wait(LIMIT).status == Status.ANSWERED


# What callbacks get while the handler sleeps


def test_callbacks_run_while_the_handler_sleeps(sandbox: Sandbox, client: RelayClient) -> None:
    told = Event()

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        call.play_tts("Hello there", on_completed=lambda _: told.set())
        while not told.is_set():
            call.sleep(0.01)

    assert outcome(sandbox, Caller().waits_for_hangup(6000)).heard == ("Hello there",)


def test_a_callback_that_raises_costs_the_call_nothing(sandbox: Sandbox, client: RelayClient) -> None:
    @client.on_call
    def serve(call: Call) -> None:
        call.on("calling.call.play", lambda event: event.params["volume"])
        call.answer()
        call.play_tts("Hello there").wait()
        call.play_tts("and goodbye").wait()
        call.hangup()

    told = outcome(sandbox, Caller().waits_for_hangup(6000))
    assert told.heard == ("Hello there", "and goodbye")
    assert client.stats.callbacks_crashed >= 2
    assert client.stats.calls_crashed == 0


# Heard to the end


def test_a_prompt_that_the_caller_did_not_hear_to_its_end_is_known(sandbox: Sandbox, client: RelayClient) -> None:
    heard: list[bool] = []

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        texts = ("Hello.", "This goes on for longer than anybody would listen to.")
        heard.extend(call.play_tts(text).played_to_end() for text in texts)

    outcome(sandbox, Caller().hangs_up_while_hearing("This goes on", 6000))
    until(lambda: len(heard) == 2)
    assert heard == [True, False]


# The end is asked for once


def test_a_call_that_was_hung_up_is_not_hung_up_again_at_the_clients_exit(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100002", Callee().answers().waits_for_hangup())
    with client_of(sandbox) as client:
        client.dial(PHONE).hangup()
    assert methods(sandbox).count("calling.end") == 1


@pytest.mark.parametrize("state", ["no_input", "no_match"])
def test_a_collection_ends_with_nothing_said_though_there_is_no_result(
    sandbox: Sandbox, client: RelayClient, state: str
) -> None:
    ends: list[Any] = []

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        call.wait_for_answered(LIMIT)
        for action in (
            call.collect(digits={"max": 1}),
            call.play_and_collect([{"type": "silence", "params": {"duration": 50}}], {"digits": {"max": 1}}),
        ):
            sandbox.emit(call.call_id, "calling.call.collect", control_id=action.control_id, state=state)
            ends.append(action.wait(LIMIT))
        call.hangup()

    outcome(sandbox, Caller().waits_for_hangup(6000))
    assert [event.state for event in ends] == [state, state]


@pytest.mark.parametrize("turns", range(5))
def test_an_offer_that_is_taken_while_the_client_disconnects_leaves_nobody_on_the_line(
    sandbox: Sandbox, turns: int
) -> None:
    kept: list[Call] = []
    client = client_of(sandbox)
    client.on_call(kept.append)
    client.connect(LIMIT)
    sandbox.place(Caller().dials("office", patience=5000).waits_for_hangup(6000))
    until(lambda: client.stats.offers_left == 1)
    ending = gevent.spawn(client.disconnect)
    for _ in range(turns):
        gevent.sleep(0)
    with suppress(RelayError):
        kept[0].answer()
    ending.get(timeout=LIMIT)
    sent = methods(sandbox)
    assert sent.count("calling.end") == sent.count("calling.answer")


def test_whoever_drains_second_is_told_how_the_calls_ended(sandbox: Sandbox, client: RelayClient) -> None:
    there, may_end = Event(), Event()

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        there.set()
        may_end.wait()

    sandbox.place(Caller().dials("office").waits_for_hangup(6000))
    there.wait(LIMIT)
    drains = [gevent.spawn(client.drain, LIMIT) for _ in range(2)]
    gevent.sleep(0.01)
    may_end.set()
    gevent.joinall(drains, timeout=LIMIT)
    assert [each.value for each in drains] == [True, True]


def test_whoever_drains_while_another_hangs_up_is_told_that_calls_were_cut_off(
    sandbox: Sandbox, client: RelayClient
) -> None:
    there = Event()

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        there.set()
        call.wait_for_ended()

    sandbox.place(Caller().dials("office").waits_for_hangup(6000))
    there.wait(LIMIT)
    draining = gevent.spawn(client.drain, LIMIT)
    until(lambda: client.status().calls.draining)
    client.disconnect()
    assert draining.get(timeout=LIMIT) is False
