"""Chance: the system's unless a test seeds it, and then the same each time."""

from __future__ import annotations

import os

import gevent
import pytest

from relay_actors.kit import chance, ids


def drawn() -> list[object]:
    """Draw some of everything."""
    return [chance.random_bytes(5), chance.random_number(), chance.random_bytes(9000), ids.new_id(), ids.new_id()]


@pytest.mark.parametrize("size", [0, 1, 4, 8191, 8192, 8193, 100_000])
def test_random_bytes_have_the_length_that_was_asked_for(size: int) -> None:
    assert len(chance.random_bytes(size)) == size


def test_two_draws_share_no_bytes() -> None:
    found = [chance.random_bytes(7) for _ in range(10_000)]
    assert len(set(found)) == len(found)


def test_numbers_are_from_0_to_below_1() -> None:
    numbers = [chance.random_number() for _ in range(1_000)]
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) > 900


def test_one_seed_draws_the_same_and_another_one_does_not() -> None:
    runs = []
    for seed in (1, 1, 2):
        with chance.seeded(seed):
            runs.append(drawn())
    assert runs[0] == runs[1]
    assert not set(runs[0]) & set(runs[2])


def test_after_a_seed_nothing_follows_from_it_any_more() -> None:
    with chance.seeded(1):
        first = drawn()
    after = drawn()
    with chance.seeded(1):
        assert drawn() == first
    assert not set(after) & set(first)
    with pytest.raises(KeyError), chance.seeded(1):
        raise KeyError
    assert not set(drawn()) & {*after, *first}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_draws_other_bytes_than_its_parent() -> None:
    chance.random_bytes(1)
    read, write = os.pipe()
    child = gevent.os.fork()
    if child == 0:
        os.write(write, chance.random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 100)
    os.close(read)
    os.close(write)
    assert len(theirs) == 16
    assert theirs not in chance.random_bytes(100_000)
