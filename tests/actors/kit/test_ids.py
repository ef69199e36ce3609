"""Ids: unique, also in the children of a fork."""

from __future__ import annotations

import os
import sys
import uuid

import gevent
import pytest
from gevent.threadpool import ThreadPool

from relay_actors.kit import ids


def test_ids_are_distinct_uuids_in_the_form_of_version_4() -> None:
    made = [ids.new_id() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    for text in made:
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_the_system_is_asked_once_for_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    draw = os.urandom
    monkeypatch.setattr(os, "urandom", lambda size: asked.append(size) or draw(size))
    for _ in range(1_024):
        ids.new_id()
    assert len(asked) <= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_other_ids_than_its_parent() -> None:
    ids.new_id()
    read, write = os.pipe()
    child = gevent.os.fork()
    if child == 0:
        os.write(write, ids.new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 100).decode()
    os.close(read)
    os.close(write)
    assert uuid.UUID(theirs).version == 4
    assert theirs not in {ids.new_id() for _ in range(1_000)}


def test_threads_of_one_process_never_draw_the_same_id() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    pool = ThreadPool(4)
    try:
        batches = [pool.spawn(lambda: [ids.new_id() for _ in range(5_000)]) for _ in range(4)]
        made = [text for batch in batches for text in batch.get(timeout=30)]
    finally:
        sys.setswitchinterval(before)
        pool.kill()
    assert len(set(made)) == len(made)
