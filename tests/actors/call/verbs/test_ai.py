"""Verbs of AI agents: names that differ on the wire, and lengths as texts."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line


def test_the_tuning_of_an_agent_is_called_params_on_the_wire(line: Line[Any]) -> None:
    line.call.ai(prompt={"text": "hi"}, ai_params={"wait_for_user": True})
    line.call.amazon_bedrock(prompt={"text": "hi"}, ai_params={"temperature": 0.3})
    assert line.board.wait_for("calling.ai")["params"] == {"wait_for_user": True}
    assert line.board.wait_for("calling.amazon_bedrock")["params"] == {"temperature": 0.3}


def test_a_mistake_in_the_tuning_is_told_by_the_name_that_the_caller_knows(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match="ai_params is str"):
        line.call.ai(prompt={"text": "hi"}, ai_params="slow")


@pytest.mark.parametrize(("given", "sent"), [(60, "60"), (2.5, "2.5"), ("5m", "5m")])
def test_the_length_of_a_hold_is_a_text(line: Line[Any], given: Any, sent: str) -> None:
    line.call.ai_hold(timeout=given, prompt="one moment")
    assert line.board.wait_for("calling.ai_hold")["timeout"] == sent


def test_a_flag_is_no_length(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match="timeout is bool"):
        line.call.ai_hold(timeout=True)


def test_an_agent_of_amazon_is_no_operation_and_its_reply_is_returned(line: Line[Any]) -> None:
    assert line.call.amazon_bedrock(prompt={"text": "hi"}) == {"code": "200", "message": "OK"}
    assert "control_id" not in line.board.wait_for("calling.amazon_bedrock")
