"""Follows what is executed: which functions are entered on the way of one event or command, and in which greenlet."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from types import FrameType
from typing import Any, Final, NamedTuple

import greenlet

__all__ = ["MAIL", "YOURS", "Entered", "Trail", "Turn", "turns"]

MAIL: Final = "mail"
YOURS: Final = "your code"
_ROOTS: Final = ("/relay_actors/", "/relay_runtime/")

Asked = Callable[[str, str, str, Any], bool]


class Entered(NamedTuple):
    """A function that was entered: what its greenlet is (see `_lowest`), its file from its package on, and its name.

    Mail that is put into a mailbox is one too: its file is `MAIL`, and its name that of its class.
    """

    greenlet: str
    file: str
    function: str


class Turn(NamedTuple):
    """What was entered in one greenlet until another had its turn: files and their functions, in order."""

    greenlet: str
    stays: tuple[tuple[str, tuple[str, ...]], ...]


class Trail:
    """Notes the functions of the packages that are entered, while it is told to.

    Args:
        begins: says whether it begins with a function that was entered or left: what its greenlet is, its name,
            ``call`` or ``return``, and what it returns.
        ends: says so of the end, which is noted too.
        app: the file whose functions are `YOURS`.

    Attributes:
        entered: what was noted.
    """

    def __init__(self, begins: Asked, ends: Asked, app: str) -> None:
        self.entered: list[Entered] = []
        self._begins, self._ends = begins, ends
        self._begun = self._over = False
        self._files = {app: YOURS}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch all greenlets of the thread, those that wait in a function already too."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        for each in [found for found in gc.get_objects() if isinstance(found, greenlet.greenlet)]:
            for frame in _stack(each.gr_frame):
                frame.f_trace = self._trace
        try:
            yield
        finally:
            sys.settrace(before)
        if not self._over:
            raise RuntimeError(f"the trail has no end; it has {len(self.entered)} functions")

    def _file(self, frame: FrameType) -> str:
        """Return the file of a frame, from its package on; an empty text for what belongs to nobody here."""
        path = frame.f_code.co_filename
        if path not in self._files:
            root = next((each for each in _ROOTS if each in path), "")
            self._files[path] = f"{root}{path.rpartition(root)[2]}".strip("/") if root else ""
        return self._files[path]

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if self._over or event not in {"call", "return", "line"}:
            return None
        if event != "line":
            asked = _lowest(frame), frame.f_code.co_name, event, arg
            if not self._begun and self._begins(*asked):
                self._begun = True
                for each in reversed(list(_stack(frame.f_back))):
                    self._note(each)
            if self._begun and event == "call":
                self._note(frame)
            self._over = self._begun and self._ends(*asked)
        return self._trace

    def _note(self, frame: FrameType) -> None:
        file, name = self._file(frame), frame.f_code.co_name
        if file.endswith("/kit/mailbox.py") and name == "offer":
            file, name = MAIL, type(frame.f_locals["item"]).__name__
        if file:
            self.entered.append(Entered(_lowest(frame), file, name))


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _lowest(frame: FrameType) -> str:
    """Return what a greenlet is: the actor whose loop it runs, or its lowest function."""
    lowest = list(_stack(frame))[-1]
    if lowest.f_code.co_name == "_actor_loop":
        return type(lowest.f_locals["self"]).__name__
    return lowest.f_code.co_qualname


def turns(entered: list[Entered], wanted: Callable[[Entered], bool]) -> list[Turn]:
    """Return what was entered that is wanted, by turns of greenlets, and in those by stays in files."""
    kept = [each for each in entered if wanted(each) and not each.function.startswith("<")]
    found = []
    for place, turn in groupby(kept, key=lambda each: each.greenlet):
        stays = groupby(turn, key=lambda each: each.file)
        found.append(
            Turn(place, tuple((file, tuple(dict.fromkeys(each.function for each in stay))) for file, stay in stays))
        )
    return found
