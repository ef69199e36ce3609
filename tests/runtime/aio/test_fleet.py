"""The fleet from a loop of asyncio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles.awaited import LIMIT, client_of, run
from doubles.threaded_sandbox import ThreadedSandbox
from engine_server import EngineServer

from relay_runtime import aio
from relay_runtime.fleet.errors import FleetError
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.sandbox import Caller
from relay_runtime.settings.engine_address import parse_address

pytestmark = pytest.mark.slow  # a server of its own


@pytest.fixture
def engine() -> Iterator[EngineServer]:
    with EngineServer() as engine:
        yield engine


def of(threaded: ThreadedSandbox, engine: EngineServer, folder: Path, host: str, **options: Any) -> aio.RelayClient:
    (folder / host).mkdir(mode=0o700)
    fleet = FleetSettings(address=parse_address(engine.url), host=host)
    return client_of(threaded, contexts=[host], ledger=str(folder / host), fleet=fleet, **options)


def test_calls_and_hosts_of_a_fleet_are_reached(
    threaded: ThreadedSandbox, engine: EngineServer, tmp_path: Path
) -> None:
    async def serve(call: aio.Call) -> None:
        await call.answer()
        await call.wait_for_ended(LIMIT)

    async def main() -> None:
        alpha, beta = of(threaded, engine, tmp_path, "alpha"), of(threaded, engine, tmp_path, "beta")
        beta.on_call(serve)
        async with alpha, beta:
            while len(await members(alpha)) < 2:
                pass
            threaded.do(threaded.sandbox.place, Caller("+15550100001").dials("beta").waits_for_hangup(600))
            while not (found := await alpha.fleet.find("")):
                pass
            call = alpha.fleet.call(found[0])
            status = await call.status()
            assert (status.call_id, status.context) == (call.call_id, "beta")
            reports = {each.member.host: each.report for each in await alpha.fleet.processes(calls=True)}
            assert [each.call_id for each in reports["beta"].calls] == [call.call_id]
            with pytest.raises(TypeError, match="on_told"):
                await call.tell("something")  # its class has no such hook
            await alpha.fleet.drain("beta")
            assert await alpha.fleet.drained() == {"beta"}
            await alpha.fleet.undrain("beta")
            assert await alpha.fleet.drained() == set()
            await call.hangup()
            while await beta.live_calls():
                pass

    async def members(client: aio.RelayClient) -> list[Any]:
        try:
            return await client.fleet.members()
        except FleetError:
            return []

    run(main())


def test_without_a_fleet_it_is_said(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            with pytest.raises(FleetError, match="in no fleet"):
                await client.fleet.members()

    run(main())
