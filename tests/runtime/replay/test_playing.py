"""A replay from its beginning to its end."""

from __future__ import annotations

from pathlib import Path

import gevent
import pytest
from doubles.replayed import Menu
from gevent.hub import get_hub

from relay_actors.kit import clock
from relay_runtime.replay.replaying import replay


class Lingering(Menu):
    """Goes on although its call is over."""

    def run(self) -> None:
        try:
            super().run()
        finally:
            gevent.sleep(20_000)


@pytest.mark.filterwarnings("ignore::relay_runtime.testing.LeftRunning")
@pytest.mark.parametrize("strict", [False, True])
def test_code_that_does_not_end_is_named(menu_call: Path, strict: bool) -> None:
    played = replay(menu_call, Lingering, strict=strict)
    assert played.same
    (note,) = played.notes
    assert "has not ended" in note
    assert "Lingering" in note


@pytest.mark.parametrize("strict", [False, True])
def test_time_is_real_behind_it(menu_call: Path, strict: bool) -> None:
    loop = get_hub().loop
    assert replay(menu_call, Menu, strict=strict).same
    assert get_hub().loop is loop
    assert not clock.is_run_by_a_test()
