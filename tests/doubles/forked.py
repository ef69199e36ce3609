"""Code that runs in a child of this process, and what comes of it."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from typing import Any

import gevent
from gevent.hub import get_hub

__all__ = ["exit_code_of", "in_child", "keep_children"]

LIMIT = 60.0


def keep_children() -> None:
    """Have gevent leave the ends of children to who waits for them; its `Popen` takes that up again."""
    get_hub().loop.reset_sigchld()


def in_child(function: Callable[[], Any]) -> Any:
    """Fork, run a function in the child, and return its result, which has a JSON form. Blocks the current greenlet."""
    keep_children()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, json.dumps(function()).encode())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    told = get_hub().threadpool.apply(os.read, (reading, 65536))
    os.close(reading)
    assert exit_code_of(pid) == 0
    return json.loads(told)


def exit_code_of(pid: int) -> int:
    """Wait for the end of a child and return its exit code. Blocks the current greenlet."""
    with gevent.Timeout(LIMIT):
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            gevent.sleep(0.005)
