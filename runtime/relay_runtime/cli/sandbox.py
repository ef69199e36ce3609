"""``relay-runtime sandbox``: a RELAY server of your own."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from gevent.event import Event
from gevent.socket import gaierror

from relay_runtime.cli import flags, pages
from relay_runtime.cli.console import CONTROL_TOKEN_VARIABLE, place_call_with, print_json, print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode, on_signals

if TYPE_CHECKING:
    from relay_runtime.sandbox import Sandbox

__all__ = ["sandbox"]


def sandbox(
    *,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="WebSocket port; 0: a free one.")] = 0,
    control_port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="HTTP control port; 0: a free one.")
    ] = 0,
    control_token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            envvar=CONTROL_TOKEN_VARIABLE,
            help="What requests to the control port bring. Default: none on this machine, else a new one is printed.",
        ),
    ] = None,
    no_control: Annotated[bool, typer.Option("--no-control", help="Have no control port.")] = False,
    project: Annotated[str | None, typer.Option(metavar="ID", help="The project that is accepted.")] = None,
    token: Annotated[str | None, typer.Option(metavar="TOKEN", help="The token that is accepted.")] = None,
    jwt_token: Annotated[str | None, typer.Option(metavar="JWT", help="The JWT that is accepted.")] = None,
    any_credentials: Annotated[
        bool, typer.Option("--any-credentials", help="Accept any project, token and JWT.")
    ] = False,
    time_scale: Annotated[
        float, typer.Option(metavar="X", min=0.0001, help="Real seconds per line second; 0.1 is ten times faster.")
    ] = 1.0,
    cert: Annotated[Path | None, typer.Option(metavar="FILE", help="PEM certificate: serve wss.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seeds the faults that happen by chance.")] = 0,
    web: pages.Web = False,
    web_port: pages.Port = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other setting, such as resume_window=30. Repeatable."),
    ] = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Run a RELAY server for tries and tests, until SIGINT or SIGTERM. It needs no account and no network.

    Example: relay-runtime sandbox --port 8090 --control-port 8091
    """
    from relay_runtime.sandbox import serve  # noqa: PLC0415 - no other command loads the sandbox

    if not host.isascii() or not host.strip():
        raise Failure(ExitCode.USAGE, _no_address(host))
    pages.check_port(web_port, web=web)
    credentials = {"project": project, "token": token, "jwt_token": jwt_token}
    chosen = {name: value for name, value in credentials.items() if value is not None}
    any_of_them = {"any_credentials": True} if any_credentials else {}
    stop = Event()
    ready = (
        _print_as_json
        if as_json
        else partial(_print_for_people, host=host, cert=cert, token_is_known=control_token is not None)
    )
    try:
        with on_signals(lambda _: stop.set()), ExitStack() as stack:
            serve(
                host=host,
                port=port,
                control_port=None if no_control else control_port,
                control_token=control_token,
                cert=None if cert is None else str(cert),
                key=None if key is None else str(key),
                seed=seed,
                ready=partial(_serve_page, stack, web_port, ready, as_json=as_json) if web else ready,
                stop=stop,
                **{"time_scale": time_scale, **chosen, **any_of_them, **_parsed(settings or [])},
            )
    except ValueError as error:
        raise Failure(ExitCode.USAGE, str(error)) from None
    except gaierror:
        raise Failure(ExitCode.USAGE, _no_address(host)) from None
    except OSError as error:
        raise Failure(ExitCode.BAD_CONFIG, f"can't listen on {host}: {error.strerror or error}") from None
    return ExitCode.OK


def _no_address(host: str) -> str:
    return f"--host is {host!r}: accepted is an address of this machine, such as 127.0.0.1, ::1, or 0.0.0.0 for all"


def _parsed(settings: list[str]) -> dict[str, Any]:
    """Return NAME=VALUE as a dict; a value is read as TOML, and as a text when it is none."""
    from relay_runtime.sandbox import Settings  # noqa: PLC0415 - as above

    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise Failure(ExitCode.USAGE, f"--set {setting}: accepted is NAME=VALUE, such as resume_window=30")
        try:
            values[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = text
        Settings.check(name, values[name])
    return values


def _print_for_people(sandbox: Sandbox, *, host: str, cert: Path | None, token_is_known: bool) -> None:
    from relay_runtime.sandbox.control.guard import is_every, unbracketed  # noqa: PLC0415 - as above

    print_line(f"sandbox       {sandbox.url}")
    if sandbox.control_url:
        print_line(f"control port  {sandbox.control_url}")
    if is_every(unbracketed(host)):
        print_line("other machines use this machine's address in these URLs")
    if sandbox.control_token and not token_is_known:
        print_line("its token")
        print_line(f"  export {CONTROL_TOKEN_VARIABLE}={sandbox.control_token}")
    print_line(
        "connect with these, or with any other credentials" if sandbox.settings.any_credentials else "connect with"
    )
    print_line(f"  export SIGNALWIRE_SPACE={quote(sandbox.url)}")
    print_line(f"  export SIGNALWIRE_PROJECT_ID={sandbox.project}")
    print_line(f"  export SIGNALWIRE_API_TOKEN={sandbox.token}")
    if cert is not None:  # nobody knows it, unless an authority that is trusted has issued it
        print_line(f"  export SIGNALWIRE_RELAY_CA_FILE={quote(str(cert.absolute()))}")
    if sandbox.control_url:
        command = place_call_with(sandbox.control_url, "office", sandbox.control_token)
        print_line("place a call with")
        print_line(f"  {command}")
    print_line("stop with Ctrl-C")


def _print_as_json(sandbox: Sandbox) -> None:
    names = ("url", "control_url", "control_token", "project", "token", "jwt_token")
    print_json({name: getattr(sandbox, name) for name in names})


def _serve_page(
    stack: ExitStack, port: int, ready: Callable[[Sandbox], None], sandbox: Sandbox, *, as_json: bool
) -> None:
    """Say where the sandbox is, and have a phone in the browser at it until the stack is left."""
    ready(sandbox)
    announce = _print_url_as_json if as_json else pages.Announcement(print_line)
    stack.enter_context(pages.phone_at(sandbox, pages.browser_for(port, announce)))


def _print_url_as_json(url: str) -> None:
    print_json({"web_url": url})
