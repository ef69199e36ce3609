"""Code that runs in a child of this process, and what comes of it."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gevent.event import AsyncResult
from gevent.hub import get_hub

__all__ = ["in_child", "reaped", "watch_children"]


def watch_children() -> None:
    """Have the hub take the ends of children from now on, as it does anyway once a `Popen` of gevent was made."""
    get_hub().loop.install_sigchld()


def reaped(pid: int) -> AsyncResult[int]:
    """Return what will have the exit code of a child; to be called before anything else runs behind the fork."""
    code: AsyncResult[int] = AsyncResult()
    watcher = get_hub().loop.child(pid)

    def ended() -> None:
        code.set(os.waitstatus_to_exitcode(watcher.rstatus))
        watcher.close()

    watcher.start(ended)
    return code


def in_child(function: Callable[[], Any]) -> Any:
    """Fork, run a function in the child, and return its result, which has a JSON form. Blocks the current greenlet."""
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
    with suppress(ChildProcessError):  # gevent takes the ends of all children once a `Popen` of it was made
        os.waitpid(pid, 0)
    assert told, "the child has told nothing: its traceback is on stderr"
    return json.loads(told)
