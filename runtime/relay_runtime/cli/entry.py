"""The entry point of the command line: it gathers the commands, and turns every failure into one line and a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import typer
from loguru import logger

from relay_actors.errors import AuthenticationFailed, ConnectFailed
from relay_runtime.cli import (
    call,
    dial,
    doctor,
    drain,
    fleet,
    hangup,
    listen,
    new,
    phone,
    ps,
    record,
    replay,
    sandbox,
    send_message,
    show_config,
    start,
    top,
    trace,
)
from relay_runtime.cli.console import check_written, escape_what_does_not_fit, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.flags import expanded
from relay_runtime.cli.inspecting import exit_code
from relay_runtime.inspection.asking import NotAnsweringError
from relay_runtime.inspection.protocol import Problem
from relay_runtime.process.process import INTERRUPTED, ExitCode
from relay_runtime.version import VERSION
from relay_runtime.watch.logs import complain, flush_logs, setup_logging

__all__ = ["COMMANDS", "app", "run"]

# typer carries its own copy of click, and older ones use click itself: this is either's.
_UsageError: Final[type[Exception]] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="relay-runtime",
    help="Serve phone calls of SignalWire RELAY, or try it without an account: relay-runtime start APP --sandbox",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: Final[Mapping[str, Callable[..., object]]] = {
    "new": new.new,
    "start": start.start,
    "config": show_config.show_config,
    "phone": phone.phone,
    "sandbox": sandbox.sandbox,
    "dial": dial.dial,
    "send-message": send_message.send_message,
    "listen": listen.listen,
    "doctor": doctor.doctor,
    "ps": ps.ps,
    "top": top.top,
    "call": call.call,
    "trace": trace.trace,
    "record": record.record,
    "replay": replay.replay,
    "hangup": hangup.hangup,
    "drain": drain.drain,
    "fleet": fleet.fleet,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(expanded(_command))


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        print_line(f"relay-runtime {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Blocks the current greenlet as long as the command runs.

    Args:
        arguments: what follows the command's name; None takes those of the process.
    """
    escape_what_does_not_fit()
    setup_logging()
    try:
        code = _performed(arguments)
    except Failure as failure:
        return _complain(str(failure), failure.code)
    except Problem as problem:
        return _complain(str(problem), exit_code(problem))
    except NotAnsweringError as error:
        return _complain(str(error), ExitCode.UNREACHABLE)
    except AuthenticationFailed as error:
        return _complain(f"{error}; relay-runtime config shows which credentials are used", ExitCode.REFUSED)
    except ConnectFailed as error:
        return _complain(f"{error}; relay-runtime doctor looks at every step of the way", ExitCode.BAD_CONFIG)
    except _UsageError as error:
        return _complain(_usage_text(error), ExitCode.USAGE)
    except typer.Abort:
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the last one who can say anything
        logger.opt(exception=True).critical("relay-runtime failed; this is a defect of it, please report these lines")
        return ExitCode.FAILED
    finally:
        flush_logs()
    return int(code or 0)


def _performed(arguments: Sequence[str] | None) -> int | None:
    """Perform a command, and return the code with which it ends."""
    try:
        code: int | None = app(args=arguments, prog_name="relay-runtime", standalone_mode=False)
    except OSError as error:
        check_written(error)  # the help is not printed by `print_line`
        raise
    return code


def _complain(text: str, code: ExitCode) -> int:
    complain(f"relay-runtime: {' '.join(text.split())}")
    return code


def _usage_text(error: Exception) -> str:
    """Return click's complaint and where to read more."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    return f"{text.rstrip('.')}; try {context.command_path if context is not None else 'relay-runtime'} --help"
