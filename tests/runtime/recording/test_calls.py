"""Which recordings there are, and which frames belong to each."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.call_frames import CALL, command, event, offer, reply, state

from relay_actors.kit import clock
from relay_runtime.recording import calls
from relay_runtime.recording.calls import RecordedCall, RecordedCalls
from relay_runtime.recording.lines import Start

LEG, OTHER = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000002"


class Kept:
    """Keeps what is recorded: for each recording its name, what passed, and why it has ended."""

    def __init__(self) -> None:
        self.starts: list[Start] = []
        self.frames: dict[str, list[str]] = {}
        self.ends: dict[str, str] = {}
        self.winners: dict[str, str] = {}

    def name(self, call: RecordedCall) -> str:
        return call.start.call_id or call.start.tag

    def begin(self, call: RecordedCall) -> None:
        self.starts.append(call.start)
        self.frames[self.name(call)] = []

    def frame(self, call: RecordedCall, at: float, direction: Any, frame: dict[str, Any], size: int) -> None:
        assert at >= call.start.monotonic
        assert size > 0
        params = frame.get("params") or {}
        self.frames[self.name(call)].append(f"{direction} {params.get('event_type') or frame.get('method') or 'reply'}")

    def end(self, call: RecordedCall, why: str, at: float) -> None:
        self.ends[self.name(call)] = why
        self.winners[self.name(call)] = call.call_id


def played(*frames: tuple[Any, bytes], **how: Any) -> Kept:
    kept = Kept()
    recorded = RecordedCalls(kept, **how)
    for direction, frame in frames:
        recorded.see(direction, frame)
    return kept


def test_an_inbound_call_is_recorded_from_its_offer_to_its_end() -> None:
    with clock.run_by(lambda: 7.0, lambda: 1_800_000_000.0):
        kept = played(
            ("in", offer()),
            ("out", reply("e1")),
            ("out", command("calling.answer", call_id=CALL)),
            ("in", reply()),
            ("in", event("calling.call.play", call_id=OTHER)),
            ("in", state("answered")),
            ("in", state("ended")),
            ("out", reply("e1")),
            ("in", event("calling.call.record", call_id=CALL)),
        )
    (start,) = kept.starts
    assert (start.call_id, start.node_id, start.context, start.direction) == (CALL, "n1", "office", "inbound")
    assert (start.monotonic, start.wall, start.from_beginning) == (7.0, 1_800_000_000.0, True)
    assert kept.frames[CALL] == [
        "in calling.call.receive",
        "out reply",
        "out calling.answer",
        "in reply",
        "in calling.call.state",
        "in calling.call.state",
    ]
    assert kept.ends == {CALL: "ended"}


def test_a_dial_is_recorded_with_its_legs_until_the_winner_ends() -> None:
    answered = {"call_id": LEG, "node_id": "n1", "tag": "t"}
    kept = played(
        ("out", command("calling.dial", tag="t", devices=[])),
        ("in", reply()),
        ("in", state("created", LEG, tag="t")),
        ("in", state("created", OTHER, tag="t")),
        ("in", state("ended", OTHER)),
        ("in", event("calling.call.dial", tag="t", dial_state="answered", call=answered)),
        ("out", command("calling.play", call_id=LEG)),
        ("in", state("ended", LEG)),
    )
    assert (kept.starts[0].tag, kept.starts[0].direction) == ("t", "outbound")
    assert len(kept.frames["t"]) == 8
    assert (kept.ends, kept.winners) == ({"t": "ended"}, {"t": LEG})


def test_a_dial_whose_answer_is_told_late_is_known_by_its_winner() -> None:
    kept = played(
        ("out", command("calling.dial", tag="t")),
        ("in", state("answered", LEG, tag="t", dial_winner="true")),
        ("in", state("ended", LEG, dial_winner="true")),
    )
    assert (kept.ends, kept.winners) == ({"t": "ended"}, {"t": LEG})


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (event("calling.call.dial", tag="t", dial_state="failed", reason="busy"), "failed"),
        (reply(code="400"), "refused"),
        (b'{"jsonrpc":"2.0","id":"r1","error":{"code":-32602,"message":"no"}}', "refused"),
    ],
)
def test_a_dial_without_a_winner_ends_with_its_failure(last: bytes, why: str) -> None:
    assert played(("out", command("calling.dial", tag="t")), ("in", last)).ends == {"t": why}


def test_a_tag_may_be_dialled_again_in_every_spelling_of_it() -> None:
    failed = event("calling.call.dial", tag="caf\u00e9", dial_state="failed").replace("é".encode(), b"\\u00e9")
    dial = ("out", command("calling.dial", tag="café"))
    kept = played(dial, ("in", failed), dial)
    assert (len(kept.starts), kept.ends) == (2, {"café": "failed"})


def test_a_leg_that_a_call_is_connected_to_is_a_part_of_it() -> None:
    kept = played(
        ("in", offer()),
        ("in", state("created", LEG, parent={"call_id": CALL})),
        ("in", state("answered", LEG)),
        ("out", command("calling.end", call_id=LEG)),
        ("in", state("ended", LEG)),
        ("in", reply(code="404")),
    )
    assert len(kept.frames[CALL]) == 6
    assert kept.ends == {}


def test_a_call_under_way_is_recorded_from_its_next_command_on() -> None:
    kept = played(
        ("in", state("answered")), ("out", command("calling.play", call_id=CALL, node_id="n1")), ("in", state("ended"))
    )
    assert [(start.call_id, start.node_id, start.from_beginning) for start in kept.starts] == [(CALL, "n1", False)]
    assert kept.ends == {CALL: "ended"}


def test_what_comes_after_the_end_begins_no_other_recording() -> None:
    late = ("in", offer()), ("out", command("calling.play", call_id=CALL)), ("in", state("ended"))
    assert len(played(("in", offer()), ("in", state("ended")), *late).starts) == 1


@pytest.mark.parametrize(
    ("method", "code", "why"),
    [
        ("calling.pass", "200", "passed"),
        ("calling.pass", "500", None),
        ("calling.play", "404", "gone"),
        ("calling.end", "410", "gone"),
        ("calling.play.stop", "404", None),
        ("calling.connect", "404", None),
        ("calling.play", "400", None),
    ],
)
def test_a_reply_may_be_the_end(method: str, code: str, why: str | None) -> None:
    kept = played(("in", offer()), ("out", command(method, call_id=CALL)), ("in", reply(code=code)))
    assert kept.ends.get(CALL) == why


@pytest.mark.parametrize(
    ("result", "lost"),
    [
        ({"protocol": "p1"}, False),
        ({"protocol": "p2", "session_restored": True}, False),
        ({"protocol": "p2"}, True),
        ({"code": "401"}, False),
    ],
)
def test_a_session_that_is_not_restored_ends_what_was_recorded(result: dict[str, Any], lost: bool) -> None:
    login = command("signalwire.connect", "c1", protocol="p1", authentication={"token": "PT"})
    kept = played(("in", offer()), ("out", login), ("in", reply("c1", **result)))
    assert kept.ends == ({CALL: "lost"} if lost else {})
    assert kept.frames[CALL] == ["in calling.call.receive"]


def test_a_text_that_is_the_name_of_the_login_is_no_login() -> None:
    played_words = command("calling.play", call_id=CALL, play=[{"params": {"text": "signalwire.connect"}}])
    assert len(played(("in", offer()), ("out", played_words), ("in", reply())).frames[CALL]) == 3


def test_a_frame_that_names_two_calls_is_in_both_recordings() -> None:
    both = command("calling.connect", call_id=CALL, devices=[[{"type": "call", "params": {"call_id": OTHER}}]])
    kept = played(("in", offer()), ("in", offer(OTHER)), ("out", both), ("in", reply()))
    assert kept.frames[CALL] == kept.frames[OTHER] == ["in calling.call.receive", "out calling.connect", "in reply"]


def test_only_what_is_wanted_is_recorded() -> None:
    kept = played(
        ("in", offer()),
        ("in", offer(OTHER, context="sales")),
        ("out", command("calling.play", call_id=CALL)),
        wanted=lambda start: start.context == "sales",
    )
    assert list(kept.frames) == [OTHER]


def test_the_oldest_of_too_many_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_AT_ONCE", 2)
    kept = played(("in", offer("a")), ("in", offer("b")), ("in", offer("c")))
    assert (list(kept.frames), kept.ends) == (["a", "b", "c"], {"a": "crowded"})


def test_all_are_ended_at_once_and_each_but_once() -> None:
    kept = Kept()
    recorded = RecordedCalls(kept)
    recorded.see("in", offer("a"))
    recorded.see("in", offer("b"))
    recorded.end_all("stopped")
    assert kept.ends == {"a": "stopped", "b": "stopped"}
    kept.ends.clear()
    recorded.see("in", state("ended", "a"))
    assert kept.ends == {}


@pytest.mark.parametrize(
    "frame",
    [
        event("calling.call.receive", call_id=5),
        event("calling.call.receive"),
        command("calling.dial", tag=5),
        command("calling.dial", tag=""),
        command("calling.play", call_id=""),
        b'{"id":1,"method":"calling.play","params":["call_id",{"call_id":"x"}]}',
        b'{"method":{"call_id":"x"},"params":{"call_id":"x"}}',
        b'{"id":1,"result":{"code":[],"call_id":"x"}}',
        b'{"call_id":"\\ud800"}',
        b'{"call_id":"\xff"}',
        b"",
    ],
)
def test_odd_frames_begin_nothing(frame: bytes) -> None:
    for direction in ("in", "out"):
        assert played((direction, frame)).starts == []
