"""``relay-runtime listen``: print what comes in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from gevent.event import Event

from relay_actors.call.call import Call
from relay_actors.errors import RelayError
from relay_actors.messaging.message import Message
from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.oneshot import connected
from relay_runtime.client.client import RelayClient
from relay_runtime.process.process import ExitCode, on_signals

__all__ = ["listen"]


def listen(
    *,
    contexts: flags.Contexts,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after N events.")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", min=0.1, help="Stop after this long.")] = None,
    server: flags.Server,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    connect_timeout: flags.Patience = 20.0,
    as_json: flags.Json = False,
    logs: flags.QuietLogs,
) -> ExitCode:
    """Print calls and messages as they come in. Calls are passed on unanswered; messages are taken.

    Example: relay-runtime listen --context office --json
    """
    given = {**contexts, **server, **logs}
    listener = Listener(count, as_json=as_json)
    files = {"config_file": config, "env_file": env_file}
    with (
        connected(given, **files, patience=connect_timeout, prepare=listener.attach),
        on_signals(lambda _: listener.over.set()),
    ):
        listener.over.wait(timeout)
    return ExitCode.OK


class Listener:
    """Prints events, and knows when there were enough.

    Args:
        count: after how many it is over; None: never.
        as_json: whether each is printed as a line of JSON.
    """

    def __init__(self, count: int | None, *, as_json: bool) -> None:
        self.over = Event()
        self._left = count
        self._as_json = as_json

    def attach(self, client: RelayClient) -> None:
        """Take what comes to a client.

        Raises:
            Failure: it has no contexts.
        """
        if not client.contexts:
            raise Failure(ExitCode.USAGE, "say what to listen to: relay-runtime listen --context NAME")
        client.on_call(self.take_call)
        client.on_message(self.take_message)

    def take_call(self, call: Call) -> None:
        """Print an offer, and pass it on. Runs in the call's greenlet."""
        self._print(
            {
                "event": "call",
                "context": call.context,
                "call_id": call.call_id,
                "from": call.from_number,
                "to": call.to_number,
            }
        )
        try:
            call.pass_()
        except RelayError:
            pass  # the caller hung up meanwhile
        finally:
            self._count()

    def take_message(self, message: Message) -> None:
        """Print a message."""
        self._print(
            {
                "event": "message",
                "context": message.context,
                "message_id": message.message_id,
                "from": message.from_number,
                "to": message.to_number,
                "body": message.body,
                "media": message.media,
            }
        )
        self._count()

    def _print(self, event: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        if self._as_json:
            read = print_json({"time": now, **event})
        else:
            rest = "  ".join(f"{key}={value}" for key, value in event.items() if key != "event" and value)
            read = print_line(f"{now}  {event['event']}  {rest}")
        if not read:
            self.over.set()

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.over.set()
