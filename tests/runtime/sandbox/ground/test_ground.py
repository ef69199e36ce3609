"""The ground: a name of its own, one clock, and the book of its own faults."""

from __future__ import annotations

from loguru import logger

from relay_runtime.sandbox import Settings
from relay_runtime.sandbox.ground.ground import Ground


def test_each_sandbox_is_a_node_of_its_own() -> None:
    first, second = Ground(Settings()), Ground(Settings())
    assert first.node_id.startswith("sandbox-")
    assert first.node_id != second.node_id


def fail_with(secret: str, ground: Ground) -> None:
    try:
        1 / (len(secret) - 8)
    except ZeroDivisionError as error:
        ground.internal_error(error, "calling.play")


def test_a_fault_is_counted_kept_and_logged_with_its_place_and_without_variables() -> None:
    ground, lines = Ground(Settings()), list[str]()
    sink = logger.add(lines.append, format="{message}")
    try:
        fail_with(f"PT{'secret'}", ground)
    finally:
        logger.remove(sink)
    assert ground.counters.internal_errors == len(ground.errors) == 1
    assert "the sandbox failed on calling.play\nTraceback" in lines[0]
    assert "ZeroDivisionError" in lines[0]
    assert "PTsecret" not in lines[0]


def test_faults_are_counted_beyond_those_that_are_kept() -> None:
    ground = Ground(Settings())
    logger.disable("relay_runtime.sandbox")
    try:
        for _ in range(150):
            ground.internal_error(ValueError())
    finally:
        logger.enable("relay_runtime.sandbox")
    assert (ground.counters.internal_errors, len(ground.errors)) == (150, 100)


def test_a_timer_that_raises_is_a_fault_of_the_sandbox() -> None:
    ground = Ground(Settings())
    logger.disable("relay_runtime.sandbox")
    try:
        ground.clock.after_real(0, lambda: 1 / 0)
        ground.clock._run_due()
    finally:
        logger.enable("relay_runtime.sandbox")
    assert [type(error) for error in ground.errors] == [ZeroDivisionError]


def test_speech_takes_its_time_by_the_character() -> None:
    assert Ground(Settings(characters_per_second=10)).speech_seconds("twenty characters...") == 2.0
