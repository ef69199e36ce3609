"""Answers what other processes of the fleet ask of this client."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from relay_actors.errors import CallEnded, RelayError, RelayTimeout
from relay_actors.kit import clock
from relay_actors.routing.messages import StayAway
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import CallStatus, Status
from relay_runtime.client.actors import ClientActors
from relay_runtime.fleet.mail import Letter, Refusal
from relay_runtime.fleet.report import ProcessReport

__all__ = ["FleetDesk", "Served"]


class Served(Protocol):
    """What is asked of a client; see `RelayClient`."""

    stats: Stats

    def status(self) -> Status:
        """What it looks like."""

    def live_calls(self) -> list[CallStatus]:
        """Its live calls."""

    def call_status(self, call_id: str) -> CallStatus | None:
        """One of them."""

    def hangup_call(self, call_id: str, reason: str) -> bool:
        """Hang one up."""

    def tell(self, call_id: str, value: Any) -> None:
        """Tell one something."""


class FleetDesk:
    """See `Desk`.

    Args:
        client: which.
        actors: its actors.
    """

    def __init__(self, client: Served, actors: ClientActors) -> None:
        self._client = client
        self._actors = actors
        self._began = clock.monotonic()

    def answer(self, letter: Letter) -> Any:
        """Answer a question. Blocks the current greenlet for some seconds at most.

        Raises:
            Refusal: it can't be answered.
        """
        match letter.op:
            case "report":
                return self._report(calls=msgspec.json.decode(letter.value) is True)
            case "call":
                return self._known(self._client.call_status(letter.call_id), letter)
            case "hangup":
                return self._hang_up(letter)
            case "tell":
                return self._tell(letter)
        raise Refusal("failed", f"this process knows no {letter.op!r}: it has another version of relay-runtime")

    def stay_away(self, away: bool) -> None:  # noqa: FBT001 - one word
        """Get no new calls, or get them again. Never blocks."""
        if self._actors.tree is not None:
            self._actors.tree.subscription.offer(StayAway(away))

    def _report(self, *, calls: bool) -> ProcessReport:
        return ProcessReport(
            uptime=clock.monotonic() - self._began,
            status=self._client.status(),
            admitted=self._client.stats.calls_admitted,
            calls=tuple(self._client.live_calls()) if calls else (),
        )

    def _hang_up(self, letter: Letter) -> dict[str, str]:
        try:
            found = self._client.hangup_call(letter.call_id, msgspec.json.decode(letter.value, type=str))
        except (RelayError, ValueError) as error:
            raise Refusal("refused", f"call {letter.call_id} could not be hung up: {error}") from None
        self._known(found or None, letter)
        return {"call_id": letter.call_id}

    def _tell(self, letter: Letter) -> dict[str, str]:
        try:
            self._client.tell(letter.call_id, msgspec.json.decode(letter.value))
        except CallEnded:
            self._known(None, letter)
        except RelayTimeout as error:
            raise Refusal("no_answer", str(error)) from None
        except TypeError as error:
            raise Refusal("refused", str(error)) from None
        return {"call_id": letter.call_id}

    def _known(self, found: Any, letter: Letter) -> Any:
        if found is None:
            raise Refusal("unknown_call", f"no live call of the fleet has the id {letter.call_id!r}: it is over")
        return found
