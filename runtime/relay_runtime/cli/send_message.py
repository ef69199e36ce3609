"""``relay-runtime send-message``: send a text message."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from relay_actors.errors import RelayError
from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.oneshot import connected
from relay_runtime.process.process import ExitCode

__all__ = ["send_message"]


def send_message(
    to_number: Annotated[
        str, typer.Argument(metavar="TO", help="The recipient, such as +15550100001, or a short code.")
    ],
    body: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The text; at least one of TEXT and --media.")
    ] = None,
    *,
    from_number: Annotated[
        str, typer.Option("--from", metavar="NUMBER", help="A number of the project, a short code, or a name.")
    ],
    media: Annotated[list[str] | None, typer.Option(metavar="URL", help="A picture or the like. Repeatable.")] = None,
    context: Annotated[str, typer.Option(metavar="NAME", help="The context its states are sent to.")] = "default",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait until it is delivered.")] = False,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="How long to wait for that.")] = 60.0,
    server: flags.Server,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    connect_timeout: flags.Patience = 20.0,
    as_json: flags.Json = False,
    logs: flags.QuietLogs,
) -> ExitCode:
    """Send a text message and print what became of it. Exit code 9: it was refused or not delivered.

    Example: relay-runtime send-message +15550100001 "Your table is ready." --from +15550100099
    """
    # The states come by context (protocol 11), so the command subscribes to the one it names.
    given = {**server, "contexts": (context,), **logs}
    with connected(given, config_file=config, env_file=env_file, patience=connect_timeout) as client:
        outcome: dict[str, Any] = {"message_id": None, "state": "refused", "reason": None}
        try:
            message = client.send_message(
                to_number=to_number, from_number=from_number, context=context, body=body, media=media
            )
            outcome.update(message_id=message.message_id)
            if not no_wait:
                message.wait(timeout)
        except ValueError as error:
            raise Failure(ExitCode.USAGE, str(error)) from None
        except RelayError as error:
            outcome.update(reason=str(error))
        if outcome["message_id"]:
            outcome.update(state=message.state, reason=message.reason or outcome["reason"])
    if as_json:
        print_json(outcome)
    else:
        reason = f" ({outcome['reason']})" if outcome["reason"] else ""
        print_line(f"{outcome['state']}{reason}  message {outcome['message_id'] or '-'}")
    good = {"delivered"} | ({"queued", "initiated", "sent"} if no_wait else set())
    return ExitCode.OK if outcome["state"] in good else ExitCode.NEGATIVE
