"""The client for asyncio: its arguments, what is known of it, and its methods against a sandbox."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, OFFICE, THEM, client_of, hub_threads, on_a_call, phone, run, until
from doubles.threaded_sandbox import ThreadedSandbox

import relay_runtime
from relay_runtime.aio import (
    AuthenticationFailed,
    Call,
    DialFailed,
    NotConnected,
    RelayClient,
    RelayError,
    RelayTimeout,
    Timing,
)
from relay_runtime.sandbox import Callee, Caller

# Arguments


def test_everything_falls_back_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
    monkeypatch.setenv("SIGNALWIRE_SPACE", "example.signalwire.com")
    client = RelayClient()
    assert (client.project, client.token, client.jwt_token) == ("p", "t", "")
    assert (client.host, client.contexts) == ("example.signalwire.com", [])
    assert (client.state, client.relay_protocol, client.stats.calls_offered) == ("stopped", "", 0)


def test_arguments_come_in_the_order_of_signalwires_own_client() -> None:
    client = RelayClient("p", "t", "j", "example.com", ["office"], 7)
    assert (client.project, client.token, client.jwt_token) == ("p", "t", "j")
    assert (client.host, client.contexts) == ("example.com", ["office"])


def test_no_secret_stands_in_its_repr() -> None:
    client = RelayClient(project="project-1", token="token-1", jwt_token="jwt-1")
    assert not any(secret in repr(client) for secret in ("token-1", "jwt-1", "project-1"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "SIGNALWIRE_PROJECT_ID"),
        ({"project": "p", "token": "t", "overload": "queue"}, "overload"),
        (
            {"project": "p", "token": "t", "when_done": "wait"},
            "argument when_done= is 'wait'; accepted is one of hangup, leave",
        ),
    ],
)
def test_what_is_malformed_is_refused_by_name(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RelayClient(**arguments)


def test_a_handler_that_is_no_function_is_refused() -> None:
    client, handler = RelayClient("p", "t"), "handle"
    for register in (client.on_call, client.on_message, client.on_event, client.on_task, client.on_change):
        with pytest.raises(TypeError, match="the handler of [a-z]+ is str; accepted is a function of one argument"):
            register(handler)  # type: ignore[type-var]


def test_each_client_says_which_kind_of_with_it_takes() -> None:
    with pytest.raises(TypeError, match=r"takes `async with`.*relay_runtime\.RelayClient"), RelayClient("p", "t"):
        pass

    async def main() -> None:
        with pytest.raises(TypeError, match=r"takes `with`.*relay_runtime\.aio\.RelayClient"):
            async with relay_runtime.RelayClient("p", "t"):
                pass

    run(main())


# Its life


def test_it_is_connected_as_long_as_the_block_lasts(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded)
        for _ in range(2):
            async with client as same:
                assert same is client
                assert client.state == "connected"
                assert client.relay_protocol.startswith("signalwire_")
                assert (await client.status()).connection.state == "connected"
            assert (client.state, client.relay_protocol) == ("stopped", "")

    run(main())


def test_a_client_that_is_not_connected_says_so_and_has_a_status(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded)
        for coroutine in (
            client.execute("signalwire.ping", {}),
            client.dial(phone()),
            client.send_message(to_number=THEM, from_number=OFFICE, body="Hello"),
        ):
            with pytest.raises(NotConnected, match="not connected"):
                await coroutine
        assert (await client.status()).connection.state == "stopped"
        assert await client.live_calls() == []
        assert await client.call_status("c1") is None
        assert not await client.hangup_call("c1")
        await client.disconnect()
        assert await client.drain(0)

    run(main())


@pytest.mark.slow
def test_a_login_that_is_refused_and_one_that_takes_too_long_raise_and_leave_no_thread(
    threaded: ThreadedSandbox,
) -> None:
    async def main() -> None:
        before = hub_threads()
        with pytest.raises(AuthenticationFailed):
            await client_of(threaded, token="wrong").connect(LIMIT)
        threaded.do(threaded.sandbox.stop)
        client = client_of(threaded)
        with pytest.raises(RelayTimeout, match="refused"):
            await client.connect(1.0)  # time for a first try
        assert client.state == "stopped"
        assert hub_threads() == before
        threaded.do(threaded.sandbox.start)

    run(main())


@pytest.mark.slow
def test_a_connect_that_is_cancelled_leaves_no_thread(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        before = hub_threads()
        threaded.do(threaded.sandbox.stop)
        client = client_of(threaded)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.connect(), 0.05)
        assert client.state == "stopped"
        assert hub_threads() == before
        threaded.do(threaded.sandbox.start)

    run(main())


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.slow
def test_without_a_connection_calls_are_hung_up_when_it_is_back_and_left_up_otherwise(
    threaded: ThreadedSandbox, back: bool
) -> None:
    async def main() -> None:
        timing = Timing(backoff_first=0.01, backoff_limit=0.02, hangup_timeout=LIMIT if back else 0.05)
        async with on_a_call(threaded, timing=timing) as (client, call):
            threaded.do(threaded.sandbox.faults.refuse, "http", 100_000)
            threaded.do(threaded.sandbox.cut)
            await until(lambda: client.state == "waiting")
            stopping = asyncio.ensure_future(client.disconnect())
            if back:
                await asyncio.sleep(0.05)
            else:
                await stopping
            threaded.do(threaded.sandbox.faults.calm)
            await stopping
            assert client.left_up == ([] if back else [call.call_id])
            assert threaded.sandbox.counters.calls_up == (0 if back else 1)

    run(main())


def test_a_drain_lets_the_calls_end_by_themselves_or_hangs_them_up(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            draining = asyncio.ensure_future(client.drain(LIMIT))
            await call.play_tts("Bye")
            await call.hangup()
            assert await draining
            assert client.state == "stopped"
        async with on_a_call(threaded) as (client, call):
            assert not await client.drain(0)
            assert call.is_ended
            assert client.left_up == []
        with pytest.raises(ValueError, match="number of seconds"):
            async with client_of(threaded) as client:
                await client.drain(-1)

    run(main())


# What it does


def test_any_method_can_be_sent_and_its_refusal_is_an_error(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            assert (await client.execute("signalwire.ping", {"payload": "x"}))["payload"] == "x"
            with pytest.raises(RelayError) as caught:
                await client.execute("calling.play", {"node_id": "n", "call_id": "c", "control_id": "k", "play": []})
            assert caught.value.code in {400, 404}

    run(main())


def test_a_dial_gives_the_call_that_was_answered_or_says_why_there_is_none(threaded: ThreadedSandbox) -> None:
    threaded.do(threaded.sandbox.on_dial, "+15550100009", Callee().is_busy())

    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            assert isinstance(call, Call)
            assert (call.state, call.to_number) == ("answered", THEM)
            with pytest.raises(DialFailed) as caught:
                await client.dial(phone("+15550100009"), tag="mine", max_duration=60, dial_timeout=LIMIT)
            assert caught.value.reason == "busy"
            with pytest.raises(ValueError, match="E.164"):
                await client.dial(phone("5550100009"))

    run(main())


def test_a_dial_that_is_cancelled_as_it_is_answered_leaves_nobody_on_the_line(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        threaded.do(threaded.sandbox.on_dial, THEM, Callee().answers().waits_for_hangup(timeout=3 * LIMIT))
        async with client_of(threaded) as client:
            dialling = asyncio.ensure_future(client.dial(phone(), dial_timeout=LIMIT))
            await asyncio.sleep(0)
            stand_still_until_it_is_answered(client)  # the call has come over, and nobody has taken it
            dialling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dialling
            await until(lambda: threaded.sandbox.counters.calls_up == 0)

    run(main())


def stand_still_until_it_is_answered(client: RelayClient) -> None:
    """Block the loop until the hub has done all that is to be done about the answer to a dial."""
    while not client.stats.calls_answered["outbound"]:
        time.sleep(0.001)
    for _ in range(20):
        done = threading.Event()
        client._joint.bridge.send(gevent.spawn, done.set)
        done.wait(LIMIT)


@pytest.mark.slow
def test_a_dial_that_nobody_answers_in_time_leaves_nobody_ringing(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        threaded.do(threaded.sandbox.on_dial, THEM, Callee().rings(100_000).answers())
        async with client_of(threaded) as client:
            with pytest.raises(RelayTimeout, match="nobody answered"):
                await client.dial(phone(timeout=100_000), dial_timeout=0.05)
            (ringing,) = threaded.sandbox.runs(THEM)
            outcome = await asyncio.wrap_future(threaded.begin(ringing.wait, LIMIT))
            assert outcome.end_reason == "cancel"

    run(main())


def test_contexts_are_received_and_left_before_and_while_it_is_connected(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded)
        await client.receive(["sales"])
        assert client.contexts == ["office", "sales"]
        async with client:
            await client.unreceive(["office"])
            await client.receive(["support"])
            assert client.contexts == ["sales", "support"]
            assert threaded.do(threaded.sandbox.session).contexts == {"sales", "support"}
            with pytest.raises(ValueError, match="contexts"):
                await client.receive("support")  # type: ignore[arg-type]

    run(main())


def test_a_message_is_sent_and_its_end_is_told(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        heard = asyncio.Queue[Any]()
        async with client_of(threaded) as client:
            message = await client.send_message(
                to_number=THEM, from_number=OFFICE, body="Hello", tags=["a"], on_completed=heard.put
            )
            assert (await heard.get()).message_state == "delivered"
            assert (message.body, message.tags, message.state) == ("Hello", ["a"], "delivered")
            with pytest.raises(ValueError, match="body"):
                await client.send_message(to_number=THEM, from_number=OFFICE)

    run(main())


# What it looks like


def test_live_calls_can_be_seen_and_hung_up_from_outside_of_their_code(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            (status,) = await client.live_calls()
            assert (status.call_id, status.state) == (call.call_id, "answered")
            assert await client.call_status(call.call_id) is not None
            assert await client.hangup_call(call.call_id, "busy")
            await call.wait_for_ended(LIMIT)
            assert call.end_reason == "busy"

    run(main())


def test_its_frames_can_be_watched(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client, frames = client_of(threaded), list[str]()
        client.tap.watch(lambda direction, _: frames.append(direction))
        async with client:
            await client.execute("signalwire.ping", {})
        assert {"in", "out"} <= set(frames)

    run(main())


def test_two_clients_live_side_by_side(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as one, client_of(threaded, contexts=["sales"]) as two:
            assert one.relay_protocol != two.relay_protocol
            for context, client in (("office", one), ("sales", two)):
                threaded.do(threaded.sandbox.place, Caller(THEM).dials(context).abandons(1))
                await until(lambda client=client: client.stats.calls_offered == 1)
            assert one.stats.calls_offered == two.stats.calls_offered == 1

    run(main())


# Its beginning and its drain


def test_on_ready_gets_the_client_once_it_is_logged_in_and_may_dial(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        threaded.do(threaded.sandbox.on_dial, THEM, Callee().answers().waits_for_hangup())
        client, got = client_of(threaded), asyncio.Queue[object]()

        @client.on_ready
        async def campaign(given: RelayClient) -> None:
            got.put_nowait((given is client, given.state))
            call = await given.dial(phone(), dial_timeout=LIMIT)
            await call.hangup()
            got.put_nowait("called")

        for _ in range(2):  # and again by the next connect, in the same loop
            async with client:
                assert await got.get() == (True, "connected")
                assert await got.get() == "called"
        async with client_of(threaded) as late:
            late.on_ready(got.put_nowait)  # a plain function, and the login is past
            assert await got.get() is late

    run(main())


def test_on_ready_that_still_runs_is_cancelled_at_once_when_the_client_is_disconnected(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> None:
        client = client_of(threaded, timing=Timing(stop_timeout=2 * LIMIT))
        begun, ended = asyncio.Event(), asyncio.Event()

        @client.on_ready
        async def schedule(_: RelayClient) -> None:
            try:
                begun.set()
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with client:
            await begun.wait()
        assert ended.is_set()

    run(main())
    assert not any("crashed" in line for line in log_lines)


def test_on_ready_may_drain_the_client_and_come_to_its_own_end(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client, through = client_of(threaded), asyncio.Event()

        @client.on_ready
        async def once(_: RelayClient) -> None:
            assert await client.drain(LIMIT)
            await asyncio.sleep(0)
            through.set()

        await client.connect()
        await through.wait()
        assert client.state == "stopped"

    run(main())


def test_a_drain_waits_for_on_drain_and_refuses_nothing_meanwhile(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        threaded.do(threaded.sandbox.on_dial, THEM, Callee().answers().waits_for_hangup())
        client, told = client_of(threaded), list[object]()

        @client.on_drain
        async def last_words(given: RelayClient) -> None:
            call = await given.dial(phone(), dial_timeout=LIMIT)
            await call.hangup()
            told.append(given is client)

        await client.connect()
        assert await client.drain(LIMIT)
        assert told == [True]

    run(main())


@pytest.mark.slow
def test_a_drain_goes_on_without_an_on_drain_that_crashes_or_takes_too_long(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def crashes(_: RelayClient) -> None:
        raise KeyError

    async def takes_too_long(_: RelayClient) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        for handler, timeout in ((crashes, LIMIT), (takes_too_long, 0.05)):
            client = client_of(threaded)
            client.on_drain(handler)
            await client.connect()
            await client.drain(timeout)
            assert client.state == "stopped"

    run(main())
    assert any("crashed" in line and "KeyError" in line for line in log_lines)
    assert any("the handler of on_drain still runs after 0.05 s" in line for line in log_lines)
