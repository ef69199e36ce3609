"""Who listens to a call's events."""

from __future__ import annotations

from typing import Any

from relay_actors.call.listeners import Listeners


def test_listeners_of_a_type_come_first_and_those_of_all_types_behind_them_in_their_order() -> None:
    def one(_: Any) -> None: ...

    def two(_: Any) -> None: ...

    def every(_: Any) -> None: ...

    listeners = Listeners()
    listeners.add("*", every)
    listeners.add("calling.call.play", one)
    listeners.add("calling.call.play", two)
    assert listeners.of("calling.call.play") == (one, two, every)
    assert listeners.of("calling.call.record") == (every,)


def test_without_listeners_nobody_hears() -> None:
    assert Listeners().of("calling.call.play") == ()


def test_who_listens_twice_hears_twice() -> None:
    listeners = Listeners()
    heard: list[Any] = []
    listeners.add("t", heard.append)
    listeners.add("t", heard.append)
    for handler in listeners.of("t"):
        handler(1)
    assert heard == [1, 1]


def test_who_begins_to_listen_does_not_change_what_is_being_told() -> None:
    listeners = Listeners()
    listeners.add("t", print)
    told = listeners.of("t")
    listeners.add("t", repr)
    assert told == (print,)
