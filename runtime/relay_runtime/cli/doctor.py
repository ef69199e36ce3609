"""``relay-runtime doctor``: what is wrong, and how to mend it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.console import print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Found
from relay_runtime.watch.escaping import escaped

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded
    from relay_runtime.doctor import Finding

__all__ = ["doctor"]

_WINDOW: Final = 60.0  # seconds
_STYLES: Final = {"ok": "green", "warning": "yellow", "fault": "bold red", "skipped": "dim"}


def doctor(
    *,
    contexts: flags.Contexts,
    server: flags.Server,
    subscribe: Annotated[
        bool,
        typer.Option(
            "--subscribe",
            help="Subscribe to the contexts for a moment: a call that comes in just then is passed on, a message lost.",
        ),
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Examine this machine with a sandbox in place of the server.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Try how a session can be resumed, and for how long, by sessions begun for that. Takes minutes.",
        ),
    ] = False,
    window: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1, help="For --resume: how long a session is left alone at most. Default: 60."
        ),
    ] = None,
    fleet: Annotated[
        str | None,
        typer.Option(
            "--fleet", metavar="URL", help="Examine this fleet's server too. Environment: RELAY_FLEET, as in start."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long each step on the network may take.")
    ] = 10.0,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Check all that serving calls needs, and say how to mend what is wrong. Exit code 9: something is.

    Example: relay-runtime doctor --env-file .env
    """
    if window is not None and not resume:
        raise Failure(ExitCode.USAGE, "--window is how long a session is left alone to resume it: give --resume too")
    from relay_runtime.doctor import Verdict, examine  # noqa: PLC0415 - no other command needs it

    quiet = {"log_level": Found("error", "this command")}
    given = {**contexts, **server, "fleet": fleet}
    with ExitStack() as stack:
        first = stack.enter_context(_embedded()).layer() if sandbox else None
        settings = configuring.effective(
            given, config_file=config, env_file=env_file, first=first, last=quiet, tells=False
        )
        configuring.apply_unchecked(settings)
        configuring.with_proxy(settings)
        if sandbox and not settings["contexts"]:
            settings = settings.replaced("contexts", ("office",), "--sandbox")
        faults = 0
        longest = (window or _WINDOW) if resume else None
        for finding in examine(settings, timeout, subscribe=subscribe or sandbox, window=longest, tell=_tell):
            faults += finding.verdict is Verdict.FAULT
            if as_json:
                print_json(finding)
            else:
                _show(finding)
    if not as_json:
        print_line("nothing is wrong" if not faults else f"wrong: {faults}")
    return ExitCode.NEGATIVE if faults else ExitCode.OK


def _embedded() -> Embedded:
    from relay_runtime.cli.embedded import Embedded  # noqa: PLC0415 - who has an account loads no sandbox
    from relay_runtime.cli.example_callers import ExampleCallers  # noqa: PLC0415 - as above

    return Embedded(1.0, ExampleCallers(0))


def _tell(text: str) -> None:
    """Write a word that is none of the results to stderr."""
    sys.stderr.write(f"{escaped(text)}\n")


def _show(finding: Finding) -> None:
    """Print a finding as soon as it is there, with its verdict in colour on a terminal."""
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    console.print(
        Text.assemble(
            (f"{finding.verdict:<9}", _STYLES[finding.verdict]), f"{finding.check:<13}{escaped(finding.says)}"
        )
    )
    if finding.mend:
        console.print(f"{'':<22}mend: {escaped(finding.mend)}")
