"""A phone beside an app that is being tried: it waits for the app, dials it, and knows how that went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final, Protocol

import gevent

from relay_actors.kit import clock
from relay_actors.kit.crash_log import kept_by
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.ground.clock import epoch
from relay_runtime.softphone.events import AppCrashed, Event, LineEnded
from relay_runtime.softphone.handset import Handset, HandsetError
from relay_runtime.testing.crashes import Crash

__all__ = ["Desk", "Face"]

_LOOK: Final = 0.05
_PATIENCE: Final = 30.0  # seconds in which the app has to subscribe to its contexts


class Face(Protocol):
    """Where the person at the phone hears and acts.

    Attributes:
        prints: whether it shows a crash where the process writes its log, which then says nothing of it.
    """

    @property
    def prints(self) -> bool:
        """See above."""

    def told(self, event: Event) -> None:
        """Show an event. Never blocks."""

    def complain(self, text: str) -> None:
        """Say that something can't be done. Never blocks."""

    def open(self) -> None:
        """Begin to show."""

    def use(self, handset: Handset) -> ExitCode:
        """Have the person use the phone until they put it away; blocks the current greenlet.

        Returns:
            `OK`, or what was wrong with what they did.
        """

    def close(self) -> None:
        """Show nothing more. Blocks the current greenlet for a few seconds at most."""


class Desk:
    """Brings a phone to a sandbox, for one person who tries an app.

    Args:
        face: where that person hears and acts.
        number: the number of the phone.
        to_number: the number that it dials.
        context: the context that it dials; None takes the first of the app.
        dials: whether it dials by itself, when the app is there and each time that it is loaded again.

    Attributes:
        end: called with a reason when the person has put the phone away.
    """

    def __init__(self, face: Face, *, number: str, to_number: str, context: str | None, dials: bool) -> None:
        self._face = face
        self._number = number
        self._to_number = to_number
        self._context = context
        self._dials = dials
        self.end: Callable[[str], object] = lambda _: None
        self._sandbox: Sandbox | None = None
        self._handset: Handset | None = None
        self._code = ExitCode.OK
        self._crashed = self._stopped = False
        self._block = ExitStack()

    @property
    def exit_code(self) -> ExitCode:
        """How it went: 1 if the app has crashed before the phone was put away, or else what the face says."""
        return ExitCode.FAILED if self._crashed else self._code

    def open(self) -> None:
        """Have the person see what comes; before the app is loaded, or what it prints then would not be there."""
        self._face.open()

    def loaded(self, sandbox: Sandbox, contexts: list[str]) -> None:
        """Take what is known of the app: the first time, and each time that it was loaded again. Never blocks."""
        first = self._handset is None
        if self._handset is None:
            self._sandbox = sandbox
            self._handset = Handset(sandbox, self._number, self._to_number)
            self._handset.watchers.add(self._told)
        self._handset.context = self._context or contexts[0]
        if self._dials and not first:
            self._handset.redials = True
            gevent.spawn(self._dial, epoch()).name = "the phone dials again"

    def failed(self, why: str) -> None:
        """Show why the app could not be loaded again, to who does not see the log. Never blocks."""
        if not self._face.prints:
            self._told(AppCrashed("", "the app can't be loaded; what was there before goes on", why))

    def begin(self) -> None:
        """Let the person use the phone: the app is there. Never blocks."""
        self._block.enter_context(kept_by(self._keep, logged=not self._face.prints))
        gevent.spawn(self._serve).name = "phone"

    def stop(self) -> None:
        """Hang up, and call nobody any more; what the app still does is shown. Never blocks."""
        self._stopped = True
        if self._handset is not None:
            self._handset.close()

    def close(self) -> None:
        """Show nothing more. Blocks the current greenlet for a few seconds at most."""
        gevent.sleep(0)  # a crash that was the last thing to happen is on its way
        self._face.close()
        self._block.close()

    def _serve(self) -> None:
        handset = self._handset
        assert handset is not None
        try:
            if self._dials:
                self._dial(0.0)
            self._code = self._face.use(handset)
        except Exception:
            self._code = ExitCode.FAILED
            raise
        finally:
            if not self._stopped:  # else it is the process that ends the phone
                self.stop()
                self.end("the phone was put away")

    def _dial(self, since: float) -> None:
        """Dial, as soon as those who serve the context have begun after a time; blocks the current greenlet."""
        handset, sandbox = self._handset, self._sandbox
        assert handset is not None
        assert sandbox is not None
        limit = clock.monotonic() + _PATIENCE
        while clock.monotonic() < limit:
            serving = [each for each in sandbox.sessions() if handset.context in each.contexts]
            if serving and all(each.began >= since for each in serving):
                break
            gevent.sleep(_LOOK)
        handset.redials = False
        try:
            handset.dial()
        except HandsetError as error:
            self._face.complain(str(error))

    def _keep(self, error: BaseException, what: str, context: Mapping[str, object]) -> None:
        """Take a crash of the app, in whatever thread."""
        self._crashed = True
        crash = Crash(str(context.get("call_id", "")), what, error)
        if self._handset is not None:
            self._handset.hub.loop.run_callback_threadsafe(
                self._told, AppCrashed(crash.call_id, crash.what, crash.text)
            )

    def _told(self, event: Event) -> None:
        if isinstance(event, LineEnded) and event.by == "app" and event.reason == "error":
            self._crashed = True  # of an app in another process nothing else is known
        try:
            self._face.told(event)
        except OSError as error:  # a full disk below the transcript
            self._code = ExitCode.FAILED
            self.end(f"what happens can't be written: {error.strerror or error}")
