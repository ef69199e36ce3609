"""What a page shows and what was printed: taken for the same where a reader takes it so, and nowhere else."""

from __future__ import annotations

import pytest
from alike import Known

ONE, OTHER = "1535a805-4404-4523-b5d3-27804dbc9d72", "2b7a9c11-4404-4523-b5d3-27804dbc9d73"

ALIKE = [
    ("", ""),
    ("it is ready", "it is ready   \n"),
    ("up 4.7 s, 58 MB, in 12 ms", "up 61.2 s, 71 MB, in 40 ms"),
    ("2026-11-28 19:40:06.425 INFO", "2027-01-01 00:00:00.001 INFO"),
    ("a …, and b", "a long story, and b"),
    ("first\n…\nlast", "first\nlast"),
    ("first\n…\nlast", "first\nand\nmore\nlast"),
    ("name    state", "name  state"),
    ("at /srv/app/app.py:10 in run", "at /home/me/app.py:10 in run"),
    ("call 11112222-0000-4000-8000-000000000001", f"call {ONE}"),
    ("http://127.0.0.1:8090", "http://127.0.0.1:43211"),
    ("loguru 0.7.3", "loguru 0.8.0"),
]
OTHERWISE = [
    ("", "a warning"),
    ("it is ready", ""),
    ("calls: 1", "calls: 2"),
    ("one\ntwo", "two\none"),
    ("one\ntwo", "one"),
    ("app.py:10 in run", "app.py:11 in run"),
    ("at /srv/app/app.py:10 in run", "at /home/me/app.py:11 in run"),
    ("name  state", "name state"),
    ("in 5 ms", "in 9000 ms"),
    ("58 MB", "58000 MB"),
    ("after 6.4 s", "after 6400.4 s"),
    ("for 30 s", "for 20 s"),
    ("at 12:00:00", "at 99:99:99"),
    ("a …, and b", "a long story"),
    ("first\n…\nlast", "last\nfirst"),
    (f"call {ONE}\ncall {OTHER}", f"call {ONE}\ncall {ONE}"),
    (f"call {ONE}\ncall {ONE}", f"call {ONE}\ncall {OTHER}"),
    ("127.0.0.1:8090 and 127.0.0.1:8091", "127.0.0.1:4001 and 127.0.0.1:4001"),
    ("process 11 and process 12", "process 77 and process 77"),
]


@pytest.mark.parametrize(("shown", "printed"), ALIKE)
def test_what_differs_from_run_to_run_is_alike(shown: str, printed: str) -> None:
    assert Known().matches(shown, printed)


@pytest.mark.parametrize(("shown", "printed"), OTHERWISE)
def test_what_would_mislead_a_reader_is_not(shown: str, printed: str) -> None:
    assert not Known().matches(shown, printed)


def test_what_was_shown_first_stands_for_the_same_from_then_on() -> None:
    known = Known()
    assert known.matches(f"call {ONE}", "call aaaabbbb-0000-4000-8000-000000000001", learn=True)
    assert known.command("relay-runtime call 1535a8") == "relay-runtime call aaaabb"
    assert known.matches("no call begins with '1535a8'", "no call begins with 'aaaabb'")
    assert not known.matches("no call begins with '1535a8'", "no call begins with 'cccccc'")
    assert not known.matches(f"hung up {OTHER}", "hung up aaaabbbb-0000-4000-8000-000000000001")


def test_what_is_only_looked_at_is_not_learned() -> None:
    known = Known()
    assert known.matches("process 11", "process 77")
    assert known.command("kill 1111") == "kill 1111"
    assert known.matches("process 11", "process 78")


def test_a_port_that_a_command_names_is_that_one() -> None:
    known = Known()
    assert known.command("sandbox --port 8111") == "sandbox --port 8111"
    assert known.matches("ws://127.0.0.1:8111", "ws://127.0.0.1:8111")
    assert not known.matches("ws://127.0.0.1:8119", "ws://127.0.0.1:8111")
