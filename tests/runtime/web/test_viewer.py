"""A browser that reads slowly: what it misses is counted, and it begins anew when it has read."""

from __future__ import annotations

from relay_runtime.web.viewer import Viewer


class Slow:
    """A WebSocket that sends only when it is told to."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    @property
    def waiting(self) -> int:
        return sum(map(len, self.sent))

    def send(self, message: bytes, /) -> None:
        self.sent.append(message)

    def close(self, code: int, /) -> None:
        self.sent.append(b"closed %d" % code)

    def cut_after_flush(self) -> None:
        self.sent.append(b"cut")


BIG = b"x" * 300_000


def test_what_is_told_is_sent_in_order() -> None:
    slow = Slow()
    viewer = Viewer(slow, lambda: b"all")
    viewer.begin()
    viewer.tell(b"1")
    viewer.tell(b"2", passing=True)
    viewer.catch_up()
    assert (slow.sent, viewer.dropped) == ([b"all", b"1", b"2"], 0)


def test_what_is_too_much_is_dropped_and_told_anew_when_the_rest_was_read() -> None:
    slow = Slow()
    viewer = Viewer(slow, lambda: b"all")
    for message in (BIG, BIG, b"lost"):
        viewer.tell(message)
    assert (slow.sent, viewer.dropped) == ([BIG, BIG], 1)
    slow.sent = [BIG]
    viewer.catch_up()
    viewer.tell(b"behind what is lost")
    assert slow.sent == [BIG]
    slow.sent = []
    viewer.catch_up()
    viewer.tell(b"new")
    viewer.catch_up()
    assert (slow.sent, viewer.dropped) == ([b"all", b"new"], 1)


def test_what_passes_need_not_be_told_anew() -> None:
    slow = Slow()
    viewer = Viewer(slow, lambda: b"all")
    for message in (BIG, BIG, b"lost"):
        viewer.tell(message, passing=True)
    slow.sent = []
    viewer.catch_up()
    viewer.tell(b"next", passing=True)
    assert (slow.sent, viewer.dropped) == ([b"next"], 1)


def test_a_browser_that_is_let_go_is_told_so_and_not_waited_for() -> None:
    slow = Slow()
    Viewer(slow, lambda: b"all").close()
    assert slow.sent == [b"closed 1001", b"cut"]
