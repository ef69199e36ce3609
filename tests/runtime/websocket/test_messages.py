"""Whole messages out of frames."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from relay_runtime.websocket.messages import MessageAssembler


def joined(*frames: tuple[Opcode, bytes, bool]) -> list[str | bytes]:
    assembler = MessageAssembler()
    for opcode, data, fin in frames:
        assembler.add(Frame(opcode, data, fin))
    return list(assembler.messages)


def test_a_frame_that_is_whole_is_a_message() -> None:
    assert joined((Opcode.TEXT, "für".encode(), True), (Opcode.BINARY, b"\x00\xff", True)) == ["für", b"\x00\xff"]


def test_fragments_are_joined_at_the_last_of_them() -> None:
    parts = [(Opcode.TEXT, b"a", False), (Opcode.CONT, b"b", False), (Opcode.CONT, b"c", True)]
    assert joined(*parts[:2]) == []
    assert joined(*parts, *parts) == ["abc", "abc"]
    assert joined((Opcode.BINARY, b"\x01", False), (Opcode.CONT, b"\x02", True)) == [b"\x01\x02"]


def test_a_character_may_be_cut_in_two_by_fragments() -> None:
    first, second = "€".encode()[:1], "€".encode()[1:]
    assert joined((Opcode.TEXT, first, False), (Opcode.CONT, second, True)) == ["€"]


def test_a_control_frame_between_fragments_is_no_part_of_them() -> None:
    frames = [(Opcode.TEXT, b"a", False), (Opcode.PING, b"?", True), (Opcode.CONT, b"b", True)]
    assert joined(*frames) == ["ab"]


def test_an_empty_message_is_a_message() -> None:
    assert joined((Opcode.TEXT, b"", True), (Opcode.TEXT, b"", False), (Opcode.CONT, b"", True)) == ["", ""]


@pytest.mark.parametrize(
    "frames",
    [
        [(Opcode.TEXT, b"\xff", True)],
        [(Opcode.TEXT, b"\xff", False)],
        [(Opcode.TEXT, b"ok", False), (Opcode.CONT, "€".encode()[:1], True)],
    ],
)
def test_a_text_that_is_not_utf8_is_told_at_the_first_frame_that_shows_it(
    frames: list[tuple[Opcode, bytes, bool]],
) -> None:
    assembler = MessageAssembler()
    for opcode, data, fin in frames[:-1]:
        assembler.add(Frame(opcode, data, fin))
    with pytest.raises(UnicodeDecodeError):
        assembler.add(Frame(*frames[-1]))
    assert not assembler.messages


def test_bytes_that_were_handed_over_do_not_change_with_the_buffer_they_came_from() -> None:
    buffer = bytearray(b"ab")
    assembler = MessageAssembler()
    assembler.add(Frame(Opcode.BINARY, buffer, True))
    buffer[0] = 0
    assert list(assembler.messages) == [b"ab"]
