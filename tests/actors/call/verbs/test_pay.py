"""The verb that takes a payment: most of its values travel as texts."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line

CONNECTOR = "https://example.com/pay"


def test_a_payment_sends_numbers_and_flags_as_texts(line: Line[Any]) -> None:
    line.call.pay(CONNECTOR, timeout=7, max_attempts=2, security_code=True, postal_code=False, charge_amount=25.5)
    sent = line.board.wait_for("calling.pay")
    wanted = {
        "timeout": "7",
        "max_attempts": "2",
        "security_code": "true",
        "postal_code": "false",
        "charge_amount": "25.5",
    }
    assert {key: sent[key] for key in wanted} == wanted


@pytest.mark.parametrize("given", ["visa mastercard", "visa,mastercard", ("visa", "mastercard")])
def test_card_types_are_divided_by_spaces_however_they_are_given(line: Line[Any], given: Any) -> None:
    line.call.pay(CONNECTOR, valid_card_types=given)
    assert line.board.wait_for("calling.pay")["valid_card_types"] == "visa mastercard"


@pytest.mark.parametrize("given", [[5], {"seconds": 5}])
def test_what_is_neither_a_number_nor_a_text_is_refused_and_not_made_one(line: Line[Any], given: Any) -> None:
    with pytest.raises(ValueError, match="timeout is "):
        line.call.pay(CONNECTOR, timeout=given)
    assert line.board.sent == []


def test_how_a_card_is_entered_is_told_by_the_name_that_the_caller_knows(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match="^input_method is 'mail'; accepted is one of dtmf, voice"):
        line.call.pay(CONNECTOR, input_method="mail")
