"""The programs beside the pages, which write them: modules of ``docs``, and packages."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["DOCS", "part"]

DOCS = Path(__file__).parents[1] / "docs"


def part(name: str) -> ModuleType:
    """Import one of them; the folder stays on the path, for they import each other."""
    if str(DOCS) not in sys.path:
        sys.path.insert(0, str(DOCS))
    return importlib.import_module(name)
