"""A sandbox in virtual time, and raw clients for it; the tests of server and control port have one with ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from doubles.one_process import in_one_process
from doubles.raw_client import Address, DialIn, PlaceCall, RawClient, raw_client

from relay_runtime.sandbox import Caller, Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with in_one_process() as running:
        yield running


@pytest.fixture
def dial_in() -> Iterator[DialIn]:
    """Connect raw clients; they are closed at the end of the test."""
    clients: list[RawClient] = []

    def connect(sandbox: Sandbox, **options: Any) -> RawClient:
        clients.append(raw_client(sandbox, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
        assert client.mistakes() == []


@pytest.fixture
def client(sandbox: Sandbox, dial_in: DialIn) -> RawClient:
    """A client that is logged in and has subscribed to the context ``office``."""
    made = dial_in(sandbox)
    made.login(sandbox, "office")
    return made


@pytest.fixture
def call(client: RawClient, sandbox: Sandbox) -> PlaceCall:
    """Place a call whose script the test gives, answer it, and return the run and the address of the call."""

    def place(script: Caller) -> tuple[Any, Address]:
        run = sandbox.place(script.dials("office"))
        offer = client.event("calling.call.receive", call_id=run.call_id)
        address = {"node_id": offer["node_id"], "call_id": offer["call_id"]}
        assert client.result("calling.answer", address)["code"] == "200"
        client.event("calling.call.state", call_state="answered", call_id=run.call_id)
        return run, address

    return place
