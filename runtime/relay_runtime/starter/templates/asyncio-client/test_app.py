"""The tests of the app. Each is a caller who hears and presses keys; what is on the line passes 20 times as fast."""

import pytest
from relay_runtime import RelayError

from app import client


@pytest.fixture
def relay_app():
    return client


@pytest.fixture
def relay_foreign_loop():
    return True  # the app's loop keeps its own time


def test_a_key_leads_to_its_answer(relay_caller):
    line = relay_caller("+15550100001").dials("office")
    line.hears("Press 1").presses("1").hears("nine to five").is_hung_up_on()


def test_who_presses_nothing_is_asked_to_call_again(relay_caller):
    line = relay_caller("+15550100001").dials("office").hears("Press 1")
    line.hears("did not understand").is_hung_up_on()


def test_who_hits_a_crash_hears_an_apology(relay_caller, relay_sandbox):
    relay_sandbox.arm("calling.play_and_collect", reply={"code": "503", "message": "busy"})
    line = relay_caller("+15550100001").dials("office")
    line.app_crashes(RelayError)
    line.hears("Sorry").is_hung_up_on()
