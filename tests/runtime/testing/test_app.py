"""The app that is tested: what it may be, what of its code crashed, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import gevent
import pytest

from relay_actors.kit import crash_log
from relay_runtime import Call, CallActor, CallObserver, RelayClient, Timing, aio
from relay_runtime.testing.app import AppCrashed, AppUnderTest, CodeStillRuns, client_of
from relay_runtime.testing.stage import owned_time, stage


class Menu(CallActor):
    """Crashes by a key."""

    def run(self) -> None:
        self.answer()
        digits = self.prompt_tts("Press 1.", {"digits": {"max": 1}, "initial_timeout": 5}).wait().digits
        if digits == "2":
            raise LookupError("no such department")


class Stubborn(CallActor):
    """Takes no end for an answer."""

    def run(self) -> None:
        self.answer()
        while True:
            try:
                self.wait_for_ended()
                gevent.sleep(1)
            except Exception:
                gevent.sleep(1)


class Writing(CallActor):
    """Has something to do when its call is over."""

    notes: ClassVar[list[str]] = []

    def run(self) -> None:
        self.answer()
        try:
            self.wait_for_ended()
        finally:
            gevent.sleep(20)
            self.notes.append("written")


def handler(call: Call) -> None:
    call.answer()


async def coroutine(call: Call) -> None:
    call.answer()


@contextmanager
def under_test(app: Any, **options: Any) -> Iterator[AppUnderTest]:
    """Play an app, without a look at how it ends."""
    with owned_time(), stage() as sandbox:
        played = AppUnderTest(app, sandbox, **options)
        try:
            played.start()
            yield played
        finally:
            played.stop()


# What it may be


@pytest.mark.parametrize("app", [None, Menu, partial(Menu), handler, lambda call: call.answer()])
def test_a_client_is_made_for_an_app(app: Any) -> None:
    client = client_of(app, contexts=["office"], max_active_calls=5)
    assert (client._handlers.factory() is None) is (app is None)
    assert client.contexts == ["office"]
    assert client._setup.settings.max_active_calls == 5
    assert (client.host, client.project, client._setup.settings.proxy) == ("test.invalid", "test", None)


def test_a_client_of_the_apps_own_is_taken_as_it_is() -> None:
    client = RelayClient("p", "t")
    assert client_of(client) is client
    with pytest.raises(ValueError, match="made with options of its own; contexts, overload can't be given"):
        client_of(client, overload="busy", contexts=["office"])


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (5, "the app is int; accepted are a subclass of CallActor, a function for on_call, and a RelayClient"),
        (RelayClient, "the app is the class RelayClient; accepted are"),
        (Call, "the app is the class Call; accepted are"),
        (lambda: None, "the handler of calls"),
        (CallActor, "CallActor"),
    ],
)
def test_what_is_no_app_is_refused(app: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        client_of(app)


def test_an_app_of_asyncio_has_the_client_for_asyncio() -> None:
    client = aio.RelayClient(project="p", token="t")
    assert client_of(client) is client
    made = client_of(coroutine, max_active_calls=5, guard=None)
    assert isinstance(made, aio.RelayClient)
    with pytest.raises(ValueError, match="a client has no option hub_guard"):
        client_of(coroutine, hub_guard=None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_active_call": 5}, "a client has no option max_active_call; did you mean max_active_calls\\?"),
        ({"colour": "red"}, "a client has no option colour; accepted are contexts, .*, when_done"),
        ({"call_actor": Menu}, "call_actor is no option of a test: the app itself says who serves the calls"),
        ({"overload": "never"}, "overload"),
    ],
)
def test_what_is_no_option_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        client_of(Menu, **options)


# What of its code crashed


def test_a_crash_fails_unless_it_was_expected() -> None:
    with under_test(Menu) as app:
        app.settle()
        app.check()
        line = app.phones.caller().dials("office").hears("Press 1").presses("2").is_hung_up_on(reason="error")
        app.settle()
        with pytest.raises(AppCrashed) as failed:
            app.check()
        assert str(failed.value).startswith(
            f'Menu crashed in call {line.call_id}: LookupError\nTraceback (most recent call last):\n  File "{__file__}'
        )
        assert str(failed.value).endswith("\nLookupError: no such department")
        line.app_crashes(LookupError)
        app.check()
        assert app.crashed() == ""


def test_every_crash_is_told_of_but_those_that_are_told_of_already() -> None:
    with under_test(Menu) as app:
        for number in ("+15550100001", "+15550100002"):
            app.phones.caller(number).dials("office").hears("Press 1").presses("2").is_hung_up_on(reason="error")
        app.client.on_message(lambda _message: {}["name"])
        app.messages.arrives("hello", context="texts")
        app.settle()
        assert app.crashed().count("LookupError: no such department") == 2
        assert app.crashed().endswith("KeyError: 'name'")
        assert app.crashed(but=app.crashed()) == ""
        for crash in app.phones.crashes.all:
            crash.expected = True


def test_an_observer_of_the_app_that_fails_is_a_crash_of_it() -> None:
    class Watching(CallObserver):
        def call_began(self, call: Any) -> None:
            raise ArithmeticError("no room")

    with under_test(Menu, observer=Watching()) as app:
        app.phones.caller().dials("office").hears("Press 1")
        assert "ArithmeticError: no room" in app.crashed()


def test_a_fault_of_the_sandbox_is_raised() -> None:
    with under_test(Menu) as app:
        fault = RuntimeError("a bug")
        app._sandbox.errors.append(fault)
        with pytest.raises(RuntimeError, match="a bug") as raised:
            app.check()
        assert raised.value is fault


def test_a_crash_is_logged_without_its_traceback_until_the_app_ends(log_lines: list[str]) -> None:
    with under_test(Menu) as app:
        app.phones.caller().dials("office").hears("Press 1").presses("2").is_hung_up_on(reason="error")
        assert [line for line in log_lines if "Menu crashed" in line]
        assert not any("Traceback" in line for line in log_lines)


# How it ends


def test_lines_are_hung_up_and_code_has_time_to_end() -> None:
    Writing.notes = []
    with under_test(Writing) as app:
        lines = [app.phones.caller(number).dials("office").is_answered() for number in ("+15550100001", "+15550100002")]
        app.settle()
        assert [line.outcome is not None for line in lines] == [True, True]
        assert app.client.live_calls() == []
        assert Writing.notes == ["written", "written"]


@pytest.mark.parametrize(("linger", "seconds"), [(30.0, 24), (10.0, 8), (None, 25)])
def test_code_that_does_not_end_is_named(linger: float | None, seconds: int) -> None:
    with (
        pytest.warns(UserWarning, match="in Stubborn.run"),
        under_test(Stubborn, timing=Timing(code_linger=linger)) as app,
    ):
        line = app.phones.caller().dials("office").is_answered()
        with pytest.raises(CodeStillRuns) as failed:
            app.settle()
    first, second = str(failed.value).splitlines()
    assert first == f"{seconds} s after the last hang-up the app's code has not ended:"
    assert second.startswith(f"  call {line.call_id}, Stubborn: {__file__}:")
    assert second.endswith(" in Stubborn.run (code)")


@pytest.mark.slow
def test_what_has_just_come_is_waited_for() -> None:
    came: list[str] = []
    with under_test(None) as app:
        app.client.on_message(lambda message: (gevent.sleep(15), came.append(message.body)))
        app.messages.arrives("hello", context="texts")
        app.settle()
    assert came == ["hello"]


def test_a_client_is_left_as_it_was() -> None:
    client = RelayClient("p", "t", contexts=["sales", "support"])
    for _ in range(2):
        with under_test(client) as app:
            assert client.contexts == ["sales", "support"] == sorted(app._sandbox.session().contexts)
            app.serves("office")
            assert client.contexts == ["sales", "support"]  # it has contexts of its own
            client.receive(["office"])
            client.unreceive(["sales"])
        assert sorted(client.contexts) == ["sales", "support"]
        client.unreceive(["sales", "support"])
        client.receive(["sales", "support"])
        assert crash_log._keepers == []
        assert client.state == "stopped"


def test_who_dials_a_context_that_another_is_about_to_dial_waits_for_it() -> None:
    with under_test(Menu) as app:
        numbers = [f"+155501000{n:02d}" for n in range(5)]
        dialling = [gevent.spawn(lambda number: app.phones.caller(number).dials("office"), each) for each in numbers]
        for each in dialling:
            each.get().is_answered()


def test_a_client_that_is_connected_already_is_refused() -> None:
    client = RelayClient("p", "t", host="test.invalid", proxy=None)
    with owned_time(), stage() as sandbox, client:
        app = AppUnderTest(client, sandbox)
        with pytest.raises(RuntimeError, match="has begun to connect"):
            app.start()
        app.stop()


def test_phones_are_closed_at_the_end() -> None:
    with under_test(Menu) as app:
        phones = app.phones
    with pytest.raises(RuntimeError, match="a line belongs to the test that it was made in"):
        phones.caller()
