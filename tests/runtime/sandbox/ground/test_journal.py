"""The journal: bounded in frames and bytes, secrets masked, whatever the frame."""

from __future__ import annotations

from relay_runtime.sandbox.ground.journal import Journal, masked


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
