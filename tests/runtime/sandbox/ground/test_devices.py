"""Devices: whom they reach, for how long they ring, and how events show them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay_runtime.sandbox.ground.devices import Connectable, address_of, on_wire, ring_seconds_of


def device(kind: str, **params: Any) -> Connectable:
    made: Connectable = msgspec.convert({"type": kind, "params": params}, Connectable)
    return made


PHONE = device("phone", to_number="+15550100002", timeout=7)
SIP = device("sip", to="sip:bob@example.com", **{"from": "sip:alice@example.com"})
FABRIC = device("fabric", to="/private/bob")
CALL = device("call", node_id="n", call_id="c")
STREAM = device("stream", url="wss://sink.example.com")


@pytest.mark.parametrize(
    ("to", "address"),
    [
        (PHONE, "+15550100002"),
        (SIP, "sip:bob@example.com"),
        (FABRIC, "/private/bob"),
        (STREAM, "wss://sink.example.com"),
        (CALL, ""),
    ],
)
def test_a_device_has_the_address_by_which_its_script_is_found(to: Connectable, address: str) -> None:
    assert address_of(to) == address


def test_a_device_rings_for_its_own_time_or_else_for_that_of_the_request() -> None:
    assert ring_seconds_of(PHONE, 30) == 7
    assert ring_seconds_of(SIP, 30) == 30
    assert ring_seconds_of(CALL, 30) == 30


def test_events_show_a_phone_with_a_number_that_the_server_picks_when_none_is_named() -> None:
    params = {"from_number": "+15550100000", "to_number": "+15550100002"}
    assert on_wire(PHONE) == {"type": "phone", "params": params}


def test_events_show_a_sip_device_as_it_is_and_others_as_webrtc() -> None:
    assert on_wire(SIP) == {"type": "sip", "params": {"from": "sip:alice@example.com", "to": "sip:bob@example.com"}}
    assert on_wire(FABRIC) == {"type": "webrtc", "params": {"from": "", "to": "/private/bob"}}


@pytest.mark.parametrize(
    "header",
    [{"name": "X-SignalWire-Id", "value": "x"}, {"name": "X-Id", "value": "a\r\nb"}, {"name": "", "value": "x"}],
)
def test_headers_that_are_reserved_or_break_the_line_are_refused(header: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        device("sip", to="sip:bob@example.com", headers=[header])
