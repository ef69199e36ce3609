"""Masking secrets in text."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from relay_runtime.watch.masking import Masker

MASK = "********"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token=abc next", f"token={MASK} next"),
        ('{"token": "two words", "x": 1}', f'{{"token": "{MASK}", "x": 1}}'),
        (r'"{\"jwt_token\": \"abc\", \"y\": 2}"', rf'"{{\"jwt_token\": \"{MASK}\", \"y\": 2}}"'),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}"),
        ("{'authorization_state': 'cut off", f"{{'authorization_state': '{MASK}"),
        ("wss://host/?access_token=abc&x=1", f"wss://host/?access_token={MASK}&x=1"),
        ("eyJhbGciOi.eyJzdWIi.c2ln here", f"{MASK} here"),
        ("a.b-eyJhbGciOi.eyJzdWIi.c2ln-eyJ", f"a.b-{MASK}"),
        ("eyJ.eyJhbGci-eyJhbGciOi.eyJ", f"eyJ.{MASK}"),
        ("xeyJhbGciOi.eyJzdWIiOi.c2ln", f"xeyJhbGciOi.{MASK}"),
        ("SIGNALWIRE_API_TOKEN=abc", f"SIGNALWIRE_API_TOKEN={MASK}"),
    ],
)
def test_a_secret_is_known_by_its_key_or_its_shape(text: str, masked: str) -> None:
    assert Masker()(text) == masked


@pytest.mark.parametrize("text", ["max_tokens: 5", "the token was refused", "call 5 ended: hangup", "authored by me"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert Masker()(text) == text


@pytest.mark.parametrize("secret", ["PT0123", 'quo"te\\d', "with space/and?", "ünïcode"])
@pytest.mark.parametrize("form", ["{0}", "{1}", "{2!r}", "{3}"])
def test_a_known_secret_is_masked_wherever_it_stands_and_however_it_is_written(secret: str, form: str) -> None:
    text = form.format(secret, json.dumps({"x": secret}), {"x": secret}, quote(secret, safe=""))
    masked = Masker([secret])(f"before {text} after")
    assert MASK in masked
    assert secret not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


def test_of_two_secrets_that_begin_alike_nothing_is_left_over() -> None:
    assert Masker(["secret", "secret-and-more"])("x secret-and-more x") == f"x {MASK} x"


def test_a_very_short_secret_does_not_garble_every_line() -> None:
    assert Masker(["a"])("a call") == "a call"


def test_a_field_is_hidden_by_its_name() -> None:
    assert Masker.hides("jwt_token")
    assert Masker.hides("Authorization")
    assert not Masker.hides("call_id")


@pytest.mark.parametrize(
    "text",
    [
        "token " + "a-" * 200_000,
        "token " + "\\" * 400_000,
        "token" + " " * 400_000,
        "token=" * 60_000,
        "token:\\" * 60_000,
        "-".join(["authorization"] * 30_000),
        "eyJ-" * 100_000,
        "eyJ-" * 100_000 + ".x",
        "eyJ." * 100_000,
        "a-" * 200_000 + ".eyJ",
        '{"media_token_ttl":' + "a_b-" * 100_000,
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.slow
def test_a_text_of_whatever_shape_is_masked_in_a_time_that_it_is_long(text: str) -> None:
    """Each takes hours where the time grows with the square of the length."""
    assert Masker(["a secret"])(text)


def test_keys_end_and_begin_as_words_do() -> None:
    assert Masker()("tokens=5 preauthorization=ok my-token=x authorization-state=y") == (
        f"tokens=5 preauthorization=ok my-token={MASK} authorization-state=y"
    )
