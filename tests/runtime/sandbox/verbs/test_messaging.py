"""messaging.send: what it refuses, field by field (protocol 7.7)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import RawClient

TO, FROM = "+15550100003", "+15550100099"


def send(client: RawClient, **params: Any) -> Any:
    return client.result("messaging.send", {"to_number": TO, "from_number": FROM, "context": "office", **params})


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "x", "to_number": "555"}, "to_number"),
        ({"body": "x", "from_number": None}, "from_number"),
        ({"body": "x", "to_number": "MyShop"}, "to_number"),
        ({"media": ["https://example.com/a.png"], "from_number": "MyShop"}, "from_number"),
        ({"body": "x", "send_as_mms": True, "from_number": "MyShop"}, "from_number"),
        ({"body": "x", "from_number": "Twelve chars"}, "from_number"),
        ({"media": ["https://example.com/a.png"] * 9}, "media"),
        ({"media": ["file:///etc/passwd"]}, "media"),
    ],
)
def test_a_bad_message_is_400_and_names_the_field(client: RawClient, params: dict[str, Any], field: str) -> None:
    result = send(client, **params)
    assert result["code"] == "400"
    assert field in result["data"]


@pytest.mark.parametrize(
    ("to_number", "from_number"), [("72345", FROM), (TO, "72345"), (TO, "MyShop"), (TO, "Shop 24")]
)
def test_short_codes_are_taken_and_of_an_sms_a_name_as_its_sender(
    client: RawClient, to_number: str, from_number: str
) -> None:
    assert send(client, body="x", to_number=to_number, from_number=from_number)["code"] == "200"
