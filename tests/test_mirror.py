"""Tests mirror modules: the tests of ``relay_actors/delivery/dedup.py`` are in ``tests/actors/delivery/test_dedup.py``.

A module may have several test files: ``test_connection.py`` and ``test_connection_login.py`` are both those of
``connection``.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSES = {"actors/relay_actors": "tests/actors", "runtime/relay_runtime": "tests/runtime"}

WITHOUT_TESTS: dict[str, str] = {}
"""Modules that have no test file of their own, with the reason."""

OF_NO_MODULE: dict[str, str] = {}
"""Test files that are of no one module, with the reason."""


def modules() -> set[str]:
    """Every module of the source, as a path without its suffix."""
    return {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for house in HOUSES
        for path in (ROOT / house).rglob("*.py")
        if path.name != "__init__.py"
    }


def tests() -> set[str]:
    """Every test file that stands where a module may be mirrored."""
    return {
        path.relative_to(ROOT).as_posix() for folder in HOUSES.values() for path in (ROOT / folder).rglob("test_*.py")
    }


def mirrored(test: str, known: set[str]) -> str | None:
    """Return the module that a test file is of: the one with the longest name that begins the file's own."""
    house, mirror = next((house, mirror) for house, mirror in HOUSES.items() if test.startswith(f"{mirror}/"))
    folder, _, name = f"{house}{test.removeprefix(mirror).removesuffix('.py')}".rpartition("/test_")
    words = name.split("_")
    candidates = (f"{folder}/{'_'.join(words[:count])}" for count in range(len(words), 0, -1))
    return next((module for module in candidates if module in known), None)


def test_every_module_has_its_test_file_or_a_reason() -> None:
    known = modules()
    proven = {mirrored(test, known) for test in tests()}
    assert sorted(known - proven - WITHOUT_TESTS.keys()) == []


def test_every_test_file_has_its_module_or_a_reason() -> None:
    known = modules()
    assert sorted(test for test in tests() - OF_NO_MODULE.keys() if mirrored(test, known) is None) == []


def test_no_exception_is_made_that_is_not_needed() -> None:
    known, there = modules(), tests()
    proven = {mirrored(test, known) for test in there}
    needless = [module for module in WITHOUT_TESTS if module in proven or module not in known]
    needless += [test for test in OF_NO_MODULE if test not in there or mirrored(test, known) is not None]
    assert needless == []


def test_the_longest_name_of_a_module_takes_the_test_file() -> None:
    known = {"actors/relay_actors/call/call", "actors/relay_actors/call/call_state"}
    found = [
        mirrored(f"tests/actors/call/test_{name}.py", known) for name in ("call", "call_state_odd", "call_end", "end")
    ]
    assert found == [
        "actors/relay_actors/call/call",
        "actors/relay_actors/call/call_state",
        "actors/relay_actors/call/call",
        None,
    ]
