"""Frames without what is private."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime.watch.frame_mask import FrameMask
from relay_runtime.watch.masking import Masker

CALL = "c0ffee00-1111-2222-3333-444444444444"
MASK = "********"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"from_number": "+15550100001"}, {"from_number": MASK}),
        ({"from": "+15550100001", "to": "alice"}, {"from": MASK, "to": MASK}),
        ({"digits": "1234"}, {"digits": MASK}),
        ({"send_digits": "w12"}, {"send_digits": MASK}),
        ({"digits": {"max": 1}}, {"digits": {"max": 1}}),
        ({"text": "call +15550100001 now"}, {"text": f"call {MASK} now"}),
        ({"text": "15550100001"}, {"text": MASK}),
        ({"text": "Call 15550100001, or 15550100002."}, {"text": f"Call {MASK}, or {MASK}."}),
        ({"uri": "sip:alice@example.com"}, {"uri": f"sip:{MASK}@example.com"}),
        ({"card_number": 4111111111111111}, {"card_number": MASK}),
        ({"token": "x"}, {"token": MASK}),
        ({"text": "PT-secret"}, {"text": MASK}),
        ({"from": ""}, {"from": ""}),
        ({"state": "answered", "code": "200", "duration": 12}, {"state": "answered", "code": "200", "duration": 12}),
        (
            {"call_id": CALL, "url": "https://h/123456789012.wav"},
            {"call_id": CALL, "url": "https://h/123456789012.wav"},
        ),
    ],
)
def test_what_is_private_is_masked_and_the_rest_is_not(value: Any, shown: Any) -> None:
    assert FrameMask(Masker(("PT-secret",)))({"params": [value]}) == {"params": [shown]}


@pytest.mark.parametrize(
    "text", ["sip:" * 100_000, "sip:a" * 100_000, "sip:-" * 100_000, "a-" * 100_000, "sip:@" * 100_000], ids=len
)
@pytest.mark.slow
def test_a_text_of_whatever_shape_is_masked_in_a_time_that_it_is_long(text: str) -> None:
    """Each takes hours where the time grows with the square of the length."""
    assert FrameMask(Masker())({"text": text})["text"] == text


def test_the_user_of_each_address_is_masked() -> None:
    text = "sip:a@x sips:b@y;sip:c:d@z <sip:asip:b@x>"
    assert FrameMask(Masker())({"text": text})["text"] == f"sip:{MASK}@x sips:{MASK}@y;sip:{MASK}@z <sip:{MASK}@x>"
    assert FrameMask(Masker())({"text": "sip:alice,sip:bob@x SIP:carol@x"})["text"] == f"sip:{MASK}@x SIP:{MASK}@x"


def test_a_key_of_whatever_shape_is_looked_at_in_a_time_that_it_is_long() -> None:
    key = "number" * 60_000 + "\n"
    assert FrameMask(Masker())({key: "1"}) == {key: MASK}
