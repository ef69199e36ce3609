"""What stands before a loop is the loop in all that it has not itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from relay_runtime.testing.loop_proxy import LoopProxy


def test_everything_is_the_loops() -> None:
    loop = SimpleNamespace(timer=object(), default=True, error_handler=None)
    proxy = LoopProxy(loop)
    assert proxy.default
    assert proxy.real_timer is loop.timer
    proxy.error_handler = "the hub"
    assert (loop.error_handler, proxy.error_handler) == ("the hub", "the hub")
    with pytest.raises(AttributeError):
        _ = proxy.nothing_of_the_kind
