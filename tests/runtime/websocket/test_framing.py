"""Frames out of bytes, within limits."""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websocket_peer import close_frame, frame
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import WebSocketURI

from relay_runtime.websocket.framing import BINARY_FRAME, TEXT_FRAME, FrameProtocol


class Record:
    """A write buffer that keeps what it was given."""

    def __init__(self) -> None:
        self.writes = 0
        self.frames: list[tuple[bytes, bytes]] = []

    def append(self, chunks: list[bytes]) -> None:
        self.frames += zip(chunks[::2], chunks[1::2], strict=True)

    @property
    def data(self) -> bytes:
        return b"".join(header + payload for header, payload in self.frames)

    def parsed(self) -> list[tuple[Opcode, bytes]]:
        """Read it as websockets' server does."""
        server = ServerProtocol(state=State.OPEN, max_size=None)
        server.receive_data(self.data)
        assert server.parser_exc is None
        return [(each.opcode, bytes(each.data)) for each in server.events_received() if isinstance(each, Frame)]


def opened(
    max_size: int = 2**20,
    kind: type[FrameProtocol] = FrameProtocol,
    clock: Callable[[], float] = lambda: 0.0,
    behind: bytes = b"",
) -> tuple[FrameProtocol, Record]:
    """Give a protocol after its handshake, and its write buffer; ``behind`` comes in one piece with the response."""
    record = Record()
    protocol = kind(WebSocketURI(False, "localhost", 80, "/", ""), record, max_size=max_size, clock=clock)
    server = ServerProtocol()
    protocol.send_request(protocol.connect())
    server.receive_data(b"".join(protocol.data_to_send()))
    (request,) = server.events_received()
    server.send_response(server.accept(request))  # type: ignore[arg-type]
    protocol.receive_data(b"".join(server.data_to_send()) + behind)
    assert protocol.state is not State.CONNECTING
    return protocol, record


def read_on(protocol: FrameProtocol) -> int:
    """Make passes until nothing is left; return how many."""
    passes = 0
    while protocol.unread:
        protocol.receive_data(b"")
        passes += 1
    return passes


payloads = st.one_of(st.text(), st.binary())


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[str | bytes], list[bytes]]:
    """Give messages, and the same as bytes of frames: in fragments, with pings between, cut anywhere."""
    messages = draw(st.lists(payloads, max_size=6))
    wire = b""
    for message in messages:
        data = message.encode() if isinstance(message, str) else message
        cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
        parts = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        kind = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        for position, part in enumerate(parts):
            wire += frame(kind if position == 0 else Opcode.CONT, part, fin=position == len(parts) - 1)
            if draw(st.booleans()):
                wire += frame(Opcode.PING, b"p")
    return messages, chunks(draw, wire)


def chunks(draw: st.DrawFn, wire: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    return [wire[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]


@given(streams())
@pytest.mark.slow
def test_any_fragments_and_any_cuts_give_the_same_messages(stream: tuple[list[str | bytes], list[bytes]]) -> None:
    messages, pieces = stream
    protocol, record = opened()
    for piece in pieces:
        protocol.receive_data(piece)
    assert list(protocol.messages) == messages
    assert protocol.state is State.OPEN
    assert {kind for kind, _ in record.parsed()} <= {Opcode.PONG}


class _LeftToWebsockets(FrameProtocol):
    """The same protocol, which leaves every frame to websockets."""

    def receive_data(self, data: bytes) -> None:
        ClientProtocol.receive_data(self, data)


@st.composite
def odd_streams(draw: st.DrawFn) -> list[bytes]:
    """Give bytes of frames, good and bad ones, some with a byte changed, cut anywhere."""
    wire = b""
    for _ in range(draw(st.integers(1, 6))):
        data = draw(st.one_of(st.binary(max_size=140), st.text(max_size=40).map(str.encode)))
        head = draw(st.sampled_from([0x81, 0x81, 0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, 0x83, 0xC1, 0x09]))
        form = draw(st.sampled_from(["short", "short", "medium", "long", "masked"]))
        size = len(data)
        if form == "long":
            wire += struct.pack("!BBQ", head, 127, size) + data
        elif form == "medium" or size > 125:
            wire += struct.pack("!BBH", head, 126, size) + data
        else:
            wire += struct.pack("!BB", head, size | (0x80 if form == "masked" else 0)) + data
    return chunks(draw, wire)


@example([b"\x81\x80"])  # masked, which the header alone tells
@example([b"\x81\x7e\x00\xff"])  # too long, likewise
@given(odd_streams())
@pytest.mark.slow
def test_whatever_comes_is_taken_as_websockets_takes_it(pieces: list[bytes]) -> None:
    """What is read here and not there, for speed, makes no difference."""
    ours, _ = opened(max_size=130)
    theirs, _ = opened(max_size=130, kind=_LeftToWebsockets)
    for piece in pieces:
        for protocol in (ours, theirs):
            protocol.receive_data(piece)
            read_on(protocol)
    assert list(ours.messages) == list(theirs.messages)
    assert ours.state is theirs.state
    assert ours.close_sent == theirs.close_sent
    assert ours.close_rcvd == theirs.close_rcvd


def test_a_long_message_in_many_pieces_comes_whole_and_short_ones_behind_it() -> None:
    protocol, _ = opened()
    wire = frame(Opcode.TEXT, b"x" * 500_000) + frame(Opcode.TEXT, b"y") * 3
    for at in range(0, len(wire), 1000):
        protocol.receive_data(wire[at : at + 1000])
    assert list(protocol.messages) == ["x" * 500_000, "y", "y", "y"]


def test_a_message_that_is_too_long_is_refused_before_it_is_there() -> None:
    protocol, _ = opened(max_size=1000)
    protocol.receive_data(frame(Opcode.TEXT, b"x" * 5000)[:4])
    assert protocol.close_sent is not None
    assert protocol.close_sent.code == 1009


# Bytes near UTF-8's rules: beginnings, continuations, surrogates, overlong forms, beyond the last code point.
nearly_utf8 = st.lists(
    st.sampled_from(
        [b"a", b"\xc3", b"\xa4", b"\xe2\x82\xac", b"\xed\xa0", b"\xf0\x9f\x98\x80", b"\xf4\x90", b"\xc0", b"\xff"]
    )
).map(b"".join)


@given(st.data(), nearly_utf8)
def test_a_text_is_taken_exactly_if_it_is_utf_8(data: st.DataObject, payload: bytes) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    parts = [payload[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    wire = b"".join(
        frame(Opcode.TEXT if position == 0 else Opcode.CONT, part, fin=position == len(parts) - 1)
        for position, part in enumerate(parts)
    )
    protocol, _ = opened()
    for piece in data.draw(st.composite(lambda draw: chunks(draw, wire))()):
        protocol.receive_data(piece)
    try:
        expected = [payload.decode()]
    except UnicodeDecodeError:
        expected = []
    assert list(protocol.messages) == expected
    assert (protocol.close_sent is None) == bool(expected)
    if protocol.close_sent is not None:
        assert protocol.close_sent.code == 1007


@pytest.mark.parametrize("begin", [b"\xff", b"\xc3(", b"\xf4\x90", b"\xe0\x80"])
def test_bad_utf_8_fails_at_the_fragment_that_shows_it(begin: bytes) -> None:
    protocol, _ = opened()
    protocol.receive_data(frame(Opcode.TEXT, b"good " + begin, fin=False))
    assert protocol.close_sent is not None
    assert protocol.close_sent.code == 1007


BOTH = pytest.mark.parametrize("kind", [Opcode.TEXT, Opcode.BINARY])


@BOTH
def test_what_was_joined_before_does_not_count_for_the_next_message(kind: Opcode) -> None:
    protocol, _ = opened(max_size=100)
    protocol.receive_data(frame(kind, b"x" * 40, fin=False) + frame(Opcode.CONT, b"y" * 40))
    protocol.receive_data(frame(Opcode.BINARY, b"z" * 90))
    assert not protocol._handed_over  # websockets would read all that follows, which takes fifty times as long


@BOTH
def test_a_fragment_with_which_a_message_is_too_long_is_refused_before_it_is_there(kind: Opcode) -> None:
    protocol, _ = opened(max_size=100)
    protocol.receive_data(frame(kind, b"x" * 40, fin=False) + frame(Opcode.CONT, b"y" * 40, fin=False))
    protocol.receive_data(struct.pack("!BB", Opcode.CONT, 30))  # its head alone
    assert protocol.close_sent is not None
    assert protocol.close_sent.code == 1009


@pytest.mark.parametrize("kind", [Opcode.CLOSE, Opcode.PING, Opcode.PONG])
def test_a_control_frame_that_is_too_long_is_refused(kind: Opcode) -> None:
    protocol, _ = opened()
    protocol.receive_data(frame(kind, b"x" * 126))
    assert protocol.close_sent is not None
    assert protocol.close_sent.code == 1002


def test_no_frame_that_servers_send_leaves_all_that_follows_to_websockets() -> None:
    protocol, _ = opened()
    for each in (Opcode.TEXT, Opcode.BINARY):
        protocol.receive_data(frame(each, b"whole"))
        protocol.receive_data(frame(each, b"in ", fin=False) + frame(Opcode.CONT, b"three ", fin=False))
        protocol.receive_data(frame(Opcode.PING, b"x" * 125) + frame(Opcode.PONG) + frame(Opcode.CONT, b"pieces"))
    assert not protocol._handed_over
    assert list(protocol.messages) == ["whole", "in three pieces", b"whole", b"in three pieces"]


def test_no_logging_of_any_program_is_told_of_a_frame() -> None:
    """At DEBUG websockets tells what is in frames, and the first one has the token."""
    told: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = told.append  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("", "websockets", "websockets.client", "relay_runtime")]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.addHandler(handler)
    try:
        protocol, _ = opened()
        protocol.receive_data(frame(Opcode.PING, b"x") + frame(Opcode.TEXT, b"token") + close_frame(1000))
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)
            each.removeHandler(handler)
    assert [record for record in told if record.name != "websockets.server"] == []  # that is the other side


def test_frames_after_bad_utf_8_in_the_same_read_are_not_answered() -> None:
    protocol, record = opened()
    protocol.receive_data(frame(Opcode.TEXT, b"\xff") + frame(Opcode.PING, b"x") + close_frame(1000))
    ((kind, payload),) = record.parsed()
    assert kind is Opcode.CLOSE
    assert payload[:2] == struct.pack("!H", 1007)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_a_frame_of_any_length_is_what_websockets_reads(size: int) -> None:
    protocol, record = opened()
    data = os.urandom(size)
    protocol.append(BINARY_FRAME, [data])
    protocol.append(TEXT_FRAME, [b"t" * size])
    protocol.append(TEXT_FRAME, [b"u" * size, b"v" * size])
    texts = [(Opcode.TEXT, letter * size) for letter in (b"t", b"u", b"v")]
    assert record.parsed() == [(Opcode.BINARY, data), *texts]


def test_masks_are_drawn_in_blocks_and_none_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    urandom = os.urandom

    def count(size: int) -> bytes:
        drawn.append(size)
        return urandom(size)

    protocol, record = opened()
    monkeypatch.setattr(os, "urandom", count)
    for _ in range(4096):
        protocol.append(TEXT_FRAME, [b""])
    assert drawn == [8192, 8192]
    masks = [header[-4:] for header, _ in record.frames]
    assert all(len(header) == 6 for header, _ in record.frames)
    assert len(set(masks)) > 4090  # 4 random bytes: a pair among 4,096 is rare, a reused block is not


def test_so_many_pongs_wait_for_a_write_and_a_close_frame_always_does() -> None:
    protocol, record = opened()
    for number in range(100):
        protocol.receive_data(frame(Opcode.PING, str(number).encode()))
    assert record.parsed() == [(Opcode.PONG, str(number).encode()) for number in range(64)]
    record.writes += 1
    protocol.receive_data(frame(Opcode.PING, b"later") + close_frame(1001))
    assert [kind for kind, _ in record.parsed()[64:]] == [Opcode.PONG, Opcode.CLOSE]


def test_websockets_keeps_no_frames_that_were_handed_on() -> None:
    protocol, _ = opened()
    protocol.receive_data(frame(Opcode.TEXT, b"x") * 100)
    assert protocol.events == []


# What one pass reads

FLOODS = {
    "pings": frame(Opcode.PING),
    "pongs": frame(Opcode.PONG),
    "binary messages": frame(Opcode.BINARY),
    "fragments": frame(Opcode.CONT, fin=False),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_pass_reads_so_many_frames_of_a_flood_and_the_next_goes_on(kind: str) -> None:
    protocol, _ = opened()
    if kind == "fragments":
        protocol.receive_data(frame(Opcode.TEXT, fin=False))
    protocol.receive_data(FLOODS[kind] * 4_096)
    assert read_on(protocol) + 1 == 4_096 / 256
    protocol.receive_data(frame(Opcode.CONT, b"last") if kind == "fragments" else frame(Opcode.TEXT, b"last"))
    assert protocol.messages[-1] == "last"
    assert len(protocol.messages) == 1 + 4_096 * (kind == "binary messages")


def test_a_pass_reads_texts_by_the_size_that_256_steps_take() -> None:
    protocol, _ = opened(clock=count(step=1.0).__next__)
    protocol.receive_data(frame(Opcode.TEXT) * 16_384)
    assert len(protocol.messages) <= 2 * 8192 / 2
    read_on(protocol)
    assert len(protocol.messages) == 16_384


def test_a_pass_ends_when_its_time_is_over_however_few_frames_it_has_read() -> None:
    ticks = count(step=0.0005)  # seconds that each look at the clock takes
    protocol, record = opened(clock=ticks.__next__)
    protocol.receive_data(frame(Opcode.PING, b"x") * 50)
    assert 1 <= len(record.frames) <= 4
    assert read_on(protocol) >= 50 / 4 - 1
    assert len(record.frames) == 50


@pytest.mark.parametrize("ours", [True, False])
def test_a_flood_behind_the_end_is_read_by_passes_too(ours: bool) -> None:
    protocol, _ = opened()
    if ours:
        protocol.send_close(1000)
    else:
        protocol.receive_data(b"\xff\xff")  # no frame: all that follows is left to websockets
    protocol.receive_data(frame(Opcode.PING) * 16_384)
    assert read_on(protocol) >= 3
    assert protocol.state is State.CLOSING


def test_a_flood_in_one_piece_with_the_handshake_is_read_by_passes_too() -> None:
    protocol, record = opened(behind=frame(Opcode.PING) * 2000 + frame(Opcode.TEXT, b"last"))
    assert len(protocol.messages) == 0
    assert read_on(protocol) >= 2000 // 256
    assert list(protocol.messages) == ["last"]
    assert len(record.frames) == 64


def test_a_frame_that_begins_in_one_piece_with_the_handshake_may_be_cut_anywhere() -> None:
    wire = frame(Opcode.TEXT, "\u00c1\u00c1".encode()) * 3  # its second byte, C3 81, looks like the head of a text
    for cut in range(len(wire)):
        protocol, _ = opened(behind=wire[:cut])
        protocol.receive_data(wire[cut:])
        assert list(protocol.messages) == ["\u00c1\u00c1"] * 3


def test_a_frame_that_is_cut_off_by_our_close_is_read_to_its_end() -> None:
    protocol, _ = opened()
    wire = frame(Opcode.TEXT, b"hello") + close_frame(1000)
    protocol.receive_data(wire[:4])
    protocol.send_close(1000)
    protocol.receive_data(wire[4:])
    read_on(protocol)
    assert list(protocol.messages) == ["hello"]
    assert protocol.close_rcvd is not None
    assert protocol.close_rcvd.code == 1000
