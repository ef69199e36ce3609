"""All that a test needs in one object, without pytest."""

from __future__ import annotations

import unittest
from typing import Any

import gevent
import pytest

from relay_actors.kit import clock
from relay_runtime import CallActor, RelayClient
from relay_runtime.testing import AppCrashed, LineFailure, RelayKit, VirtualTimeOver
from relay_runtime.testing.scaled import ScaledClock


class Menu(CallActor):
    """Crashes by a key."""

    def run(self) -> None:
        self.answer()
        digits = self.prompt_tts("Press 1.", {"digits": {"max": 1}, "initial_timeout": 5}).wait().digits
        if digits == "2":
            raise LookupError("no such department")
        self.play_tts("Thank you.").wait()


@pytest.fixture(autouse=True)
def _time_is_real_behind_it() -> Any:
    yield
    assert not clock.is_run_by_a_test()


@pytest.mark.slow
def test_it_has_all_that_the_fixtures_are() -> None:
    with RelayKit(Menu, max_active_calls=9) as kit:
        kit.caller("+15550100001").dials("office").hears("Press 1").presses("1").hears("Thank").is_hung_up_on()
        assert kit.clock.now() < 10
        kit.clock.sleep(1000)
        assert kit.clock.now() > 1000
        assert [run.number for run in kit.sandbox.runs()] == ["+15550100001"]
        assert kit.client.contexts == ["office"]
        kit.client.on_message(lambda _message: None)
        kit.messages.arrives("hello", context="office")
        far = kit.callee("+15550100002").answers()
        device = {"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002"}}
        call = gevent.spawn(kit.client.dial, [[device]])
        far.is_answered()
        call.get().hangup()
        assert kit.caller().dials("office").number == "+15550100001"


def test_it_stands_in_a_unittest() -> None:
    class Tests(unittest.TestCase):
        def setUp(self) -> None:
            self.kit = self.enterContext(RelayKit(Menu))

        def test_passes(self) -> None:
            self.kit.caller().dials("office").hears("Press 1").presses("1").hears("Thank you")

        def test_fails(self) -> None:
            self.kit.caller().dials("office").hears("Good afternoon", within=2)

        def test_crashes(self) -> None:
            self.kit.caller().dials("office").hears("Press 1").presses("2")

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Tests).run(result)
    assert result.testsRun == 3
    told = {test.id().rpartition(".")[2]: text for test, text in result.failures}
    assert result.errors == []
    assert "LookupError: no such department" in told["test_crashes"]
    assert "expected the caller to hear 'Good afternoon' within 2 s" in told["test_fails"]


def test_a_crash_fails_a_block_that_went_well() -> None:
    with pytest.raises(AppCrashed, match="LookupError: no such department"), RelayKit(Menu) as kit:
        kit.caller().dials("office").hears("Press 1").presses("2")


def test_an_error_of_the_block_comes_out_with_what_crashed() -> None:
    with pytest.raises(KeyError) as raised, RelayKit(Menu) as kit:
        kit.caller().dials("office").hears("Press 1").presses("2").is_hung_up_on(reason="error")
        raise KeyError("mine")
    (note,) = raised.value.__notes__
    assert "LookupError: no such department" in note
    with pytest.raises(LineFailure) as failed, RelayKit(Menu) as kit:
        kit.caller().dials("office").hears("Press 1").presses("2").is_hung_up_on()
    assert "LookupError: no such department" in str(failed.value)
    assert not hasattr(failed.value, "__notes__")


def test_all_ends_when_it_can_not_begin() -> None:
    client = RelayClient("p", "t")
    with RelayKit(client) as kit, pytest.raises(RuntimeError, match="owns the time"), RelayKit(Menu):
        pass
    assert kit.client is client
    with pytest.raises(TypeError, match="the app is int"), RelayKit(5):
        pass
    with pytest.raises(ValueError, match="a client has no option sead; accepted are"), RelayKit(Menu, sead=1):
        pass
    with RelayKit(client):
        pass


def test_ids_follow_from_the_seed() -> None:
    made = []
    for seed in (1, 1, 2):
        with RelayKit(Menu, seed=seed) as kit:
            made.append(kit.caller().dials("office").call_id)
    assert made[0] == made[1] != made[2]


def test_it_plays_in_real_time_over_sockets() -> None:
    with RelayKit(Menu, scale=50) as kit:
        assert isinstance(kit.clock, ScaledClock)
        assert kit.sandbox.url.startswith("ws://127.0.0.1:")
        kit.caller().dials("office").hears("Press 1", within=60).presses("1").hears("Thank", within=60)


def test_a_block_that_waits_for_too_long_is_interrupted_and_cleaned_up() -> None:
    with pytest.raises(VirtualTimeOver, match="300 virtual seconds have passed"), RelayKit(Menu, limit=300) as kit:
        kit.caller().dials("office").is_answered()
        gevent.event.Event().wait()
    assert kit.client.state == "stopped"


def test_ctrl_c_is_let_through_and_all_ends() -> None:
    with pytest.raises(KeyboardInterrupt), RelayKit(Menu) as kit:
        kit.caller().dials("office").is_answered()
        gevent.spawn_later(3, gevent.kill, gevent.getcurrent(), KeyboardInterrupt)
        kit.clock.sleep(600)
    assert kit.client.state == "stopped"


def test_a_client_with_contexts_of_its_own_gets_no_others() -> None:
    with RelayKit(Menu, contexts=["office"]) as kit:
        kit.caller().dials("ofice").is_unrouted()
        with pytest.raises(LineFailure, match="nobody has subscribed to the context 'ofice'"):
            kit.caller().dials("ofice").hears("Press 1")


def test_a_kit_that_has_not_begun_says_so() -> None:
    with pytest.raises(RuntimeError, match="use it as a context manager"):
        RelayKit(Menu).caller()
