"""A phone in the terminal: keys as they are pressed, what the app says as it is spoken."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

import gevent
from gevent.event import Event as Signal

from relay_runtime.process.process import ExitCode, last_words
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.softphone.capture import Capture
from relay_runtime.softphone.editor import Editor
from relay_runtime.softphone.events import Event, LineEnded, LineOpened, SoundChanged
from relay_runtime.softphone.handset import Handset, HandsetError
from relay_runtime.softphone.screen import Screen
from relay_runtime.softphone.telling import is_spoken, prefix, speaker, told
from relay_runtime.softphone.typed import HELP, KEYS, asks, obey

__all__ = ["Terminal"]

_TICK: Final = 0.1  # seconds between two looks at what is being spoken
_WELCOME: Final = "keys are pressed as you type, words are said at Enter; /help shows the rest"


class Terminal:
    """Shows a phone in a terminal, and has what is typed done at once.

    Args:
        keyboard: given a function, returns a block in which that is called with each key.
        width: returns the columns of the terminal.
    """

    prints: Final = True

    def __init__(
        self, keyboard: Callable[[Callable[[str], object]], AbstractContextManager[Any]], width: Callable[[], int]
    ) -> None:
        self._keyboard = keyboard
        self._capture = Capture(self._printed)
        self._screen = Screen(self._write, width)
        self._away = Signal()
        self._editor = Editor(keys=KEYS, changed=self._screen.type, entered=self._entered, ended=self._away.set)
        self._handset: Handset | None = None
        self._block, self._keys = ExitStack(), ExitStack()
        self._speaking: dict[int, SoundChanged] = {}

    # What happens

    def told(self, event: Event) -> None:
        """Show an event; see `Face.told`."""
        if isinstance(event, SoundChanged) and is_spoken(event):
            self._spoken(event)
            return
        for line in told(event):
            self._screen.show(line)
        if isinstance(event, LineOpened) and event.rings:
            self._screen.ring()
        handset = self._handset
        if isinstance(event, LineEnded) and handset is not None and not (handset.is_in_use or handset.redials):
            self._screen.show("/dial calls again, Ctrl-D ends")

    def complain(self, text: str) -> None:
        """Show what can't be done."""
        self._screen.show(text)

    def _spoken(self, event: SoundChanged) -> None:
        if event.change in {"begins", "resumes"}:
            self._speaking[event.sound] = event
            return
        begun = self._speaking.pop(event.sound, None)
        if begun is not None:
            self._speak(begun, event.words)
        for line in told(event):
            self._screen.show(line)

    def _speak(self, event: SoundChanged, words: str) -> None:
        self._screen.speak(event.sound, prefix(event.at, speaker(event), event.line), words)

    def _look(self) -> None:
        """Show how far what is being spoken has come."""
        while True:
            gevent.sleep(_TICK)
            for number, event in list(self._speaking.items()):
                line = None if self._handset is None else self._handset.lines.get(event.line)
                sound = None if line is None else line.sounds.get(number)
                if sound is None:
                    self._speaking.pop(number, None)
                else:
                    self._speak(event, sound.words)

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
        last_words.append(self._leave)
        self._block.callback(last_words.remove, self._leave)
        self._screen.begin()
        self._screen.show(_WELCOME)
        self._block.enter_context(self._keys)
        self._keys.enter_context(self._keyboard(self._editor.key))
        self._block.callback(gevent.signal_handler(signal.SIGTSTP, self._suspend).cancel)

    def close(self) -> None:
        """Give the terminal back."""
        self._away.set()
        with self._block:
            self._screen.end()

    def _leave(self) -> None:
        """Show what is left when the process ends at once; in any thread."""
        self._screen.end()
        self._capture.end()

    def _suspend(self) -> None:
        """Give the terminal back to the shell, until that lets this process go on."""
        self._keys.close()
        self._screen.end()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._screen.begin()
        self._keys.enter_context(self._keyboard(self._editor.key))

    def _write(self, text: str) -> None:
        try:
            self._capture.write(text)
        except OSError:  # the terminal is gone
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
                self._away.set()
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
