"""A client of a sandbox, with the delays of production in virtual time, and with short ones in the machine's."""

from __future__ import annotations

from typing import Any, Final

from relay_actors.kit import clock
from relay_runtime import RelayClient, Timing
from relay_runtime.sandbox import Sandbox

__all__ = ["LIMIT", "OFFICE", "QUICK", "THEM", "account_of", "client_of"]

LIMIT: Final = 60.0
"""Seconds after which a test that waits in vain has failed."""

OFFICE: Final = "+15550100002"
THEM: Final = "+15550100001"
QUICK: Final = Timing(backoff_first=0.002, backoff_limit=0.01, stop_timeout=0.5, close_timeout=0.5)


def client_of(sandbox: Sandbox, **arguments: Any) -> RelayClient:
    """Return a client that receives the context ``office`` of a sandbox; it is not connected yet."""
    given = {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url, "contexts": ["office"]}
    timing = Timing() if clock.is_run_by_a_test() else QUICK
    return RelayClient(**{**given, "timing": timing, **arguments})


def account_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables of the environment by which a process finds a sandbox."""
    return {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
    }
