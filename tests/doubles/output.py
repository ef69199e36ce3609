"""What a command printed."""

from __future__ import annotations

import pytest

__all__ = ["Output"]


class Output:
    """Calling it returns what was printed since the last time, and the complaints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self) -> tuple[str, str]:
        captured = self._capsys.readouterr()
        return captured.out, captured.err
