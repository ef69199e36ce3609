"""``relay-runtime phone``: call an app from the terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Final

import typer

from relay_runtime.cli import configuring, flags, pages
from relay_runtime.cli.console import print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.homes import bring_sandbox, home_of
from relay_runtime.cli.keyboard import ARROWS, Keyboard
from relay_runtime.cli.serving import check_app, serve
from relay_runtime.cli.supervising import ReloadCalls, supervise, worker_arguments
from relay_runtime.process.process import ExitCode, end_at_once
from relay_runtime.watch.logs import complain

if TYPE_CHECKING:
    from relay_runtime.softphone.desk import Face

__all__ = ["phone"]

_STDIN: Final = 0
_WIDTH: Final = 80
_OWN: Final = {"ledger": "off", "drain_timeout": "5"}
"""Settings of the phone's process: nobody adopts its calls, and who puts the phone away does not wait for long."""


def phone(
    *,
    app: flags.App,
    contexts: flags.Contexts,
    number: Annotated[str, typer.Option("--number", metavar="NUMBER", help="The number of this phone.")] = pages.NUMBER,
    to_number: Annotated[str, typer.Option("--to", metavar="NUMBER", help="Which number it dials.")] = pages.TO_NUMBER,
    no_dial: Annotated[
        bool, typer.Option("--no-dial", help="Dial nothing: wait for calls of the app, or for /dial.")
    ] = False,
    stays: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="With piped input: how long the app may take to answer a call, and to hang up and reply at the end.",
        ),
    ] = 60.0,
    time_scale: Annotated[
        float, typer.Option(metavar="X", min=0.0001, help="Real seconds per line second; 0.1 is ten times faster.")
    ] = 1.0,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start the app again when a source file of it changes, and dial again.")
    ] = False,
    web: pages.Web = False,
    web_port: pages.Port = 0,
    asyncio: Annotated[bool, typer.Option("--asyncio", help="The app is a client of relay_runtime.aio.")] = False,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    logs: flags.QuietLogs,
) -> int:
    """Call an app from here: no account, no network. What it says is shown, keys are typed, its calls ring here.

    With --web all that is a page in the browser, with a live view beside it; nothing is dialled by itself then.

    In a pipe, each line of the input is what the caller does, and the transcript is printed. Exit code 1: the app has
    crashed meanwhile; 9: something that the caller was to do was not possible.

    Example: relay-runtime phone app:Receptionist
    """
    from relay_runtime.softphone.desk import Desk  # noqa: PLC0415 - no other command loads the phone

    for flag, given_number in (("--number", number), ("--to", to_number)):
        if not given_number.strip():
            raise Failure(ExitCode.USAGE, f"{flag} is {given_number!r}: accepted is a number, such as +15550100001")
    pages.check_port(web_port, web=web)
    context = next(iter(contexts["contexts"] or ()), None)
    face = pages.browser_for(web_port, pages.Announcement(print_line)) if web else _face(stays)
    desk = Desk(face, number=number, to_number=to_number, context=context, dials=not no_dial and not web)
    given = {**app, **contexts, **logs, **_OWN}
    with (
        _as_by_ctrl_c(),
        pages.page_errors() if web else nullcontext(),
        bring_sandbox(time_scale, desk, asyncio=asyncio) as embedded,
    ):
        settings = configuring.effective(
            given,
            config_file=config,
            env_file=env_file,
            first=embedded.layer("the sandbox of the phone"),
            last=configuring.QUIET,
        )
        check_app(settings, "phone")
        if reload:
            heard = {**given, "log_level": settings["log_level"]}
            arguments = worker_arguments(heard, config, env_file, asyncio=asyncio)
            code = supervise(settings, arguments, embedded, ReloadCalls.END)
        else:
            code = serve(settings, embedded, home_of(asyncio=asyncio))
    return code or desk.exit_code


def _face(stays: float) -> Face:
    inputs = sys.stdin  # None where it is closed: what has the number of its descriptor then is something else
    if inputs is not None and inputs.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from relay_runtime.softphone.terminal import Terminal  # noqa: PLC0415 - as above

        return Terminal(_keyboard, _columns)
    from relay_runtime.softphone.piped import Piped, lines_of  # noqa: PLC0415 - as above

    return Piped(iter(()) if inputs is None else lines_of(_STDIN), print_line, complain, stays)


@contextmanager
def _keyboard(on_key: Callable[[str], object]) -> Iterator[None]:
    from relay_runtime.softphone.emergency import EmergencyExit  # noqa: PLC0415 - as above

    with Keyboard(_STDIN, on_key, names=ARROWS) as keyboard, EmergencyExit(_STDIN, keyboard.sent, end_at_once):
        yield


def _columns() -> int:
    try:
        return os.get_terminal_size(_STDIN).columns
    except OSError:  # the terminal is gone
        return _WIDTH


@contextmanager
def _as_by_ctrl_c() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise as Ctrl-C does where nobody takes them, so that the terminal is given back."""
    numbers = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
