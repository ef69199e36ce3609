"""What the engine gets to see of a ledger, and what is made of what somebody has changed there."""

from __future__ import annotations

import base64

import pytest

from relay_actors.call.crash_policy import Say, Transfer
from relay_runtime.fleet.sealing import Seal, SealError
from relay_runtime.ledger.records import (
    Answered,
    Dialled,
    DialOver,
    Engaged,
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
    Taken,
    Unserved,
    encode,
    read_book,
)

SECRETS: list[Record] = [
    SessionKept("protocol-secret", "state-secret", ("context-secret",)),
    Kind(0, "app:Class-secret", Policy.of(Say("say-secret"))),
    Kind(1, "app:Class-secret", Policy.of(Transfer("sip:transfer-secret"))),
    Memo("c1", '{"caller":"+15550100","memo":"memo-secret"}'),
]
PLAIN: list[Record] = [
    Opened(1, "k", 1, 5, "l", "m"),
    Offered("c1", "n1", "office"),
    Served("c1", "n1", 0, dialled=False),
    Answered("c1"),
    Engaged("c1", ("play",)),
    Unserved("c2", "n1"),
    Forgotten("c3"),
    Dialled("t1"),
    Leg("c4", "n1", "t1"),
    DialOver("t1"),
    Taken(),
]
TEXT = b"".join(map(encode, [PLAIN[0], *SECRETS, *PLAIN[1:]]))


@pytest.fixture(scope="module")
def seal() -> Seal:
    return Seal("the-token")


def test_what_is_sealed_shows_nothing_secret_and_is_opened_as_it_was(seal: Seal) -> None:
    sealed = seal.seal(TEXT, "l")
    for word in (b"secret", b"+15550100", b"session", b"memo", b"class", b"the-token"):
        assert word not in sealed
    for each in PLAIN:
        assert encode(each) in sealed
    assert sealed.count(b"\n") == TEXT.count(b"\n")
    assert seal.unseal(sealed, "l") == TEXT
    assert seal.seal(TEXT, "l") != sealed  # no two are alike, so that nobody sees what is said again


def test_what_was_sealed_line_by_line_is_opened_as_one(seal: Seal) -> None:
    lines = [encode(each) for each in (*PLAIN, *SECRETS)]
    assert seal.unseal(b"".join(seal.seal(each, "l") for each in lines), "l") == b"".join(lines)


def test_nobody_opens_it_with_another_key_or_for_another_ledger(seal: Seal) -> None:
    sealed = seal.seal(TEXT, "l")
    for opener, ledger in ((Seal("another"), "l"), (seal, "other"), (Seal(""), "l")):
        with pytest.raises(SealError, match="another key") as refused:
            opener.unseal(sealed, ledger)
        assert refused.value.__cause__ is None


@pytest.mark.parametrize("text", [b"", b"A", b"AAAA", base64.b64encode(bytes(12)), base64.b64encode(bytes(40)), b"=="])
def test_what_was_made_up_is_not_opened(seal: Seal, text: bytes) -> None:
    line = b'["sealed","' + text + b'"]'
    if text:
        with pytest.raises(SealError):
            seal.unseal(line, "l")
    else:
        assert read_book(seal.unseal(encode(PLAIN[0]) + line + b"\n", "l")).damaged == 1


def test_a_changed_byte_is_found(seal: Seal) -> None:
    line = seal.seal(encode(SECRETS[0]), "l")
    for at in range(len(b'["sealed","'), len(line) - len(b'"]\n') - 4):  # not its padding
        other = b"A" if line[at : at + 1] != b"A" else b"B"
        with pytest.raises(SealError):
            seal.unseal(line[:at] + other + line[at + 1 :], "l")


@pytest.mark.parametrize(
    "line",
    [
        *map(encode, SECRETS),
        b' ["session","p","s",[]]\n',
        b'["\\u0073ession","p","s",[]]\n',
        b'[ "session","p","s",[]]\n',
        b'["session" ,"p","s",[]]\n',
        b'\t["memo","c1","{}"]\n',
        b'["session","p","s",[]]\r\n',
    ],
)
def test_whoever_writes_in_the_engine_can_make_no_session_and_no_memo_up(seal: Seal, line: bytes) -> None:
    book = read_book(seal.unseal(encode(PLAIN[0]) + line + encode(PLAIN[1]), "l"))
    assert book.session is None
    assert book.kinds == {}
    assert not any(entry.memo for entry in book.calls.values())
    assert list(book.calls) == ["c1"]
    assert book.damaged == 1


def test_its_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    assert Seal("a").fingerprint == Seal("a").fingerprint != Seal("b").fingerprint
    assert len(Seal("a").fingerprint) == 8
