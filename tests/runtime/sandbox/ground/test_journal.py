"""The journal: bounded in frames and bytes, secrets masked, whatever the frame."""

from __future__ import annotations

import itertools

from relay_runtime.sandbox.ground.journal import Journal, masked
from relay_runtime.sandbox.ground.settings import Settings


def test_the_oldest_frames_go_when_it_is_full() -> None:
    journal = Journal(max_frames=3, max_bytes=1_000)
    for number in range(5):
        journal.write("out", b'{"id":%d}' % number)
    assert [entry["frame"]["id"] for entry in journal.read()] == [2, 3, 4]
    assert journal.dropped == 2


def test_it_is_bounded_in_bytes() -> None:
    journal = Journal(max_frames=1_000, max_bytes=100)
    for _ in range(50):
        journal.write("in", b'"' + b"x" * 30 + b'"')
    assert len(journal) == 3


def test_an_absorbed_journal_is_bounded_too() -> None:
    first, second = Journal(10, 1_000), Journal(2, 1_000)
    for number in range(5):
        first.write("in", b"%d" % number)
    second.absorb(first)
    assert [entry["frame"] for entry in second.read()] == [3, 4]
    assert len(first) == 0


def test_secrets_are_masked_at_any_depth() -> None:
    frame = {
        "params": [{"authentication": {"token": "PT", "project": "p"}}, {"authorization_state": "a:b"}],
        "token": "",
    }
    assert masked(frame) == {
        "params": [{"authentication": {"token": "***", "project": "p"}}, {"authorization_state": "***"}],
        "token": "",
    }


def test_a_frame_that_is_no_json_is_shown_without_what_follows_a_secret_key() -> None:
    journal = Journal(10, 10_000)
    journal.write("in", '{"authentication":{"project":"p","token":"PTsecret"')
    entry = journal.read()[0]
    assert entry["raw"] == '{"authentication":{"project":"p",***'
    assert entry["size"] == 51
    assert "frame" not in entry


def test_a_huge_frame_is_shown_by_its_beginning() -> None:
    journal = Journal(10, 10_000_000)
    journal.write("out", b'"' + b"x" * 1_000_000 + b'"')
    entry = journal.read()[0]
    assert entry["size"] == 1_000_002
    assert len(entry["raw"]) == 200


def test_deep_nesting_is_shown_and_does_not_raise() -> None:
    journal = Journal(10, 10_000)
    journal.write("in", b"[" * 3_000)
    assert journal.read()[0]["raw"].startswith("[[[")


PRIVATE = {
    "from": "+15550100001",
    "params": {"to_number": "15550100002", "digits": "4711", "pin": 1234, "deep": [{"caller_id": "x"}]},
    "text": "call +15550100003 or sip:alice@example.com",
    "timestamp": 1795372157.69,
    "call_id": "721b63f3-e3eb-45ff-b400-74fab3099300",
    "device": {"type": "phone", "params": {"from_number": "", "headers": ["sips:bob@example.com"]}},
}


def test_numbers_of_people_and_what_they_press_are_masked() -> None:
    assert masked(PRIVATE) == {
        "from": "***",
        "params": {"to_number": "***", "digits": "***", "pin": "***", "deep": [{"caller_id": "***"}]},
        "text": "call *** or sip:***@example.com",
        "timestamp": 1795372157.69,
        "call_id": "721b63f3-e3eb-45ff-b400-74fab3099300",
        "device": {"type": "phone", "params": {"from_number": "", "headers": ["sips:***@example.com"]}},
    }
    assert masked(PRIVATE, numbers=True) == PRIVATE


def test_numbers_are_masked_in_what_is_no_json() -> None:
    journal = Journal(10, 10_000)
    journal.write("in", '{"a":"+15550100001","digits":"4711')
    journal.write("in", "hello +15550100001")
    journal.write("in", "call 15550100001, or 15550100002.")
    assert [entry["raw"] for entry in journal.read()] == ['{"a":"***",***', "hello ***", "call ***, or ***."]


def test_what_is_new_alone_can_be_read() -> None:
    journal = Journal(10, 10_000)
    for number in range(3):
        journal.write("in", b'{"n":%d}' % number)
    assert [entry["number"] for entry in journal.read(after=1)] == [2, 3]
    assert journal.read(after=3) == []


def test_a_journal_shows_numbers_as_its_sandbox_is_set_while_it_runs() -> None:
    settings = Settings()
    journal = Journal.of(settings)
    journal.write("in", '{"to":"+15550100001","token":"PT"}')
    assert journal.read()[0]["frame"] == {"to": "***", "token": "***"}
    settings.change(journal_numbers=True)
    assert journal.read()[0]["frame"] == {"to": "+15550100001", "token": "***"}


def test_frames_have_numbers_that_grow_over_all_journals_and_go_on_when_one_is_cleared() -> None:
    count = itertools.count(1)
    first, second = Journal(10, 1_000, count=count), Journal(2, 1_000, count=count)
    for number in range(3):
        first.write("in", b"%d" % number)
        second.write("out", b"%d" % number)
    assert [entry["number"] for entry in first.read()] == [1, 3, 5]
    assert second.dropped == 1
    second.clear()
    assert (second.read(), len(second), second.dropped) == ([], 0, 0)
    second.absorb(first)
    second.write("in", b"x" * 1_000)
    assert [entry["number"] for entry in second.read()] == [7]  # it is bounded as before


def test_requests_are_found_by_method_and_number_a_long_one_too() -> None:
    journal = Journal(10, 1_000_000)
    long = b'{"params":"' + b"x" * 100_000 + b'","method":"calling.play"}'
    journal.write("in", b'{"method":"calling.play"}', "calling.play")
    journal.write("out", b'{"id":1}')
    journal.write("in", b'{"method":"calling.end"}', "calling.end")
    journal.write("in", long, "calling.play")
    assert [entry["number"] for entry in journal.requests()] == [1, 3, 4]
    assert [entry["number"] for entry in journal.requests("calling.play")] == [1, 4]
    (late,) = journal.requests("calling.play", after=1)
    assert (late["method"], late["size"]) == ("calling.play", len(long))
    assert journal.newest_request() == late


def test_a_method_that_is_a_number_is_masked_as_everything() -> None:
    journal = Journal(10, 1_000)
    journal.write("in", b'{"method":"+15550100001"}', "+15550100001")
    assert "15550100001" not in repr(journal.requests())
