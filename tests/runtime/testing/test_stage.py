"""Where a test plays: its time, and its sandbox."""

from __future__ import annotations

import warnings

import gevent
import pytest
from gevent.hub import get_hub

from relay_actors.kit import clock, ids
from relay_runtime import AuthenticationFailed, CallActor, RelayClient
from relay_runtime.client import way
from relay_runtime.testing.greenlets import LeftRunning
from relay_runtime.testing.scaled import ScaledClock
from relay_runtime.testing.stage import owned_time, stage
from relay_runtime.testing.virtual import VirtualClock, VirtualTimeOver


class Greeting(CallActor):
    """Answers."""

    def run(self) -> None:
        self.answer()


def test_the_time_is_virtual_unless_a_scale_is_given() -> None:
    with owned_time() as owned:
        assert isinstance(owned, VirtualClock)
        owned.sleep(500)
        assert owned.now() == 500
    with owned_time(scale=100) as owned:
        assert isinstance(owned, ScaledClock)
        owned.sleep(1)
        assert owned.now() >= 1
    assert not clock.is_run_by_a_test()


@pytest.mark.parametrize("scale", [None, 50])
def test_ids_follow_from_the_seed(scale: float | None) -> None:
    made = []
    for seed in (1, 1, 2):
        with owned_time(seed=seed, scale=scale):
            made.append([ids.new_id() for _ in range(3)])
    assert made[0] == made[1] != made[2]


def test_a_test_that_waits_for_too_long_is_interrupted() -> None:
    with pytest.raises(VirtualTimeOver), owned_time(limit=100):
        gevent.sleep(101)
    assert not clock.is_run_by_a_test()


@pytest.mark.parametrize("scale", [None, 50])
def test_nothing_goes_on_behind_it(scale: float | None) -> None:
    loop = get_hub().loop
    with pytest.warns(LeftRunning, match="it was started at"), owned_time(scale=scale):
        left = gevent.spawn(gevent.sleep, 10_000)
    assert left.dead
    assert get_hub().loop is loop
    with warnings.catch_warnings(action="error"), owned_time(scale=scale):
        gevent.spawn(gevent.sleep, 1).join()


@pytest.mark.parametrize("sockets", [False, True])
def test_a_client_reaches_the_sandbox_whatever_it_names(sockets: bool) -> None:
    with owned_time(scale=20 if sockets else None), stage(sockets=sockets) as sandbox:
        assert (sandbox.url == "wss://sandbox.invalid") is not sockets
        client = RelayClient("theirs", "secret", host="example.signalwire.com", contexts=["office"], proxy=None)
        with client:
            assert [list(session.contexts) for session in sandbox.sessions()] == [["office"]]
            assert sandbox.control_url == ""
    assert not way.diverted()


def test_it_can_be_told_which_credentials_it_takes() -> None:
    with owned_time(), stage() as sandbox:
        sandbox.settings.change(any_credentials=False)
        client = RelayClient("theirs", "secret", host="example.signalwire.com", proxy=None)
        with pytest.raises(AuthenticationFailed):
            client.connect(timeout=60)


def test_faults_by_chance_follow_from_the_seed() -> None:
    drawn = []
    for seed in (1, 1, 2):
        with owned_time(), stage(seed=seed) as sandbox:
            drawn.append([sandbox.faults.random.random() for _ in range(3)])
    assert drawn[0] == drawn[1] != drawn[2]
