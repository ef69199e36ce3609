"""A command that can't go on, and why, in one line."""

from __future__ import annotations

from relay_runtime.process.process import ExitCode

__all__ = ["Failure"]


class Failure(Exception):
    """Ends the command: the text goes to stderr as one line, the code to whoever started it.

    Attributes:
        code: the exit code.
    """

    def __init__(self, code: ExitCode, text: str) -> None:
        super().__init__(text)
        self.code = code
