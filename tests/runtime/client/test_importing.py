"""While an app is imported, no client of it connects."""

from __future__ import annotations

import threading

import gevent
import pytest
from doubles.client import LIMIT, client_of

from relay_runtime.client.importing import importing, refuse_in_import
from relay_runtime.sandbox import Sandbox


def test_outside_of_an_import_nothing_is_refused() -> None:
    refuse_in_import("client.run()")
    with importing("app.py"):
        pass
    refuse_in_import("client.run()")


def test_the_refusal_says_what_to_write() -> None:
    with importing("app.py"), pytest.raises(RuntimeError) as refused:
        refuse_in_import("client.run()")
    assert str(refused.value) == (
        "client.run() was called while relay-runtime start imports app.py, which it connects and serves itself; "
        'write: if __name__ == "__main__": client.run()'
    )


def test_what_an_import_raises_ends_it() -> None:
    with pytest.raises(KeyError), importing("app.py"):
        raise KeyError
    refuse_in_import("client.run()")


def test_no_thread_and_no_greenlet_connects_meanwhile_either() -> None:
    refused: list[RuntimeError] = []

    def tries() -> None:
        try:
            refuse_in_import("client.connect()")
        except RuntimeError as error:
            refused.append(error)

    with importing("app.py"):
        gevent.spawn(tries).join(LIMIT)
        thread = threading.Thread(target=tries)
        thread.start()
        thread.join(LIMIT)
    assert len(refused) == 2


@pytest.mark.parametrize("what", ["connect", "run", "__enter__"])
def test_a_client_neither_connects_nor_runs_in_an_import_and_may_do_so_afterwards(sandbox: Sandbox, what: str) -> None:
    client = client_of(sandbox)
    with (
        importing("app.py"),
        pytest.raises(RuntimeError, match=r"client\.(run|connect)\(\) was called while"),
    ):
        getattr(client, what)()
    assert client.state == "stopped"
    assert sandbox.counters.connections == 0
    with client:
        assert client.state == "connected"
