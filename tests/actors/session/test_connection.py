"""One connection's commands, its liveness and its end."""

from __future__ import annotations

import gevent
import pytest
from doubles.connected import Wired
from doubles.frames import event_frame, frame, reply
from doubles.hub import LIMIT, active_watchers, turns
from doubles.started import Started
from doubles.transport import Dropped, ScriptedPeer

from relay_actors.errors import CommandTooLarge, ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.messages import Abandon, FrameRefused, LinkFailed, Shutdown
from relay_actors.session.state import Session
from relay_actors.telemetry.stats import UNSENT
from relay_actors.timing import Timing

SLOW = Timing(close_timeout=LIMIT)
FAST = Timing(probe_idle=0.04, probe_timeout=0.04, connect_timeout=0.05, close_timeout=0.02)


@pytest.fixture
def peer() -> ScriptedPeer:
    return ScriptedPeer()


def wire(started: Started, peer: ScriptedPeer, timing: Timing = SLOW, session: Session | None = None) -> Wired:
    return Wired(started, peer, timing, session)


# Commands


def test_replies_find_their_commands_in_any_order(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"a", "b", "c"}
    wired = wire(started, peer)
    wired.up()
    futures = {method: wired.send(method) for method in "abc"}
    turns()
    ids = {request["method"]: request["id"] for request in peer.transport.requests()}
    peer.transport.deliver(*(reply(ids[method], message=method) for method in "cab"))
    for method, future in futures.items():
        assert future.get(timeout=LIMIT)["message"] == method


def test_a_command_that_was_given_up_as_unsent_is_not_sent_any_more(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    given_up = wired.send("calling.dial")
    given_up.fail(RequestTimeout("it was not sent", sent=False))
    other = wired.send()
    other.get(timeout=LIMIT)
    assert not given_up.sent
    assert not peer.requests("calling.dial")


def test_a_refused_command_raises_what_the_server_said(started: Started, peer: ScriptedPeer) -> None:
    peer.answers["calling.play"] = {"result": {"code": "400", "message": "bad", "data": {"play": ["missing"]}}}
    wired = wire(started, peer)
    wired.up()
    with pytest.raises(RelayError) as refusal:
        wired.send().get(timeout=LIMIT)
    assert (refusal.value.code, refusal.value.data) == (400, {"play": ["missing"]})


def test_a_reply_is_taken_once(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    identity = peer.request("calling.play")["id"]
    peer.transport.deliver(reply(identity, message="first"), reply(identity, code="500"))
    assert future.get(timeout=LIMIT)["message"] == "first"
    assert wired.send("calling.answer").get(timeout=LIMIT)


@pytest.mark.parametrize("end", ["drop", "kill", "shutdown"])
def test_a_command_in_flight_ends_as_lost_and_sent(started: Started, peer: ScriptedPeer, end: str) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    peer.request("calling.play")
    if end == "drop":
        peer.transport.drop()
    elif end == "kill":
        wired.actor.ref.kill()
    else:
        wired.actor.ref.tell(Shutdown())
    with pytest.raises(ConnectionLost, match=r"before calling\.play was answered") as lost:
        future.get(timeout=LIMIT)
    assert lost.value.sent
    assert future.sent


class Closed(Dropped):
    """The server closed the connection with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


def test_a_command_over_which_the_server_closes_the_connection_is_too_large_and_the_supervisor_is_told(
    started: Started, peer: ScriptedPeer, log_lines: list[str]
) -> None:
    peer.withheld = {"calling.play", "calling.answer"}
    wired = wire(started, peer)
    wired.up()
    small, large = wired.send("calling.answer"), wired.send(text="x" * 2000)
    peer.request("calling.play")
    peer.transport.drop(Closed(1009))
    with pytest.raises(CommandTooLarge) as error:
        large.get(timeout=LIMIT)
    assert 2000 < error.value.size == error.value.limit
    with pytest.raises(ConnectionLost):
        small.get(timeout=LIMIT)
    wired.down()
    assert [each.size for each in wired.supervisor.of(FrameRefused)] == [error.value.size]
    assert sum(f"over a command of {error.value.size} bytes" in line for line in log_lines) == 1


@pytest.mark.parametrize("error", [Closed(1011), Dropped("cut")])
def test_another_end_says_nothing_of_sizes(started: Started, peer: ScriptedPeer, error: Exception) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    large = wired.send(text="x" * 2000)
    peer.request("calling.play")
    peer.transport.drop(error)
    with pytest.raises(ConnectionLost):
        large.get(timeout=LIMIT)
    wired.down()
    assert not wired.supervisor.of(FrameRefused)


def test_a_command_that_is_known_to_be_too_large_is_not_sent(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer, session=Session(frame_limit=2000))
    wired.up()
    large, small = wired.send(text="x" * 2000), wired.send("calling.answer")
    with pytest.raises(
        CommandTooLarge, match=r"^calling\.play was not sent: it has 2,\d+ bytes, and one of 2,000 cuts"
    ) as error:
        large.get(timeout=LIMIT)
    assert (error.value.limit, large.sent) == (2000, False)
    assert small.get(timeout=LIMIT)
    assert not peer.requests("calling.play")
    assert wired.stats.commands_failed == {("calling.play", UNSENT): 1}


def test_a_command_that_would_fill_the_buffer_of_what_is_to_be_written_is_not_sent(
    started: Started, peer: ScriptedPeer
) -> None:
    wired = wire(started, peer)
    wired.up()
    with pytest.raises(CommandTooLarge, match=r"one of 16,777,216 cuts the connection"):
        wired.send(text="x" * 2**24).get(timeout=LIMIT)
    assert wired.send("calling.answer").get(timeout=LIMIT)


def test_commands_that_wait_behind_the_end_go_back_to_the_supervisor(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.offer(LinkFailed(Dropped("cut")))
    futures = [wired.send(), wired.send()]
    wired.down()
    turns()
    assert len(wired.supervisor.of(Command)) == 2
    assert not any(future.done() or future.sent for future in futures)


def test_commands_fail_when_the_supervisor_is_gone_too(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.supervisor.ref.kill()
    wired.actor.ref.offer(LinkFailed(Dropped("cut")))
    with pytest.raises(NotConnected, match=r"calling\.play was not sent: the client has stopped"):
        wired.send().get(timeout=LIMIT)


def test_a_write_that_fails_is_the_loss_of_the_link_and_the_command_was_not_sent(
    started: Started, peer: ScriptedPeer
) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport.write_error = Dropped("broken pipe")
    futures = [wired.send(), wired.send()]
    assert str(wired.down()) == "broken pipe"
    turns()
    assert len(wired.supervisor.of(Command)) == 2
    assert not any(future.done() or future.sent for future in futures)


def test_a_socket_that_cannot_be_released_keeps_nobody_waiting(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    future = wired.send()
    peer.request("calling.play")
    peer.transport.abort_error = Dropped("already gone")
    peer.transport.drop()
    with pytest.raises(ConnectionLost):
        future.get(timeout=LIMIT)
    wired.down()


def test_a_reply_after_its_command_was_abandoned_is_ignored(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"calling.play"}
    wired = wire(started, peer)
    wired.up()
    wired.send()
    identity = peer.request("calling.play")["id"]
    wired.actor.ref.tell(Abandon(identity))
    turns()
    peer.transport.deliver(reply(identity))
    assert wired.send("calling.answer").get(timeout=LIMIT)


def test_a_command_that_nobody_waits_for_is_not_kept_for_ever(started: Started, peer: ScriptedPeer) -> None:
    """`calling.end` for a leg that nobody wants has no waiter that could abandon it."""
    peer.withheld = {"calling.end"}
    wired = wire(started, peer, Timing(probe_idle=0.02, probe_timeout=LIMIT / 5))
    wired.up()
    future = wired.send("calling.end", seconds=0.01)
    with pytest.raises(RequestTimeout, match=r"calling\.end timed out; it was sent, but no reply came") as late:
        future.get(timeout=LIMIT)
    assert late.value.sent
    assert len(wired.actor._pending) == 0
    assert wired.actor.ref.is_alive()


# Liveness


def test_one_slow_reply_fails_that_request_alone_then_probes(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"slow"}
    wired = wire(started, peer)
    wired.up()
    wired.send("slow")
    identity = peer.request("slow")["id"]
    wired.actor.ref.tell(Abandon(identity))
    peer.request("signalwire.ping")
    assert wired.send("fast").get(timeout=LIMIT)
    assert wired.actor.ref.is_alive()


def test_many_slow_replies_send_one_probe(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"slow", "signalwire.ping"}
    wired = wire(started, peer)
    wired.up()
    for _ in range(5):
        wired.send("slow")
    turns()
    for request in peer.requests("slow"):
        wired.actor.ref.tell(Abandon(request["id"]))
    turns()
    assert len(peer.requests("signalwire.ping")) == 1


def test_an_abandoned_command_that_was_answered_before_sends_no_probe(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.send().get(timeout=LIMIT)
    wired.actor.ref.tell(Abandon(peer.request("calling.play")["id"]))
    turns()
    assert peer.requests("signalwire.ping") == []


def test_a_silent_server_is_probed_and_an_answer_keeps_the_link(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer, FAST)
    wired.up()
    ping = peer.request("signalwire.ping", count=3)
    assert isinstance(ping["params"]["timestamp"], float)
    assert wired.actor.ref.is_alive()


def test_a_half_open_socket_is_found(started: Started, peer: ScriptedPeer) -> None:
    peer.withheld = {"signalwire.ping"}
    wired = wire(started, peer, FAST)
    wired.up()
    reason = wired.down()
    assert isinstance(reason, ConnectionLost)
    assert "answers no ping" in str(reason)
    assert peer.transport.released
    assert len(peer.requests("signalwire.ping")) == 1


@pytest.mark.parametrize("sign", ["a reply", "an event", "garbage"])
def test_any_frame_is_a_sign_of_life(started: Started, peer: ScriptedPeer, sign: str) -> None:
    peer.withheld = {"signalwire.ping"}
    wired = wire(started, peer, FAST)
    wired.up()
    frames = {"a reply": reply("unknown"), "an event": event_frame("x", {}), "garbage": b"{"}
    for count in range(1, 4):
        peer.request("signalwire.ping", count=count)
        peer.transport.deliver(frames[sign])
    assert wired.actor.ref.is_alive()


# The end


def test_a_shutdown_closes_the_socket_cleanly(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    assert wired.down() is None
    assert peer.transport.closed == 1


def test_a_second_shutdown_does_no_harm(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    wired.actor.ref.tell(Shutdown())
    assert wired.down() is None


def test_a_close_that_fails_ends_the_connection_all_the_same(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport.close_error = Dropped("no close frame")
    wired.actor.ref.tell(Shutdown())
    wired.down()
    assert peer.transport.aborted


def test_a_command_during_the_close_is_not_written(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    wired.actor.ref.tell(Shutdown())
    future = wired.send()
    wired.down()
    turns()
    assert peer.requests("calling.play") == []
    assert len(wired.supervisor.of(Command)) == 1
    assert not future.done()


@pytest.mark.parametrize("error", [Dropped("cut"), gevent.Timeout(1), OSError(104, "reset")])
def test_whatever_the_transport_raises_is_the_loss_of_the_link(
    started: Started, peer: ScriptedPeer, error: BaseException
) -> None:
    wired = wire(started, peer)
    wired.up()
    peer.transport._failure = error  # type: ignore[assignment]
    peer.transport.drop()
    wired.down()
    assert peer.transport.released


def test_what_was_read_before_the_end_is_handled(started: Started, peer: ScriptedPeer) -> None:
    wired = wire(started, peer)
    wired.up()
    for number in range(20):
        peer.push("calling.call.state", {"call_id": str(number), "call_state": "ringing"})
    peer.transport.drop()
    wired.down()
    turns()
    assert [event.call_id for event in wired.events()] == [str(number) for number in range(20)]


def test_nothing_is_left_when_a_connection_has_ended(started: Started, peer: ScriptedPeer) -> None:
    before = active_watchers()
    for end in ("drop", "shutdown", "announced", "kill"):
        wired = wire(started, peer)
        wired.up()
        if end == "drop":
            peer.transport.drop()
        elif end == "shutdown":
            wired.actor.ref.tell(Shutdown())
        elif end == "announced":
            for _ in range(2):
                peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": True}))
            turns()
            peer.transport.drop()
        else:
            wired.actor.ref.kill()
        wired.down()
        turns()
        assert wired.actor._reader is None or wired.actor._reader.dead
    assert active_watchers() == before
