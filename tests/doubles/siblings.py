"""Processes that live beside this one, each a fork that does one thing and then waits for its end."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gevent.hub import get_hub

__all__ = ["Sibling"]


class Sibling:
    """A process that has a function done, and lives on until it is ended.

    Args:
        function: what it does; the result has a JSON form.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._told, telling = os.pipe()
        waiting, self._held = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._held)
            os.close(self._told)
            try:
                os.write(telling, json.dumps(function()).encode() + b"\n")
                os.read(waiting, 1)  # until the parent closes it, or dies
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(telling)
        os.close(waiting)

    def result(self) -> Any:
        """Wait for the function, and return its result. Blocks the current greenlet."""
        told = b""
        while not told.endswith(b"\n"):
            part = get_hub().threadpool.apply(os.read, (self._told, 65536))
            assert part, "the sibling has told nothing: its traceback is on stderr"
            told += part
        return json.loads(told)

    def stop(self) -> None:
        """Stop it where it is; returns when it stands still."""
        os.kill(self._pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self._pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it, as nobody can prevent."""
        os.kill(self._pid, signal.SIGKILL)
        for descriptor in (self._told, self._held):
            os.close(descriptor)
        with suppress(ChildProcessError):  # gevent takes the ends of all children once a `Popen` of it was made
            os.waitpid(self._pid, 0)
