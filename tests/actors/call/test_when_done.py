"""What happens to a call that is still up when its code has returned."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.call.call import CallActor
from relay_actors.call.when_done import WHEN_DONE, checked_when_done


@pytest.mark.parametrize("given", WHEN_DONE)
def test_what_is_known_is_returned(given: str) -> None:
    assert checked_when_done(given, "x") == given


@pytest.mark.parametrize("given", ["hang up", "", None, True])
def test_anything_else_is_refused_with_where_it_was_given(given: Any) -> None:
    with pytest.raises(ValueError, match="argument when_done= is .*; accepted is one of hangup, leave"):
        checked_when_done(given, "argument when_done=")


def test_a_class_is_looked_at_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="Menu.when_done is 'stay'; accepted is one of hangup, leave"):
        type("Menu", (CallActor,), {"when_done": "stay"})
