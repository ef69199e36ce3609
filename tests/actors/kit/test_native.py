"""Threads and locks of the system, in a process that gevent has patched."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
from gevent import monkey
monkey.patch_all()
import threading, _thread
from gevent.hub import get_hub
from relay_actors.kit.native import allocate_lock, start_thread

native, seen, lock = monkey.get_original("_thread", "get_ident"), [], allocate_lock()
lock.acquire()

def run(word):
    seen.append((word, native()))
    lock.release()

start_thread(run, ("here",))
assert lock.acquire(True, 30)  # of this thread: no greenlet could have released it
((word, thread),) = seen
assert (word, thread != native()) == ("here", True)
import gevent
ran = []
gevent.spawn(ran.append, 1)
assert not lock.acquire(True, 0.01)  # it is held
assert ran == []  # all greenlets of this thread were held up, too
print("done")
"""


@pytest.mark.slow
def test_a_thread_is_one_and_a_lock_holds_up_a_thread() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
