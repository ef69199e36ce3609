"""Verbs that send and receive faxes."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line

from relay_actors.call.actions import ReceiveFaxAction, SendFaxAction


def test_each_verb_gives_the_action_of_its_own_kind(line: Line[Any]) -> None:
    sent = line.call.send_fax("https://example.com/a.pdf", identity="+15550100001", header_info="")
    received = line.call.receive_fax(status_url="https://example.com/s")
    assert (type(sent), type(received)) == (SendFaxAction, ReceiveFaxAction)
    assert line.board.wait_for("calling.send_fax")["header_info"] == ""  # an empty text is a header that is left out
    assert line.board.wait_for("calling.receive_fax")["status_url"] == "https://example.com/s"


def test_a_fax_needs_a_document(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match="document is malformed; accepted is a URL"):
        line.call.send_fax("")
    assert line.board.sent == []
