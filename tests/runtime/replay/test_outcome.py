"""What is printed of a replay."""

from __future__ import annotations

import pytest

from relay_runtime.replay.comparison import Difference, Sent
from relay_runtime.replay.outcome import Divergence, Replay, ReplayDiffers

OLD = Sent(2, 1.5, "calling.play", ("a: 1", "b: 2"), {})
NEW = Sent(3, 1.75, "calling.play", ("a: 1", "b: 3"), {})
OTHER = Sent(3, 2.0, "calling.end", ('reason: "hangup"',), {})


def test_no_difference_is_one_line_and_notes() -> None:
    replay = Replay(name="call.jsonl", recorded=(OLD,), replayed=(OLD,), notes=("so",), crashes=("unheard",))
    assert replay.same
    assert replay.text() == "call.jsonl: no difference in 1 request\nnote: so"
    replay.check()


def test_a_changed_request_has_both_times_and_its_lines_with_signs() -> None:
    replay = Replay(name="call.jsonl", recorded=(OLD,), replayed=(NEW,), differences=(Difference(OLD, NEW),))
    assert replay.named("x.jsonl", "ivr:Menu").text().split("\n") == [
        "--- x.jsonl, 1 request",
        "+++ ivr:Menu, 1 request",
        "@@ request -2 +3 @@",
        "       1.500 s      1.750 s  calling.play",
        "                              a: 1",
        "-                             b: 2",
        "+                             b: 3",
    ]


def test_what_is_there_in_one_run_alone_has_its_time_alone() -> None:
    replay = Replay(
        name="c", recorded=(OLD,), replayed=(OTHER,), differences=(Difference(OLD, None), Difference(None, OTHER))
    )
    assert replay.text().split("\n")[2:] == [
        "@@ request -2 @@",
        "-      1.500 s               calling.play",
        "-                             a: 1",
        "-                             b: 2",
        "@@ request +3 @@",
        "+                   2.000 s  calling.end",
        '+                             reason: "hangup"',
    ]


def test_another_id_is_told_in_words() -> None:
    replay = Replay(
        name="c", recorded=(OLD,), replayed=(OLD,), differences=(Difference(OLD, OLD, "control_id is new"),)
    )
    assert replay.text().endswith("!                             control_id is new")


def test_a_difference_comes_with_what_crashed_and_fails_a_check() -> None:
    replay = Replay(name="c", recorded=(), replayed=(OTHER,), differences=(Difference(None, OTHER),), crashes=("Boom",))
    with pytest.raises(ReplayDiffers, match="the app's code crashed:\nBoom") as raised:
        replay.check()
    assert raised.value.replay is replay


def test_a_divergence_says_what_was_expected_what_came_and_where_the_code_stands() -> None:
    stopped = Divergence(number=3, at=2.0, expected=OLD, got=OTHER, where="ivr.py:7 in Menu.run")
    replay = Replay(name="c", recorded=(OLD,), replayed=(OTHER,), divergence=stopped)
    assert not replay.same
    assert replay.text().split("\n") == [
        "c: the replay stopped",
        "request 3, at 2.000 s:",
        "  expected  calling.play",
        "              a: 1",
        "              b: 2",
        "  got       calling.end",
        '              reason: "hangup"',
        "  the app's code stands at ivr.py:7 in Menu.run",
    ]
    assert "expected  nothing" in Divergence(number=1, at=0, expected=None, got=OLD).text()
    assert "the id of another operation or call" in Divergence(number=1, at=0, expected=OLD, got=OLD).text()
