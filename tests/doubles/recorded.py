"""Calls of apps, played by a script and recorded to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from relay_runtime.recording.recorder import Recorder
from relay_runtime.testing.kit import RelayKit

__all__ = ["recorded"]


def recorded(
    app: Any, play: Callable[[RelayKit], object], directory: Path, *, speed: float = 15.0, **options: Any
) -> Path:
    """Record the call that ``play`` plays with an app; return the file. The sandbox speaks at a speed."""
    with RelayKit(app) as kit, Recorder(kit.client, directory, **options):
        kit.sandbox.settings.change(characters_per_second=speed)
        play(kit)
        for run in kit.sandbox.runs():
            run.wait(600)
        kit.clock.sleep(5)
    files = sorted(directory.iterdir())
    assert len(files) == 1, files
    return files[0]
