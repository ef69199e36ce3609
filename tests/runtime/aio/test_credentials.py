"""Credentials that functions of the user return: called in his loop, plain or coroutine functions."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from doubles.awaited import QUICK, client_of, run, until
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.aio import AuthenticationFailed, RelayClient, RelayTimeout, Timing

LIMITED = Timing(connect_timeout=0.2, backoff_first=0.002, backoff_limit=0.01, stop_timeout=0.5, close_timeout=0.5)


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_function_is_asked_in_the_loop_at_each_login(threaded: ThreadedSandbox, *, coroutine: bool) -> None:
    threads: list[int] = []

    def plain() -> str:
        asyncio.get_running_loop()
        threads.append(threading.get_ident())
        return threaded.sandbox.token

    async def awaited() -> str:
        await asyncio.sleep(0)
        return plain()

    async def main() -> None:
        async with client_of(threaded, token=awaited if coroutine else plain) as client:
            assert client.token == threaded.sandbox.token
            threaded.do(threaded.sandbox.cut)
            await until(lambda: client.stats.connections == 2)
        assert set(threads) == {threading.get_ident()}
        assert len(threads) == 2

    run(main())


def test_a_function_that_raises_is_named_and_asked_again(threaded: ThreadedSandbox, log_lines: list[str]) -> None:
    tries = []

    async def from_the_vault() -> str:
        tries.append(True)
        if len(tries) == 1:
            raise LookupError("the vault is sealed")
        return threaded.sandbox.token

    async def main() -> None:
        async with client_of(threaded, token=from_the_vault):
            pass

    run(main())
    told = "connection waiting: no token by from_the_vault(): it raised LookupError: the vault is sealed; try 1 in"
    assert sum(told in line for line in log_lines) == 1


@pytest.mark.slow
def test_a_function_that_never_returns_is_cancelled(threaded: ThreadedSandbox) -> None:
    cancelled = []

    async def stuck() -> str:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return ""

    async def main() -> None:
        client = client_of(threaded, token=stuck, timing=LIMITED)
        with pytest.raises(RelayTimeout):
            await client.connect(timeout=0.5)
        await until(lambda: cancelled)

    run(main())


def test_a_function_whose_task_is_cancelled_is_a_failed_try(threaded: ThreadedSandbox, log_lines: list[str]) -> None:
    tries = []

    async def cancelling() -> str:
        tries.append(True)
        if len(tries) == 1:
            raise asyncio.CancelledError
        return threaded.sandbox.token

    async def main() -> None:
        async with client_of(threaded, token=cancelling):
            pass

    run(main())
    assert any("no token by cancelling(): it raised RuntimeError: its task was cancelled" in line for line in log_lines)


def test_a_renewed_token_is_tried_at_once(threaded: ThreadedSandbox) -> None:
    patient = Timing(backoff_first=1000.0, backoff_limit=1000.0, stop_timeout=0.5, close_timeout=0.5)

    async def main() -> None:
        client = client_of(threaded, token="wrong", timing=patient)
        connecting = asyncio.create_task(client.connect())
        await until(lambda: client.state == "waiting")

        async def fetched() -> str:
            return threaded.sandbox.token

        await client.renew(token=fetched)
        await connecting
        await client.disconnect()

    run(main())


def test_a_client_that_is_stopped_is_renewed_too(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded, token="wrong", timing=QUICK)
        with pytest.raises(AuthenticationFailed):
            await client.connect()
        await client.renew(token=threaded.sandbox.token)
        async with client:
            assert client.state == "connected"

    run(main())


async def wants_one(wanted: str) -> str:
    return wanted


async def yields() -> Any:
    yield "t"


@pytest.mark.parametrize(("secret", "says"), [(wants_one, "can't be called"), (yields, "yield"), (5, "is int")])
def test_what_is_no_function_of_credentials_is_refused(secret: Any, says: str) -> None:
    with pytest.raises(TypeError, match=f"token.*{says}"):
        RelayClient("p", secret)

    async def main() -> None:
        with pytest.raises(TypeError, match=f"token.*{says}"):
            await RelayClient("p", "t").renew(token=secret)

    run(main())
