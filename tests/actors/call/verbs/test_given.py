"""The params that a caller gave."""

from __future__ import annotations

from relay_actors.call.verbs.given import given


def test_what_is_none_is_left_out_and_what_is_false_or_empty_stays() -> None:
    assert given(a=None, b=False, c=0, d="", e=[]) == {"b": False, "c": 0, "d": "", "e": []}


def test_a_name_of_the_wire_goes_before_the_verbs_own() -> None:
    assert given({"input": "dtmf", "params": None}, timeout="5") == {"input": "dtmf", "timeout": "5"}
    assert given({"input": "dtmf"}, input="voice") == {"input": "voice"}
