from __future__ import annotations

from relay_actors.kit.recent import Recent


def test_the_oldest_keys_are_forgotten_first() -> None:
    recent: Recent[str] = Recent(2)
    for key in "abc":
        recent.add(key, key.upper())
    assert [key in recent for key in "abc"] == [False, True, True]
    assert recent.oldest() == "B"
    assert len(recent) == 2
    assert recent.pop_oldest() == "B"
    assert recent.oldest() == "C"


def test_a_key_can_be_taken_out() -> None:
    recent: Recent[str] = Recent(2)
    recent.add("a", 1)
    assert recent.get("a") == 1
    assert recent.pop("a") == 1
    assert recent.pop("a") is None
    assert recent.get("a") is None
    assert recent.oldest() is None
