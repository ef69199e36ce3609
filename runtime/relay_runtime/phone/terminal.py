"""A phone in the terminal: keys as they are pressed, what the app says as it is spoken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

import gevent
from gevent.event import Event as Signal

from relay_runtime.phone.capture import Capture
from relay_runtime.phone.editor import Editor
from relay_runtime.phone.events import Event, LineEnded, LineOpened, SoundChanged
from relay_runtime.phone.handset import Handset, HandsetError
from relay_runtime.phone.screen import Screen
from relay_runtime.phone.telling import is_spoken, prefix, speaker, told
from relay_runtime.phone.typed import HELP, KEYS, asks, obey
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox.script.performance import Performance

__all__ = ["Terminal"]

_TICK: Final = 0.1  # seconds between two looks at what is being spoken
_WELCOME: Final = "keys are pressed as you type them, words are said with Enter; /help shows the rest, Ctrl-D ends"


class Terminal:
    """Shows a phone in a terminal, and has what is typed done at once.

    Args:
        keyboard: given a function, returns a block in which that is called with each key.
        width: returns the columns of the terminal.
    """

    def __init__(
        self, keyboard: Callable[[Callable[[str], object]], AbstractContextManager[Any]], width: Callable[[], int]
    ) -> None:
        self._keyboard = keyboard
        self._capture = Capture(self._printed)
        self._screen = Screen(self._capture.write, width)
        self._editor = Editor(keys=KEYS, changed=self._screen.type, entered=self._entered, ended=self._put_away)
        self._handset: Handset | None = None
        self._away = Signal()
        self._block = ExitStack()
        self._speaking: dict[tuple[int, int], SoundChanged] = {}

    # What happens

    def told(self, event: Event) -> None:
        """Show an event; see `Face.told`."""
        if isinstance(event, SoundChanged) and is_spoken(event):
            self._spoken(event)
            return
        if isinstance(event, LineEnded):
            self._forget(event.line)
        for line in told(event):
            self._screen.show(line)
        if isinstance(event, LineOpened) and event.rings:
            self._screen.ring()
        if isinstance(event, LineEnded) and self._handset is not None and not self._handset.is_in_use:
            self._screen.show("/dial calls again, Ctrl-D ends")

    def complain(self, text: str) -> None:
        """Show what can't be done."""
        self._screen.show(text)

    def _spoken(self, event: SoundChanged) -> None:
        key = (event.line, event.sound)
        if event.change in {"begins", "resumes"}:
            self._speaking[key] = event
            return
        begun = self._speaking.pop(key, None)
        if begun is not None:
            self._speak(key, begun, event.words)
        for line in told(event):
            self._screen.show(line)

    def _speak(self, key: tuple[int, int], event: SoundChanged, words: str) -> None:
        self._screen.speak(key, prefix(event.at, speaker(event), event.line), words)

    def _look(self) -> None:
        """Show how far what is being spoken has come."""
        while True:
            gevent.sleep(_TICK)
            for key, event in list(self._speaking.items()):
                sound = None
                if self._handset is not None and key[0] in self._handset.lines:
                    sound = self._handset.lines[key[0]].sounds.get(key[1])
                if sound is None or sound.position >= sound.seconds:
                    self._speaking.pop(key, None)
                self._speak(key, event, event.text if sound is None else sound.words)

    def _forget(self, line: int) -> None:
        for key in [key for key in self._speaking if key[0] == line]:
            del self._speaking[key]

    def _printed(self, line: str) -> None:
        """Show what the app has printed or logged."""
        self._screen.show(line)

    # What the person does

    def use(self, handset: Handset) -> ExitCode:
        """Have the person use the phone until Ctrl-D or /quit; see `Face.use`."""
        self._handset = handset
        ticker = gevent.spawn(self._look)
        try:
            self._away.wait()
        finally:
            ticker.kill()
        return ExitCode.OK

    def open(self) -> None:
        """Take the terminal."""
        self._block.enter_context(self._capture)
        self._screen.begin()
        self._screen.show(_WELCOME)
        self._block.enter_context(self._keyboard(self._editor.key))

    def close(self) -> None:
        """Give the terminal back."""
        self._away.set()
        self._screen.end()
        self._block.close()

    def _put_away(self) -> None:
        self._away.set()

    def _entered(self, text: str) -> None:
        """Do what was typed."""
        try:
            ask = asks(text)
            if ask is None or self._handset is None:
                return
            if ask.what == "help":
                for line in HELP.splitlines():
                    self._screen.show(line)
            elif ask.what == "quit":
                self._put_away()
            else:
                performance = obey(self._handset, ask)
                if performance is not None:
                    gevent.spawn(self._follow, text, performance)
        except HandsetError as error:
            self._screen.show(str(error))

    def _follow(self, text: str, performance: Performance) -> None:
        """Say if something was not done after all."""
        performance.wait()
        if performance.failure is not None:
            self._screen.show(f"{text}: {performance.failure}")
