"""Watching the frames of a client."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from relay_runtime.client.frame_tap import FrameTap


class Line:
    """A connection that can be watched."""

    tap: Any = None


def test_nobody_is_called_while_nobody_watches() -> None:
    tap, line = FrameTap(), Line()
    tap.through(lambda: line)()
    assert line.tap is None


def test_a_watcher_sees_frames_of_the_connection_that_is_up_and_of_the_next_one() -> None:
    tap, seen = FrameTap(), []
    first, second = Line(), Line()
    lines = iter((first, second))
    connect = tap.through(lambda: next(lines))
    connect()
    tap.watch(lambda direction, frame: seen.append((direction, frame)))
    first.tap("in", "a")
    connect()
    second.tap("out", b"b")
    assert seen == [("in", "a"), ("out", b"b")]


def test_a_watcher_that_has_stopped_sees_nothing_more_and_the_others_do() -> None:
    tap, line = FrameTap(), Line()
    tap.through(lambda: line)()
    first, second = [], []
    stop_first = tap.watch(lambda _, frame: first.append(frame))
    stop_second = tap.watch(lambda _, frame: second.append(frame))
    stop_first()
    line.tap("in", "a")
    assert (first, second) == ([], ["a"])
    stop_second()
    assert line.tap is None


@pytest.mark.parametrize("error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=type)
def test_a_watcher_that_raises_is_told_of_once_and_takes_nothing_from_the_others(
    error: BaseException, log_lines: list[str]
) -> None:
    def broken(*_: Any) -> None:
        raise error

    tap, line = FrameTap(), Line()
    tap.through(lambda: line)()
    seen: list[Any] = []
    tap.watch(broken)
    tap.watch(lambda _, frame: seen.append(frame))
    for frame in ("a", b"b", "c"):
        line.tap("in", frame)
    assert seen == ["a", b"b", "c"]
    assert [each.splitlines()[0] for each in log_lines] == ["ERROR a watcher of frames failed"]
