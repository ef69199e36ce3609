"""What another thread hands over to that of the client: it is done there, and blocks nobody for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, THEM, client_of
from gevent.event import AsyncResult

from relay_runtime import CallActor, CallEnded, ClientFailed, RelayClient, RelayTimeout
from relay_runtime.client import actors
from relay_runtime.sandbox import Caller, Run, Sandbox


@pytest.fixture
def sandbox(listening: Sandbox) -> Sandbox:
    return listening


def begun(function: Callable[[], Any]) -> Callable[[], Any]:
    """Begin a function in another thread; return what waits here for its outcome."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def result() -> Any:
        with gevent.Timeout(LIMIT):
            while thread.is_alive():
                gevent.sleep(0.001)
        return outcome[0]

    return result


@pytest.fixture
def site(sandbox: Sandbox) -> Iterator[tuple[RelayClient, CallActor, Run, list[Any]]]:
    offered: AsyncResult[CallActor] = AsyncResult()
    told: list[Any] = []

    class Served(CallActor):
        def run(self) -> None:
            self.answer()
            offered.set(self)
            self.wait_for_ended()

        def on_told(self, value: Any) -> None:
            told.append((value, threading.get_ident()))

    with gevent.Timeout(3 * LIMIT), client_of(sandbox, call_actor=Served) as client:
        placed = sandbox.place(Caller(THEM).dials("office").waits_for_hangup(timeout=LIMIT))
        yield client, offered.get(timeout=LIMIT), placed, told


Site = tuple[RelayClient, CallActor, Run, list[Any]]


def test_disconnect_in_another_thread_hangs_up_and_the_client_connects_again(site: Site) -> None:
    client, call, placed, _ = site
    assert begun(client.disconnect)() is None
    assert client.state == "stopped"
    assert call.is_ended
    assert placed.wait(timeout=LIMIT).end_source == "outbound"
    client.connect(LIMIT)
    assert client.state == "connected"


@pytest.mark.slow
def test_drain_in_another_thread_returns_what_became_of_the_calls(site: Site) -> None:
    client, _, _, _ = site
    assert begun(lambda: client.drain(0.05))() is False
    assert begun(lambda: client.drain(0.05))() is True  # there is nothing left
    assert isinstance(begun(lambda: client.drain(-1))(), ValueError)


def test_tell_in_another_thread_runs_the_hook_in_the_thread_of_the_client(site: Site) -> None:
    client, call, _, told = site
    assert begun(lambda: client.tell(call.call_id, "news"))() is None
    gevent.sleep(0.01)
    assert told == [("news", threading.get_ident())]
    assert isinstance(begun(lambda: client.tell("nobody", 1))(), CallEnded)


def test_a_thread_with_a_hub_of_its_own_goes_on_with_its_other_greenlets(site: Site) -> None:
    client, call, _, _ = site

    def code() -> bool:
        ticks: list[int] = []
        gevent.spawn(ticks.append, 1)
        client.tell(call.call_id, "news")
        return bool(ticks)

    assert begun(code)() is True


def test_work_that_was_offloaded_may_tell_its_call(site: Site) -> None:
    client, call, _, told = site
    call.offload(client.tell, call.call_id, "from the thread", timeout=LIMIT)
    gevent.sleep(0.01)
    assert told[0][0] == "from the thread"


@pytest.mark.slow
def test_a_thread_that_is_blocked_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site[0]
    monkeypatch.setattr(actors, "_PATIENCE", 0.0)
    result = begun(client.disconnect)
    time.sleep(0.8)
    error = result()
    assert isinstance(error, RelayTimeout)
    assert "nothing was done" in str(error)
    assert client.state == "connected"


def test_a_thread_that_has_ended_with_its_client_connected_is_told(sandbox: Sandbox) -> None:
    for use in (RelayClient.disconnect, RelayClient.drain, lambda client: client.tell("x", 1)):
        client = client_of(sandbox)
        assert begun(partial(client.connect, LIMIT))() is None
        with pytest.raises(ClientFailed, match=r"has ended without disconnect\(\)"):
            use(client)
        client.connect(LIMIT)
        client.disconnect()
