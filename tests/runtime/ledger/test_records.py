"""The lines of a ledger, and what they come to: written anew at any moment, and damaged in any way."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.call.crash_policy import HANGUP, Say, Transfer
from relay_runtime.ledger.records import (
    VERSION,
    Answered,
    Book,
    Dialled,
    DialOver,
    Engaged,
    ForeignFile,
    Forgotten,
    Kind,
    Leg,
    Memo,
    Offered,
    Opened,
    Policy,
    Record,
    Served,
    SessionKept,
    Unserved,
    encode,
    read_book,
    shortened,
)

FIRST = Opened(VERSION, "0123456789abcdef", 4711, 20)

call_ids = st.sampled_from(["c1", "c2", "c3"])
tags = st.sampled_from(["t1", "t2"])
numbers = st.integers(0, 2)
policies = st.sampled_from([HANGUP, Say("Sorry."), Transfer("context:other")])
notes: st.SearchStrategy[Record] = st.one_of(
    st.builds(SessionKept, st.sampled_from(["p1", "p2"]), st.sampled_from(["", "blob"]), st.just(("office",))),
    st.builds(Kind, numbers, st.sampled_from(["app:One", "app:Two"]), policies.map(Policy.of)),
    st.builds(Offered, call_ids, st.just("n1"), st.sampled_from(["", "office"])),
    st.builds(Served, call_ids, st.just("n1"), numbers, st.booleans()),
    st.builds(Answered, call_ids),
    st.builds(Engaged, call_ids, st.sampled_from([(), ("a bridge",), ("a queue", "a transfer")])),
    st.builds(Memo, call_ids, st.sampled_from(["", "null", '{"step":2}'])),
    st.builds(Unserved, call_ids, st.just("n1")),
    st.builds(Forgotten, call_ids),
    st.builds(Dialled, tags),
    st.builds(Leg, call_ids, st.just("n1"), tags),
    st.builds(DialOver, tags),
)


def read(*records: Record, rest: bytes = b"") -> Book:
    return read_book(b"".join(map(encode, (FIRST, *records))) + rest)


def content(book: Book) -> Any:
    """Return all that a book says, the order of its calls included."""
    return book.session, book.kinds, list(book.calls.items()), list(book.tags)


@given(st.lists(notes, max_size=30), st.lists(notes, max_size=30))
def test_lines_that_were_written_anew_at_any_moment_come_to_the_same(before: list[Record], after: list[Record]) -> None:
    whole = read(*before, *after)
    assert content(read(*read(*before).records(), *after)) == content(whole)
    assert content(read(*whole.records())) == content(whole)
    assert content(read_book(shortened(b"".join(map(encode, (FIRST, *before)))) + b"".join(map(encode, after)))) == (
        content(whole)
    )
    assert whole.damaged == 0


def test_what_a_call_has_come_to_is_told_by_its_lines() -> None:
    book = read(
        SessionKept("p1", "blob", ("office",)),
        Kind(3, "app:Shop", Policy.of(Say("Sorry.", voice="x"))),
        Offered("c1", "n1", "office"),
        Served("c1", "n1", 3, False),
        Answered("c1"),
        Engaged("c1", ("a queue",)),
        Memo("c1", '"m"'),
        Offered("c2", "n2", "office"),
        Forgotten("c2"),
        Memo("c2", '"too late"'),
        Dialled("t1"),
        Leg("c3", "n3", "t1"),
    )
    shop, leg = book.calls["c1"], book.calls["c3"]
    assert (shop.node_id, shop.context, shop.kind, shop.answered) == ("n1", "office", 3, True)
    assert (shop.engaged, shop.memo, shop.unserved) == (("a queue",), '"m"', False)
    assert (leg.tag, leg.kind) == ("t1", None)
    assert list(book.calls) == ["c1", "c3"]
    assert list(book.tags) == ["t1"]
    assert book.kinds[3].policy.made() == Say("Sorry.", voice="x")


def test_calls_of_a_former_session_are_gone_and_those_of_one_whose_blob_has_changed_are_not() -> None:
    offered = Offered("c1", "n1", "office")
    assert list(read(SessionKept("p1", "a", ()), offered, SessionKept("p1", "b", ())).calls) == ["c1"]
    assert read(SessionKept("p1", "a", ()), offered, SessionKept("p2", "a", ())).calls == {}


def test_a_line_that_was_not_written_to_its_end_is_passed_over() -> None:
    line = encode(Offered("c2", "n1", "office"))
    for length in range(len(line)):
        book = read(Offered("c1", "n1", "office"), rest=line[:length])
        assert list(book.calls) == ["c1"]
        assert book.damaged == 0


DAMAGED = [
    b"5",
    b"{}",
    b"[]",
    b'["wonder","c2"]',
    b'["offer","c2"]',
    b'["offer",5,"n1","office"]',
    b'["offer","c\xff2","n1","office"]',
    b'["offer","\\ud800","n1","office"]',
    b'["serve","c2","n1","no number",false]',
    b'["class",1,"app:Shop",{"say":[1]}]',
    b'["memo","c1",' + b"[" * 100_000,
    b'["over","c1","more",' + b"[" * 100_000,
    b'["of',
    b"\x00" * 50,
]


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_counted_and_those_around_it_are_read(line: bytes) -> None:
    data = encode(FIRST) + encode(Offered("c1", "n1", "office")) + line + b"\n" + encode(Answered("c1"))
    book = read_book(data)
    assert (list(book.calls), book.calls["c1"].answered, book.damaged) == (["c1"], True, 1)


@pytest.mark.parametrize("number", [b"-1", b"9" * 20, b"9" * 9999])
def test_a_number_that_could_not_be_written_again_is_damage(number: bytes) -> None:
    lines = [b'["class",' + number + b',"app:Shop",{}]', b'["serve","c1","n1",' + number + b",true]"]
    book = read_book(encode(FIRST) + b"\n".join([*lines, b""]))
    assert (book.damaged, book.kinds, book.calls) == (2, {}, {})


def test_a_line_of_a_later_version_that_says_more_is_read_without_it() -> None:
    book = read(rest=b'["offer","c1","n1","office",{"new":[1,2]},7]\n')
    assert (list(book.calls), book.damaged) == (["c1"], 0)


@given(st.binary(max_size=200))
def test_whatever_bytes_are_between_the_lines_the_reader_goes_on(noise: bytes) -> None:
    book = read_book(encode(FIRST) + noise + b"\n" + encode(Dialled("t1")))
    assert "t1" in book.tags


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "none of a ledger"),
        (b"\n", "none of a ledger"),
        (b"#!/bin/sh\necho\n", "none of a ledger"),
        (b"\xff\xfe\n", "none of a ledger"),
        (b'["\xff"]\n', "none of a ledger"),
        (b"[" * 100_000 + b"\n", "none of a ledger"),
        (b'{"ledger":1}\n', "none of a ledger"),
        (b'["offer","c1","n1","office"]\n', "none of a ledger"),
        (b'["ledger"]\n', "none of a ledger"),
        (b'["ledger",2,"k",1,20]\n', r"it is of version 2, and this runtime reads version 1$"),
        (b'["ledger","1","k",1,20]\n', "of version"),
        (b'["ledger","' + b"a\\n" * 999 + b'","k",1,20]\n', r"^it is of version '[a\\n]{19}, and this runtime.{16}$"),
        (b'["ledger",1,"k",1,' + b"9" * 20 + b"]\n", "not complete"),
        (b'["ledger",1,"k"]\n', "not complete"),
        (b'["ledger",1,"k",1,0]\n', "not complete"),
        (b'["ledger",1,"k",1,-5]\n', "not complete"),
        (pickle.dumps(["ledger", 1]) + b"\n", "none of a ledger"),
    ],
)
def test_a_file_that_is_no_ledger_of_this_version_is_told_why(data: bytes, why: str) -> None:
    with pytest.raises(ForeignFile, match=why):
        read_book(data)


@pytest.mark.parametrize("policy", [HANGUP, Say("Sorry.", timeout=3.0), Transfer("https://example.com/swml")])
def test_a_policy_comes_back_as_it_was(policy: Any) -> None:
    (kind,) = read(Kind(1, "app:Shop", Policy.of(policy))).kinds.values()
    assert kind.policy.made() == policy


def test_swml_comes_back_as_its_text() -> None:
    swml = Transfer({"version": "1.0.0"})
    assert Policy.of(swml).made() == swml


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"say": {}},
        {"say": {"text": ""}},
        {"say": {"text": 5}},
        {"say": {"text": "x", "timeout": 9e9}},
        {"transfer": ""},
        {"transfer": None},
    ],
)
def test_a_policy_that_is_not_understood_hangs_up(policy: Any) -> None:
    assert msgspec.convert(policy, Policy).made() == HANGUP


def test_a_session_shows_no_secret() -> None:
    shown = repr(SessionKept("signalwire_secret", "secret blob", ("office",)))
    assert "secret" not in shown
    assert "office" in shown
