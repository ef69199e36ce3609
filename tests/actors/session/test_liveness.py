"""Whether a silent server is alive: a ping after a while, and the end without an answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay_actors.session.liveness import Liveness
from relay_actors.timing import Timing

TIMING = Timing(probe_idle=10, probe_timeout=5)


def test_a_dead_socket_is_found_after_fifteen_seconds_by_default() -> None:
    timing = Timing()
    liveness = Liveness(timing, 0.0)
    assert liveness.due() == timing.probe_idle
    assert liveness.verdict(liveness.due()) == "probe"
    liveness.probed(liveness.due())
    assert liveness.due() == 15.0
    assert liveness.verdict(liveness.due()) == "dead"


def test_nothing_is_done_before_its_time() -> None:
    liveness = Liveness(TIMING, 0.0)
    assert liveness.verdict(9.9) == "alive"
    liveness.probed(10.0)
    assert liveness.verdict(14.9) == "alive"


def test_any_frame_starts_the_time_anew() -> None:
    liveness = Liveness(TIMING, 0.0)
    liveness.probed(10.0)
    liveness.heard = 12.0
    assert liveness.due() == 22.0
    assert liveness.verdict(15.0) == "alive"
    assert liveness.silence(15.0) == 3.0


def test_one_probe_is_on_its_way_at_a_time() -> None:
    liveness = Liveness(TIMING, 0.0)
    assert liveness.probed(1.0)
    assert not liveness.probed(2.0)
    assert liveness.due() == 6.0
    liveness.heard = 3.0
    assert liveness.probed(4.0)


def test_a_process_that_was_held_up_gives_the_probe_its_time_again() -> None:
    liveness = Liveness(TIMING, 0.0)
    liveness.probed(10.0)
    assert liveness.verdict(40.0) == "alive"
    assert liveness.due() == 45.0
    assert liveness.verdict(45.0) == "dead"


@given(st.lists(st.tuples(st.sampled_from(["heard", "wait"]), st.integers(1, 20)), max_size=40))
def test_a_server_that_is_silent_is_found_and_one_that_speaks_is_kept(steps: list[tuple[str, int]]) -> None:
    now = heard = 0
    liveness = Liveness(TIMING, now)
    for kind, seconds in steps:
        end = now + seconds
        while liveness.due() <= end:
            now = liveness.due()
            verdict = liveness.verdict(now)
            if verdict == "dead":
                assert now - heard == TIMING.probe_idle + TIMING.probe_timeout
                return
            assert verdict == "probe"
            assert liveness.probed(now)
        now = end
        if kind == "heard":
            heard = now
            liveness.heard = now
        assert now - heard < TIMING.probe_idle + TIMING.probe_timeout
