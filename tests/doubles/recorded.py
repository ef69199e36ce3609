"""Calls of apps, played by a script and recorded to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from relay_runtime.recording.reading import Recording, read_recording
from relay_runtime.recording.recorder import Recorder
from relay_runtime.testing.kit import RelayKit

__all__ = ["recorded"]


def recorded(app: Any, play: Callable[[RelayKit], object], directory: Path, **options: Any) -> Path:
    """Record the call that ``play`` plays with an app; return the file."""
    with RelayKit(app) as kit, Recorder(kit.client, directory, **options):
        play(kit)
        for run in kit.sandbox.runs():
            run.wait(600)
        kit.clock.sleep(5)
    files = sorted(directory.iterdir())
    assert len(files) == 1, files
    return files[0]


def read(path: Path) -> Recording:
    """Return what a file holds."""
    return read_recording(path)
