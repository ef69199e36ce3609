"""The client: its arguments, its life, its commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from relay_runtime import (
    AuthenticationFailed,
    Call,
    CallActor,
    DialFailed,
    NotConnected,
    RelayClient,
    RelayError,
    RelayTimeout,
    Timing,
)
from relay_runtime.sandbox import Callee, Caller, Sandbox

QUICK = Timing(backoff_first=0.002, backoff_limit=0.01, stop_timeout=0.5, close_timeout=0.5)
OFFICE = "+15550100002"
VARIABLES = (
    "SIGNALWIRE_PROJECT_ID",
    "SIGNALWIRE_API_TOKEN",
    "SIGNALWIRE_JWT_TOKEN",
    "SIGNALWIRE_SPACE",
    "RELAY_MAX_ACTIVE_CALLS",
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox


def make(sandbox: Sandbox, **arguments: Any) -> RelayClient:
    given = {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url, "contexts": ["office"]}
    return RelayClient(**{**given, "timing": QUICK, **arguments})


def phone(number: str, **params: Any) -> dict[str, Any]:
    return {"type": "phone", "params": {"from_number": OFFICE, "to_number": number, **params}}


class TestArguments:
    @pytest.mark.parametrize(
        ("given", "missing"),
        [
            ({}, ["project=", "SIGNALWIRE_PROJECT_ID", "token=", "SIGNALWIRE_API_TOKEN", "jwt_token="]),
            ({"project": "p"}, ["token=", "SIGNALWIRE_API_TOKEN"]),
            ({"token": "t"}, ["project=", "SIGNALWIRE_PROJECT_ID"]),
        ],
    )
    def test_a_missing_credential_names_argument_and_variable(self, given: dict, missing: list[str]) -> None:
        with pytest.raises(ValueError) as error:
            RelayClient(**given)
        assert all(word in str(error.value) for word in missing)

    def test_a_jwt_needs_neither_project_nor_token(self) -> None:
        client = RelayClient(jwt_token="j")
        assert (client.jwt_token, client.project, client.token) == ("j", "", "")

    def test_everything_falls_back_to_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
        monkeypatch.setenv("SIGNALWIRE_SPACE", "example.signalwire.com")
        client = RelayClient()
        assert (client.project, client.token, client.host) == ("p", "t", "example.signalwire.com")
        assert client.contexts == []

    def test_the_default_host_is_signalwires(self) -> None:
        assert RelayClient(project="p", token="t").host == "relay.signalwire.com"

    def test_a_plain_socket_is_refused_away_from_loopback(self) -> None:
        with pytest.raises(ValueError, match="token would travel in clear"):
            RelayClient(project="p", token="t", host="ws://example.com")

    @pytest.mark.parametrize("limit", [0, -1, 1.5, True, "10"])
    def test_a_cap_that_is_no_cap_is_refused(self, limit: Any) -> None:
        with pytest.raises(ValueError, match="max_active_calls"):
            RelayClient(project="p", token="t", max_active_calls=limit)

    def test_a_bad_cap_in_the_environment_names_the_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RELAY_MAX_ACTIVE_CALLS", "many")
        with pytest.raises(ValueError, match="RELAY_MAX_ACTIVE_CALLS"):
            RelayClient(project="p", token="t")

    def test_contexts_as_a_text_are_refused(self) -> None:
        with pytest.raises(ValueError, match="list of names"):
            RelayClient(project="p", token="t", contexts="office")  # type: ignore[arg-type]

    def test_a_class_that_is_no_call_actor_is_refused(self) -> None:
        with pytest.raises(TypeError, match="no subclass of CallActor"):
            RelayClient(project="p", token="t", call_actor=dict)  # type: ignore[arg-type]

    def test_the_cap_is_no_attribute_and_the_protocol_is_read_only(self) -> None:
        client = RelayClient(project="p", token="t")
        assert not hasattr(client, "max_active_calls")
        with pytest.raises(AttributeError):
            client.relay_protocol = "x"  # type: ignore[misc]

    def test_no_secret_stands_in_its_repr(self) -> None:
        client = RelayClient(project="project-1", token="token-1", jwt_token="jwt-1")
        assert not any(secret in repr(client) for secret in ("token-1", "jwt-1", "project-1"))


class TestLife:
    def test_it_connects_disconnects_and_connects_again(self, sandbox: Sandbox) -> None:
        client = make(sandbox)
        for _ in range(3):
            client.connect(timeout=10)
            assert client.state == "connected"
            assert client.relay_protocol.startswith("signalwire_")
            client.disconnect()
            assert client.state == "stopped"
            assert client.relay_protocol == ""

    def test_refused_credentials_end_after_three_tries(self, sandbox: Sandbox) -> None:
        with pytest.raises(AuthenticationFailed) as error:
            make(sandbox, token="wrong").connect(timeout=10)
        assert error.value.code == -32002
        assert sandbox.counters.logins_refused == 3

    def test_a_refusal_as_a_failing_result_is_told_apart_too(self, sandbox: Sandbox) -> None:
        sandbox.settings.change(refusal_shape="result")
        with pytest.raises(AuthenticationFailed) as error:
            make(sandbox, token="wrong").connect(timeout=10)
        assert error.value.code == 401

    def test_a_jwt_logs_in(self, sandbox: Sandbox) -> None:
        with make(sandbox, project=None, token=None, jwt_token=sandbox.jwt_token) as client:
            assert client.state == "connected"

    def test_network_trouble_is_retried_until_it_is_over(self, sandbox: Sandbox) -> None:
        sandbox.stop()
        client = make(sandbox)
        connecting = gevent.spawn(client.connect, 10)
        gevent.sleep(0.05)
        assert not connecting.ready()
        sandbox.start()
        connecting.get(timeout=10)
        assert client.state == "connected"
        client.disconnect()

    def test_connect_with_a_timeout_says_what_was_wrong(self, sandbox: Sandbox) -> None:
        sandbox.stop()
        with pytest.raises(RelayTimeout, match="refused"):
            make(sandbox).connect(timeout=0.1)

    def test_run_returns_after_disconnect(self, sandbox: Sandbox) -> None:
        client = make(sandbox)
        running = gevent.spawn(client.run)
        with gevent.Timeout(10):
            while client.state != "connected":
                gevent.sleep(0.001)
        client.disconnect()
        running.get(timeout=10)

    def test_two_clients_live_side_by_side(self, sandbox: Sandbox) -> None:
        with make(sandbox) as one, make(sandbox, contexts=["sales"]) as two:
            assert one.relay_protocol != two.relay_protocol
            for context, client in (("office", one), ("sales", two)):
                sandbox.place(Caller("+15550100001").dials(context).abandons(0.01)).wait(timeout=10)
                with gevent.Timeout(10):
                    while client.stats.calls_offered < 1:
                        gevent.sleep(0.001)
            assert one.stats.calls_offered == two.stats.calls_offered == 1

    def test_another_thread_is_refused(self, sandbox: Sandbox) -> None:
        with make(sandbox) as client:
            seen: list[BaseException] = []

            def use() -> None:
                try:
                    client.execute("signalwire.ping", {})
                except BaseException as error:
                    seen.append(error)

            thread = threading.Thread(target=use)
            thread.start()
            thread.join(10)
        assert isinstance(seen[0], RuntimeError)

    def test_commands_before_connect_are_refused(self, sandbox: Sandbox) -> None:
        client = make(sandbox)
        with pytest.raises(NotConnected, match=r"connect\(\) first"):
            client.execute("signalwire.ping", {})
        with pytest.raises(NotConnected):
            client.dial([[phone("+15550100009")]])


class TestHandlers:
    def test_registering_again_replaces_the_former(self, sandbox: Sandbox) -> None:
        client = make(sandbox)
        seen: list[str] = []

        @client.on_call
        def first(call: Call) -> None:
            seen.append("first")

        with client:

            @client.on_call
            def second(call: Call) -> None:
                seen.append(call.from_number)

            sandbox.place(Caller("+15550100001").dials("office")).wait(timeout=10)
        assert seen == ["+15550100001"]
        assert callable(first)
        assert callable(second)

    def test_a_handler_must_be_callable(self, sandbox: Sandbox) -> None:
        with pytest.raises(TypeError, match="function of one argument"):
            make(sandbox).on_call("answer")  # type: ignore[type-var]

    def test_a_crash_in_a_handler_hangs_up_that_call_alone(self, sandbox: Sandbox) -> None:
        client = make(sandbox)

        @client.on_call
        def serve(call: Call) -> None:
            call.answer()
            if call.from_number == "+15550100001":
                raise SystemExit(3)
            call.play_tts("All is well.").wait()

        with client:
            other = sandbox.place(Caller("+15550100003").dials("office").hears("All is well").waits_for_hangup())
            crashed = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(timeout=10)
            assert crashed.end_reason == "error"
            assert other.wait(timeout=10).ok
            assert client.state == "connected"


class TestCommands:
    def test_execute_returns_the_result_and_raises_what_was_refused(self, sandbox: Sandbox) -> None:
        with make(sandbox) as client:
            assert client.execute("signalwire.ping", {"payload": "x"})["payload"] == "x"
            with pytest.raises(RelayError) as error:
                client.execute("calling.play", {"node_id": "n", "call_id": "c", "control_id": "k", "play": []})
            assert error.value.code in {400, 404}
            with pytest.raises(RelayError) as error:
                client.execute("calling.fly", {})
            assert error.value.code == -32601

    def test_contexts_added_at_run_time_are_back_after_a_reconnect(self, sandbox: Sandbox) -> None:
        with make(sandbox) as client:
            client.receive(["sales", "support"])
            client.unreceive(["support"])
            assert client.contexts == ["office", "sales"]
            sandbox.restart(memory=False)
            with gevent.Timeout(10):
                while client.stats.connections < 2:
                    gevent.sleep(0.001)
            assert sorted(sandbox.session().contexts) == ["office", "sales"]

    def test_a_dial_is_answered_spoken_to_and_hung_up(self, sandbox: Sandbox) -> None:
        sandbox.on_dial("+15550100009", Callee().rings(1).answers().hears("reminder").waits_for_hangup())
        with make(sandbox) as client:
            call = client.dial([[phone("+15550100009")]], dial_timeout=10)
            assert (call.state, call.direction, call.to_number) == ("answered", "outbound", "+15550100009")
            assert call.play_tts("This is a reminder.").wait(timeout=10).params["state"] == "finished"
            call.hangup()
            assert call.wait_for_ended(timeout=10).params["end_reason"] == "hangup"
            assert call.hangup() == {}
        assert sandbox.runs("+15550100009")[0].wait(timeout=10).ok

    def test_a_dial_that_fails_says_why(self, sandbox: Sandbox) -> None:
        sandbox.on_dial("+15550100009", Callee().is_busy())
        with make(sandbox) as client, pytest.raises(DialFailed) as error:
            client.dial([[phone("+15550100009")]], dial_timeout=10)
        assert error.value.reason == "busy"

    def test_serial_devices_are_tried_in_order_and_parallel_ones_together(self, sandbox: Sandbox) -> None:
        sandbox.on_dial("+15550100011", Callee().is_busy())
        sandbox.on_dial("+15550100012", Callee().rings(50).answers())
        sandbox.on_dial("+15550100013", Callee().rings(1).answers())
        with make(sandbox) as client:
            call = client.dial(
                [[phone("+15550100011")], [phone("+15550100012"), phone("+15550100013")]], dial_timeout=10
            )
            assert call.to_number == "+15550100013"
            assert sandbox.runs("+15550100012")[0].wait(timeout=10).end_reason == "cancel"
            call.hangup()

    def test_a_dial_that_times_out_leaves_nobody_ringing(self, sandbox: Sandbox) -> None:
        sandbox.on_dial("+15550100009", Callee().rings(10_000).answers())
        with make(sandbox) as client:
            with pytest.raises(RelayTimeout, match="nobody answered"):
                client.dial([[phone("+15550100009", timeout=10_000)]], dial_timeout=0.1)
            assert sandbox.runs("+15550100009")[0].wait(timeout=10).end_reason == "cancel"

    def test_a_dialled_call_can_be_served_by_a_call_actor(self, sandbox: Sandbox) -> None:
        class Reminder(CallActor):
            def run(self) -> None:
                self.play_tts("Do not forget.").wait()

        with make(sandbox) as client:
            call = client.dial([[phone("+15550100009")]], dial_timeout=10, call_actor=Reminder)
            assert call.wait_for_ended(timeout=10).params["end_reason"] == "hangup"

    @pytest.mark.parametrize(
        ("devices", "words"),
        [
            ([], "devices is empty"),
            ([[]], r"devices\[0\] is empty"),
            ([phone("+15550100009")], r"devices\[0\] is dict"),
            ([[phone("5550100009")]], "E.164"),
        ],
    )
    def test_bad_devices_are_refused_before_anything_is_sent(self, sandbox: Sandbox, devices: Any, words: str) -> None:
        with make(sandbox) as client, pytest.raises(ValueError, match=words) as error:
            client.dial(devices)
        assert "5550100009" not in str(error.value)
        assert sandbox.counters.dialed == 0

    def test_a_message_goes_out_and_is_delivered(self, sandbox: Sandbox) -> None:
        completed: list[str] = []
        with make(sandbox) as client:
            message = client.send_message(
                to_number="+15550100001",
                from_number=OFFICE,
                body="hello",
                on_completed=lambda event: completed.append(event.message_state),
            )
            assert message.wait(timeout=10).message_state == "delivered"
            assert (message.state, message.is_done, message.context) == ("delivered", True, "office")
            with gevent.Timeout(10):
                while not completed:
                    gevent.sleep(0.001)
        assert completed == ["delivered"]

    def test_a_message_without_body_and_media_is_refused(self, sandbox: Sandbox) -> None:
        with make(sandbox) as client, pytest.raises(ValueError, match="body"):
            client.send_message(to_number="+15550100001", from_number=OFFICE)
