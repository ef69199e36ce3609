"""Whole messages out of frames: fragments are joined, text is checked as UTF-8 while it comes in."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable
from io import StringIO

from websockets.frames import Frame, Opcode

# An enum's members cost a look-up each time in Python 3.11; these are used for every frame.
_CONT = Opcode.CONT
_TEXT = Opcode.TEXT
_BINARY = Opcode.BINARY

_new_decoder: Callable[[], codecs.IncrementalDecoder] = codecs.getincrementaldecoder("utf-8")


class MessageAssembler:
    """Join the data frames of one connection into messages.

    Frames must come in an order that RFC 6455, section 5.4 allows, which websockets checks before it hands
    them on.

    Attributes:
        messages: Whole messages, oldest first; whoever takes one removes it.
    """

    __slots__ = ("_bytes", "_decoder", "_text", "messages")

    def __init__(self) -> None:
        self.messages: deque[str | bytes] = deque()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._text = StringIO()
        self._bytes = bytearray()

    def add(self, frame: Frame) -> None:
        """Take one frame; a control frame is ignored.

        Raises:
            UnicodeDecodeError: A text is not UTF-8; raised at the first frame that shows it (RFC 6455,
                section 8.1).
        """
        if frame.fin and frame.opcode is _TEXT:
            self.messages.append(str(frame.data, "utf-8"))
        elif frame.fin and frame.opcode is _BINARY:
            self.messages.append(bytes(frame.data))
        elif frame.opcode is _TEXT or (frame.opcode is _CONT and self._decoder is not None):
            self._add_text(frame)
        elif frame.opcode is _BINARY or frame.opcode is _CONT:
            self._add_bytes(frame)

    def _add_text(self, frame: Frame) -> None:
        if self._decoder is None:
            self._decoder = _new_decoder()
        text = self._decoder.decode(bytes(frame.data), frame.fin)
        self._text.write(text)  # one buffer: a list of fragments of one byte each would take many times their size
        if frame.fin:
            self.messages.append(self._text.getvalue())
            self._text = StringIO()
            self._decoder = None

    def _add_bytes(self, frame: Frame) -> None:
        self._bytes += frame.data
        if frame.fin:
            self.messages.append(bytes(self._bytes))
            self._bytes.clear()
