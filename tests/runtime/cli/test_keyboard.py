"""The keys of a terminal, as they are pressed."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator

import gevent
import pytest
from gevent.queue import Queue

from relay_runtime.cli.keyboard import GONE, Keyboard, keys_in
from relay_runtime.process.process import last_words

LIMIT = 60.0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: that of who types, and that of the program."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("jkq", ["down", "up", "q"]),
        ("\x1b[A\x1b[B\x1bOA\x1bOB", ["up", "down", "up", "down"]),
        ("\x1b[5~\x1b[6~ b", ["page up", "page down", "page down", "page up"]),
        ("\x1b[H\x1b[F\x1b[1~\x1b[4~gG", ["home", "end", "home", "end", "home", "end"]),
        ("\x1b[1;5Ct", ["t"]),
        ("\x1bq", ["\x1b", "q"]),
        ("é\x0c", ["é", "\x0c"]),
    ],
)
def test_keys_are_told_by_what_a_terminal_sends(sent: str, keys: list[str]) -> None:
    assert keys_in(sent) == (keys, "")


@pytest.mark.parametrize("sent", ["\x1b[A", "\x1b[6~", "\x1bOB"])
def test_a_key_that_comes_in_pieces_is_one_key(sent: str) -> None:
    keys, rest = [], ""
    for piece in sent:
        more, rest = keys_in(rest + piece)
        keys += more
    assert (len(keys), rest) == (1, "")


def test_keys_come_without_enter_and_the_terminal_is_left_as_it_was(terminal: tuple[int, int]) -> None:
    typed, theirs = terminal
    before = termios.tcgetattr(theirs)
    pressed: Queue[str] = Queue()
    with Keyboard(theirs, pressed.put):
        assert not termios.tcgetattr(theirs)[3] & (termios.ECHO | termios.ICANON)
        assert termios.tcgetattr(theirs)[3] & termios.ISIG
        os.write(typed, b"j\x1b")
        assert pressed.get(timeout=LIMIT) == "down"
        os.write(typed, b"[5~")
        assert pressed.get(timeout=LIMIT) == "page up"
    assert termios.tcgetattr(theirs) == before


def test_what_was_typed_before_counts_and_what_was_not_read_is_left_to_nobody(terminal: tuple[int, int]) -> None:
    typed, theirs = terminal
    pressed: Queue[str] = Queue()
    os.write(typed, b"q")
    with Keyboard(theirs, pressed.put):
        assert pressed.get(timeout=LIMIT) == "q"
        os.write(typed, b"rm -rf\n")
    os.set_blocking(theirs, False)
    with pytest.raises(BlockingIOError):
        os.read(theirs, 100)


def test_the_terminal_is_left_as_it_was_after_a_failure(terminal: tuple[int, int]) -> None:
    before = termios.tcgetattr(terminal[1])
    with pytest.raises(ZeroDivisionError), Keyboard(terminal[1], print):
        raise ZeroDivisionError
    assert termios.tcgetattr(terminal[1]) == before


def test_what_is_no_terminal_has_no_keys() -> None:
    reading, writing = os.pipe()
    pressed: list[str] = []
    with Keyboard(reading, pressed.append):
        os.write(writing, b"q")
        gevent.sleep(0)
    os.close(reading)
    os.close(writing)
    assert pressed == []


def test_a_terminal_that_is_gone_is_told_as_a_key_and_can_be_given_back() -> None:
    typed, theirs = pty.openpty()
    pressed: Queue[str] = Queue()
    with Keyboard(theirs, pressed.put):
        os.close(typed)
        assert pressed.get(timeout=LIMIT) == GONE
    os.close(theirs)


def test_the_terminal_is_left_as_it_was_when_the_process_ends_at_once(terminal: tuple[int, int]) -> None:
    before = termios.tcgetattr(terminal[1])
    with Keyboard(terminal[1], print):
        (leave,) = last_words
        leave()
        assert termios.tcgetattr(terminal[1]) == before
    assert last_words == []
