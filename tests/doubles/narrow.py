"""A stdout that is not UTF-8, as a terminal or a pipe of a system of long ago has it."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper

import pytest

__all__ = ["Narrow"]


class Narrow:
    """Stands in the place of stdout, and keeps what was written.

    Args:
        encoding: of what is written.
    """

    def __init__(self, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bytes = BytesIO()
        self._encoding = encoding
        monkeypatch.setattr(sys, "stdout", TextIOWrapper(self._bytes, encoding=encoding))

    @property
    def text(self) -> str:
        """What was written."""
        return self._bytes.getvalue().decode(self._encoding)
