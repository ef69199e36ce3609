"""The programs beside the pages, which write them: modules of ``docs``, and packages; and what pages are to name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import relay_runtime

__all__ = ["DOCS", "names_of", "part"]

DOCS = Path(__file__).parents[1] / "docs"


def part(name: str) -> ModuleType:
    """Import one of them; the folder stays on the path, for they import each other."""
    if str(DOCS) not in sys.path:
        sys.path.insert(0, str(DOCS))
    return importlib.import_module(name)


def names_of(face: ModuleType) -> list[str]:
    """Return the public names of a face; of ``relay_runtime`` also those that need an extra."""
    return dir(relay_runtime) if face is relay_runtime else list(face.__all__)
