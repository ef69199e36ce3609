from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT

from relay_actors.kit.guard import run_guarded


def test_a_handler_gets_its_value(log_lines: list[str]) -> None:
    got: list[Any] = []
    run_guarded(got.append, "value", "the handler crashed on {}", "it")
    assert got == ["value"]
    assert log_lines == []


@pytest.mark.parametrize("error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=type)
def test_whatever_it_raises_is_logged_and_goes_no_further(error: BaseException, log_lines: list[str]) -> None:
    def crash(_: Any) -> None:
        raise error

    run_guarded(crash, None, "the handler crashed on {} and {}", "this", "that")
    (line,) = log_lines
    assert "the handler crashed on this and that" in line
    assert type(error).__name__ in line


def test_ctrl_c_reaches_the_main_greenlet() -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    gevent.spawn(run_guarded, interrupted, None, "the handler crashed")
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
