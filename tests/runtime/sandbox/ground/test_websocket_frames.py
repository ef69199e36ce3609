"""WebSocket frames of a server, read by another implementation."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from relay_runtime.sandbox.ground.websocket_frames import server_frame


def parsed(data: bytes) -> Frame:
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as over:
        next(parser)
    assert isinstance(over.value.value, Frame)
    return over.value.value


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_each_form_of_the_length_is_read(length: int) -> None:
    assert parsed(server_frame(b"x" * length)) == Frame(Opcode.TEXT, b"x" * length, fin=True)


def test_the_first_byte_is_the_callers_choice() -> None:
    assert parsed(server_frame(b"half", 0x02)) == Frame(Opcode.BINARY, b"half", fin=False)
