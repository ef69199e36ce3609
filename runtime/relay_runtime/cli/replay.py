"""``relay-runtime replay``: play a recorded call against today's code, and say what it sends otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.process.appload import App, AppError, load_app
from relay_runtime.process.process import ExitCode
from relay_runtime.recording.reading import Recording, RecordingError, read_recording

if TYPE_CHECKING:
    from relay_runtime.replay.comparison import Sent
    from relay_runtime.replay.outcome import Replay

__all__ = ["replay"]


def replay(
    recording: Annotated[str, typer.Argument(metavar="FILE", help="A recording: call.jsonl.")],
    app: Annotated[str, typer.Argument(metavar="APP", help="module:Class, module:client, or app.py[:Class].")],
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Serve the recording as it is, and stop at the first other request.")
    ] = False,
    number: Annotated[
        list[str] | None,
        typer.Option(
            "--number",
            metavar="TOKEN=NUMBER",
            help="What stands for a number, as in '<number-1>=+15550100001'. Repeatable. Default: made up.",
        ),
    ] = None,
    as_json: flags.Json = False,
    logs: flags.QuietLogs,
) -> ExitCode:
    """Play a recorded call against today's code, in virtual time, and print the difference in what the app sends.

    Exit code 0: there is none. 1: there is one. 9: the recording can't be played again.

    Example: relay-runtime replay call.jsonl app:Receptionist
    """
    from relay_runtime.replay.limits import NotReplayable  # noqa: PLC0415 - no other command loads the room
    from relay_runtime.replay.replaying import replay as play  # noqa: PLC0415 - as above

    configuring.apply(configuring.effective({**logs}, config_file=None, env_file=None, last=configuring.QUIET))
    numbers = dict(map(_pair, number or ()))
    read, loaded = _read(recording), _load(app)
    try:
        with redirect_stdout(sys.stderr):  # what the app prints is no part of the answer
            outcome = play(read, loaded, strict=strict, numbers=numbers)
    except NotReplayable as error:
        raise Failure(ExitCode.NEGATIVE, f"{recording}: {error}") from None
    except ValueError as error:
        raise Failure(ExitCode.USAGE, str(error)) from None
    _print(outcome, recording, app, as_json=as_json)
    return ExitCode.OK if outcome.same else ExitCode.FAILED


def _pair(given: str) -> tuple[str, str]:
    token, equals, number = given.partition("=")
    if not equals or not number or not token.startswith("<number-"):
        raise Failure(ExitCode.USAGE, f"--number is {given!r}; accepted is TOKEN=NUMBER: '<number-1>=+15550100001'")
    return token, number


def _read(name: str) -> Recording:
    try:
        return read_recording(name)
    except RecordingError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None
    except OSError as error:
        raise Failure(ExitCode.BAD_CONFIG, f"{name} can't be read: {error.strerror}") from None


def _load(spec: str) -> App:
    for variable in ("SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"):
        os.environ.setdefault(variable, "replay")  # no server asks for them, but a client is not made without
    try:
        return load_app(spec)
    except AppError as error:
        raise Failure(ExitCode.BAD_APP, str(error)) from None


def _print(outcome: Replay, recording: str, app: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(outcome, recording, app))
        return
    for line in outcome.named(Path(recording).name, app).text().split("\n"):
        if not print_line(line):
            return


def _facts(outcome: Replay, recording: str, app: str) -> dict[str, Any]:
    divergence = outcome.divergence
    stopped = divergence and {
        "number": divergence.number,
        "at": divergence.at,
        "expected": _sent(divergence.expected),
        "got": _sent(divergence.got),
        "where": divergence.where,
    }
    return {
        "same": outcome.same,
        "recording": recording,
        "app": app,
        "recorded": len(outcome.recorded),
        "replayed": len(outcome.replayed),
        "differences": [
            {"recorded": _sent(each.recorded), "replayed": _sent(each.replayed), "why": each.why}
            for each in outcome.differences
        ],
        "divergence": stopped,
        "notes": outcome.notes,
        "crashes": outcome.crashes,
    }


def _sent(sent: Sent | None) -> dict[str, Any] | None:
    if sent is None:
        return None
    lines: Iterable[str] = sent.lines
    return {"number": sent.number, "at": sent.at, "method": sent.method, "params": list(lines)}
