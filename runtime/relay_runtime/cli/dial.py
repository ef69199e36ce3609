"""``relay-runtime dial``: call somebody, say something, hang up."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from relay_actors.call.call import Call
from relay_actors.errors import CallEnded, DialFailed, RelayError, RelayTimeout
from relay_actors.kit import clock
from relay_actors.wire.events import PlayEvent
from relay_runtime.cli import flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.oneshot import connected
from relay_runtime.process.process import ExitCode

__all__ = ["dial"]

_GOODBYE = 5.0  # seconds in which the end of the call is awaited after the hang-up


def dial(
    to_number: Annotated[str, typer.Argument(metavar="TO", help="Whom to call: +15550100001, or a sip: address.")],
    *,
    from_number: Annotated[str, typer.Option("--from", metavar="NUMBER", help="A number of the project.")],
    say: Annotated[str | None, typer.Option(metavar="TEXT", help="What to say once the call is answered.")] = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long it may ring, and how long the text may take.")
    ] = 60.0,
    server: flags.Server,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    connect_timeout: flags.Patience = 20.0,
    as_json: flags.Json = False,
    logs: flags.QuietLogs,
) -> ExitCode:
    """Call somebody, say a text, hang up, and print the outcome. Exit code 9: nobody answered.

    Example: relay-runtime dial +15550100001 --from +15550100099 --say "Your table is ready."
    """
    given = {**server, **logs}
    with connected(given, config_file=config, env_file=env_file, patience=connect_timeout) as client:
        began = clock.monotonic()
        outcome: dict[str, Any] = {"outcome": "answered", "call_id": None, "reason": None, "said": False}
        try:
            call = client.dial([[_device(to_number, from_number, timeout)]], dial_timeout=timeout)
            outcome.update(call_id=call.call_id, said=_talk(call, say, timeout), reason=call.end_reason or None)
        except (DialFailed, RelayTimeout) as error:
            outcome.update(outcome="failed", reason=getattr(error, "reason", "") or str(error))
        except ValueError as error:
            raise Failure(ExitCode.USAGE, str(error)) from None
        except RelayError as error:
            outcome.update(outcome="refused", reason=str(error))
        outcome["seconds"] = round(clock.monotonic() - began, 1)
    _print(outcome, as_json=as_json)
    return ExitCode.OK if outcome["outcome"] == "answered" else ExitCode.NEGATIVE


def _device(to_number: str, from_number: str, timeout: float) -> dict[str, Any]:
    if to_number.startswith("sip:"):
        return {"type": "sip", "params": {"to": to_number, "from": from_number, "timeout": int(timeout)}}
    return {"type": "phone", "params": {"to_number": to_number, "from_number": from_number, "timeout": int(timeout)}}


def _talk(call: Call, text: str | None, timeout: float) -> bool:
    """Say the text and hang up; return whether it was said to its end."""
    finished = False
    try:
        if text is not None:
            played = call.play_tts(text).wait(timeout)
            finished = isinstance(played, PlayEvent) and played.state == "finished"
    except (CallEnded, RelayTimeout):
        pass  # the callee has hung up, or the text is too long for the time
    was_up = bool(call.hangup())
    with suppress(RelayTimeout):  # the hang-up was accepted; disconnecting ends what is left
        call.wait_for_ended(_GOODBYE)
    # A playback that the callee cut short by hanging up is "finished" too, but then there was nothing to end.
    return finished and was_up


def _print(outcome: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(outcome)
        return
    reason = f" ({outcome['reason']})" if outcome["reason"] else ""
    call = f"  call {outcome['call_id']}" if outcome["call_id"] else ""
    print_line(f"{outcome['outcome']}{reason} after {outcome['seconds']} s{call}")
