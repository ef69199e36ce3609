import gevent
import pytest

pytest.importorskip("picows", reason="the load server needs the extra `bench`")

from benchmarks.hotpath.loopback import connector
from benchmarks.ladder.client import Client
from benchmarks.ladder.rungs import OWN, REDELIVERY
from benchmarks.load.switchboard import Switchboard, Workload
from gevent.event import Event

CALLS = 30
NAMES = [rung.client for rung in OWN]


class Ends(Workload):
    """Sees when some calls are over."""

    def __init__(self, calls):
        self.left = calls
        self.over = Event()

    def ended(self, call):
        self.left -= 1
        if not self.left:
            self.over.set()


class Recorded(Switchboard):
    """Keeps what the client has asked for, each call apart."""

    def __init__(self):
        super().__init__()
        self.asked = {}

    def receive(self, frame):
        if frame.method is not None and frame.params is not None and frame.params.call_id:
            self.asked.setdefault(frame.params.call_id, []).append(frame.method)
        super().receive(frame)


@pytest.fixture
def serve():
    """Have a rung serve calls of a switchboard in this process, and end it after the test."""
    greenlets = []

    def start(name):
        board = Recorded()
        client = Client(name, connector(board))
        client.log_in()
        greenlets.append(gevent.spawn(client.serve))
        return board

    yield start
    gevent.killall(greenlets)


@pytest.mark.parametrize("name", NAMES)
def test_each_rung_serves_every_call_to_its_end_and_sends_nothing_in_vain(name, serve):
    board = serve(name)
    for _ in range(2):  # the second time, greenlets may be used again
        ends = board.workload = Ends(CALLS)
        for _ in range(CALLS):
            board.offer()
        board.flush()
        assert ends.over.wait(5)
    assert len(board.asked) == 2 * CALLS
    assert set(map(tuple, board.asked.values())) == {("calling.answer", "calling.play", "calling.end")}
    assert board.acks == 2 * CALLS * 6 + 1  # with that of the authorization state
    assert (board.calls, board.unacked, board.strays) == ({}, {}, {})


def test_a_call_that_is_offered_twice_is_served_once_from_the_step_that_recognises_it(serve):
    board = serve(REDELIVERY)
    ends = board.workload = Ends(1)
    board.offer()
    offer = list(board._outgoing)
    board._outgoing += offer
    board.flush()
    assert ends.over.wait(5)
    assert list(board.asked.values()) == [["calling.answer", "calling.play", "calling.end"]]
