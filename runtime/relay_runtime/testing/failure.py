"""What a test is told when a line did not do what it was to do."""

from __future__ import annotations

from collections.abc import Sequence

from relay_runtime.sandbox.script.transcript import Entry, transcript_text

__all__ = ["LineFailure"]


class LineFailure(AssertionError):
    """A line did not do what a test expected; the text says what happened in its place, and shows the call.

    Args:
        expected: what was expected, in words.
        instead: what happened, in words.
        where: where the app's code stands, in words; or an empty text.
        crash: the traceback of the app's code, if that has crashed in this call; or an empty text.
        transcript: what happened on the call.

    Attributes:
        expected: see above.
        instead: see above.
        where: see above.
        crash: see above.
        transcript: see above.
    """

    def __init__(
        self, expected: str, instead: str, *, where: str = "", crash: str = "", transcript: Sequence[Entry] = ()
    ) -> None:
        self.expected = expected
        self.instead = instead
        self.where = where
        self.crash = crash
        self.transcript = tuple(transcript)
        super().__init__(self._text())

    def _text(self) -> str:
        parts = [f"expected {self.expected}; but {self.instead}"]
        if self.crash:
            parts.insert(0, f"the app's code crashed in this call:\n{self.crash}\n")
        if self.where:
            parts.append(self.where)
        if self.transcript:
            parts.append(f"the call:\n{transcript_text(self.transcript)}")
        return "\n".join(parts)
