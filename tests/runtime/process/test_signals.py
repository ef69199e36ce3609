"""Signals that tell a process to stop."""

from __future__ import annotations

import os
import signal
from typing import Any

import gevent
import pytest
from doubles.hub import until

from relay_runtime.process.signals import on_signals


def test_signals_are_handled_by_their_name() -> None:
    heard: list[str] = []
    with on_signals(heard.append, lambda name: heard.append(f"hung up: {name}")):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), number)
        until(lambda: len(heard) == 3)
    assert sorted(heard) == ["SIGINT", "SIGTERM", "hung up: SIGHUP"]


def test_signals_are_handled_only_meanwhile() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with on_signals(outer.append):
        with on_signals(inner.append):
            os.kill(os.getpid(), signal.SIGTERM)
            until(lambda: inner)
        os.kill(os.getpid(), signal.SIGTERM)
        until(lambda: len(outer) == 2)
    assert inner == ["SIGTERM"]


@pytest.fixture
def told() -> list[str]:
    return []


def kill(times: int = 1) -> None:
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_last_resort_is_taken_though_the_hub_is_blocked(told: list[str]) -> None:
    with on_signals(told.append, last_resort=lambda: told.append("last")):
        kill(3)  # and no greenlet gets a turn meanwhile
        assert told == ["last"]
        until(lambda: len(told) == 3)
    assert told == ["last", "SIGTERM", "SIGTERM"]


def test_handlers_run_in_greenlets_of_their_own(told: list[str]) -> None:
    def handler(name: str) -> None:
        gevent.sleep(0)
        told.append(name)

    with on_signals(handler, last_resort=lambda: told.append("last")):
        kill()
        until(lambda: told)
    assert told == ["SIGTERM"]


def test_former_handlers_are_back_in_the_end(told: list[str]) -> None:
    def former(*_: Any) -> None:
        told.append("former")

    before = signal.signal(signal.SIGTERM, former)
    try:
        with on_signals(told.append, last_resort=lambda: told.append("last")):
            pass
        kill()
        assert told == ["former"]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_is_left_to_its_hub(told: list[str]) -> None:
    def there() -> None:
        with on_signals(told.append, last_resort=lambda: told.append("last")):
            pass

    gevent.get_hub().threadpool.apply(there)
    assert told == []
