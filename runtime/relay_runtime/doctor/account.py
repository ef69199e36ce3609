"""What the server lets an account do: log in, and get the calls of its contexts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relay_actors.call.call import Call
from relay_actors.errors import AuthenticationFailed, RelayError, RelayTimeout
from relay_actors.timing import Timing
from relay_runtime.client.client import RelayClient
from relay_runtime.doctor.finding import Finding, fault, fine, skipped

__all__ = ["look_at_account"]

_MEND: Final = (
    "check project and token (SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN; relay-runtime config shows where they come "
    "from), and that the token has the scopes for calling and messaging"
)


def look_at_account(contexts: tuple[str, ...], timeout: float, *, subscribe: bool) -> Iterator[Finding]:
    """Give a finding about the login and one about the contexts. Blocks the current greenlet.

    The client takes its settings from the environment. Without ``subscribe`` no context is subscribed to, so that no
    call and no message comes here in place of where it is served.

    Args:
        contexts: the contexts that are to be served.
        timeout: seconds for the login.
        subscribe: whether to subscribe to them for a moment: calls that come in are passed on, messages are lost.
    """
    client = RelayClient(timing=Timing(refusals_allowed=1))
    client.on_call(_pass_on)
    try:
        client.connect(timeout=timeout)
    except AuthenticationFailed as error:
        yield fault("login", str(error), _MEND)
    except RelayTimeout as error:
        yield fault("login", str(error), "give --timeout more seconds; else see whether the server has trouble")
    except RelayError as error:
        yield fault("login", str(error), "check host (SIGNALWIRE_SPACE): this server does not speak RELAY as expected")
    else:
        try:
            yield fine("login", f"logged in; the session's name has {len(client.relay_protocol)} characters")
            yield _contexts(client, contexts, subscribe=subscribe)
        finally:
            client.disconnect()
        return
    yield skipped("contexts", "there is no login")


def _contexts(client: RelayClient, contexts: tuple[str, ...], *, subscribe: bool) -> Finding:
    if not contexts:
        return skipped("contexts", "none are configured: no calls come in (contexts in relay.toml, or --context)")
    names = ", ".join(contexts)
    if not subscribe:
        return skipped("contexts", f"{names}: not tried, since calls would come here; --subscribe tries for a moment")
    try:
        client.receive(list(contexts))
        client.unreceive(list(contexts))
    except RelayError as error:
        return fault(
            "contexts", f"{names}: {error}", "see whether the token may receive calls, and the names are right"
        )
    return fine("contexts", f"{names}: subscribed, and left again")


def _pass_on(call: Call) -> None:
    """Give a call that came in meanwhile to who serves it."""
    call.pass_()
