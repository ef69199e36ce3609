"""calling.pay (protocol 7.4)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import SIGN, Address, PlaceCall, RawClient

from relay_runtime.sandbox import Caller

HTTPS = "https://example.com"


def pay(client: RawClient, address: Address, **params: Any) -> None:
    client.do(address, "calling.pay", control_id="p", payment_connector_url=f"{HTTPS}/pay", **params)


def paid(client: RawClient) -> Any:
    return client.wait(lambda: [body for body in client.events("calling.call.pay") if "result" in body])[0]


def test_a_payment_asks_field_by_field_and_succeeds(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller().pays("success", payment_card_postal_code="12345"))
    pay(client, address, security_code="false", charge_amount="10.00")
    body = paid(client)
    assert (body["result"], body["payment_card_number"]) == ("success", "xxxxxxxxxxxx4242")
    assert body["payment_card_postal_code"] == "12345"
    asked = [event["for"] for event in client.events("calling.call.pay") if "for" in event]
    assert asked == [
        "payment-card-number",
        "expiration-date",
        "postal-code",
        "payment-processing",
        "payment-completed",
    ]


@pytest.mark.parametrize(
    ("script", "result"),
    [
        (Caller().pays("payment-connector-error"), "payment-connector-error"),
        (Caller(), "too-many-failed-attempts"),
    ],
)
def test_a_payment_can_fail(client: RawClient, call: PlaceCall, script: Caller, result: str) -> None:
    _, address = call(script)
    pay(client, address, max_attempts="2")
    assert paid(client)["result"] == result


@pytest.mark.parametrize(
    ("script", "result"),
    [
        (Caller().hears_digits(SIGN).presses("*"), "caller-interrupted-with-star"),
        (Caller().hears_digits(SIGN).hangs_up(), "caller-hung-up"),
    ],
)
def test_a_caller_can_break_a_payment_off(client: RawClient, call: PlaceCall, script: Caller, result: str) -> None:
    _, address = call(script)
    pay(client, address, timeout="1000")
    client.go_on(address)
    assert paid(client)["result"] == result


def test_a_payment_can_be_stopped(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    pay(client, address)
    client.do(address, "calling.pay.stop", control_id="p")
    assert paid(client)["result"] == "relay-pay-stop"
