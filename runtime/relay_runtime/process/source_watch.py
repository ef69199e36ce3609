"""Noticing that source files change.

By looking at them, since an event loop's own watchers miss a second change within one second that leaves the size as it
is: they compare whole seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import gevent

__all__ = ["SourceWatch"]

_LOOK_EVERY: Final = 0.3  # seconds; a hundred files take a fraction of a millisecond


class SourceWatch:
    """Calls back when files change.

    Args:
        on_change: called with what changed, in words, in a greenlet of its own; once for changes close together.
    """

    def __init__(self, on_change: Callable[[str], object]) -> None:
        self._on_change = on_change
        self._looks: dict[str, tuple[int, ...]] = {}
        self._watcher = gevent.spawn(self._watch)
        self._watcher.name = "source watch"

    def watch(self, files: Iterable[str]) -> None:
        """Watch these files too; they need not exist. Never blocks."""
        for file in files:
            self._looks.setdefault(file, _look(file))

    def close(self) -> None:
        """Watch no more."""
        self._watcher.kill()

    def _watch(self) -> None:
        changed: dict[str, None] = {}
        while True:
            gevent.sleep(_LOOK_EVERY)
            found = self._changes()
            changed.update(found)
            if changed and not found:  # an editor, or git, changes several files at once: now it has finished
                names = ", ".join(Path(file).name for file in changed)
                changed.clear()
                self._on_change(f"{names} changed")

    def _changes(self) -> dict[str, None]:
        """Return the files that look different from the last time."""
        now = {file: _look(file) for file in self._looks}
        changed = {file: None for file, look in now.items() if look != self._looks[file]}
        self._looks.update(now)
        return changed


def _look(file: str) -> tuple[int, ...]:
    try:
        found = os.stat(file)
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)
