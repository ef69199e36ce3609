"""Tokens that stand for what is masked."""

from __future__ import annotations

from relay_runtime.recording.tokens import DIGITS, HEARD, NUMBER, SENT, Tokens


def test_the_same_gets_the_same_token_and_another_the_next() -> None:
    tokens = Tokens()
    assert [tokens.of(SENT, each) for each in ("Hello", "Bye", "Hello")] == [
        "<words-1:5>",
        "<words-2:3>",
        "<words-1:5>",
    ]
    assert tokens.of(DIGITS, "1234") == "<digits-1:4>"
    assert tokens.of(NUMBER, "+1555") == "<number-1>"
    assert tokens.of(SENT, "") == ""


def test_what_is_received_counts_apart_and_stays_the_same_when_it_is_sent() -> None:
    tokens = Tokens()
    assert tokens.of(HEARD, "yes") == "<heard-1:3>"
    assert tokens.of(SENT, "Hello") == "<words-1:5>"
    assert tokens.of(SENT, "yes") == "<heard-1:3>"
    assert tokens.of(HEARD, "Hello") == "<words-1:5>"


def test_a_token_is_its_own_and_is_given_to_nothing_else() -> None:
    tokens = Tokens()
    assert tokens.of(HEARD, "<words-1:9>") == "<words-1:9>"
    assert tokens.of(SENT, "Hello") == "<words-2:5>"
    assert tokens.of(NUMBER, "<number-7>") == "<number-7>"
    assert tokens.of(NUMBER, "+1555") == "<number-8>"


def test_what_only_looks_like_a_token_is_masked() -> None:
    tokens = Tokens()
    for text in ("<number-15550100001>", "<words-1:15550100001>", "<words-0:1>", "<words-1:2> and more", "<else-1>"):
        assert text not in tokens.of(SENT, text)
