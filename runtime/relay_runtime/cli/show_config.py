"""``relay-runtime config``: the effective settings, and where each came from."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.console import print_json, print_rich
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import MASK, Setting

__all__ = ["show_config"]


def show_config(
    *,
    context: flags.Contexts = None,
    host: flags.Host = None,
    max_active_calls: Annotated[int | None, typer.Option(metavar="N", help="As in start.")] = None,
    overload: Annotated[str | None, typer.Option(metavar="POLICY", help="As in start.")] = None,
    leave_at: Annotated[float | None, typer.Option(metavar="SHARE", help="As in start.")] = None,
    return_at: Annotated[float | None, typer.Option(metavar="SHARE", help="As in start.")] = None,
    drain_timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="As in start.")] = None,
    workers: flags.Workers = None,
    control_socket: flags.ControlSocket = None,
    http_port: flags.HttpPort = None,
    http_host: flags.HttpHost = None,
    log_level: flags.LogLevel = None,
    log_format: flags.LogFormat = None,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    as_json: flags.Json = False,
) -> ExitCode:
    """Print the settings that start would use, and where each came from. Secrets are masked.

    Example: relay-runtime config --env-file .env
    """
    given = {
        "contexts": tuple(context or ()),
        "host": host,
        "max_active_calls": max_active_calls,
        "overload": overload,
        "leave_at": leave_at,
        "return_at": return_at,
        "drain_timeout": drain_timeout,
        "workers": workers,
        "control_socket": control_socket,
        "http_port": http_port,
        "http_host": http_host,
        "log_level": log_level,
        "log_format": log_format,
    }
    settings = configuring.effective(given, config_file=config, env_file=env_file)
    if as_json:
        print_json({each.option.name: {"value": _plain(each), "from": each.origin} for each in settings})
        return ExitCode.OK
    table = Table("setting", "value", "from", "meaning", box=None, pad_edge=False)
    for each in settings:
        table.add_row(each.option.name, each.shown, each.origin, each.option.meaning)
    print_rich(table)
    return ExitCode.OK


def _plain(setting: Setting) -> Any:
    """Return a value for JSON, masked when it is a secret."""
    return MASK if setting.option.secret and setting.value else setting.value
