"""The thread in a worker that answers the parent's question whether its hub goes round, and where it stands if not.

It is a thread of the system's own and needs nothing of the hub. When the parent has died, it takes over its part: it
ends a worker that does not end by itself.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from gevent.hub import get_hub
from gevent.monkey import get_original
from loguru import logger

from relay_actors.kit import clock
from relay_actors.kit.native import allocate_lock, start_thread
from relay_actors.kit.stack import place, user_frame
from relay_actors.kit.timer import Timer
from relay_runtime.process.process import ExitCode
from relay_runtime.watch.hub_guard import culprit_in
from relay_runtime.watch.logs import flush_logs
from relay_runtime.workers.heartbeat import Pulse, period
from relay_runtime.workers.lifeline import Errand

__all__ = ["Watchdog"]

_GRACE: Final = 5.0
"""Seconds of silence that end a worker whose parent has died."""
_LAST_WORDS: Final = 1.0
"""Seconds that the log may take for the last line."""
_HELD: Final = 10
"""Times the silence that the parent allows: when C code has not let this thread run for so long, there is no parent."""


class Watchdog:
    """Answers for the hub of a worker.

    Args:
        errand: what the parent told.
    """

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._line = errand.watchdog
        self._period = period(errand.timeout)
        self._beat: float | None = None  # when the hub went round last; written by the hub alone, as the next two
        self._loop_late = 0.0
        self._measure: Callable[[], float] | None = None
        self._write_calls: Callable[[], object] = lambda: None
        self._bound = 0.0
        self._hub = 0
        self._timer = Timer()

    def start(self) -> None:
        """Start the thread; it ends with the process."""
        faulthandler.register(signal.SIGQUIT, file=self._line, all_threads=True)
        start_thread(self._run, ())

    # In the hub

    def watch(
        self,
        drain_timeout: float,
        loop_late: Callable[[], float] | None = None,
        write_calls: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to watch the hub of this thread. Never blocks.

        Args:
            drain_timeout: seconds that live calls get when the worker stops.
            loop_late: returns how late the loop of asyncio in the main thread is, in seconds; None: there is none.
            write_calls: writes the calls down; called in the thread, while the hub does not go round.
        """
        self._write_calls = write_calls
        self._hub, self._measure = get_hub().thread_ident, loop_late
        self._bound = drain_timeout + self._errand.kill_after
        self._goes_round()
        self._timer.call_after(self._period, self._goes_round, repeat=True, ref=False)

    def _goes_round(self) -> None:
        self._loop_late = 0.0 if self._measure is None else self._measure()
        self._beat = clock.real_monotonic()

    # In the thread

    def _run(self) -> None:
        poll = _poll()
        poll.register(self._line, select.POLLIN)
        while True:
            self._put_off_the_end()
            if poll.poll(self._period * 1000):
                try:
                    asked = os.read(self._line, 64)
                    if not asked:
                        break
                    os.write(self._line, msgspec.json.encode(self._pulse()) + b"\n")
                except OSError:
                    break
        self._outlive()

    def _put_off_the_end(self) -> None:
        """Have the interpreter end the process by itself, should this thread not run for long from now on."""
        if self._errand.timeout and self._beat is not None:
            faulthandler.dump_traceback_later(self._errand.timeout * _HELD, exit=True, file=2)

    def _pulse(self) -> Pulse:
        if self._beat is None:
            return Pulse(0.0)
        hub, loop = clock.real_monotonic() - self._beat, self._loop_late
        if max(hub, loop) < 2 * self._period:
            return Pulse(max(hub, loop))
        self._write_calls()
        return Pulse(loop, self._where_loop()) if loop > hub else Pulse(hub, self._where_hub())

    def _where_hub(self) -> str:
        frame = sys._current_frames().get(self._hub)
        if frame is None:
            return "the thread of its hub has ended"
        culprit = culprit_in(frame)
        return "its hub waits for events" if culprit is None else f"its hub is held up by {culprit.who}"

    def _where_loop(self) -> str:
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
        return f"its loop of asyncio stands at {place(user_frame(frame) or frame)}"

    # When the parent has died

    def _outlive(self) -> None:
        """End the worker when it is silent, or does not come to its end in time."""
        died = clock.real_monotonic()
        while True:
            _sleep(self._period)
            self._put_off_the_end()
            since = clock.real_monotonic() - died
            if self._beat is None:
                if since > _GRACE:
                    self._end("the app is not loaded yet")
                continue
            pulse = self._pulse()
            if min(since, pulse.silent) > _GRACE:
                self._end(pulse.where)
            elif since > self._bound:
                self._end(f"it has not ended within {self._bound:g} s")

    def _end(self, why: str) -> None:
        """End the process, even when the log takes no line any more."""
        told = allocate_lock()
        told.acquire()
        start_thread(self._tell, (why, told))
        told.acquire(True, _LAST_WORDS)
        path = Path(self._errand.control_socket)
        with suppress(OSError):  # the last one leaves nothing behind
            path.unlink(missing_ok=True)
            path.parent.rmdir()
        os._exit(ExitCode.FAILED)

    def _tell(self, why: str, told: Any) -> None:
        try:
            number = self._errand.number
            logger.critical("the parent process has died: worker {} ends at once, since {}", number, why)
            flush_logs()  # os._exit leaves no time for it
        finally:
            told.release()


_sleep: Callable[[float], None] = get_original("time", "sleep")
_poll: Callable[[], Any] = get_original("select", "poll")
