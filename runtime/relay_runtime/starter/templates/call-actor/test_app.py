"""The tests of the app. Each is a caller who hears and presses keys; time is virtual, so silence costs nothing."""

import pytest
from relay_runtime import RelayError

from app import App


@pytest.fixture
def relay_app():
    return App


def test_a_key_leads_to_its_answer(relay_caller):
    line = relay_caller("+15550100001").dials("office")
    line.hears("Press 1").presses("1").hears("nine to five").is_hung_up_on()


def test_who_presses_nothing_is_asked_to_call_again(relay_caller, relay_clock):
    line = relay_caller("+15550100001").dials("office").hears("Press 1")
    line.hears("did not understand", within=30).is_hung_up_on()
    assert relay_clock.now() > 10  # virtual seconds


def test_who_hits_a_crash_hears_an_apology(relay_caller, relay_sandbox):
    relay_sandbox.arm("calling.play_and_collect", reply={"code": "503", "message": "busy"})
    line = relay_caller("+15550100001").dials("office")
    line.app_crashes(RelayError)
    line.hears("Sorry").is_hung_up_on()
