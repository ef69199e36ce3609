"""The contexts that a client wants, and what the server knows of them."""

from __future__ import annotations

import gevent
import pytest
from doubles.client import LIMIT, client_of

from relay_runtime import RelayClient, RelayError
from relay_runtime.sandbox import Sandbox


def test_contexts_as_a_text_are_refused() -> None:
    with pytest.raises(ValueError, match="list of names"):
        RelayClient(project="p", token="t", contexts="office")  # type: ignore[arg-type]


def test_contexts_added_at_run_time_are_back_after_a_reconnect(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        client.receive(["sales", "support"])
        client.unreceive(["support"])
        assert client.contexts == ["office", "sales"]
        sandbox.restart(memory=False)
        with gevent.Timeout(LIMIT):
            while client.stats.connections < 2:
                gevent.sleep(0.001)
        assert sorted(sandbox.session().contexts) == ["office", "sales"]


def test_contexts_that_the_server_refuses_are_not_kept(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        sandbox.arm("signalwire.receive", error={"code": -32000, "message": "no"})
        with pytest.raises(RelayError, match="no"):
            client.receive(["office", "sales"])
        assert client.contexts == ["office"]


def test_what_changes_while_the_client_is_stopped_is_part_of_the_next_login(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.receive(["sales", "support"])
    client.unreceive(["office", "support"])
    assert client.contexts == ["sales"]
    with client:
        assert sorted(sandbox.session().contexts) == ["sales"]
