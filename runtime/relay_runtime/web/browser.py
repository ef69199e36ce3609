"""The phone in the browser, with the live view beside it: a face of a desk, and of a sandbox alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import gevent
import msgspec
from gevent.event import Event as Signal
from msgspec.structs import replace

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.softphone.events import Event
from relay_runtime.softphone.handset import Handset
from relay_runtime.watch.escaping import encoded_json
from relay_runtime.web.apps import Apps
from relay_runtime.web.history import History
from relay_runtime.web.live import FramesRead, live
from relay_runtime.web.orders import Follow, OrderError, decode, obey
from relay_runtime.web.server import PageServer
from relay_runtime.web.viewer import Viewer

__all__ = ["Browser", "Complaint", "Overview"]

_FRAMES_EVERY: Final = 0.25  # seconds
_LIVE_EVERY: Final = 0.5  # seconds


class Overview(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All that is known; a page that is told so forgets what it had.

    Attributes:
        ready: whether the app is there.
        events: what has happened; see `History.events`.
        ages: real seconds since the calls that are up were placed, by line.
        frames: the newest frames; see `Frames`.
    """

    ready: bool
    number: str = ""
    to_number: str = ""
    context: str = ""
    events: list[Event] = []
    ages: dict[int, float] = {}
    frames: list[dict[str, Any]] = []


class Complaint(msgspec.Struct, frozen=True, tag=True):
    """Something that a browser wanted can't be done."""

    text: str


class Browser:
    """Shows a phone in all browsers that look at its page, and has what they want done.

    Args:
        port: the port of the page; 0 takes a free one.
        announce: told with the URL for the next browser.
    """

    prints: Final = False

    def __init__(self, port: int, announce: Callable[[str], object]) -> None:
        self._announce = announce
        self._server = PageServer(port, self, announce)
        self._history = History()
        self._handset: Handset | None = None
        self._frames: FramesRead | None = None
        self._away = Signal()

    # What happens

    def told(self, event: Event) -> None:
        """Show an event; see `Face.told`."""
        self._history.add(event)
        self._tell(encoded_json(event))

    def complain(self, text: str) -> None:
        """Show what can't be done; see `Face.complain`."""
        self._tell(encoded_json(Complaint(text)))

    def _tell(self, message: bytes, *, passing: bool = False) -> None:
        for viewer in list(self._server.viewers):
            viewer.tell(message, passing=passing)

    def overview(self) -> bytes:
        """Return all that is known; see `Host.overview`."""
        handset, frames = self._handset, self._frames
        if handset is None or frames is None:
            return encoded_json(Overview(ready=False, events=self._history.events()))
        return encoded_json(
            Overview(
                ready=True,
                number=handset.number,
                to_number=handset.to_number,
                context=handset.context or next(iter(handset.sandbox.exchange.contexts()), ""),
                events=self._history.events(),
                frames=frames.recent(),
                ages={number: line.at for number, line in handset.lines.items() if line.is_up},
            )
        )

    # What the person does

    def open(self) -> None:
        """Serve the page.

        Raises:
            PageError: the port can't be had.
        """
        self._server.start()

    def use(self, handset: Handset) -> ExitCode:
        """Have people use the phone until the process ends; see `Face.use`."""
        self._handset, self._frames = handset, FramesRead(handset.sandbox)
        self._announce(self._server.url)
        self._tell(self.overview())
        apps = Apps(handset.sandbox.url)
        looking: list[gevent.Greenlet[..., None]] = [
            gevent.spawn(self._look, self._frames),
            gevent.spawn(self._watch, handset.sandbox, apps),
        ]
        try:
            self._away.wait()
        finally:
            for each in looking:
                each.kill()
        return ExitCode.OK

    def close(self) -> None:
        """Serve the page no more."""
        self._away.set()
        self._server.stop()

    def order(self, viewer: Viewer, message: str | bytes) -> None:
        """Do what a browser wants; see `Host.order`."""
        try:
            order = decode(message)
            if isinstance(order, Follow):
                viewer.follows = order.call_id
                return
            if self._handset is None:
                raise OrderError("the app is not there yet")
            performance = obey(self._handset, order)
        except OrderError as error:
            viewer.tell(encoded_json(Complaint(str(error))))
            return
        if performance is not None:
            gevent.spawn(self._follow, viewer, performance)

    def _follow(self, viewer: Viewer, performance: Performance) -> None:
        """Say if something was not done after all."""
        performance.wait()
        if performance.failure is not None:
            viewer.tell(encoded_json(Complaint(performance.failure)))

    # What passes

    def _look(self, frames: FramesRead) -> None:
        """Show frames as they pass, and bring those up to date that read slowly."""
        while True:
            gevent.sleep(_FRAMES_EVERY)
            viewers = list(self._server.viewers)
            passed = frames.next() if viewers else None
            if passed is not None:
                self._tell(encoded_json(passed), passing=True)
            for viewer in viewers:
                viewer.catch_up()

    def _watch(self, sandbox: Sandbox, apps: Apps) -> None:
        """Show the calls, and what the processes say of them."""
        while True:
            if viewers := list(self._server.viewers):
                with suppress(OSError):  # out of descriptors, or a directory that is gone: what was seen before stands
                    apps.look()
                moment = live(sandbox, apps.seen, apps.calls, {viewer.follows for viewer in viewers})
                message = encoded_json(moment)
                for viewer in viewers:
                    told = encoded_json(replace(moment, dropped=viewer.dropped)) if viewer.dropped else message
                    viewer.tell(told, passing=True)
            gevent.sleep(_LIVE_EVERY)
