"""A web server that makes and takes phone calls: FastAPI under uvicorn, with an asyncio client in the same process.

The client lives as long as the application: it connects when the server starts, before the first request, and drains
when the server stops. Requests and calls share one loop, asyncio's own or uvloop; the connection has a thread of its
own, so that a view that is slow costs no call.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from relay_runtime.aio import Call, CallEnded, DialFailed, RelayClient, RelayError, RelayTimeout, phone, serial

OUR_NUMBER = os.environ.get("OUR_NUMBER", "+15550100099")
DRAIN_SECONDS = 20.0

client = RelayClient(contexts=["office"], when_done="hangup")


@client.on_call
async def hotline(call: Call) -> None:
    """Serve everybody who calls in."""
    await call.answer()
    action = await call.play_tts("Thank you for calling. We will call you back.")
    await action.wait(timeout=60)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Keep the client connected while the application runs."""
    await client.connect(timeout=30)
    try:
        yield
    finally:  # open requests have been answered; calls that came in may end
        await client.drain(DRAIN_SECONDS)


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    """Whom to call."""

    to: str


@app.post("/calls")
async def place_call(order: Order) -> dict[str, Any]:
    """Place a call, and answer with its outcome; other requests and calls go on meanwhile."""
    try:
        call = await client.dial(serial(phone(order.to, from_number=OUR_NUMBER, timeout=30)), dial_timeout=40)
        confirmed = await ask(call)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    except DialFailed as failed:
        return {"outcome": "not answered", "reason": failed.reason}
    except RelayTimeout as error:
        return {"outcome": "not answered", "reason": str(error)}
    except RelayError as error:
        raise HTTPException(502, str(error)) from None
    return {"outcome": "answered", "confirmed": confirmed, "call_id": call.call_id}


async def ask(call: Call) -> bool:
    """Ask whom we have called to confirm; whatever happens, hang up."""
    try:
        prompt = await call.prompt_tts(
            "Your table is ready. Press 1 to confirm.", {"digits": {"max": 1}, "initial_timeout": 10}
        )
        return (await prompt.wait(timeout=60)).digits == "1"
    except CallEnded:
        return False
    finally:
        await call.hangup()


@app.get("/status")
async def status() -> dict[str, Any]:
    """Tell how things are; costs the loop nothing."""
    counts = client.stats
    return {
        "connection": client.state,
        "contexts": client.contexts,
        "calls_taken": counts.calls_admitted,
        "calls_ended": dict(counts.calls_ended),
        "dials": dict(counts.dials),
    }
