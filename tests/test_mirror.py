"""Tests mirror modules: the tests of ``relay_actors/delivery/dedup.py`` are in ``tests/actors/delivery/test_dedup.py``.

A module may have several test files: ``test_connection.py`` and ``test_connection_login.py`` are both those of
``connection``.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSES = {"actors/relay_actors": "tests/actors", "runtime/relay_runtime": "tests/runtime"}

VERBS = ("ai", "collect", "conference", "detect", "fax", "media", "pay", "queue", "setup", "speech", "tap_stream")
WRITTEN = "written by tools/aio_verbs.py; tests/runtime/aio/test_parity.py looks at each of its methods"
TEMPLATES = (
    "call-actor/app",
    "call-actor/test_app",
    *(f"asyncio-client/{name}" for name in ("app", "conftest", "test_app")),
)
TEMPLATE = "of a project that is written; tests/scenarios/test_new.py runs it"

WITHOUT_TESTS = {
    "actors/relay_actors/session/messages": "values; tests/actors/test_secrets.py looks at those of every room",
    "actors/relay_actors/routing/messages": "values; tests/actors/test_secrets.py looks at those of every room",
    "actors/relay_actors/call/messages": "values; tests/actors/test_secrets.py looks at those of every room",
    "actors/relay_actors/wire/devices": "types; tests/actors/wire/test_dicts.py compares them with the rules",
    "actors/relay_actors/call/code": "a Protocol; the program of a call keeps it",
    "actors/relay_actors/routing/inheritance": "values; the tests of the adoption and of the heirs look at them",
    "actors/relay_actors/routing/desk": "a value that every part of the subscription actor is handed",
    "actors/relay_actors/session/transport": "a Protocol; tests/doubles/transport.py and the WebSocket keep it",
    "runtime/relay_runtime/__main__": "tests/runtime/test_patching.py runs it in an interpreter of its own",
    "runtime/relay_runtime/aio/actions": WRITTEN,
    "runtime/relay_runtime/aio/constants": "names of another module; tests/runtime/aio/test_parity.py looks at them",
    **{f"runtime/relay_runtime/aio/verbs/{subject}": WRITTEN for subject in VERBS},
    "runtime/relay_runtime/aio/handlers": "types of decorators; tests/docs/test_types.py looks at what they return",
    "runtime/relay_runtime/fleet/errors": "exceptions; tests/runtime/fleet/test_reach.py says when they are raised",
    "runtime/relay_runtime/fleet/local_text": "of the local engine; test_engine.py is its contract",
    "runtime/relay_runtime/fleet/report": "values; tests/runtime/client/test_fleet_desk.py looks at them",
    "runtime/relay_runtime/fleet/stream": "a Protocol; the streams of both engines keep it",
    "runtime/relay_runtime/ledger/copy": "Protocols; the mirror of a fleet keeps them",
    "runtime/relay_runtime/campaign/dialler": "a Protocol; client/campaigns.py keeps it",
    "runtime/relay_runtime/client/kinds": "types of decorators; tests/docs/test_types.py looks at what they return",
    "runtime/relay_runtime/cli/failure": "an exception; tests/runtime/cli/test_entry.py says what becomes of it",
    "runtime/relay_runtime/doctor/finding": "values; the tests of each step of the examination look at them",
    **{f"runtime/relay_runtime/starter/templates/{name}": TEMPLATE for name in TEMPLATES},
    "runtime/relay_runtime/sandbox/control/listener": "a Protocol; the sandbox keeps it",
    "runtime/relay_runtime/sandbox/ground/counters": "numbers; the tests of what is counted look at them",
    "runtime/relay_runtime/sandbox/ground/fields": "names of types; the tests of the verbs that use them look at them",
}
"""Modules that have no test file of their own, with the reason."""

OF_NO_MODULE = {
    "tests/actors/test_ambiguities.py": "protocol 16, row by row",
    "tests/actors/test_contract.py": "the machine-readable protocol, walked: methods, events, actions and the face",
    "tests/actors/test_secrets.py": "a law: no message, event or log line shows a secret",
    "tests/runtime/test_face.py": "the face of the package, which is its __init__",
    "tests/runtime/test_hostile_frames.py": "a flood through the whole client",
    "tests/runtime/test_interrupt.py": "Ctrl-C, at whatever time it comes to the command",
    "tests/runtime/test_leaks.py": "the census of tests/proof, by which proofs find what is left over",
    "tests/runtime/test_patching.py": "who patches the standard library: the process first thing, the library never",
    "tests/runtime/aio/test_parity.py": "the face for asyncio beside the other one, name by name",
    "tests/runtime/sandbox/test_independence.py": "a law: the sandbox shares no code with the client",
}
"""Test files that are of no one module, with the reason."""


def modules() -> set[str]:
    """Every module of the source, as a path without its suffix."""
    return {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for house in HOUSES
        for path in (ROOT / house).rglob("*.py")
        if path.name != "__init__.py"
    }


def mirrors() -> set[str]:
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
    proven = {mirrored(test, known) for test in mirrors()}
    assert sorted(known - proven - WITHOUT_TESTS.keys()) == []


def test_every_test_file_has_its_module_or_a_reason() -> None:
    known = modules()
    assert sorted(test for test in mirrors() - OF_NO_MODULE.keys() if mirrored(test, known) is None) == []


def test_no_exception_is_made_that_is_not_needed() -> None:
    known, there = modules(), mirrors()
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
